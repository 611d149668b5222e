"""Brings a catalog's tables up to date, and refuses a catalog that a newer Storydesk made."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from index.errors import StorageError

_FOLDER = Path(__file__).parent / "migrations"


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions this program knows, oldest first: migration files are named for theirs."""
    return tuple(sorted(path.name.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")))


def migrate(engine: Engine) -> None:
    """Apply every migration that is missing. Raises StorageError when the catalog is newer than this program."""
    with engine.begin() as connection:
        if _revision(connection) == known_revisions()[-1]:
            return  # the usual case, without the time that importing alembic takes
    # Imported here: only a new or an old catalog needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_revision(engine: Engine) -> bool:
    """Whether the catalog has just the tables that this program expects, False while it has none yet.

    Raises StorageError when the catalog is older or newer than this program.
    """
    with engine.begin() as connection:
        revision = _revision(connection)
        if revision is None and not inspect(connection).get_table_names():
            return False
        if revision != known_revisions()[-1]:
            raise StorageError("The catalog is from an older Storydesk; `storydesk rebuild` brings it up to date.")
        return True


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in known_revisions():
        raise StorageError(
            f"The catalog was made by a newer Storydesk (revision {revision}); upgrade Storydesk to use it."
        )
    return revision
