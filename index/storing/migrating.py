"""Brings a database's tables up to date, a backup first, and refuses one that a newer Storydesk made.

That database is the catalog unless another's `Migrations` are given.
"""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from index.errors import DiskFullError, StorageError
from index.storing.sqlite import DATABASE_ERRORS, copy_database, database_file, disk_is_full

_log = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where the migrations of a database are, and what a sentence calls it."""

    folder: Path
    called: str


CATALOG = Migrations(_FOLDER, "The catalog")


@cache
def known_revisions(of: Migrations = CATALOG) -> tuple[str, ...]:
    """The revisions this program knows, oldest first: migration files are named for theirs."""
    return tuple(sorted(path.name.split("_")[0] for path in (of.folder / "versions").glob("[0-9]*.py")))


def migrate(engine: Engine, *, of: Migrations = CATALOG, keep_old: bool = True) -> None:
    """Apply every migration that is missing, all of them or none.

    An existing database is first copied to `<its name>-before-<new revision>.sqlite3` beside it, unless `keep_old` is
    False. Raises StorageError when there is no room for that copy (the database is as it was then), and when it is
    newer than this program.
    """
    newest = known_revisions(of)[-1]
    with engine.begin() as connection:
        revision = _revision(connection, of)
        if revision == newest:
            return  # the usual case, without the time that importing alembic takes
        path = database_file(connection)
    if keep_old and revision is not None:
        _keep_old(path, path.with_name(f"{path.stem}-before-{newest}.sqlite3"), of)
    # Imported here: only a new or an old catalog needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(of.folder).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _keep_old(path: Path, copy: Path, of: Migrations) -> None:
    try:
        copy_database(path, copy)
    except (*DATABASE_ERRORS, OSError) as error:
        if disk_is_full(error, path.parent):
            megabytes = path.stat().st_size // 1_000_000 + 1
            raise DiskFullError(
                f"{of.called} is from an older Storydesk, and there is no room in {path.parent} for the copy that is "
                f"kept before it is brought up to date; make room for {megabytes} MB and run the command again."
            ) from error
        raise
    _log.info("the database as it was before the migration is kept as %s", copy)


def check_revision(engine: Engine) -> bool:
    """Whether the catalog has just the tables that this program expects, False while it has none yet.

    Raises StorageError when the catalog is older or newer than this program.
    """
    with engine.begin() as connection:
        revision = _revision(connection, CATALOG)
        if revision is None and not inspect(connection).get_table_names():
            return False
        if revision != known_revisions()[-1]:
            raise StorageError("The catalog is from an older Storydesk; `storydesk rebuild` brings it up to date.")
        return True


def catalog_revision(engine: Engine) -> str | None:
    """The revision that a catalog was made or migrated at, None when it is no catalog of Storydesk.

    Raises StorageError when it is newer than this program.
    """
    return revision_of(engine, CATALOG)


def revision_of(engine: Engine, of: Migrations) -> str | None:
    """The revision that a database was made or migrated at, None when it has none.

    Raises StorageError when it is newer than this program.
    """
    with engine.begin() as connection:
        return _revision(connection, of)


def _revision(connection: Connection, of: Migrations) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in known_revisions(of):
        raise StorageError(
            f"{of.called} was made by a newer Storydesk (revision {revision}); upgrade Storydesk to use it."
        )
    return revision
