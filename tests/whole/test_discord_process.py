"""`storydesk run` as a process of its own, with the real engine, against a stand-in for Discord."""

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bot_processes import SECONDS_TO_START, TOKEN, add, start_bot
from discord_stand_in import StandIn

pytestmark = pytest.mark.slow

STORY = """The lighthouse of Maren was lit again on Saturday, eleven years after a storm had put it out.

About 300 people watched from the pier. The repair cost 2.4 million crowns, the harbour office said.
"""
QUESTION = "How many people watched from the pier?"


@pytest.fixture
def discord_here() -> Iterator[StandIn]:
    with StandIn().running() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def one_story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one story, for copies of it."""
    folder = tmp_path_factory.mktemp("one-story")
    (folder / "lighthouse.txt").write_text(STORY)
    add(folder / "lighthouse.txt", home=folder / "home")
    return folder / "home"


@pytest.fixture
def start(discord_here: StandIn, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the bot in a data folder of its own, a copy of `home` if that is given."""
    started: list[subprocess.Popen[str]] = []

    def start(home: Path | None = None, **settings: str) -> subprocess.Popen[str]:
        if home is not None:
            shutil.copytree(home, tmp_path / "home")
        started.append(start_bot(discord_here, tmp_path / "home", **settings))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def shown(interaction: Any) -> str:
    return json.dumps(interaction.shown, ensure_ascii=False)


def test_it_answers_from_the_stories_and_a_stop_in_the_middle_ends_it_in_time_with_everyone_told(
    start: Callable[..., subprocess.Popen[str]], discord_here: StandIn, one_story: Path
) -> None:
    process = start(one_story)
    discord_here.wait_for(lambda: discord_here.connected, what="it connects", seconds=SECONDS_TO_START)
    asked = discord_here.ask(QUESTION)
    discord_here.wait_for(lambda: "300 people" in shown(asked), what="it is answered", seconds=SECONDS_TO_START)
    last = discord_here.write("How much did the repair cost?")
    began = time.monotonic()
    discord_here.wait_for(lambda: any("typing" in one.path for one in discord_here.requests), what="it is at work")
    process.send_signal(signal.SIGTERM)
    output, log = process.communicate(timeout=60)
    assert time.monotonic() - began < 11
    assert process.returncode == 0, log
    assert discord_here.messages, f"nobody told who wrote {last}"
    assert discord_here.refused == []
    assert "Invite the bot to a server: https://" in output
    assert all(json.loads(line)["event"] for line in log.splitlines())
    for unwanted in (TOKEN, "pier", "repair", "token-of-1"):
        assert unwanted not in log


def test_a_wrong_token_is_one_sentence_and_exit_code_2(
    start: Callable[..., subprocess.Popen[str]], discord_here: StandIn
) -> None:
    discord_here.token_is_right = False
    process = start()
    output, log = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 2
    assert output == ""
    assert log.splitlines()[-1].startswith("Error: Discord refused the token in DISCORD_TOKEN.")
    assert "Traceback" not in log
    assert TOKEN not in log


def test_what_the_index_holds_is_among_the_metrics(
    start: Callable[..., subprocess.Popen[str]], discord_here: StandIn, one_story: Path, unused_port: int
) -> None:
    start(one_story, STORYDESK_METRICS_PORT=str(unused_port))
    discord_here.wait_for(lambda: discord_here.connected, what="it connects", seconds=SECONDS_TO_START)
    found = ""

    def counted() -> bool:
        nonlocal found
        with urllib.request.urlopen(f"http://127.0.0.1:{unused_port}/metrics", timeout=10) as response:
            found = response.read().decode()
        return 'storydesk_index{what="stories"}' in found

    discord_here.wait_for(counted, what="the index is counted", seconds=SECONDS_TO_START)
    assert 'storydesk_index{what="stories"} 1.0' in found
    assert 'storydesk_index{what="libraries"} 1.0' in found


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
