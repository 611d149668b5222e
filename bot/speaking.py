"""In which language the bot speaks of itself: that of the server, elsewhere that of the person's Discord."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import discord

from bot.access import Place
from bot.remembering import Memory, servers
from bot.translating import Language, Voice, language_of
from index.errors import StorageError

_LEARNED = "language"
_SECONDS_TO_LEARN = 0.5
"""Of the three within which Discord wants to hear of an interaction."""
_MOST_PEOPLE = 10_000
_log = logging.getLogger(__name__)


class Languages:
    """In which language people have their Discord, which it does not say with a message; in memory, the last ones."""

    def __init__(self, *, most: int = _MOST_PEOPLE) -> None:
        self._most = most
        self._languages: OrderedDict[int, Language] = OrderedDict()

    def note(self, interaction: discord.Interaction[Any]) -> None:
        """Remember the language of whoever uses a command or presses a button."""
        person_id = interaction.user.id
        self._languages[person_id] = language_of(interaction.locale.value)
        self._languages.move_to_end(person_id)
        while len(self._languages) > self._most:
            self._languages.popitem(last=False)

    def of(self, person_id: int) -> Language:
        """The language that someone's Discord had last, English when that is not known."""
        return self._languages.get(person_id, language_of(None))

    def forget(self, person_id: int) -> None:
        """Forget a person's language."""
        self._languages.pop(person_id, None)


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


def spoken_with(language: Language, commands: Mapping[str, int]) -> Voice:
    """How to speak in answer to a message: as its server has it, in a direct message as the person's Discord had it.

    In a server others read it too, so commands are called by its language, not by that of who wrote.
    """
    return Voice(language, language, commands)


async def spoken_at(
    place: Place, person_id: int, memory: Memory, languages: Languages, commands: Mapping[str, int]
) -> Voice:
    """`spoken_with` the language for a message of a person; English when the server's cannot be looked up."""
    if place.server_id is None:
        return spoken_with(languages.of(person_id), commands)
    return spoken_with(await _of_server(place.server_id, memory) or language_of(None), commands)


async def _of_server(server_id: int, memory: Memory) -> Language | None:
    try:
        async with asyncio.timeout(_SECONDS_TO_LEARN):
            return language_of((await memory.run(servers.settings_of, server_id)).language)
    except (StorageError, TimeoutError) as error:
        _log.warning("The language of a server could not be looked up: %s", type(error).__name__)
        return None
