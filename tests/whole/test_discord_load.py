"""Two hundred people ask within seconds, over real HTTP: everybody is told something, and nothing expires.

The bot is a process of its own, as it is for those who run it. How fast it is, is measured by `benchmarks/load.py`.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bot_processes import SECONDS_TO_START, add, start_bot
from discord_payloads import person
from discord_shown import text_of
from discord_stand_in import StandIn

from index.samples import stories_folder

pytestmark = pytest.mark.slow

PEOPLE = 200
SECONDS = 10.0
BUSY = ("Too many questions are waiting", "I am very busy", "No answer within")


@pytest.fixture
def discord_here() -> Iterator[StandIn]:
    with StandIn(heartbeat_seconds=1.0).running() as stand_in:
        yield stand_in


@pytest.fixture
def home(tmp_path: Path, discord_here: StandIn) -> Iterator[Path]:
    """A data folder with the sample stories, over which the bot runs, without the reader."""
    home = tmp_path / "home"
    with stories_folder() as stories:
        add(stories, home=home)
    with (tmp_path / "log").open("w") as log:
        process = start_bot(discord_here, home, log=log, STORYDESK_READ_PASSAGES="0")
        try:
            yield home
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.communicate()


@pytest.mark.usefixtures("home")
def test_two_hundred_people_who_ask_within_seconds_are_all_told_something_and_no_interaction_expires(
    discord_here: StandIn,
) -> None:
    server = discord_here.add_server()
    discord_here.wait_for(lambda: discord_here.connected, what="it connects", seconds=SECONDS_TO_START)
    first = discord_here.ask("How many prisoners are being exchanged?", server_id=server)
    discord_here.wait_for(lambda: first.shown, what="the first is told", seconds=SECONDS_TO_START)
    asked = []
    for number in range(PEOPLE):
        question = f"How many prisoners are being exchanged, asks reader {number}?"
        where = server if number % 2 else None
        asked.append(discord_here.ask(question, server_id=where, who=person(1_000 + number)))
        time.sleep(SECONDS / PEOPLE)
    discord_here.wait_for(lambda: all(one.shown for one in asked), what="all are told", seconds=180)
    told = [text_of(one.shown) for one in asked]
    answered = ["prisoners" in words for words in told]
    busy = [words.startswith(BUSY) for words in told]
    assert all(one != other for one, other in zip(answered, busy, strict=True)), told
    assert any(answered)
    assert discord_here.refused == []  # neither late nor double nor too long
    assert all(len(one.callbacks) == 1 for one in asked)
    (session,) = discord_here.sessions
    assert session.resumed == 0
    assert len(session.heartbeats) > 1
