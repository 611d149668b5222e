"""Backing up: one state of the catalog, complete or absent, which only its owner reads."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moving_backups import NOW, OpenEngine, damage, stories
from sqlalchemy import func, select

from index.engine import Engine
from index.errors import StorageError
from index.moving import back_up, restore, restoring
from index.settings import IndexSettings
from index.storing import Catalog, schema
from index.storing.catalog import FILE_NAME
from index.storing.migrating import known_revisions


def test_a_backup_restored_elsewhere_has_the_same_stories_and_answers_and_nothing_is_embedded(
    filled: Engine,
    open_engine: OpenEngine,
    elsewhere: IndexSettings,
    embedder: Any,
    folder: Path,
    assert_in_step: Callable[[Engine], None],
) -> None:
    found = filled.find("when did the bridge open")
    manifest = back_up(filled.catalog._home, folder, made_at=NOW)
    assert (manifest.libraries, manifest.stories, manifest.passages) == (2, 3, 3)
    assert restore(folder, elsewhere.home, now=NOW) == restoring.Restored(manifest, None)
    embedder.embedded.clear()
    engine = open_engine(elsewhere)
    assert embedder.embedded == []
    assert stories(engine.catalog) == stories(filled.catalog)
    assert engine.find("when did the bridge open") == found
    assert engine.catalog.id != filled.catalog.id
    with engine.catalog.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.duplicates)) == 1
    assert_in_step(engine)


def test_a_backup_is_one_file_and_a_manifest_that_only_their_owner_reads(filled: Engine, folder: Path) -> None:
    manifest = back_up(filled.catalog._home, folder, made_at=NOW)
    assert sorted(path.name for path in folder.iterdir()) == [FILE_NAME, "manifest.json"]
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())] == [0o700, 0o600, 0o600]
    assert manifest.revision == known_revisions()[-1]
    assert manifest.made_at == NOW
    assert manifest.bytes == (folder / FILE_NAME).stat().st_size
    with sqlite3.connect(f"{(folder / FILE_NAME).as_uri()}?immutable=1", uri=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_a_backup_is_one_state_while_stories_come_in_and_holds_up_none(
    filled: Engine, newsroom: Any, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.storing.sqlite._PAGES_AT_ONCE", 5)
    newsroom.add(filled, newsroom.write_lines("many", [{"id": n, "text": f"{n} trees. " * 900} for n in range(20)]))
    before = stories(filled.catalog)
    late = newsroom.write("late", "It came late.")
    steps: list[int] = []

    def write_meanwhile(what: str, done: int, total: int) -> None:
        if what == "pages copied":
            steps.append(done)
            if len(steps) == 2:
                newsroom.add(filled, late)

    manifest = back_up(home, folder, made_at=NOW, on_progress=write_meanwhile)
    assert len(steps) > 3
    assert steps == sorted(steps), "what was written meanwhile must not begin the copy anew"
    assert filled.catalog.count_stories() == len(before) + 1
    assert manifest.stories == len(before)
    copy = Catalog.open_read_only(folder)
    assert copy is not None
    with copy:
        assert stories(copy) == before


def test_a_folder_that_is_not_empty_is_refused(filled: Engine, folder: Path, home: Path) -> None:
    back_up(home, folder, made_at=NOW)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(StorageError, match="is not empty; give a new folder"):
        back_up(home, folder, made_at=NOW)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_backup_that_was_stopped_leaves_nothing_and_one_that_was_killed_is_written_over(
    filled: Engine, folder: Path, home: Path
) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(home, folder, made_at=NOW, on_progress=interrupt)
    assert list(folder.iterdir()) == []
    (folder / f"{FILE_NAME}.part").write_bytes(b"half")
    (folder / f"{FILE_NAME}.part-journal").write_bytes(b"half")
    back_up(home, folder, made_at=NOW)
    assert sorted(path.name for path in folder.iterdir()) == [FILE_NAME, "manifest.json"]


def test_without_a_catalog_there_is_nothing_to_back_up(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(StorageError, match="There is no catalog in"):
        back_up(tmp_path / "nowhere", folder, made_at=NOW)
    assert not folder.exists()


def test_a_damaged_catalog_is_not_taken_for_a_backup(filled: Engine, folder: Path, home: Path) -> None:
    filled.close()
    damage(home / FILE_NAME)
    with pytest.raises(
        StorageError, match=r"The catalog in .* is damaged \(.*\); bring it back from an earlier backup"
    ):
        back_up(home, folder, made_at=NOW)
    assert list(folder.iterdir()) == []


def test_progress_is_told_for_every_part(filled: Engine, folder: Path, home: Path) -> None:
    told: set[str] = set()
    back_up(home, folder, made_at=NOW, on_progress=lambda what, done, total: told.add(what))
    assert told == {"pages copied", "bytes checked", "catalogs checked"}
    filled.close()
    told.clear()
    restore(folder, home, now=NOW, on_progress=lambda what, done, total: told.add(what))
    assert told == {"bytes checked", "catalogs checked", "pages restored", "pages kept"}
