"""Shows how far long work is, in place of the answer that is to come."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.showing.look import draw_hint
from bot.translating import Voice

SECONDS = 2.5
"""Between two changes of the message: Discord takes five in five seconds of all that a bot changes in a channel."""

_KEYS = {
    "files read": "doing_reading",
    "passages embedded": "doing_understanding",
    "stories stored": "doing_storing",
    "seconds waited for the vector server": "doing_waiting",
}
"""What the engine says that it does, and what we say of it."""
_log = logging.getLogger(__name__)


@asynccontextmanager
async def showing_progress(
    interaction: discord.Interaction[Any], *, say: Voice, seconds: float | None = None
) -> AsyncIterator[Callable[[str, int, int], None]]:
    """Gives what is to be called, in any thread, with what is done, how much of it, and of how much.

    The message changes only when there is news; what takes less than `seconds` (SECONDS) shows none. A change that
    Discord does not take is no reason to stop the work.
    """
    seconds = SECONDS if seconds is None else seconds
    news: list[str] = []

    def tell(what: str, done: int, total: int) -> None:
        doing = say(_KEYS.get(what, "doing_anything"))
        news[:] = [say("so_far", doing=doing, done=done, total=total) if total > 1 else f"{doing} …"]

    over = asyncio.Event()

    async def show() -> None:
        shown = ""
        while not await _is_set_within(over, seconds):
            if news and news[0] != shown:
                shown = news[0]
                try:
                    await interaction.edit_original_response(embed=draw_hint(shown))
                except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                    _log.info("Progress could not be shown: %s", type(error).__name__)

    showing = asyncio.create_task(show())
    try:
        yield tell
    finally:
        over.set()
        await showing  # a change under way must not come after the answer


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True
