"""The vector index: nearest passages by cosine, one collection a generation of a library."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api.models.Collection import Collection
from chromadb.errors import InternalError
from numpy.typing import NDArray

from index.engine import Engine
from index.errors import IncompleteIndexError, OutdatedIndexError, StorageError
from index.indexing import chroma
from index.indexing.vectors import Vectors
from index.indexing.vectors_folder import VectorsFolder
from index.storing.catalog import Generation

LOST = "Error creating hnsw segment reader: Nothing found on disk"


@pytest.fixture
def vectors(home: Path) -> Iterator[Vectors]:
    home.mkdir()
    vectors = Vectors.open(home / "vectors", catalog_id="c0ffee")
    yield vectors
    vectors.close()


def unit(*numbers: float) -> NDArray[np.float32]:
    row = np.array(numbers, dtype=np.float32)
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def generation(number: int = 1, model: str = "model") -> Generation:
    return Generation(id=number, library_id=1, state="current", model=model, model_files="{}", splitter="1")


ONE = generation()


def put(
    vectors: Vectors, rows: dict[str, Sequence[float]], *, into: Generation = ONE, days: Sequence[int] = ()
) -> None:
    stacked = np.stack([unit(*row) for row in rows.values()])
    vectors.write(into, list(rows), stacked, days or [0] * len(rows))


def failing(patched: pytest.MonkeyPatch, method: str, message: str, times: int) -> list[int]:
    """Let Chroma fail in that method of its collections; gives the number of failures."""
    real = getattr(Collection, method)
    failures: list[int] = []

    def fail(collection: Collection, *arguments: Any, **options: Any) -> Any:
        if len(failures) < times:
            failures.append(1)
            raise InternalError(message)
        return real(collection, *arguments, **options)

    patched.setattr(Collection, method, fail)
    return failures


def count_openings(patched: pytest.MonkeyPatch) -> list[Path]:
    """The folders that Chroma is opened on from now on."""
    real = chroma.open_folder
    openings: list[Path] = []

    def opening(path: Path) -> chroma.Client:
        openings.append(path)
        return real(path)

    patched.setattr("index.indexing.vectors_folder.open_folder", opening)
    return openings


def few_collections(home: Path, most: int) -> Vectors:
    """An index that keeps at most so many collections open."""
    return Vectors(VectorsFolder(home / "vectors", most=most), "c0ffee")


def test_the_nearest_come_with_their_cosines_at_most_as_many_as_asked_for(vectors: Vectors) -> None:
    put(vectors, {"far": (0, 1), "near": (1, 0.1), "between": (1, 1), "opposite": (-1, 0)})
    found = vectors.search(ONE, unit(1, 0), limit=10)
    assert list(found) == ["near", "between", "far", "opposite"]
    assert list(found.values()) == pytest.approx([0.995, 0.7071, 0, -1], abs=1e-3)
    assert list(vectors.search(ONE, unit(1, 0), limit=2)) == ["near", "between"]


def test_a_collection_without_passages_finds_nothing(vectors: Vectors) -> None:
    assert vectors.search(ONE, unit(1, 0), limit=10) == {}
    assert vectors.count(ONE) == 0


def test_since_leaves_out_what_is_older_or_undated(vectors: Vectors) -> None:
    put(vectors, {"undated": (1, 0), "old": (1, 0), "of the day": (1, 1), "new": (0, 1)}, days=[0, 99, 100, 101])
    found = vectors.search(ONE, unit(1, 0), limit=10, since_day=100)
    assert list(found) == ["of the day", "new"]


def test_an_id_that_is_there_is_replaced_and_one_that_is_not_can_be_deleted(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0), "b": (0, 1)}, days=[5, 5])
    put(vectors, {"a": (0, 1)}, days=[6])
    assert vectors.search(ONE, unit(0, 1), limit=1, since_day=6) == {"a": pytest.approx(1)}
    vectors.delete(ONE, ["a", "unknown"])
    vectors.delete(ONE, [])
    assert vectors.count(ONE) == 1


def test_what_is_written_is_there_after_opening_again(vectors: Vectors, home: Path) -> None:
    put(vectors, {"a": (1, 0)})
    vectors.close()
    vectors.close()
    again = Vectors.open(home / "vectors", catalog_id="c0ffee")
    assert again.search(ONE, unit(1, 0), limit=1) == {"a": pytest.approx(1)}
    again.close()
    with pytest.raises(StorageError, match="was closed"):
        again.count(ONE)


def test_generations_and_catalogs_have_collections_of_their_own(vectors: Vectors, home: Path) -> None:
    put(vectors, {"a": (1, 0)}, into=generation(1))
    put(vectors, {"b": (1, 0)}, into=generation(11))
    assert list(vectors.search(generation(1), unit(1, 0), limit=10)) == ["a"]
    assert list(vectors.search(generation(11), unit(1, 0), limit=10)) == ["b"]
    assert vectors.generations() == {1, 11}
    vectors.drop(1)
    vectors.drop(1)
    assert [vectors.count(generation(1)), vectors.count(generation(11))] == [0, 1]
    assert vectors.generations() == {11}
    vectors.close()
    other = Vectors.open(home / "vectors", catalog_id="decade")
    assert other.generations() == set()
    assert other.count(generation(11)) == 0
    other.close()


def test_reading_what_was_never_written_makes_no_collection(vectors: Vectors) -> None:
    vectors.delete(ONE, ["a"])
    assert (vectors.count(ONE), vectors.page(ONE, offset=0, limit=9), vectors.present(ONE, ["a"])) == (0, [], set())
    assert vectors.search(ONE, unit(1, 0), limit=1) == {}
    assert vectors.generations() == set()


def test_no_batch_is_larger_than_chroma_takes(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = Collection.upsert

    def upsert(collection: Collection, *, ids: list[str], **options: Any) -> None:
        sizes.append(len(ids))
        real(collection, ids=ids, **options)

    monkeypatch.setattr(chroma.Client, "batch", 3)
    monkeypatch.setattr(Collection, "upsert", upsert)
    put(vectors, {str(number): (number, 1) for number in range(8)}, days=list(range(8)))
    assert sizes == [3, 3, 2]
    assert vectors.search(ONE, unit(0, 1), limit=1) == {"0": pytest.approx(1)}
    assert set(vectors.search(ONE, unit(0, 1), limit=9, since_day=5)) == {"5", "6", "7"}


def test_a_batch_is_what_chroma_says(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0)})
    assert isinstance(vectors._store, VectorsFolder)
    client = vectors._store._client
    assert client is not None
    assert client.batch == client._api.get_max_batch_size() > 1_000


def test_a_collection_that_is_not_ours_is_refused_until_a_rebuild(
    engine: Engine, newsroom: Any, assert_in_step: Callable[[Engine], None]
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    vectors, library = engine._stores.vectors, engine.catalog.library("public")
    assert library is not None
    assert library.current is not None
    name = vectors._name(library.current.id)

    def usurp(client: chroma.Client) -> None:
        client.drop(name)
        client.make_collection(name, metadata={"made_by": "somebody"})

    vectors._store.write(name, usurp)
    with pytest.raises(OutdatedIndexError, match=f"{name} is not Storydesk's; `storydesk rebuild` makes it anew"):
        engine.find("bridge")
    newsroom.write("tunnel", "The tunnel was closed.")
    with pytest.raises(OutdatedIndexError, match="is not Storydesk's"):
        newsroom.add(engine)
    assert vectors._store.read(name, lambda client: client.collection(name).count()) == 0
    engine.rebuild()
    assert engine.find("bridge", leg="vectors")[0].text == "The bridge was closed."
    newsroom.add(engine)
    assert_in_step(engine)


@pytest.mark.parametrize(
    ("other", "catalog_id"),
    [(generation(model="another"), "c0ffee"), (generation(), "c0ffef")],
    ids=["model", "catalog"],
)
def test_a_collection_of_another_model_or_catalog_is_refused(
    other: Generation, catalog_id: str, vectors: Vectors
) -> None:
    put(vectors, {"a": (1, 0)})
    theirs = Vectors(vectors._store, catalog_id)
    theirs._prefix = vectors._prefix  # as if two catalogs had got the same id
    for use in (
        lambda: theirs.search(other, unit(1, 0), limit=1),
        lambda: put(theirs, {"b": (1, 0)}, into=other),
        lambda: theirs.delete(other, ["a"]),
        lambda: theirs.count(other),
    ):
        with pytest.raises(OutdatedIndexError, match="`storydesk rebuild` makes it anew"):
            use()
    assert vectors.page(ONE, offset=0, limit=9) == ["a"]


def test_vectors_of_another_dimension_are_refused(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0)})
    for use in (lambda: vectors.search(ONE, unit(1, 0, 0), limit=1), lambda: put(vectors, {"b": (1, 0, 0)})):
        with pytest.raises(OutdatedIndexError, match=r"dimension of 2, got 3.*storydesk rebuild"):
            use()
    assert vectors.page(ONE, offset=0, limit=9) == ["a"]


def test_what_lost_passages_is_not_searched(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0), "b": (0, 1)})
    search = vectors.search
    with pytest.raises(IncompleteIndexError, match=r"has 2 of 3 passages; run `storydesk doctor --fix`"):
        search(ONE, unit(1, 0), limit=1, count_expected=lambda: 3)
    with pytest.raises(IncompleteIndexError, match="has 0 of 1"):
        search(generation(2), unit(1, 0), limit=1, count_expected=lambda: 1)
    asked: list[int] = []
    for _ in range(3):
        assert list(search(ONE, unit(1, 0), limit=1, count_expected=lambda: asked.append(1) or 2)) == ["a"]
    assert asked == [1], "it is looked at once, not with each question"
    assert search(generation(3), unit(1, 0), limit=1, count_expected=lambda: 0) == {}


def test_passages_removed_while_they_are_counted_are_not_missed(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0), "b": (0, 1)})
    counts = iter([3, 2])
    assert list(vectors.search(ONE, unit(1, 0), limit=1, count_expected=lambda: next(counts))) == ["a"]


def test_a_collection_that_chroma_lost_its_hold_on_is_found_after_reopening(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vectors, {"a": (1, 0)})
    openings = count_openings(monkeypatch)
    failures = failing(monkeypatch, "query", LOST, times=1)
    assert list(vectors.search(ONE, unit(1, 0), limit=1)) == ["a"]
    assert failures == [1]
    assert len(openings) == 1


def test_a_collection_that_stays_lost_is_told(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vectors, {"a": (1, 0)})
    failures = failing(monkeypatch, "query", LOST, times=9)
    with pytest.raises(StorageError, match=r"Nothing found on disk.*storydesk doctor --fix"):
        vectors.search(ONE, unit(1, 0), limit=1)
    assert failures == [1, 1]


def test_any_other_failure_is_told_at_once(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vectors, {"a": (1, 0)})
    openings = count_openings(monkeypatch)
    failures = failing(monkeypatch, "count", "something\n  broke", times=9)
    with pytest.raises(StorageError, match=r"^The vector index failed \(something broke\); run `storydesk doctor"):
        vectors.count(ONE)
    assert failures == [1]
    assert openings == []


def test_a_full_disk_is_told_as_one(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "upsert", "error returned from database: (code: 13) database or disk is full", times=9)
    with pytest.raises(StorageError, match="is full; make room and run the command again"):
        put(vectors, {"a": (1, 0)})


def test_more_collections_than_may_be_open_can_be_used_again_and_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings = count_openings(monkeypatch)
    vectors = few_collections(home, 3)
    for number in range(7):
        put(vectors, {f"a{number}": (1, 0), f"b{number}": (0, 1)}, into=generation(number))
    assert len(openings) == 3, "opened, and again for the 4th and the 7th"
    for _ in range(3):
        for number in range(7):
            assert list(vectors.search(generation(number), unit(1, 0), limit=1)) == [f"a{number}"]
            assert isinstance(vectors._store, VectorsFolder)
            assert len(vectors._store._used) <= 3
    openings.clear()
    for _ in range(3):
        vectors.search(generation(6), unit(1, 0), limit=1)
    assert openings == [], "what is open is not opened again"
    vectors.close()


def test_threads_that_search_and_write_never_fail_because_one_reopens(home: Path) -> None:
    vectors = few_collections(home, 2)
    for number in range(6):
        put(vectors, {f"a{number}": (1, 0)}, into=generation(number))

    def work(turn: int) -> list[str]:
        number = turn % 6
        if turn % 4 == 0:
            put(vectors, {f"b{number}": (0, 1)}, into=generation(number))
        return list(vectors.search(generation(number), unit(1, 0), limit=1))

    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(work, range(240)))
    assert results == [[f"a{turn % 6}"] for turn in range(240)]
    vectors.close()


def test_the_index_is_not_reopened_under_a_search(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = few_collections(home, 1)
    put(vectors, {"a": (1, 0)}, into=generation(1))
    put(vectors, {"b": (1, 0)}, into=generation(2))
    openings = count_openings(monkeypatch)
    real = Collection.query
    under_way, may_go_on = threading.Event(), threading.Event()

    def query(collection: Collection, **options: Any) -> Any:
        if not under_way.is_set():
            under_way.set()
            assert may_go_on.wait(10)
        return real(collection, **options)

    monkeypatch.setattr(Collection, "query", query)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(vectors.search, generation(2), unit(1, 0), limit=1)
        assert under_way.wait(10)
        second = threads.submit(vectors.search, generation(1), unit(1, 0), limit=1)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.2)
        assert openings == []
        may_go_on.set()
        assert (list(first.result(10)), list(second.result(10))) == (["b"], ["a"])
    assert len(openings) == 1
    vectors.close()


def test_an_index_that_could_not_be_reopened_is_tried_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = few_collections(home, 1)
    put(vectors, {"a": (1, 0)}, into=generation(1))

    def fail(path: Path) -> chroma.Client:
        raise InternalError("too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("index.indexing.vectors_folder.open_folder", fail)
        with pytest.raises(StorageError, match=r"cannot be opened \(too many open files\)"):
            vectors.count(generation(2))
    assert vectors.count(generation(2)) == 0
    assert list(vectors.search(generation(1), unit(1, 0), limit=1)) == ["a"]
    vectors.close()


def test_a_damaged_folder_is_told_with_what_to_do_and_can_be_begun_anew(home: Path) -> None:
    (home / "vectors").mkdir(parents=True)
    (home / "vectors" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    vectors = Vectors.open(home / "vectors", catalog_id="c0ffee")
    for use in (lambda: vectors.count(ONE), lambda: put(vectors, {"a": (1, 0)}), lambda: vectors.drop(1)):
        with pytest.raises(StorageError, match=r"cannot be opened .*; run `storydesk doctor --fix` to make it anew"):
            use()
    assert vectors.damage is not None
    vectors.start_anew()
    put(vectors, {"a": (1, 0)})
    assert (vectors.damage, vectors.count(ONE)) == (None, 1)
    (aside,) = vectors.put_aside()
    assert (aside / "chroma.sqlite3").exists()
    vectors.drop_put_aside()
    assert vectors.put_aside() == []
    vectors.close()


def test_an_id_is_present_or_not_and_pages_have_each_once(vectors: Vectors) -> None:
    put(vectors, {str(number): (number, 1) for number in range(25)})
    assert vectors.present(ONE, ["3", "24", "25"]) == {"3", "24"}
    pages = [vectors.page(ONE, offset=offset, limit=10) for offset in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert {each for page in pages for each in page} == {str(number) for number in range(25)}
