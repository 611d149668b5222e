"""Everything that is true of SQLite only: how it is opened, and what its errors mean."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from index.errors import DiskFullError, NotWritableError, StorageError
from index.storing.durable import complete_or_absent

_BUSY_SECONDS = 30
_LEAST_FREE_BYTES = 100_000
_PAGES_AT_ONCE = 1_000
_NOT_WRITABLE = ("readonly", "read-only", "permission denied")
DATABASE_ERRORS = (DBAPIError, sqlite3.Error)
"""What the database raises, through SQLAlchemy and by itself."""


def sqlite_engine(path: Path, *, read_only: bool = False) -> Engine:
    """Open the SQLite file at `path` in write-ahead mode; a commit has reached the disk when it returns."""

    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, read_only=read_only),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
        hide_parameters=True,  # of what people and stories say, an error would repeat it into the log
    )

    # The driver's own transactions begin too late (at the first write): begin them ourselves.
    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
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
        connection = _connect_unchanging(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_unchanging(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes to: nothing is written beside it, not even a lock."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False)


def copy_database(source: Path, target: Path, *, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Copy the database at `source`, which may be in use, into the one file `target`, which is complete or absent.

    The copy is one state of it: what is written meanwhile is not in it and is not held up. `on_progress` gets how much
    is copied of how much. Raises sqlite3.Error, OSError.
    """

    def tell(status: int, remaining: int, total: int) -> None:
        if on_progress is not None:
            on_progress(total - remaining, total)

    with complete_or_absent(target) as part, closing(_connect(source, read_only=True)) as reading:
        # In a transaction of ours the state stays; without it every write of another process begins the copy anew.
        reading.isolation_level = None
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(part)) as writing:
            reading.backup(writing, pages=_PAGES_AT_ONCE, progress=tell)
        fold(part)


def fold(path: Path, *, busy_seconds: float = _BUSY_SECONDS) -> None:
    """Put everything of a database into its one file, none of it beside. Raises sqlite3.Error while it is in use."""
    with closing(sqlite3.connect(path, timeout=busy_seconds)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    if mode != "delete":
        raise sqlite3.OperationalError("database is locked")


def files_beside(path: Path) -> list[Path]:
    """The files in which SQLite keeps what is not yet, or no longer, in the database's own file."""
    beside = [path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal")]
    return [each for each in beside if each.exists()]


def database_problem(path: Path) -> str | None:
    """What is wrong inside a database file that nobody writes to, in SQLite's words; None when nothing is."""
    try:
        with closing(_connect_unchanging(path)) as connection:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return None if found == "ok" else found.splitlines()[-1]  # its first line may be a heading


def skip_ids(connection: Connection, table: str, highest: int) -> None:
    """Never give out an id up to `highest` in a table whose ids are never given out twice."""
    connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (highest, table))
    connection.exec_driver_sql(
        "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ? "
        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
        (table, highest, table),
    )


def quick_check(connection: Connection) -> str | None:
    """What is wrong inside a database that is in use, in SQLite's words; None when nothing is."""
    try:
        found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except DATABASE_ERRORS as error:
        return _message(error)
    return None if found == "ok" else found.splitlines()[-1]  # its first line may be a heading


def database_file(connection: Connection) -> Path:
    """The file of the database that `connection` is open on."""
    main = next(row for row in connection.exec_driver_sql("PRAGMA database_list") if row[1] == "main")
    return Path(main[2])


@contextmanager
def storage_errors(home: Path) -> Iterator[None]:
    """Turn what the disk and the database say into a StorageError: one sentence with what to do."""
    try:
        yield
    except (*DATABASE_ERRORS, OSError) as error:
        raise storage_error(error, home) from error


def disk_is_full(error: BaseException, folder: Path) -> bool:
    """Whether a store in `folder` failed because there is no room for what it was to write."""
    if any(sign in _words(error) for sign in ("full", "no space", "file too large", "quota")):
        return True
    try:  # not every store hands on why it failed
        return shutil.disk_usage(folder).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def is_damage(error: BaseException) -> bool:
    """Whether the database says that its file is not what it wrote."""
    return any(sign in _words(error) for sign in ("malformed", "not a database"))


def disk_error(error: BaseException, folder: Path, *, name: str) -> StorageError | None:
    """What to raise when the disk is to blame that `name`, which lies in `folder`, failed; None when it is not."""
    words = _words(error)
    if disk_is_full(error, folder):
        return DiskFullError(f"The disk of the {name} {folder} is full; make room and run the command again.")
    if any(sign in words for sign in _NOT_WRITABLE):
        return _not_writable(folder, name=name)
    if any(sign in words for sign in ("i/o error", "input/output error")):
        return StorageError(
            f"The {name} {folder} cannot be used ({_message(error)}); check the disk and run the command again."
        )
    return None


def storage_error(error: BaseException, home: Path) -> StorageError:
    """What a failed write or read means for the person whose data lies in `home`."""
    words = _words(error)
    if (of_disk := disk_error(error, home, name="data folder")) is not None:
        return of_disk
    if "unable to open" in words:
        return _not_writable(home, name="data folder")
    if "locked" in words:
        return StorageError(f"The catalog in {home} stayed busy for {_BUSY_SECONDS} seconds; run the command again.")
    if is_damage(error):
        return StorageError(f"The catalog in {home} is damaged; bring it back from a backup.")
    return StorageError(
        f"The data folder {home} cannot be used ({_message(error)}); check the disk and run the command again."
    )


def _not_writable(folder: Path, *, name: str) -> NotWritableError:
    return NotWritableError(
        f"The {name} {folder} cannot be written; give yourself the right to, or set STORYDESK_HOME."
    )


def _words(error: BaseException) -> str:
    return _message(error).lower()


def _message(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error)
