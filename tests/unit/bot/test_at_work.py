"""It is shown that the bot is at work, and an answer depends on that in no way."""

import asyncio
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.at_work import SECONDS, shown_at_work


class Channel:
    """Counts how often it is shown there, and fails, or waits, on demand."""

    def __init__(self, *, wanted: int = 1, error: Exception | None = None, waits: bool = False) -> None:
        self.wanted = wanted
        self.often_enough = asyncio.Event()
        self.error = error
        self.waits = waits
        self.typed = 0

    async def typing(self) -> None:
        self.typed += 1
        if self.typed == self.wanted:
            self.often_enough.set()
        if self.waits:
            await asyncio.sleep(3_600)
        if self.error is not None:
            raise self.error


def unavailable() -> Exception:
    response: Any = SimpleNamespace(status=500, reason="No")
    return discord.DiscordServerError(response, "down")


async def turns_of_the_loop() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("error", [None, unavailable(), OSError("no network")])
async def test_it_is_shown_again_and_again_until_the_work_is_over(error: Exception | None) -> None:
    channel: Any = Channel(wanted=3, error=error)
    async with shown_at_work(channel, seconds=0):
        await asyncio.wait_for(channel.often_enough.wait(), 10)
    typed = channel.typed
    await turns_of_the_loop()
    assert channel.typed == typed


async def test_it_is_shown_once_before_discord_stops_showing_it() -> None:
    channel: Any = Channel()
    async with shown_at_work(channel):
        await asyncio.wait_for(channel.often_enough.wait(), 10)
        await turns_of_the_loop()
    assert channel.typed == 1
    assert 9 <= SECONDS < 10


async def test_the_work_does_not_wait_for_discord() -> None:
    channel: Any = Channel(waits=True)
    async with asyncio.timeout(10), shown_at_work(channel):
        await asyncio.wait_for(channel.often_enough.wait(), 10)


async def test_what_the_work_raises_is_raised() -> None:
    channel: Any = Channel(error=unavailable())
    with pytest.raises(KeyError):  # noqa: PT012 - what is inside is what is tested
        async with shown_at_work(channel, seconds=0):
            await asyncio.wait_for(channel.often_enough.wait(), 10)
            raise KeyError
