"""Stories with the text of another one are remembered, and take the text over when that one gives it up."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from index.engine import Engine
from index.errors import StorageError
from index.stories import AddResult
from index.storing import schema

InStep = Callable[[Engine], None]
BRIDGE, HARBOUR, FERRY = "The bridge was closed.", "The harbour was open.", "The ferry sailed."


def statuses(results: list[AddResult]) -> list[str]:
    return [result.status for result in results]


def live(engine: Engine, library: str = "public") -> dict[str, str]:
    """Texts by title."""
    catalog = engine._stores.catalog
    stories = [catalog.story(summary.story_id) for summary in catalog.summaries(library)]
    assert len({story.title for story in stories}) == len(stories)
    return {story.title: story.text for story in stories}


def remembered(engine: Engine) -> int:
    with engine._stores.catalog.reading() as connection:
        return len(connection.execute(select(schema.duplicates)).all())


@pytest.fixture
def copies(engine: Engine, newsroom: Any) -> Any:
    """Three files of one text, the first of which is stored."""
    newsroom.write("a", BRIDGE, title="A")
    newsroom.write("b", BRIDGE, title="B", publisher="Coast Radio", authors=["Jon Ferro"], published_at="2025-05-20")
    newsroom.write("c", BRIDGE, title="C")
    assert statuses(newsroom.add(engine)) == ["added", "duplicate", "duplicate"]
    assert live(engine) == {"A": BRIDGE}
    return newsroom


def test_a_duplicate_takes_the_text_over_when_its_story_changes(
    copies: Any, engine: Engine, assert_in_step: InStep
) -> None:
    a = copies.write("a", HARBOUR, title="A")
    assert statuses(copies.add(engine, a)) == ["updated"]
    assert live(engine) == {"A": HARBOUR, "B": BRIDGE}
    for leg in ("vectors", "words"):
        first = engine.find("bridge closed", leg=leg)[0]
        assert (first.text, first.title, first.publisher, first.published_at) == (
            BRIDGE, "B", "Coast Radio", "2025-05-20",
        )  # fmt: skip
    assert engine._stores.catalog.story(first.story_id).authors == ("Jon Ferro",)
    assert remembered(engine) == 1
    assert_in_step(engine)


def test_the_heir_is_the_story_that_its_file_is(copies: Any, engine: Engine, assert_in_step: InStep) -> None:
    copies.add(engine, copies.write("a", HARBOUR, title="A"))
    assert statuses(copies.add(engine)) == ["unchanged", "unchanged", "duplicate"]
    assert live(engine) == {"A": HARBOUR, "B": BRIDGE}
    assert_in_step(engine)


def test_each_heir_has_an_heir(copies: Any, engine: Engine, assert_in_step: InStep) -> None:
    copies.add(engine, copies.write("a", HARBOUR, title="A"))
    copies.add(engine, copies.write("b", FERRY, title="B"))
    assert live(engine) == {"A": HARBOUR, "B": FERRY, "C": BRIDGE}
    assert remembered(engine) == 0
    assert_in_step(engine)


def test_a_text_is_handed_on_within_one_run(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    records = [
        {"id": "1", "title": "A", "text": BRIDGE},
        {"id": "2", "title": "B", "text": BRIDGE},
        {"id": "3", "title": "C", "text": FERRY},
        {"id": "1", "title": "A", "text": HARBOUR},
    ]
    results = newsroom.add(engine, newsroom.write_lines("wire", records))
    # What the second is called depends on how the stories fall into batches; what is stored in the end does not.
    assert statuses(results)[::2] == ["added", "added"]
    assert live(engine) == {"A": HARBOUR, "B": BRIDGE, "C": FERRY}
    assert_in_step(engine)


def test_an_heir_that_changes_in_the_same_batch_leaves_the_text_to_the_next(
    copies: Any, engine: Engine, assert_in_step: InStep
) -> None:
    paths = copies.write("a", HARBOUR, title="A"), copies.write("b", FERRY, title="B")
    assert statuses(copies.add(engine, *paths)) == ["updated", "added"]
    assert live(engine) == {"A": HARBOUR, "B": FERRY, "C": BRIDGE}
    assert_in_step(engine)


def test_an_heir_that_becomes_the_duplicate_of_another_leaves_the_text_to_the_next(
    copies: Any, engine: Engine, assert_in_step: InStep
) -> None:
    copies.add(engine, copies.write("d", FERRY, title="D"))
    paths = copies.write("a", HARBOUR, title="A"), copies.write("b", FERRY, title="B")
    assert statuses(copies.add(engine, *paths)) == ["updated", "duplicate"]
    assert live(engine) == {"A": HARBOUR, "C": BRIDGE, "D": FERRY}
    assert_in_step(engine)


def test_a_text_that_its_story_keeps_is_not_handed_on(copies: Any, engine: Engine, assert_in_step: InStep) -> None:
    assert statuses(copies.add(engine, copies.write("a", BRIDGE, title="A again"))) == ["updated"]
    assert live(engine) == {"A again": BRIDGE}
    assert remembered(engine) == 2
    assert_in_step(engine)


def test_a_story_that_becomes_a_duplicate_hands_its_own_text_on(
    copies: Any, engine: Engine, assert_in_step: InStep
) -> None:
    copies.add(engine, copies.write("d", FERRY, title="D"))
    assert statuses(copies.add(engine, copies.write("a", FERRY, title="A"))) == ["duplicate"]
    assert live(engine) == {"B": BRIDGE, "D": FERRY}
    copies.add(engine, copies.write("d", HARBOUR, title="D"))
    assert live(engine) == {"A": FERRY, "B": BRIDGE, "D": HARBOUR}
    assert_in_step(engine)


def test_duplicates_of_a_removed_story_are_forgotten(copies: Any, engine: Engine, assert_in_step: InStep) -> None:
    (story,) = engine._stores.catalog.summaries()
    engine.remove(story.story_id)
    assert live(engine) == {}
    assert remembered(engine) == 0
    assert_in_step(engine)
    assert statuses(copies.add(engine)) == ["added", "duplicate", "duplicate"]


def test_a_duplicate_that_gets_another_text_is_none_any_more(
    copies: Any, engine: Engine, assert_in_step: InStep
) -> None:
    assert statuses(copies.add(engine, copies.write("b", FERRY, title="B"))) == ["added"]
    assert live(engine) == {"A": BRIDGE, "B": FERRY}
    copies.add(engine, copies.write("a", HARBOUR, title="A"))
    assert live(engine) == {"A": HARBOUR, "B": FERRY, "C": BRIDGE}
    assert_in_step(engine)


def test_what_is_remembered_of_a_duplicate_is_its_latest(copies: Any, engine: Engine, assert_in_step: InStep) -> None:
    assert statuses(copies.add(engine, copies.write("b", BRIDGE, title="B again"))) == ["duplicate"]
    copies.add(engine, copies.write("a", HARBOUR, title="A"))
    assert live(engine) == {"A": HARBOUR, "B again": BRIDGE}
    assert_in_step(engine)


def test_a_text_is_handed_on_within_its_library_only(copies: Any, engine: Engine, assert_in_step: InStep) -> None:
    d = copies.write("d", BRIDGE, title="D")
    copies.add(engine, d, library="night-desk")
    copies.add(engine, copies.write("d", FERRY, title="D"), library="night-desk")
    assert live(engine, "night-desk") == {"D": FERRY}
    assert live(engine) == {"A": BRIDGE}
    assert remembered(engine) == 2
    assert_in_step(engine)


STEPS = [
    "storing.versions.stage",
    "indexing.vectors.Vectors.write",
    "indexing.words.Words.write",
    "storing.versions.make_live",
    "indexing.vectors.Vectors.delete",
    "indexing.words.Words.delete",
    "storing.versions.delete_versions",
]
before_and_after = pytest.mark.parametrize("when", ["before", "after"])


@before_and_after
@pytest.mark.parametrize("step", STEPS)
def test_killed_while_a_text_is_handed_on(
    step: str,
    when: str,
    copies: Any,
    engine: Engine,
    open_engine: Callable[..., Engine],
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    a = copies.write("a", HARBOUR, title="A")
    with killed_at(step, when):
        copies.add(engine, a)
    engine.close()
    engine = open_engine()
    assert_in_step(engine)
    stored = (step, when) != ("storing.versions.stage", "before")
    assert live(engine) == ({"A": HARBOUR, "B": BRIDGE} if stored else {"A": BRIDGE})
    assert statuses(copies.add(engine, a)) == ["unchanged" if stored else "updated"]
    assert live(engine) == {"A": HARBOUR, "B": BRIDGE}
    assert_in_step(engine)


@before_and_after
@pytest.mark.parametrize("step", STEPS)
def test_killed_while_a_story_becomes_a_duplicate_and_hands_its_text_on(
    step: str,
    when: str,
    copies: Any,
    engine: Engine,
    open_engine: Callable[..., Engine],
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    copies.add(engine, copies.write("d", FERRY, title="D"))
    a = copies.write("a", FERRY, title="A")
    with killed_at(step, when):
        copies.add(engine, a)
    # Whoever reads before the next start finds the text, under the one story or the other.
    assert BRIDGE in live(engine).values()
    engine.close()
    engine = open_engine()
    assert_in_step(engine)
    stored = (step, when) != ("storing.versions.stage", "before")
    assert live(engine) == {"B" if stored else "A": BRIDGE, "D": FERRY}
    assert statuses(copies.add(engine, a)) == ["duplicate"]
    assert live(engine) == {"B": BRIDGE, "D": FERRY}
    copies.add(engine, copies.write("d", HARBOUR, title="D"))
    assert live(engine) == {"A": FERRY, "B": BRIDGE, "D": HARBOUR}
    assert_in_step(engine)


@before_and_after
@pytest.mark.parametrize(
    "step",
    [
        "storing.versions.give_way",
        "indexing.vectors.Vectors.delete",
        "indexing.words.Words.delete",
        "storing.versions.delete_versions",
    ],
)
def test_killed_while_a_story_becomes_a_duplicate_whose_text_nobody_wants(
    step: str,
    when: str,
    engine: Engine,
    newsroom: Any,
    open_engine: Callable[..., Engine],
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    newsroom.write("a", BRIDGE, title="A")
    newsroom.write("b", HARBOUR, title="B")
    newsroom.add(engine)
    a = newsroom.write("a", HARBOUR, title="A")
    with killed_at(step, when):
        newsroom.add(engine, a)
    engine.close()
    engine = open_engine()
    assert_in_step(engine)
    before = (step, when) == ("storing.versions.give_way", "before")
    assert live(engine) == ({"A": BRIDGE, "B": HARBOUR} if before else {"B": HARBOUR})
    assert statuses(newsroom.add(engine)) == ["duplicate", "unchanged"]
    assert_in_step(engine)


@before_and_after
@pytest.mark.parametrize(
    "step", ["storing.versions.retire_story", "indexing.vectors.Vectors.delete", "storing.versions.delete_versions"]
)
def test_killed_while_a_story_is_removed_that_others_have_the_text_of(
    step: str,
    when: str,
    copies: Any,
    engine: Engine,
    open_engine: Callable[..., Engine],
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    (story,) = engine._stores.catalog.summaries()
    with killed_at(step, when):
        engine.remove(story.story_id)
    engine.close()
    engine = open_engine()
    assert_in_step(engine)
    kept = (step, when) == ("storing.versions.retire_story", "before")
    assert live(engine) == ({"A": BRIDGE} if kept else {})
    assert remembered(engine) == (2 if kept else 0)


def test_a_failure_while_a_text_is_handed_on_is_made_up_for_by_the_next_addition(
    copies: Any, engine: Engine, assert_in_step: InStep, killed_at: Callable[..., Any]
) -> None:
    copies.add(engine, copies.write("d", FERRY, title="D"))
    copies.write("a", FERRY, title="A")
    with killed_at("indexing.words.Words.write", "before", error=StorageError):
        copies.add(engine)
    assert live(engine) == {"A": BRIDGE, "D": FERRY}
    # Back to what it was: by now the text is the second story's, and the first one is its duplicate.
    a = copies.write("a", BRIDGE, title="A")
    assert statuses(copies.add(engine, a)) == ["duplicate"]
    assert live(engine) == {"B": BRIDGE, "D": FERRY}
    assert_in_step(engine)
