"""The bot's database as a file: made as the schema says, kept over restarts, never taken from a newer program."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.remembering import FILE_NAME, Memory, people, schema
from bot.remembering.moments import read, written
from index.errors import StorageError
from index.storing.sqlite import sqlite_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    Memory.open(tmp_path).close()
    with sqlite_engine(tmp_path / FILE_NAME).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_what_is_remembered_survives_a_restart(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory:
        people.used(memory, 7, 100, at=NOON)
    with Memory.open(tmp_path) as memory:
        assert people.servers_of(memory, 7) == (100,)


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    Memory.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=r"The bot's database was made by a newer Storydesk \(revision 9999\)"):
        Memory.open(tmp_path)


def test_a_damaged_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="damaged"):
        Memory.open(tmp_path)


async def test_run_works_in_a_thread_of_its_own_and_hands_on_what_is_raised(tmp_path: Path) -> None:
    def where(memory: Memory, fail: bool) -> str:
        if fail:
            raise KeyError("no such thing")
        return threading.current_thread().name

    with Memory.open(tmp_path) as memory:
        assert (await memory.run(where, False)).startswith("memory")
        with pytest.raises(KeyError):
            await memory.run(where, fail=True)


async def test_writes_at_once_are_all_kept(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory:
        await asyncio.gather(*(memory.run(people.used, person, 100, at=NOON) for person in range(50)))
        assert all(people.servers_of(memory, person) == (100,) for person in range(50))


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory:
        with pytest.raises(StorageError), memory.writing() as connection:
            connection.exec_driver_sql("INSERT INTO choices VALUES (7, 'server-1', '2026'), (7, 'server-2', '2026')")
        assert people.chosen_library(memory, 7) is None


def test_moments_sort_as_text_whatever_their_offset() -> None:
    earlier = NOON.astimezone(timezone(timedelta(hours=9)))
    later = NOON + timedelta(milliseconds=1)
    assert written(earlier) < written(later)
    assert read(written(later)) == later
    with pytest.raises(ValueError, match="offset"):
        written(NOON.replace(tzinfo=None))
