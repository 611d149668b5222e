"""A disk that takes no more: one sentence, and nothing that was stored is lost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import index
from index.engine import Engine
from index.errors import StorageError
from index.settings import IndexSettings
from index.storing.sqlite import disk_is_full, storage_error

# A limit on the size of files stands for a full disk; it would hold for the test run's own files as well.
ADDING = """
import importlib.util, json, resource, sys
from pathlib import Path
from index.engine import Engine
from index.errors import StorageError
from index.settings import IndexSettings

limit, settings, story, conftest = json.loads(sys.argv[1])
spec = importlib.util.spec_from_file_location("fixtures", conftest)
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)
engine = Engine.open(IndexSettings(**settings), load_embedder=lambda _: fixtures.HashEmbedder())
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    print(list(engine.add([Path(story)])))
except StorageError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "store"), [(1_000, "data folder"), (60_000, "vector index")])
def test_a_full_disk_is_told_and_nothing_is_lost(
    limit: int,
    store: str,
    open_engine: Callable[..., Engine],
    settings: IndexSettings,
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
) -> None:
    engine = open_engine()
    kept = newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    engine.close()
    story = newsroom.write("harbour", "The harbour was open.")
    given = [limit, settings.model_dump(mode="json"), str(story), str(Path(__file__).parents[1] / "conftest.py")]
    result = subprocess.run(
        [sys.executable, "-c", ADDING, json.dumps(given)],
        env=os.environ | {"PYTHONPATH": str(Path(index.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    (told,) = result.stdout.splitlines()
    assert told.startswith(f"The {store} ")
    assert told.endswith(("; check the disk and run the command again.", "; run `storydesk doctor --fix`."))

    engine = open_engine()
    assert_in_step(engine)
    assert [finding.text for finding in engine.find("bridge", leg="words")] == ["The bridge was closed."]
    assert [result.status for result in newsroom.add(engine, kept)] == ["unchanged"]
    (result,) = newsroom.add(engine, story)
    assert result.status in ("added", "unchanged")
    assert [finding.text for finding in engine.find("harbour", leg="words")] == ["The harbour was open."]
    assert_in_step(engine)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("database or disk is full", "is full; make room"),
        ("[Errno 28] No space left on device", "is full; make room"),
        ("[Errno 122] Disk quota exceeded", "is full; make room"),
        ("attempt to write a readonly database", "cannot be written; give yourself the right to"),
        ("unable to open database file", "cannot be written; give yourself the right to"),
        ("[Errno 30] Read-only file system", "cannot be written; give yourself the right to"),
        ("disk I/O error", "cannot be used (disk I/O error); check the disk"),
        ("database is locked", "stayed busy for 30 seconds; run the command again"),
        ("database disk image is malformed", "is damaged; bring it back from a backup"),
        ("Something ELSE", "cannot be used (Something ELSE); check the disk"),
    ],
)
def test_every_failure_of_the_disk_says_what_to_do(words: str, advice: str, tmp_path: Path) -> None:
    sentence = str(storage_error(OSError(words), tmp_path))
    assert advice in sentence
    assert str(tmp_path) in sentence


def test_a_disk_without_room_counts_as_full_whatever_the_failure_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = StorageError("Failed to apply logs to the metadata segment")
    assert not disk_is_full(error, tmp_path)
    assert not disk_is_full(error, tmp_path / "missing")
    monkeypatch.setattr("index.storing.sqlite._LEAST_FREE_BYTES", 10**18)
    assert disk_is_full(error, tmp_path)
