"""What the commands for who manages a server share: which libraries they may change, and the story they mean."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from bot.access import asker_of, manageable
from bot.choosing import MOST_CHOICES, choice_name, meant
from bot.commands.offering import SECONDS_TO_OFFER, offer_stories
from bot.desk import UnansweredError
from bot.reception import NotHereError, Reception
from bot.remembering import BoundLibrary
from bot.shelf import RefusedError
from bot.speaking import spoken
from bot.translating import Voice
from index.errors import StorydeskError
from index.stories import StoryTitle

_log = logging.getLogger(__name__)


async def managed_libraries(interaction: discord.Interaction[Any], reception: Reception) -> tuple[BoundLibrary, ...]:
    """The libraries that the person may change here, right now; the server's first one first. Raises NotHereError."""
    asker = asker_of(interaction)
    found = manageable(asker.place, await reception.facts(asker))
    if not found:
        raise NotHereError("managers_only")
    return found


async def managed_library(
    interaction: discord.Interaction[Any], reception: Reception, name: str | None
) -> BoundLibrary:
    """The library of that name, or the server's first one, if the person may change it right now.

    Raises NotHereError, and RefusedError when it is none of this server's.
    """
    found = await managed_libraries(interaction, reception)
    if name is None:
        return found[0]
    for library in found:
        if library.name == name:
            return library
    raise RefusedError("no_such_library_here")


async def meant_story(reception: Reception, library: BoundLibrary, wanted: str) -> StoryTitle:
    """The story of the library with that id, or the only one with that title. Raises RefusedError."""
    found = meant(await reception.desk.titles(library.name), wanted)
    if found is None:
        raise RefusedError("no_such_story_there")
    return found


def title_of(library: BoundLibrary, say: Voice) -> str:
    """What a library is called where its server is known."""
    return say("server_library") if library.is_default else library.title


async def offer_libraries(
    interaction: discord.Interaction[Any], reception: Reception, typed: str
) -> list[app_commands.Choice[str]]:
    """The libraries that the person may change, to choose from; none for anybody else."""
    try:
        async with asyncio.timeout(SECONDS_TO_OFFER):
            found = await managed_libraries(interaction, reception)
    except (UnansweredError, StorydeskError, TimeoutError) as error:
        _log.info("No libraries were offered: %s", type(error).__name__)
        return []
    say = spoken(interaction)
    return library_choices([(title_of(library, say), library.name) for library in found], typed, say)


def library_choices(offered: Sequence[tuple[str, str]], typed: str, say: Voice) -> list[app_commands.Choice[str]]:
    """Those of the libraries, titles with names, whose title has what was typed."""
    fitting = [(title, name) for title, name in offered if typed.strip().casefold() in title.casefold()]
    return [app_commands.Choice(name=choice_name(title, say=say), value=name) for title, name in fitting[:MOST_CHOICES]]


async def offer_managed_stories(
    interaction: discord.Interaction[Any], reception: Reception, typed: str
) -> list[app_commands.Choice[str]]:
    """The stories of the library that was chosen with the command, or of the server's first one, to choose from."""
    chosen = getattr(interaction.namespace, "library", None)
    name = chosen if isinstance(chosen, str) else None

    async def titles() -> Sequence[StoryTitle]:
        return await reception.desk.titles((await managed_library(interaction, reception, name)).name)

    return await offer_stories(interaction, reception, typed, of=titles())
