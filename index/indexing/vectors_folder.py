"""Chroma on a folder of this machine: reopened in time, before it runs out of files."""

import logging
import math
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from index.errors import OutdatedIndexError, StorageError
from index.indexing.chroma import (
    Client,
    give_memory_back,
    line,
    most_collections,
    open_folder,
    raise_file_limit,
)
from index.indexing.unused_folders import remove_unused_folders
from index.storing.sqlite import disk_error

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_LOST = "Nothing found on disk"
_ASIDE = "-damaged-"
_CLOSING_SECONDS = 10


class VectorsFolder:
    """Chroma on one folder. Each collection that is used keeps files open until the client is closed, and Chroma
    loses one for good that it closes by itself; so the client is made anew when there are too many.

    One per folder: two would damage it.
    """

    trusted_seconds = math.inf
    """How long a collection that was complete is taken to be so still: nobody else's hands are on it."""

    def __init__(self, path: Path, *, most: int | None = None) -> None:
        self._path = path
        self._most = most or most_collections(raise_file_limit()[0])
        self._changed = threading.Condition()
        self._client: Client | None = None
        self._closed = False
        self._used: set[str] = set()
        self._under_way = 0
        self._renewing = False
        self._damage: str | None = None
        try:
            self._open()
        except _DamagedError as error:
            _log.warning("%s", error)

    @property
    def damage(self) -> str | None:
        """Why Chroma cannot read the folder, None when it can."""
        return self._damage

    def read(self, name: str | None, work: Callable[[Client], _Result]) -> _Result:
        """Run `work`, which may use the collection `name` and no other. Raises StorageError."""
        return self._use(name, work)

    def write(self, name: str | None, work: Callable[[Client], _Result]) -> _Result:
        """The same, for what changes the collection."""
        return self._use(name, work)

    def drop(self, name: str) -> None:
        """Delete a collection, and its files; harmless when there is none. Raises StorageError."""
        self._use(name, lambda client: client.drop(name))
        remove_unused_folders(self._path)

    def _use(self, name: str | None, work: Callable[[Client], _Result]) -> _Result:
        with self._errors():
            client = self._enter(name)
            try:
                return work(client)
            except Exception as error:
                if _LOST not in str(error):
                    raise
                _log.warning("reopening the vector index: %s", line(error))
            finally:
                self._leave()
            self._renew(client)
            client = self._enter(name)
            try:
                return work(client)
            finally:
                self._leave()

    def close(self) -> None:
        """Let go of the files, after what is under way."""
        with self._changed:
            self._closed = True
            if not self._changed.wait_for(lambda: self._under_way == 0, timeout=_CLOSING_SECONDS):
                _log.warning("the vector index is closed while it is searched")
            self._shut()
            self._changed.notify_all()

    def start_anew(self) -> None:
        """Put the folder aside, whatever state it is in, and begin an empty one. Raises StorageError."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way == 0 and not self._renewing)
            self._shut()
            try:
                if self._path.exists():
                    self._path.rename(f"{self._path}{_ASIDE}{secrets.token_hex(4)}")
            except OSError as error:
                raise StorageError(
                    f"{self._path} cannot be moved aside ({line(error)}); give yourself the right to."
                ) from error
            self._open()

    def put_aside(self) -> list[Path]:
        """Folders that `start_anew` put aside."""
        return sorted(self._path.parent.glob(f"{self._path.name}{_ASIDE}*"))

    def drop_put_aside(self) -> None:
        """Delete what `start_anew` put aside."""
        for path in self.put_aside():
            shutil.rmtree(path, ignore_errors=True)

    def _enter(self, name: str | None) -> Client:
        """Take part in using the client; when that takes one collection too many, it is made anew first."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: not self._renewing)
                if self._closed:
                    raise StorageError(f"The vector index {self._path} was closed; start again.")
                if self._damage is not None:
                    raise StorageError(self._damage)
                known = name is None or name in self._used
                if self._client is not None and (known or len(self._used) < self._most):
                    if name is not None:
                        self._used.add(name)
                    self._under_way += 1
                    return self._client
                self._renew(self._client)

    def _leave(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _renew(self, client: Client | None) -> None:
        """Close `client` once nobody uses it and open another, unless somebody did already."""
        with self._changed:
            self._changed.wait_for(lambda: not self._renewing)
            if self._client is not client or self._closed:
                return
            self._renewing = True  # so that nobody begins
            try:
                self._changed.wait_for(lambda: self._under_way == 0)
                if not self._closed:
                    self._shut()
                    self._open()
            except _DamagedError:
                self._damage = None  # it was read before, so the next use tries again
                raise
            finally:
                self._renewing = False
                self._changed.notify_all()

    def _open(self) -> None:
        try:
            self._client = open_folder(self._path)
        except Exception as error:  # Chroma raises whatever its store raised
            if (of_disk := disk_error(error, self._path, name="vector index")) is not None:
                raise of_disk from error
            self._damage = (
                f"The vector index in {self._path} cannot be opened ({line(error)}); "
                "run `storydesk doctor --fix` to make it anew."
            )
            raise _DamagedError(self._damage) from error
        self._damage = None
        remove_unused_folders(self._path)  # of a process that ended while it dropped a collection

    def _shut(self) -> None:
        client, self._client = self._client, None
        self._used.clear()
        if client is not None:
            client.close()
            give_memory_back()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what Chroma says into a StorageError."""
        from chromadb.errors import ChromaError

        try:
            yield
        except ChromaError as error:
            if "dimension" in str(error):
                raise other_dimension(error) from error
            if (of_disk := disk_error(error, self._path, name="vector index")) is not None:
                raise of_disk from error
            raise StorageError(f"The vector index failed ({line(error)}); run `storydesk doctor --fix`.") from error


class _DamagedError(StorageError):
    """Chroma cannot open the folder."""


def other_dimension(error: BaseException) -> OutdatedIndexError:
    """What to do about a collection that is of another model's vectors."""
    return OutdatedIndexError(
        f"The vector index is of another model ({line(error)}); run `storydesk rebuild` to make it anew."
    )
