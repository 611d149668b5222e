"""The command line when something is in the way: settings, rights, disks, other processes, interruptions."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1
STORIES = 48


def check_one_line(run: Any, *, code: int, words: str = "") -> None:
    assert (run.code, run.out) == (code, ""), run
    assert run.err.startswith("Error: ")
    assert run.err.count("\n") == 1
    assert words in run.err


def without_rights_of_root() -> None:
    """In the child: even root must obey a folder's mode."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
        raise OSError("cannot give up root's rights")


def write_many(folder: Path, number: int = STORIES) -> Path:
    """Stories of about 1,500 characters, each with sentences of its own."""
    folder.mkdir()
    for story in range(number):
        sentences = [
            f"In week {week} of the count, volunteer {story} wrote down {story * 100 + week} swallows over the marsh."
            for week in range(15)
        ]
        (folder / f"swallows-{story:03}.txt").write_text("\n\n".join(sentences))
    return folder


def check_whole(storydesk: Any, acknowledged: set[str]) -> None:
    """Nothing that was told as stored is lost, and the indexes are in step."""
    listed = {line["story_id"] for line in storydesk("list", "--json").json_lines}
    assert acknowledged <= listed
    run = storydesk("doctor")
    assert run.code == 0, run.out


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"STORYDESK_HOEM": "x"}, "STORYDESK_HOEM"),
        ({"STORYDESK_LOCK_WAIT_SECONDS": "soon"}, "STORYDESK_LOCK_WAIT_SECONDS"),
        ({"STORYDESK_MODEL_FOLDER": "/nowhere"}, "STORYDESK_MODEL_SHA256"),
    ],
)
def test_a_wrong_setting_is_one_line_with_code_2(storydesk: Any, settings: dict[str, str], words: str) -> None:
    for command in (["ask", "what?"], ["list"], ["start"]):
        check_one_line(storydesk(*command, settings=settings), code=2, words=words)
    assert not storydesk.home.exists()


def test_an_unknown_key_in_the_env_file_is_refused(storydesk: Any) -> None:
    (storydesk.folder / ".env").write_text("DISCORD_TOKN=abc\n")
    check_one_line(storydesk("list"), code=2, words="DISCORD_TOKN")


def test_another_model_than_expected_is_refused(desk: Any, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    (tmp_path / "tokenizer.json").write_text("{}")
    settings = {"STORYDESK_MODEL_FOLDER": str(tmp_path), "STORYDESK_MODEL_SHA256": "ab" * 32}
    check_one_line(desk.storydesk("ask", "what?", settings=settings), code=2, words="not the expected one")
    run = desk.storydesk("doctor", settings=settings)
    assert run.code == 1
    assert run.out.startswith("FAIL model: ")
    assert desk.storydesk("list", settings=settings).code == 0


def test_a_data_folder_that_is_a_file_is_refused(storydesk: Any) -> None:
    storydesk.home.write_text("not a folder")
    for command in (["ask", "what?"], ["list"], ["add", "x.txt"]):
        check_one_line(storydesk(*command), code=2, words="not a folder")
    assert storydesk.home.read_text() == "not a folder"


def test_a_read_only_data_folder_can_be_listed_and_is_otherwise_refused(desk: Any, storydesk: Any) -> None:
    shutil.copytree(desk.storydesk.home, storydesk.home)
    folders = [storydesk.home, *(path for path in storydesk.home.rglob("*") if path.is_dir())]
    files = [path for path in storydesk.home.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o400)
    for path in folders:
        path.chmod(0o500)
    try:
        for command in (["ask", "what?"], ["add", str(desk.stories)], ["remove", desk.story_id("New bridge")]):
            check_one_line(storydesk(*command, before=without_rights_of_root), code=2, words="cannot be written")
        assert len(storydesk("list", before=without_rights_of_root).out.splitlines()) == 3
        assert storydesk("show", desk.story_id("New bridge"), before=without_rights_of_root).code == 0
    finally:
        for path in folders:
            path.chmod(0o700)


def test_another_process_is_waited_for_or_told_of(desk: Any) -> None:
    holder = desk.storydesk.start("chat", "--json")
    try:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write("🎉\n")
        holder.stdin.flush()
        assert holder.stdout.readline()
        hurried = {"STORYDESK_LOCK_WAIT_SECONDS": "0"}
        check_one_line(desk.storydesk("ask", "what?", settings=hurried), code=1, words="storydesk chat")
        assert len(desk.storydesk("list").out.splitlines()) == 3
        run = desk.storydesk("doctor", "--json")
        assert run.code == 0
        assert {check["name"]: check["status"] for check in run.json["checks"]}["counts"] == "WARN"
        waiting = desk.storydesk.start("ask", "", "--json")
        assert waiting.stderr is not None
        assert "storydesk chat" in waiting.stderr.readline()
        holder.communicate(timeout=60)
        out, _ = waiting.communicate(timeout=60)
        assert waiting.returncode == 0
        assert '"not_a_question"' in out
    finally:
        holder.kill()


def test_an_interrupted_import_loses_nothing_and_can_be_run_again(storydesk: Any) -> None:
    folder = write_many(storydesk.folder / "many")
    process = storydesk.start("add", folder, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    acknowledged = [line for line in [first, *process.stdout] if line.endswith("}\n")]
    err = process.stderr.read()
    assert process.wait(timeout=120) == 130
    assert 1 <= len(acknowledged) < STORIES
    told = re.fullmatch(r"Stopped: (\d+) stor.* stored before; running the same command again is safe.\n", err)
    assert told, err
    # The signal may come between counting a story and printing it.
    assert int(told[1]) - len(acknowledged) in (0, 1)
    ids = {line.partition('"story_id": "')[2].partition('"')[0] for line in acknowledged}
    check_whole(storydesk, ids)
    run = storydesk("add", folder, "--json")
    assert run.code == 0
    statuses = {line["story_id"]: line["status"] for line in run.json_lines}
    assert len(statuses) == STORIES
    assert {statuses[story_id] for story_id in ids} == {"unchanged"}
    check_whole(storydesk, set(statuses))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 kilobytes, where this machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or subprocess.run([mount, "-t", "tmpfs", "-o", "size=700k", "none", disk], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_told_and_loses_nothing(storydesk: Any, small_disk: Path) -> None:
    folder = write_many(storydesk.folder / "many", 40)
    on_disk = type(storydesk)(storydesk.folder, small_disk / "home")
    run = on_disk("add", folder, "--json")
    assert run.code == 2
    assert run.err.startswith("Error: ")
    assert run.err.count("\n") == 1
    acknowledged = {line["story_id"] for line in run.json_lines}
    assert len(acknowledged) < 40
    assert {line["story_id"] for line in on_disk("list", "--json").json_lines} >= acknowledged
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    run = on_disk("add", folder, "--json")
    assert run.code == 0
    assert {line["story_id"] for line in run.json_lines if line["status"] == "unchanged"} >= acknowledged
    check_whole(on_disk, {line["story_id"] for line in run.json_lines})
