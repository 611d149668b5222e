"""In which language the bot speaks of itself: that of the server, elsewhere that of the person's Discord."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import discord

from bot.access import Place
from bot.remembering import Memory, ServerSettings, servers
from bot.translating import Language, Voice, language_of
from index.errors import StorageError

_LEARNED = "language"
_SECONDS_TO_LEARN = 0.5
"""Of the three within which Discord wants to hear of an interaction."""
_log = logging.getLogger(__name__)


@runtime_checkable
class LearnsLanguage(Protocol):
    """A client that finds out in which language an interaction is answered."""

    async def learn_language(self, interaction: discord.Interaction[Any], /) -> None: ...


@runtime_checkable
class KnowsCommands(Protocol):
    """A client that knows the ids of its commands, by their English names."""

    command_ids: Mapping[str, int]


async def learn(interaction: discord.Interaction[Any], memory: Memory) -> None:
    """Find out the language of an interaction, for `spoken`, before anything is said; never fails, nor takes long."""
    server_id = interaction.guild_id
    if server_id is None or interaction.client.get_guild(server_id) is None:
        return
    language = await _of_server(server_id, memory)
    if language is not None:
        interaction.extras[_LEARNED] = language


def spoken(interaction: discord.Interaction[Any]) -> Voice:
    """How to speak in answer to an interaction.

    In the language that was learned for it, otherwise that of the person's Discord, where commands are listed in that
    in any case.
    """
    own = language_of(interaction.locale.value)
    learned: Language | None = interaction.extras.get(_LEARNED)
    client = interaction.client
    commands = client.command_ids if isinstance(client, KnowsCommands) else {}
    return Voice(learned if learned is not None else own, own, commands)


def spoken_with(settings: ServerSettings | None, commands: Mapping[str, int]) -> Voice:
    """How to speak in answer to a message: as the server has it, in English where there is none.

    Discord does not say which language a message's author has chosen, so commands are called by that of the server.
    """
    language = language_of(settings.language if settings is not None else None)
    return Voice(language, language, commands)


async def spoken_at(place: Place, memory: Memory, commands: Mapping[str, int]) -> Voice:
    """`spoken_with` the settings that a message's server has."""
    language = await _of_server(place.server_id, memory) if place.server_id is not None else None
    language = language if language is not None else language_of(None)
    return Voice(language, language, commands)


async def _of_server(server_id: int, memory: Memory) -> Language | None:
    try:
        async with asyncio.timeout(_SECONDS_TO_LEARN):
            return language_of((await memory.run(servers.settings_of, server_id)).language)
    except (StorageError, TimeoutError) as error:
        _log.warning("The language of a server could not be looked up: %s", type(error).__name__)
        return None
