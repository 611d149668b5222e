"""Examining a data folder: what is wrong is named, and put right without embedding anything."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from caring_health import InStep, current, health_of, kinds
from sqlalchemy import delete, insert, select, update

from index.caring import checking, comparing
from index.engine import Engine
from index.errors import StorageError
from index.indexing.vectors import Vectors
from index.publishing import rebuilding
from index.stories import LibraryHealth, Trouble
from index.storing import schema, versions
from index.storing.catalog import Generation


def passage_ids(engine: Engine) -> list[str]:
    with engine.catalog.reading() as connection:
        return list(connection.scalars(select(schema.passages.c.id).order_by(schema.passages.c.id)))


def told(health: LibraryHealth) -> set[tuple[str, bool]]:
    return {(trouble.text, trouble.mended) for trouble in health.troubles}


def unit_rows(number: int) -> Any:
    rows = np.zeros((number, 64), dtype=np.float32)
    rows[:, 7] = 1
    return rows


def change(engine: Engine, *statements: Any) -> None:
    with engine.catalog.writing() as connection:
        for statement in statements:
            connection.execute(statement)


def test_nothing_is_wrong_with_stories_that_were_just_added(desk: Engine, embedder: Any) -> None:
    steps: list[tuple[str, int, int]] = []
    assert desk.check(on_progress=lambda *step: steps.append(step)) == [
        LibraryHealth(None),
        LibraryHealth("public", passages=5, vectors=5, words=5, looked_up=5),
    ]
    assert steps == [("passages compared", 5, 5)]
    assert embedder.embedded == []


def test_an_empty_data_folder_is_well(engine: Engine) -> None:
    assert engine.check() == [LibraryHealth(None)]
    assert engine.check(fix=True) == [LibraryHealth(None)]


def test_what_is_missing_and_superfluous_is_found_by_id_where_the_counts_agree(
    desk: Engine, assert_in_step: InStep, embedder: Any
) -> None:
    generation, ids, stores = current(desk), passage_ids(desk), desk._stores
    stores.vectors.delete(generation, ids[:2])
    stores.vectors.write(generation, ["strange-1", "strange-2"], unit_rows(2), [0, 0])
    stores.words.delete(generation.id, ids[4:])
    health = health_of(desk)
    assert (health.passages, health.vectors, health.words) == (5, 5, 4)
    assert told(health) == {
        ("2 passages are missing in the vector index", False),
        ("the vector index has 2 passages that no story has", False),
        ("1 passage is missing in the word index", False),
    }
    assert {text for text, mended in told(health_of(desk, fix=True)) if mended} == {text for text, _ in told(health)}
    assert health_of(desk).troubles == ()
    assert current(desk) == generation, "mended in place"
    assert embedder.embedded == []
    assert_in_step(desk)


def test_examining_alone_changes_nothing(desk: Engine) -> None:
    generation, ids = current(desk), passage_ids(desk)
    desk._stores.vectors.delete(generation, ids[:2])
    desk._stores.words.drop(generation.id)
    before = health_of(desk)
    assert kinds(before) == ["missing_vectors", "missing_words"]
    assert health_of(desk) == before


def test_a_passage_that_is_in_the_word_index_twice_is_there_once_again(desk: Engine, assert_in_step: InStep) -> None:
    generation, stores = current(desk), desk._stores
    with desk.catalog.reading() as connection:
        version_id = connection.scalar(select(schema.versions.c.id).limit(1))
    assert version_id is not None
    from index.storing.passages import indexed_passages

    stores.words.write(generation.id, indexed_passages(desk.catalog, generation, [version_id]), replace=False)
    assert kinds(health_of(desk)) == ["double_words", "superfluous_words"] or kinds(health_of(desk)) == ["double_words"]
    desk.check(fix=True)
    assert health_of(desk) == LibraryHealth("public", 5, 5, 5, looked_up=5)
    assert_in_step(desk)


def test_pages_smaller_than_the_library_find_the_same(desk: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_STORIES_AT_ONCE", 2)
    monkeypatch.setattr(comparing, "_ENTRIES_AT_ONCE", 2)
    generation, ids = current(desk), passage_ids(desk)
    desk._stores.vectors.delete(generation, ids[1:4])
    strange = [f"strange-{number}" for number in range(7)]
    desk._stores.vectors.write(generation, strange, unit_rows(7), [0] * 7)
    assert told(health_of(desk)) == {
        ("3 passages are missing in the vector index", False),
        ("the vector index has 7 passages that no story has", False),
    }
    desk.check(fix=True)
    assert health_of(desk) == LibraryHealth("public", 5, 5, 5, looked_up=5)


def test_a_passage_that_is_not_found_by_its_own_vector_has_the_indexes_made_anew(
    desk: Engine, assert_in_step: InStep, embedder: Any
) -> None:
    generation = current(desk)
    desk._stores.vectors.write(generation, passage_ids(desk)[:2], unit_rows(2), [0, 0])
    health = health_of(desk)
    assert told(health) == {("2 of 5 passages were not found by their own vectors", False)}
    assert [trouble.check for trouble in health.troubles] == ["lookup"]
    desk.check(fix=True)
    assert health_of(desk) == LibraryHealth("public", 5, 5, 5, looked_up=5)
    assert current(desk) != generation
    assert embedder.embedded == []
    assert_in_step(desk)


def test_passages_of_equal_vectors_are_found_for_each_other(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_NEAREST", (1, 2))
    for number in range(6):  # the same words in another order are the same vector here
        newsroom.write(f"story{number}", "Bridge closed today. " * (number + 1), title="Bridge closed today")
    newsroom.add(engine)
    health = health_of(engine)
    assert health.looked_up == 6
    assert health.troubles == ()


def test_only_so_many_passages_of_so_many_libraries_are_looked_up(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_LOOKUPS", 4)
    monkeypatch.setattr(checking, "_LIBRARIES_LOOKED_UP", 2)
    for number in range(5):
        newsroom.write(f"story{number}", f"Bridge {number} was closed.")
    for library in ("city", "night-desk", "public"):
        newsroom.add(engine, library=library)
    looked_up = [health.looked_up for health in engine.check() if health.library]
    assert sorted(looked_up) == [0, 2, 2]


@pytest.mark.parametrize("damage", [None, b"", b"\x00" * 6, np.full(64, np.nan, dtype="<f2").tobytes()])
def test_a_kept_vector_that_is_missing_or_unusable_is_the_only_one_to_be_embedded(
    desk: Engine, embedder: Any, assert_in_step: InStep, damage: bytes | None
) -> None:
    with desk.catalog.reading() as connection:
        key = connection.scalar(select(schema.vectors.c.text_key).limit(1))
    one = schema.vectors.c.text_key == key
    if damage is None:
        change(desk, delete(schema.vectors).where(one))
    else:
        change(desk, update(schema.vectors).where(one).values(vector=damage))
    assert told(health_of(desk)) == {("the catalog keeps no usable vector of 1 passage", False)}
    desk.check(fix=True)
    assert len(embedder.embedded) == 1
    assert health_of(desk) == LibraryHealth("public", 5, 5, 5, looked_up=5)
    assert_in_step(desk)


def test_what_was_left_staged_is_finished(
    desk: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise StorageError("The disk is full.")

    newsroom.write("late", "The ferry sank.", title="Ferry")
    with monkeypatch.context() as patched:
        patched.setattr(versions, "make_live", fail)
        with pytest.raises(StorageError, match="disk is full"):
            newsroom.add(desk)
    assert ("1 version of a story was left half stored or half removed", False) in told(health_of(desk))
    desk.check(fix=True)
    assert health_of(desk) == LibraryHealth("public", 6, 6, 6, looked_up=6)
    assert_in_step(desk)


def test_notes_of_what_is_indexed_are_put_right(desk: Engine, assert_in_step: InStep) -> None:
    change(desk, delete(schema.indexed_versions))
    assert told(health_of(desk)) == {("5 stories are not noted as indexed", False)}
    desk.check(fix=True)
    assert health_of(desk).troubles == ()
    assert_in_step(desk)


def test_orphans_are_counted_and_collected(desk: Engine, home: Path, assert_in_step: InStep) -> None:
    strange = Generation(999, 1, "current", "model", "{}", "1")
    desk._stores.vectors.write(strange, ["a"], unit_rows(1), [0])
    (home / "words" / "998").mkdir()
    (home / "vectors-damaged-0123").mkdir()
    change(
        desk,
        insert(schema.vectors).values(text_key="nobody's", model=current(desk).model, vector=b""),
        insert(schema.stories).values(id="empty", library_id=1, identity="id:empty", added_at="2025-01-01"),
    )
    health = health_of(desk, None)
    assert {trouble.text for trouble in health.troubles} == {
        "1 vector index belongs to no library",
        "1 word index belongs to no library",
        "1 damaged vector index was put aside",
        "1 kept vector belongs to no passage",
        "1 story has no text",
    }
    assert not any(trouble.serious for trouble in health.troubles)
    assert all(trouble.mended for trouble in health_of(desk, None, fix=True).troubles)
    assert health_of(desk, None).troubles == ()
    assert desk._stores.vectors.generations() == {current(desk).id}
    assert not (home / "words" / "998").exists()
    assert not (home / "vectors-damaged-0123").exists()
    assert_in_step(desk)


def test_another_catalogs_collections_are_left_alone(desk: Engine) -> None:
    stores = desk._stores
    other = Vectors(stores.vectors._store, catalog_id="0123456789abcdef")
    other.write(Generation(1, 1, "current", "model", "{}", "1"), ["a"], unit_rows(1), [0])
    assert health_of(desk, None, fix=True).troubles == ()
    assert other.generations() == {1}


def test_a_change_of_splitter_is_reported_and_left_to_a_rebuild(
    desk: Engine,
    open_engine: Callable[..., Engine],
    use_splitter: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk.close()
    use_splitter("next")
    engine = open_engine()
    generation = current(engine)
    for fix in (False, True):
        (trouble,) = health_of(engine, fix=fix).troubles
        assert (trouble.kind, trouble.serious, trouble.mended) == ("outdated", True, False)
    assert current(engine) == generation

    def killed(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "_index", killed)
        with pytest.raises(KeyboardInterrupt):
            engine.rebuild()
    for fix in (False, True):
        (trouble,) = health_of(engine, fix=fix).troubles
        assert (trouble.kind, trouble.serious, trouble.mended) == ("half_built", False, False)
    engine.rebuild()
    assert health_of(engine).troubles == ()


def test_examining_again_what_a_rebuild_replaced_meanwhile(desk: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_STORIES_AT_ONCE", 2)
    real = desk._stores.words.present
    rebuilt: list[dict[str, int]] = []

    def present(generation_id: int, ids: Any) -> Any:
        if not rebuilt:
            rebuilt.append({})
            thread = threading.Thread(target=lambda: rebuilt.append(desk.rebuild()))
            thread.start()
            threads.append(thread)
        return real(generation_id, ids)

    threads: list[threading.Thread] = []
    monkeypatch.setattr(desk._stores.words, "present", present)
    health = health_of(desk)
    threads[0].join()
    assert health.troubles == ()
    assert health_of(desk) == LibraryHealth("public", 5, 5, 5, looked_up=5)


def test_others_may_write_between_the_pages(desk: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a library is compared, stories are added and removed: none of them is taken for missing or superfluous."""
    monkeypatch.setattr(comparing, "_STORIES_AT_ONCE", 1)
    monkeypatch.setattr(comparing, "_ENTRIES_AT_ONCE", 1)
    library = desk.catalog.library("public")
    assert library is not None
    added: list[int] = []

    @contextmanager
    def turn() -> Iterator[None]:
        yield
        if len(added) < 12:
            added.append(len(added))
            if added[-1] % 3 == 2:
                desk.remove(next(iter(desk.catalog.summaries("public"))).story_id)
            else:
                newsroom.add(desk, newsroom.write(f"new{added[-1]}", f"The ferry {added[-1]} sailed."))

    health = checking.examine(desk._stores, "public", turn=turn, lookups=20)
    assert len(added) == 12
    assert health.troubles == ()


def test_troubles_of_one_and_of_several_read_well() -> None:
    from index.caring.troubles import some

    assert some("counts", "missing_words", 0) == []
    assert some("lookup", "lost", 1, of=20) == [
        Trouble("lookup", "lost", "1 of 20 passages was not found by its own vector")
    ]
    assert some("counts", "missing_words", 12_000)[0].text == "12,000 passages are missing in the word index"
    assert not some("orphans", "stories", 2)[0].serious
