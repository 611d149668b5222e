"""In which language the bot speaks of itself: that of the server, elsewhere that of the person's Discord."""

import asyncio
import logging
from typing import Any, Protocol, runtime_checkable

import discord

from bot.access import Place
from bot.remembering import Memory, servers
from bot.translating import Language, language_of
from index.errors import StorageError

_LEARNED = "language"
_SECONDS_TO_LEARN = 0.5
"""Of the three within which Discord wants to hear of an interaction."""
_log = logging.getLogger(__name__)


@runtime_checkable
class LearnsLanguage(Protocol):
    """A client that finds out in which language an interaction is answered."""

    async def learn_language(self, interaction: discord.Interaction[Any], /) -> None: ...


async def learn(interaction: discord.Interaction[Any], memory: Memory) -> None:
    """Find out the language of an interaction, for `spoken`, before anything is said; never fails, nor takes long."""
    server_id = interaction.guild_id
    if server_id is None or interaction.client.get_guild(server_id) is None:
        return
    language = await _of_server(server_id, memory)
    if language is not None:
        interaction.extras[_LEARNED] = language


def spoken(interaction: discord.Interaction[Any]) -> Language:
    """The language that was learned for an interaction, otherwise that of the person's Discord."""
    learned: Language | None = interaction.extras.get(_LEARNED)
    return learned if learned is not None else language_of(interaction.locale.value)


async def spoken_at(place: Place, memory: Memory) -> Language:
    """The language in which a message is answered; English where Discord says nothing of a person's."""
    language = await _of_server(place.server_id, memory) if place.server_id is not None else None
    return language if language is not None else language_of(None)


async def _of_server(server_id: int, memory: Memory) -> Language | None:
    try:
        async with asyncio.timeout(_SECONDS_TO_LEARN):
            return language_of((await memory.run(servers.settings_of, server_id)).language)
    except (StorageError, TimeoutError) as error:
        _log.warning("The language of a server could not be looked up: %s", type(error).__name__)
        return None
