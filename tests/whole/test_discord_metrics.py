"""What the bot counts and measures while people in Discord ask it."""

import os
import signal
import socket
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from discord_stand_in import StandIn
from simcord.env import Env

from bot.client import StorydeskClient
from bot.remembering import Memory, votes
from bot.running import run_bot
from bot.settings import load_settings
from index.errors import StorageError

QUESTION = "How many prisoners are being exchanged?"


def wholes(client: StorydeskClient) -> float:
    """How many questions were timed from their arrival to their answer."""
    count = client.desk.metrics.registry.get_sample_value("storydesk_stage_seconds_count", {"stage": "whole"})
    return count or 0.0


async def test_the_whole_is_timed_of_commands_mentions_and_direct_messages(
    simcord_env: Env, simcord_bot: StorydeskClient
) -> None:
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("general")
    user = simcord_env.create_user("mira")
    member = guild.add_member(user)
    await member.slash(channel, "ask", question=QUESTION)
    assert wholes(simcord_bot) == 1
    await user.send_dm(QUESTION)
    assert wholes(simcord_bot) == 2
    await member.send(channel, f"{simcord_env.bot.user.mention} {QUESTION}")
    assert wholes(simcord_bot) == 3


async def test_the_whole_is_not_timed_of_what_failed(
    simcord_env: Env, simcord_bot: StorydeskClient, prepared_engine: Any
) -> None:
    prepared_engine.error = StorageError("It is broken.")
    user = simcord_env.create_user("mira")
    await user.slash("ask", question=QUESTION)
    await user.send_dm(QUESTION)
    assert len(simcord_env.errors) == 2
    assert wholes(simcord_bot) == 0


def test_the_page_has_the_index_the_votes_and_the_queue(
    stand_in: StandIn, prepared_engine: Any, tmp_path: Path
) -> None:
    with Memory.open(tmp_path) as memory:
        votes.vote(memory, "0123456789ab", 1, helpful=True, at=datetime.now(UTC))
    prepared_engine.load_model = lambda: None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "STORYDESK_HOME": str(tmp_path),
        "DISCORD_TOKEN": "made-up.token.of-no-bot",
        "STORYDESK_METRICS_PORT": str(port),
    }
    pages: list[str] = []

    def connected(invite: str) -> None:
        threading.Thread(target=read).start()

    def read() -> None:
        try:
            for _ in range(200):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
                    pages.append(response.read().decode())
                if "storydesk_index{" in pages[-1]:
                    break
                time.sleep(0.05)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    run_bot(
        load_settings(folder=tmp_path, environment=settings),
        prepared_engine,
        on_connected=connected,
        count=lambda: {"searchable": 7},
    )
    for line in (
        'storydesk_index{what="searchable"} 7.0',
        'storydesk_votes{vote="helpful"} 1.0',
        'storydesk_votes{vote="not_helpful"} 0.0',
        "storydesk_waiting_questions 0.0",
        "storydesk_expected_wait_seconds 0.0",
    ):
        assert line in pages[-1]


async def test_only_questions_that_failed_are_counted_as_such(
    simcord_env: Env, simcord_bot: StorydeskClient, prepared_engine: Any
) -> None:
    def failed() -> float:
        labels = {"outcome": "failed"}
        return simcord_bot.desk.metrics.registry.get_sample_value("storydesk_questions_total", labels) or 0.0

    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("general")
    member = guild.add_member(simcord_env.create_user("mira"))
    await member.slash(channel, "library", library="none")
    assert len(simcord_env.errors) == 1
    assert failed() == 0
    prepared_engine.error = StorageError("It is broken.")
    await member.slash(channel, "ask", question=QUESTION)
    assert failed() == 1
    said = await member.send(channel, QUESTION)
    await member.context_menu(channel, "Ask the stories about this", said)
    assert failed() == 2
    await member.send(channel, f"{simcord_env.bot.user.mention} {QUESTION}")
    assert failed() == 3
    assert len(simcord_env.errors) == 4
