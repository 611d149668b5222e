"""Acknowledges interactions: Discord wants to hear of each within three seconds, once, before it is answered."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from bot.desk import BusyError

SECONDS_BEFORE_ACKNOWLEDGING = 1.5
"""Of the three, for what must be looked up before."""
_ALREADY_ACKNOWLEDGED = 40060
_ACKNOWLEDGED = "acknowledged"
_log = logging.getLogger(__name__)


async def defer(interaction: discord.Interaction[Any], *, hidden: bool = True) -> None:
    """Show the person that an answer is to come, `hidden` from others."""
    await _defer(interaction, ephemeral=hidden, thinking=True)


async def defer_change(interaction: discord.Interaction[Any]) -> None:
    """Say of a press that the message it was below will change."""
    await _defer(interaction)


def is_acknowledged(interaction: discord.Interaction[Any]) -> bool:
    """Whether Discord has heard of it, so that its answer can only be edited."""
    return interaction.response.is_done() or _ACKNOWLEDGED in interaction.extras


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """For what must be looked up before something is acknowledged. Raises BusyError when it takes too long."""
    try:
        async with asyncio.timeout(SECONDS_BEFORE_ACKNOWLEDGING):
            yield
    except TimeoutError:
        raise BusyError("very_busy") from None


async def _defer(interaction: discord.Interaction[Any], **options: bool) -> None:
    try:
        await interaction.response.defer(**options)
    except discord.HTTPException as error:
        if error.code != _ALREADY_ACKNOWLEDGED:
            raise
        # Discord took it, but failed to say so, and discord.py sent it again.
        _log.info("An acknowledgement had arrived the first time")
        interaction.extras[_ACKNOWLEDGED] = True
