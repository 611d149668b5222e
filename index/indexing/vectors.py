"""The vector index: one Chroma collection per generation of a library, vectors computed by us."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index.errors import IncompleteIndexError, OutdatedIndexError
from index.indexing.chroma import Client
from index.indexing.vectors_folder import VectorsFolder
from index.indexing.vectors_server import OnWait, VectorsServer
from index.settings import IndexSettings
from index.storing.catalog import Generation

_PAGE = 1_000
_WRITE_AT_ONCE = 250
"""Chroma lets no other thread run Python while it writes: an event loop waits as long, a tenth of a second for this."""


class Vectors:
    """The vector index of one data folder, in the folder or on a server. One per process. Closing twice is harmless.

    What is done with it raises StorageError: VectorServerError while a server cannot be used, OutdatedIndexError when
    a collection is not of our making or of another model.
    """

    def __init__(self, store: VectorsFolder | VectorsServer, catalog_id: str) -> None:
        self._store = store
        self._catalog_id = catalog_id
        self._prefix = f"storydesk-{catalog_id}-"

    @classmethod
    def open(cls, path: Path, *, catalog_id: str, server: IndexSettings | None = None) -> Self:
        """Open or make the index in folder `path`; its collections are named after the catalog.

        With a `server` that has a `chroma_url` it is on that server, which is not tried before it is used. A folder
        that Chroma cannot read is no error yet: the rest of the data folder is of use without it, and `start_anew`
        mends it. Raises StorageError when the disk is full, SettingsError.
        """
        if server is not None and server.chroma_url is not None:
            return cls(VectorsServer(server), catalog_id)
        return cls(VectorsFolder(path), catalog_id)

    @property
    def damage(self) -> str | None:
        """Why nothing can be done with the folder, None when it is open; each use raises StorageError with it."""
        return self._store.damage if isinstance(self._store, VectorsFolder) else None

    def close(self) -> None:
        """Let go of files and connections; writes that wait for a server give up."""
        self._store.close()

    def start_anew(self) -> None:
        """Put what is there aside, whatever state it is in, and begin an empty index. Raises StorageError.

        On a server our collections are deleted: all that is in them is in the catalog.
        """
        if isinstance(self._store, VectorsFolder):
            self._store.start_anew()
        else:
            for generation_id in self.generations():
                self.drop(generation_id)

    def put_aside(self) -> list[Path]:
        """Folders that `start_anew` put aside."""
        return self._store.put_aside() if isinstance(self._store, VectorsFolder) else []

    def drop_put_aside(self) -> None:
        """Delete what `start_anew` put aside."""
        if isinstance(self._store, VectorsFolder):
            self._store.drop_put_aside()

    @contextmanager
    def waiting(self, *, seconds: float | None = None, on_wait: OnWait | None = None) -> Iterator[None]:
        """How long writes of this thread wait meanwhile for a server that cannot be reached, by default as long as
        the settings say; `on_wait` hears how many seconds of how many were waited."""
        if isinstance(self._store, VectorsFolder):
            yield
        else:
            with self._store.waiting(seconds=seconds, on_wait=on_wait):
                yield

    def write(
        self,
        generation: Generation,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        published_days: Sequence[int],
    ) -> None:
        """Store `vectors`, float32 of shape (len(ids), dimension), normalised; an id that is there is replaced."""
        done = 0
        while done < len(ids):

            def upsert(client: Client, first: int = done) -> int:
                part = slice(first, first + min(client.batch, _WRITE_AT_ONCE))
                self._ours(generation, self._make(client, generation)).upsert(
                    ids=list(ids[part]),
                    embeddings=vectors[part],
                    metadatas=[{"day": day} for day in published_days[part]],
                )
                return len(ids[part])

            done += self._store.write(self._name(generation.id), upsert)

    def delete(self, generation: Generation, ids: Sequence[str]) -> None:
        """Remove these passages; an id that is not there is ignored."""
        for first in range(0, len(ids), _PAGE):

            def remove(client: Client, first: int = first) -> None:
                if (collection := self._find(client, generation)) is not None:
                    collection.delete(ids=list(ids[first : first + _PAGE]))

            self._store.write(self._name(generation.id), remove)

    def search(
        self,
        generation: Generation,
        vector: NDArray[np.float32],
        *,
        limit: int,
        since_day: int = 0,
        count_expected: Callable[[], int] | None = None,
    ) -> dict[str, float]:
        """The nearest passages' ids with their cosine to `vector` (float32 of shape (dimension,)), at most `limit`.

        `count_expected` says how many passages the index has at least; it is asked before a collection is first
        searched. Raises IncompleteIndexError when it has less.
        """

        def query(client: Client) -> Any:
            collection = self._find(client, generation)
            if count_expected is not None:
                self._check_complete(client, generation, collection, count_expected)
            if collection is None:
                return None
            return collection.query(
                query_embeddings=[vector],
                n_results=limit,
                where={"day": {"$gte": since_day}} if since_day else None,  # a filter costs 100 ms: only when asked
                include=["distances"],
            )

        result = self._store.read(self._name(generation.id), query)
        if result is None:
            return {}
        return {
            passage_id: 1.0 - float(distance)
            for passage_id, distance in zip(result["ids"][0], result["distances"][0], strict=True)
        }

    def count(self, generation: Generation) -> int:
        """How many passages the collection holds."""

        def count(client: Client) -> int:
            collection = self._find(client, generation)
            return collection.count() if collection is not None else 0

        return self._store.read(self._name(generation.id), count)

    def present(self, generation: Generation, ids: Sequence[str]) -> set[str]:
        """Those of these passages that the collection has."""
        found: set[str] = set()
        for first in range(0, len(ids), _PAGE):
            found.update(self._get(generation, ids=list(ids[first : first + _PAGE])))
        return found

    def page(self, generation: Generation, *, offset: int, limit: int) -> list[str]:
        """The passages' ids in the collection's own order, at most `limit`, without the first `offset`."""
        return self._get(generation, limit=limit, offset=offset)

    def drop(self, generation_id: int) -> None:
        """Remove the collection of a generation; harmless when there is none."""
        self._store.drop(self._name(generation_id))

    def generations(self) -> set[int]:
        """Ids of the generations that have a collection."""
        names = self._store.read(None, lambda client: client.names())
        return {
            int(name.removeprefix(self._prefix))
            for name in names
            if name.startswith(self._prefix) and name.removeprefix(self._prefix).isdecimal()
        }

    def _get(self, generation: Generation, **options: Any) -> list[str]:
        def get(client: Client) -> list[str]:
            collection = self._find(client, generation)
            return list(collection.get(include=[], **options)["ids"]) if collection is not None else []

        return self._store.read(self._name(generation.id), get)

    def _name(self, generation_id: int) -> str:
        return f"{self._prefix}{generation_id}"

    def _metadata(self, generation: Generation) -> dict[str, str]:
        return {"fingerprint": generation.fingerprint, "catalog": self._catalog_id}

    def _find(self, client: Client, generation: Generation) -> Any:
        collection = client.collection(self._name(generation.id))
        return self._ours(generation, collection) if collection is not None else None

    def _make(self, client: Client, generation: Generation) -> Any:
        return client.make_collection(self._name(generation.id), metadata=self._metadata(generation))

    def _ours(self, generation: Generation, collection: Any) -> Any:
        """The collection, which comes back with what it was once made with, if that is what we make it with."""
        found = collection.metadata or {}
        if any(found.get(key) != value for key, value in self._metadata(generation).items()):
            raise OutdatedIndexError(
                f"The collection {collection.name} is not Storydesk's; `storydesk rebuild` makes it anew."
            )
        return collection

    def _check_complete(
        self, client: Client, generation: Generation, collection: Any, count_expected: Callable[[], int]
    ) -> None:
        """Refuse to search what was lost: a server may come back without its data, a folder be emptied."""
        name = self._name(generation.id)
        if client.is_complete(name, for_seconds=self._store.trusted_seconds):
            return
        expected = count_expected()
        found = (collection.count() if collection is not None else 0) if expected else 0
        if found < expected and found < count_expected():  # asked again, as stories may be removed meanwhile
            client.forget(name)
            raise IncompleteIndexError(
                f"The vector index has {found} of {expected} passages; run `storydesk doctor --fix`."
            )
        client.completed(name)
