"""A kill while the next indexes are built: the present ones answer, and the next start or rebuild finishes the work."""

from collections.abc import Callable
from typing import Any

import pytest

from index.engine import Engine
from index.errors import StorageError
from index.publishing import rebuilding
from index.publishing.stores import Stores
from index.storing import generations
from index.storing.catalog import Generation

InStep = Callable[[Engine], None]
TEXTS = [f"Bridge {number} was closed." for number in range(3)]
EMBEDDED = [f"A story\n{text}" for text in TEXTS]
STEPS = [
    "storing.generations.begin",
    "indexing.vectors.Vectors.write",
    "indexing.words.Words.write",
    "storing.versions.mark_indexed",
    "storing.generations.switch",
    "indexing.vectors.Vectors.drop",
    "indexing.words.Words.drop",
    "storing.generations.forget",
]
SWITCHED = {("storing.generations.switch", "after")} | {
    (step, when) for step in STEPS[5:] for when in ("before", "after")
}
before_and_after = pytest.mark.parametrize("when", ["before", "after"])


def texts_found(engine: Engine, leg: Any) -> list[str]:
    return sorted(finding.text for finding in engine.find("bridge", leg=leg))


@pytest.fixture
def bridges(newsroom: Any) -> Any:
    for number, text in enumerate(TEXTS):
        newsroom.write(f"bridge{number}", text)
    return newsroom


@before_and_after
@pytest.mark.parametrize("step", STEPS)
def test_killed_while_rebuilding(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    bridges: Any,
    embedder: Any,
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine()
    bridges.add(engine)
    embedder.embedded.clear()
    with killed_at(step, when):
        engine.rebuild()
    assert texts_found(engine, "words") == texts_found(engine, "vectors") == TEXTS
    engine.close()

    embedder.embedded.clear()
    engine = open_engine()
    assert_in_step(engine)
    assert texts_found(engine, "words") == TEXTS
    assert engine.rebuild() == {"public": 3}
    assert embedder.embedded == []
    assert_in_step(engine)


@before_and_after
@pytest.mark.parametrize("step", STEPS)
def test_killed_while_the_model_changes(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    models: Any,
    bridges: Any,
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuilding, "_VERSIONS_AT_ONCE", 2)
    engine = open_engine(models.old, load_embedder=models.load)
    bridges.add(engine)
    engine.close()
    models.old_embedder.embedded.clear()
    engine = open_engine(models.new, load_embedder=models.load)
    with killed_at(step, when):
        engine.rebuild()
    engine.close()

    engine = open_engine(models.new, load_embedder=models.load)
    if (step, when) in SWITCHED:
        assert_in_step(engine)
    if (step, when) != ("storing.generations.begin", "before"):
        assert texts_found(engine, "vectors") == TEXTS
        by = models.new_embedder if (step, when) in SWITCHED else models.old_embedder
        assert by.embedded[-1] == "bridge"
    assert engine.rebuild() == {"public": 3}
    assert sorted(set(models.new_embedder.embedded) - {"bridge"}) == EMBEDDED
    assert len([text for text in models.new_embedder.embedded if text != "bridge"]) == 3
    assert set(models.old_embedder.embedded) <= {"bridge"}
    assert_in_step(engine)
    assert texts_found(engine, "vectors") == texts_found(engine, "words") == TEXTS
    assert {result.status for result in bridges.add(engine)} == {"unchanged"}


@before_and_after
@pytest.mark.parametrize(
    "step",
    [
        "storing.generations.begin",
        "storing.versions.add_passages",
        "storing.versions.mark_indexed",
        "storing.generations.switch",
        "storing.generations.forget",
    ],
)
def test_killed_while_stories_are_cut_anew(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    bridges: Any,
    embedder: Any,
    use_splitter: Callable[[str], None],
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuilding, "_VERSIONS_AT_ONCE", 2)
    engine = open_engine()
    bridges.add(engine)
    engine.close()
    use_splitter("other")
    engine = open_engine()
    with killed_at(step, when):
        engine.rebuild()
    engine.close()
    engine = open_engine()
    assert engine.rebuild() == {"public": 3}
    assert_in_step(engine)
    assert embedder.embedded == EMBEDDED
    assert texts_found(engine, "words") == TEXTS
    assert {result.status for result in bridges.add(engine)} == {"unchanged"}


def test_what_a_new_model_embedded_before_a_kill_is_not_embedded_again(
    open_engine: Callable[..., Engine],
    models: Any,
    bridges: Any,
    assert_in_step: InStep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuilding, "_EMBED_AT_ONCE", 1)
    engine = open_engine(models.old, load_embedder=models.load)
    bridges.add(engine)
    engine.close()
    engine = open_engine(models.new, load_embedder=models.load)

    def die_at_the_third() -> None:
        if len(models.new_embedder.embedded) == 2:
            raise KeyboardInterrupt

    models.new_embedder.before_embedding = die_at_the_third
    with pytest.raises(KeyboardInterrupt):
        engine.rebuild()
    engine.close()
    models.new_embedder.before_embedding = lambda: None
    engine = open_engine(models.new, load_embedder=models.load)
    engine.rebuild()
    assert sorted(models.new_embedder.embedded) == EMBEDDED
    assert_in_step(engine)


def test_an_interrupted_change_of_model_goes_on_with_what_was_removed_and_is_there_by_then(
    open_engine: Callable[..., Engine],
    models: Any,
    bridges: Any,
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine(models.old, load_embedder=models.load)
    bridges.add(engine)
    engine.close()
    engine = open_engine(models.new, load_embedder=models.load)
    with killed_at("storing.versions.mark_indexed", "before"):
        engine.rebuild()
    engine.close()
    engine = open_engine(models.new, load_embedder=models.load)
    (finding,) = [each for each in engine.find("bridge") if each.text == TEXTS[1]]
    engine.remove(finding.story_id)
    assert engine.rebuild() == {"public": 2}
    assert texts_found(engine, "vectors") == [TEXTS[0], TEXTS[2]]
    assert_in_step(engine)


def test_a_story_that_was_staged_with_the_old_model_is_not_lost_when_the_model_changes(
    open_engine: Callable[..., Engine],
    models: Any,
    bridges: Any,
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine(models.old, load_embedder=models.load)
    bridges.add(engine)
    path = bridges.write("bridge1", "Bridge 1 was opened.")
    with killed_at("indexing.vectors.Vectors.write", "before"):
        bridges.add(engine, path)
    engine.close()

    write = Stores.write

    def write_no_old(stores: Stores, generation: Generation, *arguments: Any, **options: Any) -> None:
        if generation.model != stores.model:
            raise StorageError("no room")
        write(stores, generation, *arguments, **options)

    monkeypatch.setattr(Stores, "write", write_no_old)  # neither at the start nor later do the old indexes take it
    engine = open_engine(models.new, load_embedder=models.load)
    assert engine.rebuild() == {"public": 3}
    for leg in ("vectors", "words"):
        assert texts_found(engine, leg) == [TEXTS[0], "Bridge 1 was opened.", TEXTS[2]]
    assert_in_step(engine)


def test_a_rebuild_that_fails_leaves_the_present_indexes(
    open_engine: Callable[..., Engine], bridges: Any, assert_in_step: InStep, killed_at: Callable[..., Any]
) -> None:
    engine = open_engine()
    bridges.add(engine)
    with killed_at("indexing.words.Words.write", "before", error=StorageError):
        engine.rebuild()
    assert texts_found(engine, "words") == texts_found(engine, "vectors") == TEXTS
    bridges.add(engine, bridges.write("bridge3", "Bridge 3 was opened."))
    assert len(generations.all_ids(engine._stores.catalog)) == 2
    assert engine.rebuild() == {"public": 4}
    assert texts_found(engine, "vectors") == [*TEXTS, "Bridge 3 was opened."]
    assert_in_step(engine)
