"""The vector index: one Chroma collection per generation of a library, vectors computed by us."""

import logging
import resource
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.errors import OutdatedIndexError, StorageError
from index.storing.catalog import Generation
from index.storing.sqlite import disk_is_full

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_PAGE = 1_000
_LOST = "Nothing found on disk"
_ASIDE = "-damaged-"
_SEGMENT = "-".join("[0-9a-f]" * length for length in (8, 4, 4, 4, 12))
"""Names of the folders in which Chroma keeps a collection's vectors: UUIDs."""


class Vectors:
    """The vector index of one data folder. One per process: Chroma's native memory is not given back per client."""

    def __init__(self, path: Path, catalog_id: str) -> None:
        self._path = path
        self._prefix = f"storydesk-{catalog_id}-"
        self._opening = threading.RLock()
        self._client: Any = None
        self._batch = 0
        self._collections: dict[int, Any] = {}
        self._damage: str | None = None

    @classmethod
    def open(cls, path: Path, *, catalog_id: str) -> Self:
        """Open or make the index in folder `path`; its collections are named after the catalog.

        A folder that Chroma cannot read is no error yet: the rest of the data folder is of use without it, and
        `start_anew` mends it. Raises StorageError when the disk is full.
        """
        raise_file_limit()
        vectors = cls(path, catalog_id)
        try:
            vectors._open()
        except _DamagedError as error:
            _log.warning("%s", error)
        else:
            _remove_unused_folders(path)  # of a process that ended while it dropped one
        return vectors

    @property
    def damage(self) -> str | None:
        """Why nothing can be done with the index, None when it is open; each use raises StorageError with it."""
        return self._damage

    def _open(self) -> None:
        import chromadb  # half a second: only who searches pays for it
        from chromadb.config import Settings

        try:
            self._client = chromadb.PersistentClient(str(self._path), Settings(anonymized_telemetry=False))
        except Exception as error:  # Chroma raises whatever its store raised
            if disk_is_full(error, self._path):
                raise _full(self._path) from error
            self._damage = (
                f"The vector index in {self._path} cannot be opened ({_line(error)}); "
                "run `storydesk doctor --fix` to make it anew."
            )
            raise _DamagedError(self._damage) from error
        self._damage = None
        self._batch = self._client.get_max_batch_size()

    def close(self) -> None:
        """Let go of the files. Closing twice is harmless."""
        with self._opening:
            client, self._client = self._client, None
            self._collections.clear()
            if client is not None:
                client.close()

    def start_anew(self) -> None:
        """Put what is there aside, whatever state it is in, and begin an empty index. Raises StorageError."""
        with self._opening:
            self.close()
            try:
                if self._path.exists():
                    self._path.rename(f"{self._path}{_ASIDE}{secrets.token_hex(4)}")
            except OSError as error:
                raise StorageError(
                    f"{self._path} cannot be moved aside ({_line(error)}); give yourself the right to."
                ) from error
            try:
                self._open()
            except _DamagedError:  # over what a failed opening left behind in Chroma, which that clears away
                self._open()

    def put_aside(self) -> list[Path]:
        """Folders that `start_anew` put aside."""
        return sorted(self._path.parent.glob(f"{self._path.name}{_ASIDE}*"))

    def drop_put_aside(self) -> None:
        """Delete what `start_anew` put aside."""
        for path in self.put_aside():
            shutil.rmtree(path, ignore_errors=True)

    def write(
        self,
        generation: Generation,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        published_days: Sequence[int],
    ) -> None:
        """Store `vectors`, float32 of shape (len(ids), dimension), normalised; an id that is there is replaced."""
        for first in range(0, len(ids), self._batch):
            part = slice(first, first + self._batch)

            def upsert(collection: Any, part: slice = part) -> None:
                collection.upsert(
                    ids=list(ids[part]),
                    embeddings=vectors[part],
                    metadatas=[{"day": day} for day in published_days[part]],
                )

            self._with_collection(generation, upsert)

    def delete(self, generation: Generation, ids: Sequence[str]) -> None:
        """Remove these passages; an id that is not there is ignored."""
        for first in range(0, len(ids), _PAGE):

            def remove(collection: Any, first: int = first) -> None:
                collection.delete(ids=list(ids[first : first + _PAGE]))

            self._with_collection(generation, remove)

    def search(
        self, generation: Generation, vector: NDArray[np.float32], *, limit: int, since_day: int = 0
    ) -> dict[str, float]:
        """The nearest passages' ids with their cosine to `vector` (float32 of shape (dimension,)), at most `limit`."""

        def query(collection: Any) -> Any:
            return collection.query(
                query_embeddings=[vector],
                n_results=limit,
                where={"day": {"$gte": since_day}} if since_day else None,  # a filter costs 100 ms: only when asked
                include=["distances"],
            )

        result = self._with_collection(generation, query)
        return {
            passage_id: 1.0 - float(distance)
            for passage_id, distance in zip(result["ids"][0], result["distances"][0], strict=True)
        }

    def count(self, generation: Generation) -> int:
        """How many passages the collection holds."""
        return int(self._with_collection(generation, lambda collection: collection.count()))

    def present(self, generation: Generation, ids: Sequence[str]) -> set[str]:
        """Those of these passages that the collection has."""
        found: set[str] = set()
        for first in range(0, len(ids), _PAGE):

            def get(collection: Any, first: int = first) -> Any:
                return collection.get(ids=list(ids[first : first + _PAGE]), include=[])

            found.update(self._with_collection(generation, get)["ids"])
        return found

    def page(self, generation: Generation, *, offset: int, limit: int) -> list[str]:
        """The passages' ids in the collection's own order, at most `limit`, without the first `offset`."""
        found = self._with_collection(
            generation, lambda collection: collection.get(include=[], limit=limit, offset=offset)
        )
        return list(found["ids"])

    def drop(self, generation_id: int) -> None:
        """Remove the collection of a generation; harmless when there is none. Raises StorageError."""
        with self._opening, _chroma_errors(self._path):
            self._collections.pop(generation_id, None)
            if f"{self._prefix}{generation_id}" in self._names():
                self._client.delete_collection(f"{self._prefix}{generation_id}")
            _remove_unused_folders(self._path)

    def generations(self) -> set[int]:
        """Ids of the generations that have a collection."""
        with self._opening, _chroma_errors(self._path):
            return {
                int(name.removeprefix(self._prefix))
                for name in self._names()
                if name.startswith(self._prefix) and name.removeprefix(self._prefix).isdigit()
            }

    def _names(self) -> list[str]:
        if self._client is None:
            raise self._closed()
        names: list[str] = []
        while page := self._client.list_collections(limit=_PAGE, offset=len(names)):
            names.extend(collection.name for collection in page)
        return names

    def _with_collection(self, generation: Generation, work: Callable[[Any], _Result]) -> _Result:
        """Run `work` on the collection; reopen the client once where Chroma lost its hold on a collection's files."""
        client = self._client
        try:
            with _chroma_errors(self._path):
                return work(self._collection(generation))
        except Exception as error:
            # A small collection that was evicted from Chroma's file cache fails until the client is made anew. When
            # another thread just did that, whatever was under way on the old client fails in its own way.
            if _LOST not in str(error) and self._client is client:
                raise
            with self._opening:
                if self._client is client:
                    _log.warning("reopening the vector index: %s", _line(error))
                    self.close()
                    self._open()
        with _chroma_errors(self._path):
            return work(self._collection(generation))

    def _collection(self, generation: Generation) -> Any:
        with self._opening:
            if self._client is None:
                raise self._closed()
            if generation.id not in self._collections:
                collection = self._client.get_or_create_collection(
                    f"{self._prefix}{generation.id}",
                    metadata={"fingerprint": generation.fingerprint},
                    configuration={"hnsw": {"space": "cosine"}},
                    embedding_function=None,
                )
                # An existing collection comes back with what it was made with, whatever was asked for.
                if (collection.metadata or {}).get("fingerprint") != generation.fingerprint:
                    raise OutdatedIndexError(
                        f"The collection {collection.name} is not Storydesk's; `storydesk rebuild` makes it anew."
                    )
                self._collections[generation.id] = collection
            return self._collections[generation.id]


    def _closed(self) -> StorageError:
        return StorageError(self._damage or f"The vector index {self._path} was closed; start again.")


class _DamagedError(StorageError):
    """Chroma cannot open the folder."""


@contextmanager
def _chroma_errors(path: Path) -> Iterator[None]:
    """Turn what Chroma says into a StorageError."""
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as error:
        if disk_is_full(error, path):
            raise _full(path) from error
        raise StorageError(f"The vector index failed ({_line(error)}); run `storydesk doctor --fix`.") from error


def _full(path: Path) -> StorageError:
    return StorageError(f"The disk of the vector index {path} is full; make room and run the command again.")


def _remove_unused_folders(path: Path) -> None:
    """Remove the vectors of deleted collections, which Chroma leaves on the disk for good."""
    folders = [folder for folder in path.glob(_SEGMENT) if folder.is_dir()]
    try:
        database = f"{(path / 'chroma.sqlite3').absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as connection:
            used = {str(name) for (name,) in connection.execute("SELECT id FROM segments")}
    except sqlite3.Error as error:
        _log.warning("what is unused in %s stays there: %s", path, error)
        return
    for folder in folders:
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def raise_file_limit() -> tuple[int, int]:
    """Raise the soft limit of open files to the hard one (Chroma keeps 4 a collection); returns (soft, hard)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError) as error:  # macOS reports an unlimited hard limit that it then refuses
            _log.info("the limit of open files stays at %s: %s", soft, error)
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
