"""Libraries: the titles in each, one story searched alone, and a library removed whole."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from index.engine import Engine
from index.errors import UnknownStoryError, VectorServerError
from index.stories import StoryTitle

InStep = Callable[[Engine], None]


def add(engine: Engine, newsroom: Any, library: str, **stories: str) -> dict[str, str]:
    """Add stories named by their titles; returns their ids by title."""
    for title, text in stories.items():
        newsroom.write(title, text, title=title)
    paths = [newsroom.folder / f"{title}.json" for title in stories]
    return {str(result.title): str(result.story_id) for result in newsroom.add(engine, *paths, library=library)}


def test_titles_are_newest_first_and_undated_ones_last(engine: Engine, newsroom: Any) -> None:
    days = {"old": "2024-01-01", "new": "2025-06-01T10:00:00+02:00", "middle": "2025-01-01", "undated": None}
    for name, day in days.items():
        newsroom.write(name, f"Story {name} is about something.", title=name, published_at=day, publisher="Wire")
    newsroom.add(engine)
    titles = engine.titles("public")
    assert [each.title for each in titles] == ["new", "middle", "old", "undated"]
    assert titles[0] == StoryTitle(titles[0].story_id, "new", "2025-06-01T10:00:00+02:00", "Wire", titles[0].added_at)
    assert [each.story_id for each in engine.stories("public")] == [
        each.story_id for each in sorted(titles, key=lambda each: (each.added_at, each.story_id))
    ]


def test_titles_are_read_again_only_when_something_was_written(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add(engine, newsroom, "public", bridge="The bridge was closed.", tower="The tower was opened.")
    assert {each.title for each in engine.titles("public")} == {"bridge", "tower"}
    with monkeypatch.context() as patched:
        patched.setattr("index.libraries.read_titles", lambda *_: pytest.fail("read again"))
        assert len(engine.titles("public")) == 2
    engine.remove(ids["bridge"])
    assert [each.title for each in engine.titles("public")] == ["tower"]
    newsroom.write("tower", "The tower was opened.", title="The tall tower")
    newsroom.add(engine, newsroom.folder / "tower.json")
    assert [each.title for each in engine.titles("public")] == ["The tall tower"]


def test_a_library_has_no_title_of_another_and_an_unknown_one_none(engine: Engine, newsroom: Any) -> None:
    add(engine, newsroom, "server-1", bridge="The bridge was closed.")
    add(engine, newsroom, "server-2", tower="The tower was opened.")
    assert [each.title for each in engine.titles("server-1")] == ["bridge"]
    assert engine.titles("server-3") == ()
    assert list(engine.stories("server-3")) == []
    assert engine.catalog.libraries() == ["server-1", "server-2"]


def test_a_story_asked_for_is_found_among_many_that_match_better(engine: Engine, newsroom: Any) -> None:
    newsroom.write_lines(
        "many",
        [{"id": n, "title": f"Boats {n}", "text": f"{n} boats in the harbour. Boats, boats!"} for n in range(90)],
    )
    newsroom.add(engine)
    story = add(engine, newsroom, "public", Market="The market sold 77 boats of paper last spring.")["Market"]
    assert all(each.story_id != story for each in engine.find("How many boats are in the harbour?", limit=60))
    found = engine.find("How many boats are in the harbour?", story=story)
    assert [each.story_id for each in found] == [story]
    assert found[0].vector_score is not None
    assert found[0].word_score is not None
    answer = engine.ask("How many boats are in the harbour?", story=story, least_confidence=0.0)
    assert {citation.story_id for citation in answer.citations} == {story}
    assert engine.find("boats", story=story, since=date(2025, 1, 1)) == []  # it is undated
    assert [each.story_id for each in engine.find("boats", story=story, leg="words")] == [story]
    assert engine.find("boats", story=story, leaving_out=[story]) == []


@pytest.mark.parametrize("story", ["", "0000000000000000", "\x00", "\ud800", "%", "../x"])
def test_an_unknown_story_and_one_of_another_library_cannot_be_told_apart(
    story: str, engine: Engine, newsroom: Any
) -> None:
    other = add(engine, newsroom, "server-2", tower="The tower was opened.")["tower"]
    add(engine, newsroom, "server-1", bridge="The bridge was closed.")
    uses: list[Callable[[str], object]] = [
        lambda asked: engine.ask("What was opened?", library="server-1", story=asked),
        lambda asked: engine.find("What was opened?", library="server-1", story=asked),
        lambda asked: engine.story(asked, library="server-1"),
        lambda asked: engine.summarize(asked, library="server-1"),
    ]
    for use in uses:
        sentences = set()
        for asked in (story, other):
            with pytest.raises(UnknownStoryError) as caught:
                use(asked)
            sentences.add(re.sub("no story '.*';", "no story;", str(caught.value)))
        assert len(sentences) == 1


def test_a_removed_library_leaves_nothing_and_the_others_as_they_were(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    add(engine, newsroom, "server-1", bridge="The bridge was closed.", tower="The tower was opened.")
    add(engine, newsroom, "server-1", twin="The tower was opened.")
    add(engine, newsroom, "server-2", bridge="The bridge was closed.")
    assert engine.remove_library("server-1")
    assert engine.catalog.libraries() == ["server-2"]
    assert engine.titles("server-1") == ()
    assert not engine.ask("What was closed?", library="server-1").answered
    assert engine.find("bridge", library="server-1") == []
    assert len(engine.find("bridge", library="server-2")) == 1
    assert_in_step(engine)
    assert engine.remove_library("server-1")
    assert engine.remove_library("never-there")
    assert engine.catalog.libraries() == ["server-2"]
    add(engine, newsroom, "server-1", bridge="The bridge was closed.")
    assert len(engine.find("bridge", library="server-1")) == 1
    assert_in_step(engine)


STEPS = [
    ("storing.removing.retire_all", "after"),
    ("storing.versions.delete_versions", "before"),
    ("storing.versions.delete_versions", "after"),
    ("storing.generations.forget", "before"),
    ("storing.generations.forget", "after"),
    ("storing.removing.forget_if_empty", "before"),
    ("storing.removing.forget_if_empty", "after"),
]


@pytest.mark.parametrize(("step", "when"), STEPS)
def test_a_removal_that_is_killed_shows_nothing_and_can_be_taken_up(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    killed_at: Any,
    assert_in_step: InStep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    add(engine, newsroom, "server-1", bridge="The bridge was closed.", tower="The tower was opened.")
    add(engine, newsroom, "server-2", bridge="The bridge was closed.")
    with killed_at(step, when):
        engine.remove_library("server-1")
    assert engine.titles("server-1") == ()
    assert engine.find("bridge", library="server-1") == []
    engine.close()
    engine = open_engine()
    assert engine.titles("server-1") == ()
    assert engine.remove_library("server-1")
    assert engine.catalog.libraries() == ["server-2"]
    assert_in_step(engine)


def test_while_the_vector_server_is_down_it_says_that_something_is_left(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch, assert_in_step: InStep
) -> None:
    add(engine, newsroom, "server-1", bridge="The bridge was closed.")

    def down(generation_id: int) -> None:
        raise VectorServerError("It is down.")

    with monkeypatch.context() as patched:
        patched.setattr(engine._stores.vectors, "drop", down)
        assert not engine.remove_library("server-1")
        assert engine.find("bridge", library="server-1") == []
    assert engine.remove_library("server-1")
    assert engine.catalog.libraries() == []


def test_a_library_is_removed_after_the_searches_in_it_and_no_story_comes_in_between(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch, embedder: Any
) -> None:
    add(engine, newsroom, "server-1", bridge="The bridge was closed.")
    searching, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        searching.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(2) as threads:
        embedder.before_embedding = wait
        search = threads.submit(engine.find, "bridge", library="server-1")
        assert searching.wait(10)
        removal = threads.submit(engine.remove_library, "server-1")
        while engine.titles("server-1"):  # it has begun
            pass
        assert not removal.done()
        go_on.set()
        assert search.result() == []  # what is not live any more is not shown
        assert removal.result()
