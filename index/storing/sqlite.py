"""Everything that is true of SQLite only: how it is opened, and what its errors mean."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from index.errors import StorageError

_BUSY_SECONDS = 30
_LEAST_FREE_BYTES = 100_000


def sqlite_engine(path: Path, *, read_only: bool = False) -> Engine:
    """Open the SQLite file at `path` in write-ahead mode; a commit has reached the disk when it returns."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False)
        try:
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            connection.close()
            if not read_only or path.with_name(f"{path.name}-wal").exists():
                raise
            # Write-ahead mode wants to make a file beside the catalog; in a read-only folder nobody writes, so skip it.
            connection = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True, check_same_thread=False)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=8, max_overflow=32)

    # The driver's own transactions begin too late (at the first write): begin them ourselves.
    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


@contextmanager
def storage_errors(home: Path) -> Iterator[None]:
    """Turn what the disk and the database say into a StorageError: one sentence with what to do."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise StorageError(storage_sentence(error, home)) from error


def disk_is_full(error: BaseException, folder: Path) -> bool:
    """Whether a store in `folder` failed because there is no room for what it was to write."""
    if any(sign in _words(error) for sign in ("full", "no space", "file too large", "quota")):
        return True
    try:  # not every store hands on why it failed
        return shutil.disk_usage(folder).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def storage_sentence(error: BaseException, home: Path) -> str:
    """What a failed write or read means for the person whose data lies in `home`."""
    words = _words(error)
    if disk_is_full(error, home):
        return f"The disk of the data folder {home} is full; make room and run the command again."
    if any(sign in words for sign in ("readonly", "read-only", "permission denied", "unable to open")):
        return f"The data folder {home} cannot be written; give yourself the right to, or set STORYDESK_HOME."
    if "locked" in words:
        return f"The catalog in {home} stayed busy for {_BUSY_SECONDS} seconds; run the command again."
    if any(sign in words for sign in ("malformed", "not a database")):
        return f"The catalog in {home} is damaged; bring it back from a backup."
    return f"The data folder {home} cannot be used ({_message(error)}); check the disk and run the command again."


def _words(error: BaseException) -> str:
    return _message(error).lower()


def _message(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error)
