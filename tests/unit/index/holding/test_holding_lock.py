"""One process at a time holds the data folder."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import index
from index.engine import Engine
from index.errors import HomeBusyError, StorageError
from index.holding import lock as holder
from index.holding.lock import hold
from index.settings import IndexSettings
from index.tending import Tending

HOLDING = """
import sys, time
from pathlib import Path
from index.holding.lock import hold
sys.argv = ["storydesk", "add"]
lock = hold(Path({home!r}), wait_seconds=0, on_wait=None)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the data folder, until it is killed or its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING.format(home=str(home))],
        env=os.environ | {"PYTHONPATH": str(Path(index.__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_who_waits_is_told_for_whom_and_gives_up_after_the_time_that_is_set(
    other_process: subprocess.Popen[str], open_engine: Callable[..., Engine], settings: IndexSettings
) -> None:
    told: list[str] = []
    with pytest.raises(HomeBusyError) as refused:
        open_engine(on_wait=told.append)
    who = f"`storydesk add` (process {other_process.pid})"
    assert told == [f"{who} is using {settings.home}; waiting for it, up to 0.3 seconds without progress."]
    assert str(refused.value) == (
        f"{who} is still using {settings.home} and has made no progress for 0.3 seconds; stop it or try again later."
    )


@pytest.mark.slow
def test_the_folder_is_free_once_its_holder_is_killed(
    other_process: subprocess.Popen[str], open_engine: Callable[..., Engine], settings: IndexSettings
) -> None:
    told: list[str] = []

    def kill(sentence: str) -> None:
        told.append(sentence)
        other_process.kill()

    open_engine(settings.model_copy(update={"lock_wait_seconds": 60}), on_wait=kill).close()
    assert len(told) == 1


@pytest.mark.slow
def test_without_time_to_wait_nobody_is_told_of_waiting(
    other_process: subprocess.Popen[str], open_engine: Callable[..., Engine], settings: IndexSettings
) -> None:
    told: list[str] = []
    with pytest.raises(HomeBusyError):
        open_engine(settings.model_copy(update={"lock_wait_seconds": 0}), on_wait=told.append)
    assert told == []


def test_a_closed_engine_and_one_that_could_not_open_let_go(
    open_engine: Callable[..., Engine], settings: IndexSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Tending, "recover", fail)
        with pytest.raises(MemoryError) as failure:  # which keeps all alive that the failure refers to
            open_engine()
    told: list[str] = []
    engine = open_engine(on_wait=told.append)
    engine.close()
    engine.close()
    open_engine(on_wait=told.append)
    assert told == []
    assert failure.type is MemoryError


def test_a_holder_that_did_not_sign_is_spoken_of_all_the_same(home: Path) -> None:
    with hold(home, wait_seconds=0, on_wait=None):
        for signature in ("", "[]", "{}", '{"pid": 1'):
            (home / holder._WHO).write_text(signature)
            with pytest.raises(HomeBusyError, match=r"^Another storydesk process is using"):
                hold(home, wait_seconds=0, on_wait=None)


def test_a_full_disk_keeps_nobody_from_taking_the_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    with caplog.at_level(logging.WARNING), hold(home, wait_seconds=0, on_wait=None):
        assert "No space left on device" in caplog.text


def test_the_holder_signs_with_its_command_and_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["storydesk", "run", "--json"])
    with hold(home, wait_seconds=0, on_wait=None):
        assert json.loads((home / holder._WHO).read_text()) == {"pid": os.getpid(), "command": "run"}


def test_the_data_folder_is_for_its_owner_only(home: Path) -> None:
    with hold(home / "deeper", wait_seconds=0, on_wait=None):
        assert (home / "deeper").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_in_place_of_the_data_folder_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError, match=r"^STORYDESK_HOME is .*, which is not a folder; set it to one\.$"):
        hold(tmp_path / "home" / below, wait_seconds=0, on_wait=None)
