"""Tells a person who used a command or pressed a button that it failed."""

import logging
from typing import Any

import aiohttp
import discord

from bot.acknowledging import is_acknowledged
from bot.failing.confided import said_with
from bot.failing.sentences import sentence_for
from bot.operating.metrics import Metrics
from bot.showing.look import draw_failure
from bot.speaking import spoken

_log = logging.getLogger(__name__)


async def tell_failure(
    interaction: discord.Interaction[Any], error: BaseException, *, metrics: Metrics, asked: bool = False
) -> None:
    """Log and count `error`, and tell the person, without acknowledging twice; what they said is not logged.

    `asked` says whether it was a question that failed.
    """
    metrics.failed(error, asked=asked)
    say = spoken(interaction)
    sentence = sentence_for(error, said=said_with(interaction), language=say.language)
    if sentence is None:
        return
    sentence = say.named(sentence)
    embed = draw_failure(sentence)
    nobody = discord.AllowedMentions.none()
    try:
        if not is_acknowledged(interaction):
            # Only the person sees this one, for which no permission is needed.
            await interaction.response.send_message(embed=embed, ephemeral=True, allowed_mentions=nobody)
        elif interaction.guild_id is None or interaction.app_permissions.embed_links:
            await interaction.edit_original_response(embed=embed, view=None, allowed_mentions=nobody)
        else:
            await interaction.edit_original_response(content=sentence, view=None, allowed_mentions=nobody)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as untold:
        _log.warning("The person could not be told of a failure: %s", untold)
