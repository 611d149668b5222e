"""Restoring: a backup is checked first, and never is one catalog lost for the other."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from moving_backups import NOW, OpenEngine, damage, stories

import index
from index.engine import Engine
from index.errors import HomeBusyError, StorageError
from index.moving import back_up, restore, restoring
from index.settings import IndexSettings
from index.storing import Catalog
from index.storing.catalog import FILE_NAME
from index.storing.sqlite import fold


def change_manifest(folder: Path, **fields: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_restoring_keeps_the_present_catalog_as_a_backup_like_any_other(
    filled: Engine, open_engine: OpenEngine, newsroom: Any, folder: Path, home: Path
) -> None:
    before = stories(filled.catalog)
    back_up(home, folder, made_at=NOW)
    newsroom.add(filled, newsroom.write("late", "It came late."))
    after = stories(filled.catalog)
    filled.close()
    restored = restore(folder, home, now=NOW)
    assert restored.replaced is not None
    assert restored.replaced.parent == home
    engine = open_engine()
    assert stories(engine.catalog) == before
    engine.close()
    restore(restored.replaced, home, now=datetime.now(UTC))
    engine = open_engine()
    assert stories(engine.catalog) == after
    assert engine.find("late", leg="words")


def test_the_indexes_of_the_replaced_catalog_are_never_taken_for_those_of_the_restored_one(
    filled: Engine,
    open_engine: OpenEngine,
    newsroom: Any,
    folder: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    back_up(home, folder, made_at=NOW)
    newsroom.add(filled, newsroom.write("late", "It came late."))
    filled.rebuild()
    filled.close()
    monkeypatch.setattr(restoring, "_INDEXES", ())  # as if killed before they were removed
    restore(folder, home, now=NOW)
    engine = open_engine()
    assert engine.find("late", leg="words") == []
    assert {finding.text for finding in engine.find("late", leg="vectors")} == {
        "The bridge opened.\r\nIt rained.",
        "A quay.",
    }
    _, city, public = engine.check()
    assert [(each.passages, each.vectors, each.words) for each in (city, public)] == [(1, 1, 1), (2, 2, 2)]
    assert not city.troubles + public.troubles


def test_restoring_is_refused_while_another_holds_the_folder(filled: Engine, folder: Path, home: Path) -> None:
    back_up(home, folder, made_at=NOW)
    before = sorted(home.iterdir())
    with pytest.raises(HomeBusyError, match=r"Another storydesk process is using .*; stop it before you restore"):
        restore(folder, home, now=NOW)
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "holds no finished backup"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "manifest.json is damaged"),
        (lambda folder: (folder / FILE_NAME).unlink(), "cannot be read (No such file or directory)"),
        (lambda folder: damage(folder / FILE_NAME), "is not as it was written (its SHA-256 differs)"),
        (lambda folder: change_manifest(folder, sha256="0" * 64), "is not as it was written"),
        (
            lambda folder: change_manifest(folder, revision="9999"),
            "was made by a newer Storydesk (0.1.0, revision 9999)",
        ),
        (lambda folder: change_manifest(folder, storydesk_backup=2), "was made by a newer Storydesk"),
    ],
)
def test_a_backup_that_is_not_whole_changes_nothing(
    filled: Engine, folder: Path, home: Path, spoil: Callable[[Path], None], words: str
) -> None:
    back_up(home, folder, made_at=NOW)
    filled.close()
    spoil(folder)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and "holder" not in path.name}
    with pytest.raises(StorageError) as raised:
        restore(folder, home, now=NOW)
    assert words in str(raised.value)
    assert {
        path: path.read_bytes() for path in home.rglob("*") if path.is_file() and "holder" not in path.name
    } == before


def test_a_backup_whose_database_is_damaged_changes_nothing(filled: Engine, folder: Path, home: Path) -> None:
    from hashlib import sha256

    back_up(home, folder, made_at=NOW)
    filled.close()
    damage(folder / FILE_NAME)
    change_manifest(folder, sha256=sha256((folder / FILE_NAME).read_bytes()).hexdigest())
    with pytest.raises(StorageError, match=r"is damaged \(.*\); take another backup"):
        restore(folder, home, now=NOW)
    assert not list(home.glob("replaced-*"))


@pytest.mark.parametrize("content", [b"no database at all" * 1_000, b""])
def test_a_present_catalog_that_is_ruined_is_kept_as_it_is(
    filled: Engine, open_engine: OpenEngine, folder: Path, home: Path, content: bytes
) -> None:
    before = stories(filled.catalog)
    back_up(home, folder, made_at=NOW)
    filled.close()
    (home / FILE_NAME).write_bytes(content)
    restored = restore(folder, home, now=NOW)
    assert restored.replaced is not None
    assert (restored.replaced / FILE_NAME).read_bytes().startswith(content)
    assert stories(open_engine().catalog) == before


def test_changes_left_beside_a_catalog_by_a_kill_are_kept_and_never_meet_the_restored_one(
    filled: Engine, open_engine: OpenEngine, newsroom: Any, folder: Path, home: Path, tmp_path: Path
) -> None:
    back_up(home, folder, made_at=NOW)
    before = stories(filled.catalog)
    newsroom.add(filled, newsroom.write("late", "It came late."))
    # What a killed process leaves: the last changes only in the file beside the catalog.
    left = {name: (home / name).read_bytes() for name in (FILE_NAME, f"{FILE_NAME}-wal")}
    filled.close()
    for name, content in left.items():
        (home / name).write_bytes(content)
    restored = restore(folder, home, now=NOW)
    assert restored.replaced is not None
    assert stories(open_engine().catalog) == before
    kept = Catalog.open_read_only(restored.replaced)
    assert kept is not None
    with kept:
        assert kept.count_stories() == len(before) + 1


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from index.moving import restore

step = int(sys.argv[3])
seen = 0

def count(event, arguments):
    global seen
    if event in ("os.rename", "os.remove", "os.mkdir", "open", "shutil.rmtree", "sqlite3.connect"):
        if any(str(argument).startswith(sys.argv[2]) for argument in arguments if isinstance(argument, (str, Path))):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
restore(Path(sys.argv[1]), Path(sys.argv[2]), now=datetime.now(UTC))
print(seen)
"""


@pytest.mark.slow
def test_a_kill_at_any_step_of_restoring_leaves_one_catalog_or_the_other(
    filled: Engine, open_engine: OpenEngine, newsroom: Any, folder: Path, home: Path
) -> None:
    old = stories(filled.catalog)
    back_up(home, folder, made_at=NOW)
    newsroom.add(filled, newsroom.write("late", "It came late."))
    new = stories(filled.catalog)
    filled.close()
    outcomes = set()
    texts = {story.text for story in old}, {story.text for story in new}
    for step in range(1, 200):
        process = subprocess.run(
            [sys.executable, "-c", KILLED, str(folder), str(home), str(step)],
            env=os.environ | {"PYTHONPATH": str(Path(index.__file__).parents[1])},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert process.returncode in (0, -signal.SIGKILL), process.stderr
        catalog = Catalog.open_read_only(home)
        assert catalog is not None
        with catalog:
            found = {story.text for story in stories(catalog)}
        assert found in texts, step
        outcomes.add(len(found))
        if process.returncode == 0:
            break
        if found == texts[0]:  # put the newer one back for the next step
            back = sorted(path for path in home.glob("replaced-*") if (path / "manifest.json").exists())
            restore(back[0], home, now=datetime.now(UTC))
    else:
        pytest.fail("restoring never came to its end")
    assert outcomes == {len(old), len(new)}
    assert step > 8
    assert stories(open_engine().catalog) == old


def test_a_backup_of_an_older_program_is_brought_up_to_date(
    open_engine: OpenEngine, elsewhere: IndexSettings, folder: Path, first_catalog: Path
) -> None:
    manifest = back_up(first_catalog.parent, folder, made_at=NOW)
    assert (manifest.revision, manifest.stories) == ("0001", 1)
    restore(folder, elsewhere.home, now=NOW)
    (story,) = stories(open_engine(elsewhere).catalog)
    assert (story.title, story.text) == ("Bridge", "The bridge opened.")
    assert back_up(first_catalog.parent, folder.with_name("second"), made_at=NOW).revision == "0001"


@pytest.fixture
def first_catalog(tmp_path: Path) -> Path:
    """A catalog of the first revision with a story."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import text

    from index.storing import migrating
    from index.storing.sqlite import sqlite_engine

    home = tmp_path / "first"
    home.mkdir()
    config = Config()
    config.set_main_option("script_location", str(migrating._FOLDER))
    engine = sqlite_engine(home / FILE_NAME)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO libraries VALUES (1, 'public', 'some model splitter-1')",
            "INSERT INTO stories VALUES ('s', 1, 'id:bridge', '2025-06-01T00:00:00.000+00:00')",
            "INSERT INTO versions VALUES ('v', 's', 'live', 'c', 't', 'Bridge', NULL, NULL, '[]', NULL, 0, 'en', '1',"
            " 'a.txt', 'The bridge opened.')",
            "INSERT INTO passages VALUES ('v-0', 'v', 0, 0, 18, 'k')",
        ):
            connection.execute(text(statement))
    engine.dispose()
    return home / FILE_NAME


def test_a_catalog_that_somebody_reads_is_not_replaced_under_them(
    filled: Engine, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(home, folder, made_at=NOW)
    filled.close()
    monkeypatch.setattr(restoring, "fold", partial(fold, busy_seconds=0))
    reader = Catalog.open_read_only(home)
    assert reader is not None
    with reader, reader.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM stories").fetchall()
        with pytest.raises(StorageError, match="stayed busy"):
            restore(folder, home, now=NOW)
    assert not list(home.glob("replaced-*"))
    assert restore(folder, home, now=NOW).replaced is not None


def test_what_lies_beside_a_catalog_that_is_gone_never_meets_the_restored_one(
    filled: Engine, open_engine: OpenEngine, newsroom: Any, folder: Path, home: Path
) -> None:
    back_up(home, folder, made_at=NOW)
    before = stories(filled.catalog)
    newsroom.add(filled, newsroom.write("late", "It came late."))
    left = (home / f"{FILE_NAME}-wal").read_bytes()
    filled.close()
    (home / FILE_NAME).unlink()
    (home / f"{FILE_NAME}-wal").write_bytes(left)
    assert restore(folder, home, now=NOW).replaced is None
    assert stories(open_engine().catalog) == before
    assert not list(home.glob("replaced-*"))
