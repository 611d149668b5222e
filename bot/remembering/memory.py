"""The bot's own database: what it remembers of servers, people and answers."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine

from index.moving.backups import Further
from index.storing.migrating import Migrations, migrate
from index.storing.sqlite import sqlite_engine, storage_errors

FILE_NAME = "bot.sqlite3"
MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "The bot's database")
BACKED_UP = Further(FILE_NAME, MIGRATIONS)

_THREADS = 2

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Memory:
    """The bot's database in one data folder. Safe to use from several threads; writes take turns.

    What can be remembered and recalled are the functions of this package's modules, which take a Memory first. They
    block: on an event loop's thread, `await memory.run(function, ...)`.
    """

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._home = home
        self._writing = threading.Lock()
        # Of its own: what is asked of it takes a millisecond, and must not wait behind work that takes minutes.
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="memory")

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the database in the folder `home`, which must be there; made or migrated when needed.

        Raises StorageError.
        """
        with storage_errors(home), ExitStack() as opened:
            engine = sqlite_engine(home / FILE_NAME)
            opened.callback(engine.dispose)
            migrate(engine, of=MIGRATIONS)
            opened.pop_all()
            return cls(engine, home)

    @classmethod
    def open_read_only(cls, home: Path) -> Self | None:
        """Open the database in `home` to look at it only, also while the bot runs; None when there is none yet.

        It is not migrated: what is looked at must be there since the first revision. Raises StorageError.
        """
        path = home.absolute() / FILE_NAME
        with storage_errors(home):
            return cls(sqlite_engine(path, read_only=True), home) if path.exists() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish what was begun and close all connections."""
        self._executor.shutdown(wait=True)
        self._engine.dispose()

    async def run(
        self,
        function: Callable[Concatenate["Memory", Parameters], Result],
        *arguments: Parameters.args,
        **options: Parameters.kwargs,
    ) -> Result:
        """What `function(self, ...)` returns or raises, worked out in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(function, self, *arguments, **options))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that is committed at the end, or not at all."""
        with self._writing, storage_errors(self._home), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state of the database from its first query on."""
        with storage_errors(self._home), self._engine.begin() as connection:
            yield connection
