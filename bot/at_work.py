"""Shows in a channel that the bot is at work on an answer ("Storydesk is typing")."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord

SECONDS = 9.0
"""Between two requests: Discord shows it for ten, and each is one of the few that all of the bot may make."""
_log = logging.getLogger(__name__)


@asynccontextmanager
async def shown_at_work(channel: discord.abc.Messageable, *, seconds: float | None = None) -> AsyncIterator[None]:
    """While what is inside works. Nothing waits for Discord, nor fails when it does not take it.

    `seconds` is SECONDS unless a test hands over its own.
    """
    showing = asyncio.create_task(_show(channel, SECONDS if seconds is None else seconds))
    try:
        yield
    finally:
        showing.cancel()


async def _show(channel: discord.abc.Messageable, seconds: float) -> None:
    while True:
        try:
            await channel.typing()
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            _log.info("It could not be shown that an answer is to come: %s", type(error).__name__)
        await asyncio.sleep(seconds)
