"""The bot over the real engine and its model."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import simcord
from discord_shown import text_of

from bot.client import StorydeskClient
from bot.desk import Desk
from bot.remembering import Memory
from bot.settings import BotSettings
from index.engine import Engine
from index.settings import IndexSettings

pytestmark = pytest.mark.slow

STORY = """---
title: Lighthouse of Maren is lit again
url: https://harbour-post.example/maren-lighthouse
publisher: The Harbour Post
published_at: 2025-03-08
---
The lighthouse of Maren was lit again on Saturday, eleven years after a storm had put it out.

The repair cost 2.4 million crowns, the harbour office said. About 300 people watched from the pier.
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("engine")
    story = folder / "lighthouse.md"
    story.write_text(STORY, encoding="utf-8")
    with Engine.open(IndexSettings(home=folder / "home")) as engine:
        assert engine.add_samples() is True
        assert [result.status for result in engine.add([story])] == ["added"]
        yield engine


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> Iterator[StorydeskClient]:
    settings = BotSettings.model_validate({"STORYDESK_PUBLIC_FOR_ALL": True})
    with Memory.open(tmp_path) as memory:
        yield StorydeskClient(
            Desk(engine, seconds=100),
            memory,
            settings,
            commands_file=tmp_path / "commands",
            on_connected=lambda invite: None,
        )


async def test_a_question_is_answered_from_the_story_with_its_source(client: StorydeskClient) -> None:
    async with simcord.run(client, settle_timeout=120) as env:
        result = await env.create_user("mira").slash("ask", question="How many people watched from the pier?")
        assert text_of(result.response).split("\n")[1:] == [
            "## **About 300 people** \\[1\\]",
            "> **About 300 people** watched from the pier.",
            "-# \\[1\\] [Lighthouse of Maren is lit again](https://harbour-post.example/maren-lighthouse)"
            " · The Harbour Post · 8\xa0March\xa02025 · <t:1741429800:R>",
        ]


async def test_what_only_the_samples_say_is_refused_in_discord(engine: Engine, client: StorydeskClient) -> None:
    question = "How many prisoners are being exchanged?"
    assert (await asyncio.to_thread(engine.ask, question, library="samples")).answered
    async with simcord.run(client, settle_timeout=120) as env:
        user = env.create_user("mira")
        await user.send_dm(question)
        _, *shown = text_of(user.dm_channel.last_message).split("\n")  # first the question itself
        assert "prisoners" not in "\n".join(shown)
        assert "##" not in "\n".join(shown)


async def test_two_people_are_answered_at_once(client: StorydeskClient) -> None:
    async with simcord.run(client, settle_timeout=120) as env:
        first, second = env.create_user("mira"), env.create_user("noor")
        env.backend.create_message(first.dm_channel.id, first.id, "When was the lighthouse of Maren lit again?")
        await second.send_dm("How many people watched from the pier?")
        assert "lit again on **Saturday**" in text_of(first.dm_channel.last_message)
        assert "300 people" in text_of(second.dm_channel.last_message)
