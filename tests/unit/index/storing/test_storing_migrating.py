"""The catalog's tables: made as the schema says, kept up to date, and never taken from a newer program."""

import sqlite3
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from setuptools import find_namespace_packages, find_packages
from sqlalchemy import inspect

import index
from index.engine import Engine
from index.errors import StorageError
from index.storing import Catalog, migrating, schema
from index.storing.catalog import FILE_NAME
from index.storing.migrating import known_revisions
from index.storing.sqlite import files_beside, fold, sqlite_engine

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


FIRST = """
INSERT INTO facts VALUES ('samples were put in', '2025-06-01');
INSERT INTO libraries VALUES (1, 'public', 'some model splitter-1'), (2, 'city', NULL);
INSERT INTO stories VALUES
    ('s1', 1, 'id:bridge', '2025-06-01T00:00:00.000+00:00'),
    ('s2', 2, 'url:orla-post.example/quay', '2025-06-02T00:00:00.000+00:00');
INSERT INTO versions VALUES
    ('v1', 's1', 'live', 'c1', 't1', 'Bridge', 'https://orla-post.example/b', 'Post', '["Ann"]', '2025-05-16', 739387,
    'en', '1', 'a.txt', 'The bridge opened.' || char(13, 10, 8232) || 'It rained.'),
    ('v2', 's2', 'live', 'c2', 't2', 'Quay', NULL, NULL, '[]', NULL, 0, NULL, '1', 'b.txt', 'A quay.'),
    ('v3', 's2', 'retired', 'c3', 't3', 'Quay', NULL, NULL, '[]', NULL, 0, NULL, '1', 'b.txt', 'An old quay.');
INSERT INTO passages VALUES
    ('v1-0', 'v1', 0, 0, 18, 'k1'), ('v1-1', 'v1', 1, 21, 31, 'k2'), ('v2-0', 'v2', 0, 0, 7, 'k3');
INSERT INTO vectors VALUES ('k1', 'm', x'0102'), ('k2', 'm', x'0304'), ('k3', 'm', x'0506'), ('k3', 'n', x'0708');
"""
KEPT = {
    "facts": "SELECT * FROM facts WHERE name <> 'catalog id'",
    "libraries": "SELECT id, name FROM libraries",
    "stories": "SELECT * FROM stories",
    "versions": "SELECT id, story_id, state, content_hash, text_hash, title, url, publisher, authors, published_at,"
    " published_day, language, source, text FROM versions",
    "passages": 'SELECT id, version_id, position, start, "end", text_key FROM passages',
    "vectors": "SELECT * FROM vectors",
}


@pytest.fixture
def first(home: Path) -> Path:
    """The file of a catalog of the first revision with rows in all its tables."""
    home.mkdir()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sqlite_engine(home / FILE_NAME)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.executescript(FIRST)
    tables = rows(home / FILE_NAME, "SELECT name FROM sqlite_master WHERE type = 'table'")
    assert all(rows(home / FILE_NAME, f"SELECT * FROM {name}") for (name,) in tables)
    return home / FILE_NAME


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def everything(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


def kept_copy(catalog: Path) -> Path:
    return catalog.with_name(f"catalog-before-{known_revisions()[-1]}.sqlite3")


def test_a_catalog_of_the_first_revision_keeps_all_it_has(first: Path) -> None:
    before = {name: sorted(rows(first, query), key=repr) for name, query in KEPT.items()}
    with Catalog.open(first.parent) as catalog:
        stories = [catalog.story(summary.story_id) for summary in catalog.summaries()]
        assert catalog.libraries() == ["city", "public"]
    assert [story.text for story in stories] == ["The bridge opened.\r\n\u2028It rained.", "A quay."]
    assert [story.authors for story in stories] == [("Ann",), ()]
    assert {name: sorted(rows(first, query), key=repr) for name, query in KEPT.items()} == before
    assert rows(first, "SELECT DISTINCT splitter FROM passages") == [("1",)]
    assert rows(first, "SELECT * FROM alembic_version") == [(known_revisions()[-1],)]
    assert rows(first, "PRAGMA foreign_key_check") == []
    with sqlite_engine(first).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_the_catalog_as_it_was_before_a_migration_is_kept_beside_it(first: Path) -> None:
    before = everything(first)
    with Catalog.open(first.parent) as catalog:
        catalog.make_library("new")
    assert everything(kept_copy(first)) == before
    assert rows(kept_copy(first), "PRAGMA integrity_check") == [("ok",)]
    kept = kept_copy(first).read_bytes()
    Catalog.open(first.parent).close()
    assert kept_copy(first).read_bytes() == kept, "it is made once"


def test_a_new_catalog_has_nothing_to_keep(made: Path) -> None:
    assert [path.name for path in made.parent.iterdir()] == [FILE_NAME]


def test_a_migration_that_fails_leaves_the_catalog_as_it_was(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(first)
    monkeypatch.setattr(Operations, "create_index", _failing_late(Operations.create_index))
    with pytest.raises(StorageError, match="cannot be used"):
        Catalog.open(first.parent)
    assert everything(first) == before
    monkeypatch.undo()
    with Catalog.open(first.parent) as catalog:
        assert catalog.count_stories() == 2


def _failing_late(create_index: Any) -> Any:
    """Fails at the last index of the last migration, when the tables of all migrations are made."""

    def create(self: Operations, name: str, *arguments: Any, **options: Any) -> Any:
        if name == "ix_jobs_state":
            assert inspect(self.get_bind()).has_table("jobs")
            raise sqlite3.OperationalError("disk I/O error")
        return create_index(self, name, *arguments, **options)

    return create


def test_without_room_for_the_copy_no_migration_begins(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = first.read_bytes()

    def full(source: Path, target: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(migrating, "copy_database", full)
    with pytest.raises(StorageError, match=r"there is no room in .* make room for 1 MB and run the command again"):
        Catalog.open(first.parent)
    assert first.read_bytes() == before
    assert not kept_copy(first).exists()


def test_a_copy_that_was_stopped_is_not_taken_for_the_catalog(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.storing.sqlite.fold", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        Catalog.open(first.parent)
    assert rows(first, "SELECT * FROM alembic_version") == [("0001",)]
    assert not list(first.parent.glob("catalog-before-*"))
    monkeypatch.undo()
    Catalog.open(first.parent).close()
    assert rows(kept_copy(first), "SELECT * FROM alembic_version") == [("0001",)]


def _interrupt(path: Path) -> None:
    raise KeyboardInterrupt


def test_an_engine_opened_on_an_old_catalog_finds_its_stories(first: Path, open_engine: Callable[..., Engine]) -> None:
    engine = open_engine()
    assert {finding.title for finding in engine.find("the bridge", library="public", leg="words")} == {"Bridge"}
    assert {finding.title for finding in engine.find("a quay", library="city")} == {"Quay"}
    assert {each.passages == each.vectors == each.words > 0 for each in engine.check() if each.library} == {True}


def test_a_database_in_use_is_not_folded(made: Path) -> None:
    with Catalog.open(made.parent) as catalog, catalog.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM facts").fetchall()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            fold(made, busy_seconds=0)
    fold(made)
    assert files_beside(made) == []
