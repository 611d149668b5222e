from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

import pytest

from bot.cli import context
from index.stories import StoredStory, StorySummary

Storydesk = Callable[..., Any]
SWAP = StoredStory(
    story_id="3f2a",
    library="public",
    title="Swap\nagreed\x1b[2J",
    url="https://example.org/1",
    publisher="Paper",
    authors=("Ann", "Bo"),
    published_at="2025-05-16T10:00:00+03:00",
    language="en",
    source="stories/a.txt",
    added_at="2025-06-01T00:00:00+00:00",
    passages=2,
    text="First.\n\nSecond [b]line\x1b[31m.",
)
BARE = StoredStory(
    "91bc", "public", "Bare", None, None, (), None, None, "b.txt", "2025-06-01T00:00:00+00:00", 1, "Text."
)
OTHER = StoredStory(
    "77aa", "city", "Other", None, None, (), None, None, "c.txt", "2025-06-01T00:00:00+00:00", 1, "Text."
)


def test_list_prints_a_line_per_story_of_the_library(storydesk: Storydesk, catalog: Any) -> None:
    catalog.stories = [SWAP, BARE, OTHER]
    run = storydesk("list")
    assert run.code == 0
    assert run.out.splitlines() == ["3f2a  2025-05-16  Swap agreed[2J (Paper)", "91bc  undated     Bare"]
    assert run.err == ""
    assert catalog.closed


def test_list_prints_json_lines_with_all_fields_but_the_text(storydesk: Storydesk, catalog: Any) -> None:
    catalog.stories = [SWAP, BARE, OTHER]
    run = storydesk("list", "--json", "--library", "city")
    assert [list(line) for line in run.json_lines] == [[field.name for field in fields(StorySummary)]]
    assert run.json_lines[0]["story_id"] == "77aa"
    first = storydesk("list", "--json").json_lines[0]
    assert first["title"] == SWAP.title
    assert first["authors"] == ["Ann", "Bo"]


def test_list_needs_no_engine(storydesk: Storydesk, catalog: Any, engine: Any) -> None:
    catalog.stories = [SWAP]
    storydesk("list")
    storydesk("show", "3f2a")
    assert not engine.calls


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_empty_library_is_told_beside_the_results(storydesk: Storydesk, catalog: Any, options: list[str]) -> None:
    catalog.stories = [OTHER]
    run = storydesk("list", *options)
    assert (run.code, run.out) == (0, "")
    assert run.err == "No stories in the library public; other libraries: city.\n"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_new_data_folder_has_no_stories(
    storydesk: Storydesk, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setattr(context, "open_catalog", lambda settings: None)
    run = storydesk("list", *options)
    assert (run.code, run.out) == (0, "")
    assert "storydesk add" in run.err
    run = storydesk("show", "3f2a", *options)
    assert (run.code, run.out) == (1, "")
    assert "3f2a" in run.err


def test_show_prints_what_is_known_and_the_text(storydesk: Storydesk, catalog: Any) -> None:
    catalog.stories = [SWAP, BARE]
    run = storydesk("show", "3f")
    assert run.code == 0
    assert run.out.splitlines() == [
        "Swap agreed[2J",
        "id:        3f2a",
        "library:   public",
        "publisher: Paper",
        "published: 2025-05-16T10:00:00+03:00",
        "authors:   Ann, Bo",
        "url:       https://example.org/1",
        "language:  en",
        "source:    stories/a.txt",
        "added:     2025-06-01T00:00:00+00:00, 2 passages",
        "",
        "First.",
        "",
        "Second [b]line[31m.",
    ]
    assert catalog.closed


def test_show_leaves_out_what_is_not_known(storydesk: Storydesk, catalog: Any) -> None:
    catalog.stories = [BARE]
    out = storydesk("show", "91bc").out
    assert "None" not in out
    assert "publisher" not in out
    assert "1 passage\n" in out


def test_show_prints_the_whole_story_as_json_with_its_exact_text(storydesk: Storydesk, catalog: Any) -> None:
    catalog.stories = [SWAP]
    run = storydesk("show", "3f2a", "--json")
    assert run.json == asdict(SWAP) | {"authors": ["Ann", "Bo"]}
    assert run.json["text"] == SWAP.text


def test_show_looks_in_all_libraries_or_in_one(storydesk: Storydesk, catalog: Any) -> None:
    catalog.stories = [SWAP, OTHER]
    assert storydesk("show", "77aa").code == 0
    run = storydesk("show", "77aa", "--library", "public")
    assert (run.code, run.out) == (1, "")
    assert run.err == "Error: There is no story '77aa'.\n"


def test_remove_goes_on_after_an_unknown_story(storydesk: Storydesk, engine: Any) -> None:
    engine.titles = {"a": "Ann\x1b[31m", "c": "Cat"}
    run = storydesk("remove", "a", "b", "c")
    assert run.code == 1
    assert run.out == "removed: Ann[31m\nremoved: Cat\n"
    assert run.err == "Error: There is no story 'b'.\n"
    assert engine.titles == {}
    assert engine.closed


def test_remove_prints_json_lines(storydesk: Storydesk, engine: Any) -> None:
    engine.titles = {"a": "Ann"}
    run = storydesk("remove", "a", "b", "--json", "--library", "city")
    assert run.code == 1
    assert run.json_lines == [
        {"story_id": "a", "status": "removed", "title": "Ann", "error": None},
        {"story_id": "b", "status": "failed", "title": None, "error": "There is no story 'b'."},
    ]
    assert [call["library"] for call in engine.called("remove")] == ["city", "city"]


def test_remove_of_known_stories_is_fine(storydesk: Storydesk, engine: Any) -> None:
    engine.titles = {"a": "Ann"}
    assert storydesk("remove", "a").code == 0
    assert engine.called("remove") == [{"story_id": "a", "library": None}]


def test_rebuild_tells_the_passages_by_library(storydesk: Storydesk, engine: Any) -> None:
    engine.passages = {"city": 1, "public": 12}
    run = storydesk("rebuild")
    assert (run.code, run.out) == (0, "city: 1 passage\npublic: 12 passages\n")
    assert storydesk("rebuild", "--json", "--library", "city").json == {"passages": {"city": 1, "public": 12}}
    assert engine.called("rebuild") == [{"library": None}, {"library": "city"}]


def test_rebuild_of_nothing_says_so(storydesk: Storydesk, engine: Any) -> None:
    assert storydesk("rebuild").out == "Nothing to rebuild: there is no library with stories.\n"
    out = storydesk("rebuild", "--library", "city").out
    assert out == "Nothing to rebuild: there is no library city with stories.\n"
    assert storydesk("rebuild", "--json").json == {"passages": {}}
