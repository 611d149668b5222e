"""The catalog's tables: made as the schema says, kept up to date, and never taken from a newer program."""

import sqlite3
import tomllib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from setuptools import find_namespace_packages, find_packages

import index
from index.errors import StorageError
from index.storing import Catalog, schema
from index.storing.catalog import FILE_NAME
from index.storing.migrating import known_revisions
from index.storing.sqlite import sqlite_engine

ROOT = Path(index.__file__).parents[1]
MIGRATIONS = ROOT / "index" / "storing" / "migrations"


@pytest.fixture
def made(home: Path) -> Path:
    """The file of a new catalog."""
    home.mkdir()
    Catalog.open(home).close()
    return home / FILE_NAME


def set_revision(path: Path, revision: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_the_migrations_make_exactly_the_tables_of_the_schema(made: Path) -> None:
    with sqlite_engine(made).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_an_id_of_a_library_is_never_given_out_twice(home: Path) -> None:
    home.mkdir()
    with Catalog.open(home) as catalog:
        first = catalog.make_library("a")
        with catalog.writing() as connection:
            connection.exec_driver_sql("DELETE FROM libraries")
        assert catalog.make_library("b").id > first.id


def test_opening_again_keeps_what_is_there(made: Path) -> None:
    for _ in range(2):
        with Catalog.open(made.parent) as catalog:
            catalog.make_library("public")
            assert catalog.libraries() == ["public"]


def test_a_catalog_of_a_newer_program_is_refused_and_left_as_it_is(made: Path) -> None:
    set_revision(made, "9999")
    before = made.read_bytes()
    for opening in (Catalog.open, Catalog.open_read_only):
        with pytest.raises(StorageError, match=r"made by a newer Storydesk \(revision 9999\); upgrade Storydesk"):
            opening(made.parent)
    assert made.read_bytes() == before


def test_tables_without_a_revision_are_refused_for_reading(made: Path) -> None:
    with sqlite3.connect(made) as connection:
        connection.execute("DELETE FROM alembic_version")
    connection.close()
    with pytest.raises(StorageError, match="from an older Storydesk"):
        Catalog.open_read_only(made.parent)


def test_the_known_revisions_are_those_of_the_migration_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert known_revisions() == tuple(script.revision for script in reversed(list(scripts.walk_revisions())))
    assert known_revisions()[-1] == scripts.get_current_head()


def test_the_package_that_is_built_holds_every_migration() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packaged = set(find_packages(str(ROOT), include=setup["packages"]["find"]["include"]))
    assert packaged >= {"index.storing.migrations", "index.storing.migrations.versions"}
    assert packaged == {
        name
        for name in find_namespace_packages(str(ROOT), include=["bot", "bot.*", "index", "index.*"])
        if any((ROOT / name.replace(".", "/")).glob("*.py"))
    }
    given = {path for pattern in setup["package-data"]["index"] for path in (ROOT / "index").glob(pattern)}
    assert set(MIGRATIONS.rglob("*.mako")) <= given
