"""Progress of long work: shown now and then, only when there is news, and never after the answer."""

import asyncio
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.commands.progress import showing_progress
from bot.translating import Voice


class Interaction:
    """Remembers what its message became; each change takes `takes` seconds, or fails with `error`."""

    def __init__(self, *, takes: float = 0.0, error: Exception | None = None) -> None:
        self.shown: list[str] = []
        self._takes = takes
        self._error = error

    async def edit_original_response(self, *, embed: discord.Embed) -> None:
        await asyncio.sleep(self._takes)
        if self._error is not None:
            raise self._error
        self.shown.append(embed.description or "")


async def work(
    interaction: Any, *steps: tuple[str, int, int], seconds: float = 0.02, language: Any = "en"
) -> list[str]:
    async with showing_progress(interaction, say=Voice(language=language), seconds=seconds) as tell:
        for step in steps:
            await asyncio.to_thread(tell, *step)
            await asyncio.sleep(0.1)
    return list(interaction.shown)


async def test_news_is_shown_once_each() -> None:
    steps = [("passages embedded", 256, 1_000), ("passages embedded", 256, 1_000), ("stories stored", 0, 1)]
    assert await work(Interaction(), *steps) == ["Understanding passages: 256 of 1,000 …", "Storing stories …"]


async def test_news_is_in_the_language_that_is_spoken() -> None:
    steps = [("passages embedded", 256, 1_000), ("stories stored", 0, 1)]
    assert await work(Interaction(), *steps, language="de") == [
        "Ich verstehe Stellen: 256 von 1.000 …",
        "Ich lege Artikel ab …",
    ]


async def test_what_is_done_soon_shows_nothing() -> None:
    assert await work(Interaction(), ("files read", 1, 2), seconds=5) == []


async def test_a_change_under_way_is_waited_for_so_that_the_answer_comes_last() -> None:
    interaction = Interaction(takes=0.3)
    await work(interaction, ("files read", 1, 2))
    assert interaction.shown == ["Reading: 1 of 2 …"]


@pytest.mark.parametrize(
    "error",
    [OSError("gone"), discord.NotFound(SimpleNamespace(status=404, reason=""), "Unknown Message")],  # type: ignore[arg-type]
)
async def test_a_change_that_discord_does_not_take_stops_no_work(error: Exception) -> None:
    assert await work(Interaction(error=error), ("files read", 1, 2), ("files read", 2, 2)) == []
