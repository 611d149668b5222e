"""The next indexes are built beside those that answer, and take over with nothing lost, doubled or left behind."""

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from index.engine import Engine
from index.errors import OutdatedIndexError
from index.publishing import rebuilding
from index.storing import generations, schema
from index.storing.catalog import Generation

InStep = Callable[[Engine], None]
TEXTS = [f"Bridge {number} was closed." for number in range(5)]
EMBEDDED = [f"A story\n{text}" for text in TEXTS]
SECONDS = 20
"""How long a test waits for what must happen; what goes on in the right order never waits that long."""


def current(engine: Engine, library: str = "public") -> Generation:
    found = engine._stores.catalog.library(library)
    assert found is not None
    assert found.current is not None
    return found.current


def texts_found(engine: Engine, leg: Any = "words", question: str = "bridge") -> list[str]:
    return sorted(finding.text for finding in engine.find(question, leg=leg, limit=50))


@pytest.fixture
def bridges(newsroom: Any) -> Any:
    """Five stories in five files."""
    for number, text in enumerate(TEXTS):
        newsroom.write(f"bridge{number}", text)
    return newsroom


@pytest.fixture
def engine_with_bridges(engine: Engine, bridges: Any) -> Engine:
    bridges.add(engine)
    return engine


@pytest.fixture
def changed(open_engine: Callable[..., Engine], models: Any, bridges: Any) -> Engine:
    """An engine with a new model, and stories that were indexed with the old one."""
    engine = open_engine(models.old, load_embedder=models.load)
    bridges.add(engine)
    engine.close()
    models.old_embedder.embedded.clear()
    return open_engine(models.new, load_embedder=models.load)


def test_the_old_indexes_answer_with_the_old_model_until_the_next_are_complete(
    changed: Engine, models: Any, assert_in_step: InStep
) -> None:
    answers = []

    def ask_meanwhile() -> None:
        models.new_embedder.before_embedding = lambda: None
        for leg in ("vectors", "words", "both"):
            answers.append(texts_found(changed, leg))
        answers.append([citation.quote for citation in changed.ask("Which bridge was closed?").citations])

    with pytest.raises(OutdatedIndexError, match="storydesk rebuild"):
        changed.find("bridge")
    models.new_embedder.before_embedding = ask_meanwhile
    assert changed.rebuild() == {"public": 5}
    assert answers[:3] == [TEXTS] * 3
    assert set(answers[3]) <= set(TEXTS)
    assert "bridge" in models.old_embedder.embedded
    assert EMBEDDED[0] not in models.old_embedder.embedded

    models.old_embedder.embedded.clear()
    models.new_embedder.embedded.clear()
    assert texts_found(changed, "vectors") == TEXTS
    assert models.new_embedder.embedded == ["bridge"]
    assert models.old_embedder.embedded == []
    assert_in_step(changed)


def test_only_words_are_searched_when_the_old_model_is_gone(
    changed: Engine, models: Any, assert_in_step: InStep
) -> None:
    shutil.rmtree(models.old.model_folder)
    notes: list[str] = []
    found: dict[str, list[str]] = {}
    answers = []

    def ask_meanwhile() -> None:
        models.new_embedder.before_embedding = lambda: None
        for leg in ("vectors", "words", "both"):
            findings = changed.find("bridge", leg=leg, on_note=notes.append)  # type: ignore[arg-type]
            found[leg] = sorted(finding.text for finding in findings)
        answers.append(changed.ask("Which bridge was closed?"))

    models.new_embedder.before_embedding = ask_meanwhile
    changed.rebuild()
    assert found == {"vectors": TEXTS, "words": TEXTS, "both": TEXTS}
    assert len(notes) == 2  # who asks for words alone gets what was asked for
    for note in [*notes, answers[0].note]:
        assert "only words are searched" in note
    assert models.old_embedder.embedded == []
    assert changed.ask("Which bridge was closed?").note is None
    assert_in_step(changed)


def test_nothing_is_left_of_what_the_old_indexes_were_made_of(
    open_engine: Callable[..., Engine],
    models: Any,
    bridges: Any,
    home: Path,
    use_splitter: Callable[[str], None],
    assert_in_step: InStep,
) -> None:
    engine = open_engine(models.old, load_embedder=models.load)
    bridges.add(engine)
    old = current(engine)
    engine.close()
    folders = len(list((home / "vectors").iterdir()))
    use_splitter("other")
    engine = open_engine(models.new, load_embedder=models.load)
    engine.rebuild()
    new = current(engine)
    assert (new.splitter, new.model) != (old.splitter, old.model)
    assert engine._stores.vectors.generations() == engine._stores.words.generations() == {new.id}
    assert [path.name for path in (home / "words").iterdir()] == [str(new.id)]
    assert len(list((home / "vectors").iterdir())) == folders
    with engine._stores.catalog.reading() as connection:
        assert set(connection.scalars(select(schema.passages.c.splitter))) == {"other"}
        assert set(connection.scalars(select(schema.vectors.c.model))) == {new.model}
    assert_in_step(engine)


def test_what_a_kill_left_of_a_dropped_collection_goes_at_the_next_start(
    open_engine: Callable[..., Engine], bridges: Any, home: Path, assert_in_step: InStep
) -> None:
    engine = open_engine()
    bridges.add(engine)
    engine.close()
    used = set((home / "vectors").iterdir())
    left, other = (home / "vectors" / name for name in ("0b24e8f3-6c5e-4f0f-9d57-1f6a0c9d8e7b", "notes"))
    for folder in (left, other):
        folder.mkdir()
        (folder / "data_level0.bin").write_bytes(b"vectors")
    engine = open_engine()
    assert set((home / "vectors").iterdir()) == used | {other}
    assert texts_found(engine, "vectors") == TEXTS
    assert_in_step(engine)


def test_stories_come_change_and_go_while_indexes_are_made_anew(
    engine_with_bridges: Engine, bridges: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_with_bridges
    monkeypatch.setattr(rebuilding, "_VERSIONS_AT_ONCE", 2)
    ids = {story.source[-6]: story.story_id for story in engine._stores.catalog.summaries()}
    before = current(engine)
    changes = iter([
        lambda: bridges.add(engine, bridges.write("bridge5", "Bridge 5 was opened.")),
        lambda: bridges.add(engine, bridges.write("bridge0", "Bridge 0 was opened.")),
        lambda: bridges.add(engine, bridges.write("bridge4", "Bridge 4 was opened.")),
        lambda: engine.remove(ids["1"]),
        lambda: engine.remove(ids["3"]),
    ])  # fmt: skip

    def change(what: str, done: int, total: int) -> None:
        next(changes, lambda: None)()
        assert current(engine) == before
        seen.append((set(texts_found(engine, "words")), set(texts_found(engine, "vectors"))))

    seen: list[Any] = []
    counts = engine.rebuild(on_progress=change)
    assert len(seen) >= 3
    assert all(words == vectors for words, vectors in seen)
    assert "Bridge 5 was opened." in seen[0][0]
    assert "Bridge 0 was opened." in seen[1][0]
    assert "Bridge 0 was closed." not in seen[1][0]
    for rest in changes:
        rest()
    assert counts["public"] >= 4
    assert current(engine) != before
    assert texts_found(engine) == [
        "Bridge 0 was opened.", "Bridge 2 was closed.", "Bridge 4 was opened.", "Bridge 5 was opened.",
    ]  # fmt: skip
    assert_in_step(engine)


def test_what_is_removed_while_it_is_embedded_leaves_nothing(
    changed: Engine, models: Any, assert_in_step: InStep
) -> None:
    first = next(changed._stores.catalog.summaries())
    removed = changed.story(first.story_id).text

    def remove_meanwhile() -> None:
        models.new_embedder.before_embedding = lambda: None
        changed.remove(first.story_id)

    models.new_embedder.before_embedding = remove_meanwhile
    assert changed.rebuild() == {"public": 4}
    assert sorted([removed, *texts_found(changed, "vectors")]) == TEXTS
    assert_in_step(changed)


def test_what_is_added_while_the_model_changes_waits_for_the_new_indexes(
    changed: Engine, bridges: Any, models: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bridges.write("bridge5", "Bridge 5 was opened.")
    waiting = threading.Event()

    def add() -> Generation:
        (result,) = bridges.add(changed, path)
        assert result.status == "added"
        return current(changed)

    def add_meanwhile() -> None:
        models.new_embedder.before_embedding = lambda: None
        lock_of = changed._writers.changing_model
        monkeypatch.setattr(changed._writers, "changing_model", lambda name: (waiting.set(), lock_of(name))[1])
        adding.append(threads.submit(add))
        assert waiting.wait(SECONDS)

    adding: list[Any] = []
    models.new_embedder.before_embedding = add_meanwhile
    with ThreadPoolExecutor(1) as threads:
        changed.rebuild()
        assert adding[0].result(SECONDS) == current(changed)
    assert texts_found(changed) == [*TEXTS, "Bridge 5 was opened."]
    assert_in_step(changed)


def test_a_question_under_way_when_the_next_indexes_take_over_is_answered_from_the_old(
    engine_with_bridges: Engine, embedder: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_with_bridges
    asked, removing = threading.Event(), threading.Event()
    wait = engine._stores.searches.wait_for_end
    monkeypatch.setattr(engine._stores.searches, "wait_for_end", lambda number: (removing.set(), wait(number)))

    def think() -> None:
        asked.set()
        assert removing.wait(SECONDS)

    embedder.before_embedding = think
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(texts_found, engine, "both")
        assert asked.wait(SECONDS)
        embedder.before_embedding = lambda: None
        assert engine.rebuild() == {"public": 5}
        assert asking.result(SECONDS) == TEXTS
    assert_in_step(engine)


def test_one_rebuild_waits_for_another(
    engine_with_bridges: Engine, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_with_bridges
    waiting = threading.Event()
    lock_of = engine._writers.rebuilding
    second: list[Any] = []

    def begin_another(what: str, done: int, total: int) -> None:
        if not second:
            monkeypatch.setattr(engine._writers, "rebuilding", lambda name: (waiting.set(), lock_of(name))[1])
            second.append(threads.submit(engine.rebuild))
            assert waiting.wait(SECONDS)

    with ThreadPoolExecutor(1) as threads:
        assert engine.rebuild(on_progress=begin_another) == {"public": 5}
        assert second[0].result(SECONDS) == {"public": 5}
    assert_in_step(engine)


def test_rebuilding_while_others_add_remove_and_ask_loses_nothing(
    engine_with_bridges: Engine, bridges: Any, assert_in_step: InStep
) -> None:
    engine = engine_with_bridges
    stays = {text for text in TEXTS if "4" not in text}

    def add(number: int) -> None:
        for edition in range(3):
            bridges.add(engine, bridges.write(f"wire{number}", f"Bridge {number} is in its edition {edition}."))

    def come_and_go() -> None:
        path = bridges.folder / "bridge4.json"
        for _ in range(4):
            (result,) = bridges.add(engine, path)
            engine.remove(result.story_id)

    def ask() -> None:
        for leg in ("words", "vectors", "both") * 3:
            assert stays <= set(texts_found(engine, leg))

    with ThreadPoolExecutor(6) as threads:
        works = [threads.submit(engine.rebuild) for _ in range(2)]
        works += [threads.submit(add, number) for number in (10, 11)]
        works += [threads.submit(come_and_go), threads.submit(ask)]
        for work in works:
            work.result()
    assert set(texts_found(engine)) == stays | {f"Bridge {number} is in its edition 2." for number in (10, 11)}
    assert_in_step(engine)


def test_a_model_that_is_changed_back_before_the_new_indexes_are_complete_answers_at_once(
    changed: Engine,
    open_engine: Callable[..., Engine],
    models: Any,
    bridges: Any,
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    with killed_at("storing.versions.mark_indexed", "before"):
        changed.rebuild()
    changed.close()
    engine = open_engine(models.old, load_embedder=models.load)
    assert_in_step(engine)
    assert texts_found(engine, "vectors") == TEXTS
    assert {result.status for result in bridges.add(engine)} == {"unchanged"}
    assert models.old_embedder.embedded == ["bridge"]
    assert generations.all_ids(engine._stores.catalog) == {current(engine).id}


def test_a_third_model_begins_anew(
    changed: Engine,
    open_engine: Callable[..., Engine],
    make_model: Callable[[str], dict[str, Any]],
    models: Any,
    assert_in_step: InStep,
    killed_at: Callable[..., Any],
) -> None:
    with killed_at("storing.versions.mark_indexed", "before"):
        changed.rebuild()
    changed.close()
    third = models.new.model_copy(update=make_model("third weights"))
    engine = open_engine(third, load_embedder=models.load)
    with pytest.raises(OutdatedIndexError):
        engine.find("bridge")
    assert engine.rebuild() == {"public": 5}
    assert texts_found(engine, "vectors") == TEXTS
    assert_in_step(engine)
