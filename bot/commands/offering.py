"""Stories offered to someone who types a part of a title, within the time that Discord waits."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.choosing import choices, matching
from bot.desk import UnansweredError
from bot.reception import Reception
from bot.speaking import spoken
from index.errors import StorydeskError
from index.stories import StoryTitle

SECONDS_TO_OFFER = 2.0
_log = logging.getLogger(__name__)


async def offer_stories(
    interaction: discord.Interaction[Any],
    reception: Reception,
    typed: str,
    *,
    of: Coroutine[Any, Any, Sequence[StoryTitle]],
) -> list[app_commands.Choice[str]]:
    """At most 25 of the titles of `of`, those most like what was typed; none when that fails or takes too long."""
    try:
        async with asyncio.timeout(SECONDS_TO_OFFER):
            found = await reception.desk.quickly(matching, await of, typed)
    except (UnansweredError, StorydeskError, TimeoutError) as error:
        _log.info("No stories were offered: %s", type(error).__name__)
        return []
    named = choices(found, say=spoken(interaction))
    return [app_commands.Choice(name=name, value=story_id) for name, story_id in named]
