"""The vector index: nearest passages by cosine, one collection a library and fingerprint."""

import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api.models.Collection import Collection
from chromadb.errors import InternalError
from numpy.typing import NDArray

from index.engine import Engine
from index.errors import OutdatedIndexError, StorageError
from index.storing.vectors import Vectors, raise_file_limit

LOST = "Error creating hnsw segment reader: Nothing found on disk"


@pytest.fixture
def vectors(home: Path) -> Iterator[Vectors]:
    home.mkdir()
    vectors = Vectors.open(home / "vectors")
    yield vectors
    vectors.close()


def unit(*numbers: float) -> NDArray[np.float32]:
    row = np.array(numbers, dtype=np.float32)
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def put(vectors: Vectors, rows: dict[str, Sequence[float]], *, library_id: int = 1, days: Sequence[int] = ()) -> None:
    stacked = np.stack([unit(*row) for row in rows.values()])
    vectors.write(library_id, "model", list(rows), stacked, days or [0] * len(rows))


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


def test_the_nearest_come_with_their_cosines_at_most_as_many_as_asked_for(vectors: Vectors) -> None:
    put(vectors, {"far": (0, 1), "near": (1, 0.1), "between": (1, 1), "opposite": (-1, 0)})
    found = vectors.search(1, "model", unit(1, 0), limit=10)
    assert list(found) == ["near", "between", "far", "opposite"]
    assert list(found.values()) == pytest.approx([0.995, 0.7071, 0, -1], abs=1e-3)
    assert list(vectors.search(1, "model", unit(1, 0), limit=2)) == ["near", "between"]


def test_a_collection_without_passages_finds_nothing(vectors: Vectors) -> None:
    assert vectors.search(1, "model", unit(1, 0), limit=10) == {}
    assert vectors.count(1, "model") == 0


def test_since_leaves_out_what_is_older_or_undated(vectors: Vectors) -> None:
    put(vectors, {"undated": (1, 0), "old": (1, 0), "of the day": (1, 1), "new": (0, 1)}, days=[0, 99, 100, 101])
    found = vectors.search(1, "model", unit(1, 0), limit=10, since_day=100)
    assert list(found) == ["of the day", "new"]


def test_an_id_that_is_there_is_replaced_and_one_that_is_not_can_be_deleted(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0), "b": (0, 1)}, days=[5, 5])
    put(vectors, {"a": (0, 1)}, days=[6])
    assert vectors.search(1, "model", unit(0, 1), limit=1, since_day=6) == {"a": pytest.approx(1)}
    vectors.delete(1, "model", ["a", "unknown"])
    vectors.delete(1, "model", [])
    assert vectors.count(1, "model") == 1


def test_what_is_written_is_there_after_opening_again(vectors: Vectors, home: Path) -> None:
    put(vectors, {"a": (1, 0)})
    vectors.close()
    vectors.close()
    again = Vectors.open(home / "vectors")
    assert again.search(1, "model", unit(1, 0), limit=1) == {"a": pytest.approx(1)}
    again.close()
    with pytest.raises(StorageError, match="was closed"):
        again.count(1, "model")


def test_libraries_and_fingerprints_have_collections_of_their_own(vectors: Vectors) -> None:
    put(vectors, {"a": (1, 0)}, library_id=1)
    put(vectors, {"b": (1, 0)}, library_id=11)
    vectors.write(1, "other model", ["c"], unit(1, 0, 0)[None], [0])
    assert list(vectors.search(1, "model", unit(1, 0), limit=10)) == ["a"]
    assert list(vectors.search(11, "model", unit(1, 0), limit=10)) == ["b"]
    vectors.drop(1)
    assert [vectors.count(1, "model"), vectors.count(1, "other model"), vectors.count(11, "model")] == [0, 0, 1]


def test_no_batch_is_larger_than_chroma_takes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = Collection.upsert

    def upsert(collection: Collection, *, ids: list[str], **options: Any) -> None:
        sizes.append(len(ids))
        real(collection, ids=ids, **options)

    monkeypatch.setattr(type(chromadb.EphemeralClient()), "get_max_batch_size", lambda client: 3)
    monkeypatch.setattr(Collection, "upsert", upsert)
    vectors = Vectors.open(home / "vectors")
    put(vectors, {str(number): (number, 1) for number in range(8)}, days=list(range(8)))
    assert sizes == [3, 3, 2]
    assert vectors.search(1, "model", unit(0, 1), limit=1) == {"0": pytest.approx(1)}
    assert set(vectors.search(1, "model", unit(0, 1), limit=9, since_day=5)) == {"5", "6", "7"}
    vectors.close()


def test_a_collection_that_is_not_ours_is_refused_until_a_rebuild(
    engine: Engine, newsroom: Any, assert_in_step: Callable[[Engine], None]
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    vectors = engine._stores.vectors
    (name,) = [collection.name for collection in vectors._client.list_collections()]
    vectors.drop(1)
    vectors._client.create_collection(name, metadata={"made_by": "somebody"}, embedding_function=None)
    with pytest.raises(OutdatedIndexError, match=f"{name} is not Storydesk's; `storydesk rebuild` makes it anew"):
        engine.find("bridge")
    engine.rebuild()
    assert [finding.text for finding in engine.find("bridge", leg="vectors")] == ["The bridge was closed."]
    assert_in_step(engine)


def test_a_collection_that_chroma_lost_its_hold_on_is_found_after_reopening(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vectors, {"a": (1, 0)})
    client = vectors._client
    failures = failing(monkeypatch, "query", LOST, times=1)
    assert list(vectors.search(1, "model", unit(1, 0), limit=1)) == ["a"]
    assert failures == [1]
    assert vectors._client is not client


def test_a_collection_that_stays_lost_is_told(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vectors, {"a": (1, 0)})
    failures = failing(monkeypatch, "query", LOST, times=9)
    with pytest.raises(StorageError, match=r"Nothing found on disk.*storydesk rebuild"):
        vectors.search(1, "model", unit(1, 0), limit=1)
    assert failures == [1, 1]


def test_any_other_failure_is_told_at_once(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    client = vectors._client
    failures = failing(monkeypatch, "count", "something\n  broke", times=9)
    with pytest.raises(StorageError, match=r"^The vector index failed \(something broke\); run `storydesk doctor --fix`"):
        vectors.count(1, "model")
    assert failures == [1]
    assert vectors._client is client


def test_a_full_disk_is_told_as_one(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "upsert", "error returned from database: (code: 13) database or disk is full", times=9)
    with pytest.raises(StorageError, match="is full; make room and run the command again"):
        put(vectors, {"a": (1, 0)})


def test_threads_that_search_while_one_reopens_find_all_the_same(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vectors, {"a": (1, 0)})
    failing(monkeypatch, "query", LOST, times=6)
    with ThreadPoolExecutor(4) as threads:
        searches = [threads.submit(vectors.search, 1, "model", unit(1, 0), limit=1) for _ in range(80)]
    failed = [search.exception() for search in searches if search.exception()]
    # Told is only that Chroma failed the very search again for which it was reopened.
    assert all(isinstance(error, StorageError) and LOST in str(error) for error in failed), failed
    assert len(failed) <= 3
    assert all(list(search.result()) == ["a"] for search in searches if not search.exception())


def test_a_search_under_way_while_another_thread_reopens_is_done_again_on_the_new_client(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vectors, {"a": (1, 0)})
    under_way, reopened = threading.Event(), threading.Event()
    real = Collection.query
    calls: list[Collection] = []

    def query(collection: Collection, **options: Any) -> Any:
        calls.append(collection)
        if len(calls) == 1:
            under_way.set()
            assert reopened.wait(10)
        elif len(calls) == 2:
            raise InternalError(LOST)
        return real(collection, **options)

    monkeypatch.setattr(Collection, "query", query)
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(vectors.search, 1, "model", unit(1, 0), limit=1)
        assert under_way.wait(10)
        assert list(vectors.search(1, "model", unit(1, 0), limit=1)) == ["a"]
        client = vectors._client
        reopened.set()
        assert list(other.result()) == ["a"]
    assert vectors._client is client
    assert len(calls) == 4


def test_a_damaged_folder_is_told_with_what_to_do(home: Path) -> None:
    (home / "vectors").mkdir(parents=True)
    (home / "vectors" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match=r"cannot be opened .*; move that folder away and run `storydesk rebuild`"):
        Vectors.open(home / "vectors")


def test_as_many_files_may_be_open_as_the_system_lets_us() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        assert raise_file_limit() == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_limit_of_open_files_that_cannot_be_raised_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_file_limit() == (256, resource.RLIM_INFINITY)
