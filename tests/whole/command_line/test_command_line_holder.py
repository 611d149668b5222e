"""Many processes on one data folder: with a bot and without, and when it is stopped or killed in the middle."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PROCESSES = 4
STORIES = 40
"""By each process: enough for three batches, so that each has to wait for the others more than once."""

RUN = """
import signal, sys, threading
from bot.cli import context, main

def run_bot(settings, engine, *, on_connected):
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    print("serving", flush=True)
    stopped.wait()

context.run_bot = run_bot  # there is no Discord here
sys.argv = ["storydesk", "run"]
sys.exit(main())
"""


def write_stories(folder: Path, number: int, *, stories: int = STORIES) -> Path:
    """A file of short stories, of which no two have the same text."""
    path = folder / f"town-{number}.jsonl"
    with path.open("w") as file:
        for story in range(stories):
            text = (
                f"The council of town {number} voted on Monday to plant {7 * story + number} trees along quay {story}. "
                f"The mayor said that the work would begin in spring and take {story + 2} weeks."
            )
            file.write(
                json.dumps({"id": f"{number}-{story}", "title": f"Town {number}, quay {story}", "text": text}) + "\n"
            )
    return path


class Bot:
    """`storydesk run` without Discord."""

    def __init__(self, storydesk: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN],
            cwd=storydesk.folder,
            env=storydesk.environment(DISCORD_TOKEN="token"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "serving\n"

    def end(self, sent: int) -> int:
        self.process.send_signal(sent)
        self.process.communicate(timeout=120)
        return self.process.returncode


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    started: list[Bot] = []
    yield started
    for bot in started:
        if bot.process.poll() is None:
            bot.end(signal.SIGKILL)


def stored_titles(storydesk: Any) -> list[str]:
    return [line["title"] for line in storydesk("list", "--json").json_lines]


def check_in_step(storydesk: Any) -> None:
    run = storydesk("doctor", "--json")
    assert run.out, run.err
    checks = {check["name"]: check["status"] for check in run.json["checks"]}
    assert checks["store"] == "OK"
    assert "FAIL" not in checks.values(), checks


@pytest.mark.parametrize("bot", ["with a bot", "without a bot"])
def test_many_add_at_once_while_questions_are_asked(storydesk: Any, bots: list[Bot], bot: str) -> None:
    files = [write_stories(storydesk.folder, number) for number in range(PROCESSES)]
    if bot == "with a bot":
        bots.append(Bot(storydesk))
    adding = [storydesk.start("add", path.name, "--json") for path in files]
    asked = []
    while any(process.poll() is None for process in adding) and len(asked) < 3:
        asked.append(storydesk("ask", "How many trees will town 1 plant along quay 3?", "--json"))
    results = []
    for number, process in enumerate(adding):
        out, err = process.communicate(timeout=600)
        lines = [json.loads(line) for line in out.splitlines()]
        assert process.returncode == 0
        assert "Error" not in err
        assert bot == "without a bot" or err == ""
        assert [line["source"] for line in lines] == [f"town-{number}.jsonl#{line + 1}" for line in range(STORIES)]
        results += lines
    assert {line["status"] for line in results} == {"added"}
    assert len({line["story_id"] for line in results}) == PROCESSES * STORIES
    assert asked
    for run in asked:
        assert run.code == 0
        assert "Error" not in run.err
        assert run.json["reason"] in (None, "no_stories", "nothing_found", "not_answered")
    titles = stored_titles(storydesk)
    assert len(titles) == len(set(titles)) == PROCESSES * STORIES
    found = storydesk("find", "trees along the quay", "--leg", "words", "--limit", "1000", "--json").json["findings"]
    assert len(found) == len({finding["title"] for finding in found}) == PROCESSES * STORIES
    again = storydesk("add", "town-0.jsonl", "--json")
    assert {line["status"] for line in again.json_lines} == {"unchanged"}
    if bots:
        assert {line["state"] for line in storydesk("jobs", "--json").json_lines} == {"done"}
        assert bots[0].end(signal.SIGTERM) == 0
    check_in_step(storydesk)


@pytest.mark.parametrize("successor", ["the next bot", "the command itself"])
def test_a_bot_that_is_killed_in_the_middle_loses_nothing_and_nobody_is_told(
    storydesk: Any, bots: list[Bot], successor: str
) -> None:
    path = write_stories(storydesk.folder, 1, stories=120)
    bots.append(Bot(storydesk))
    adding = storydesk.start("add", path.name, "--json")
    assert adding.stdout is not None
    assert adding.stderr is not None
    lines = [adding.stdout.readline()]
    if successor == "the next bot":
        adding.send_signal(signal.SIGSTOP)  # so that it does not take the folder first
    assert bots[0].end(signal.SIGKILL) == -signal.SIGKILL
    assert len(stored_titles(storydesk)) < 120
    if successor == "the next bot":
        bots.append(Bot(storydesk))
        adding.send_signal(signal.SIGCONT)
    lines += adding.stdout.readlines()
    err = adding.stderr.read()
    assert (adding.wait(timeout=300), err) == (0, "")
    results = [json.loads(line) for line in lines]
    assert [line["source"] for line in results] == [f"town-1.jsonl#{line + 1}" for line in range(120)]
    assert {line["status"] for line in results} <= {"added", "unchanged"}
    titles = stored_titles(storydesk)
    assert len(titles) == len(set(titles)) == 120
    assert [line["state"] for line in storydesk("jobs", "--json").json_lines] == ["done"]
    for bot in bots[1:]:
        bot.end(signal.SIGTERM)
    check_in_step(storydesk)


def test_a_job_outlives_its_command_and_the_bot(storydesk: Any, bots: list[Bot]) -> None:
    path = write_stories(storydesk.folder, 1, stories=120)
    bots.append(Bot(storydesk))
    adding = storydesk.start("add", path.name, "--json")
    assert adding.stdout is not None
    adding.stdout.readline()
    adding.send_signal(signal.SIGINT)
    _, err = adding.communicate(timeout=60)
    assert adding.returncode == 130
    assert err == (
        "Stopped waiting; job 1 goes on in the bot (`storydesk jobs` shows it, `storydesk jobs --cancel 1` stops it).\n"
    )
    assert bots[0].end(signal.SIGTERM) == 0
    (job,) = storydesk("jobs", "--json").json_lines
    assert (job["state"], job["attempts"], job["error"]) == ("waiting", 0, None)
    assert 0 < len(stored_titles(storydesk)) < 120
    assert "storydesk jobs --work" in storydesk("jobs").err
    run = storydesk("jobs", "--work")
    assert (run.code, run.err) == (0, "")
    titles = stored_titles(storydesk)
    assert len(titles) == len(set(titles)) == 120


def test_a_chat_at_a_terminal_lets_other_commands_in(storydesk: Any) -> None:
    write_stories(storydesk.folder, 1, stories=3)
    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        [sys.executable, "-m", "bot", "chat"],
        cwd=storydesk.folder,
        env=storydesk.environment(TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    end = time.monotonic() + 120
    try:
        while "Ask a question" not in shown:
            assert time.monotonic() < end, shown
            if select.select([ours], [], [], 0.2)[0]:
                shown += os.read(ours, 65_536).decode()
        run = storydesk("add", "town-1.jsonl", "--no-wait")
        assert (run.code, run.out, run.err) == (0, "3 added\n", "")
        os.write(ours, b"exit\n")
        assert chat.wait(timeout=60) == 0
        assert not (storydesk.home / "holder.sock").exists()
    finally:
        chat.kill()
        chat.wait()
        os.close(ours)
