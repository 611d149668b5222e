"""Answers presses that nothing else answers: of buttons from before a restart, timed out, or forged."""

import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord

from bot.pressing.base import OF_ANSWERS, begin, is_taken
from bot.showing.look import draw_failure
from bot.speaking import spoken

_ANSWERED = frozenset({discord.InteractionType.component, discord.InteractionType.modal_submit})
_log = logging.getLogger(__name__)


async def answer_stale(interaction: discord.Interaction[Any]) -> None:
    """Say privately that it is over, if this is a press or a modal of which nothing else takes care.

    To be called when discord.py says that there is an interaction: by then it has found, and begun with, whatever
    view, modal or button is for it.
    """
    if interaction.type not in _ANSWERED or is_taken(interaction):
        return
    await begin(interaction)
    data: Mapping[str, Any] = interaction.data or {}
    of_answer = str(data.get("custom_id", "")).startswith(OF_ANSWERS)
    over = spoken(interaction)("answer_gone" if of_answer else "over")
    try:
        await interaction.response.send_message(
            embed=draw_failure(over), ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.info("A press that nothing answers could not be answered: %s", type(error).__name__)
