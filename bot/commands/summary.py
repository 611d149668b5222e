"""`/summary`: a few sentences of one story's own."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TypeVar

import discord
from discord import app_commands

from bot.access import asker_of
from bot.acknowledging import defer
from bot.choosing import choices, matching
from bot.desk import UnansweredError
from bot.reception import Reception
from bot.shelf import RefusedError, Shelf
from bot.showing.stories import draw_summary
from bot.speaking import spoken
from index.errors import StorydeskError

ClientT = TypeVar("ClientT", bound=discord.Client)

_LONGEST_OPTION = 100
_SECONDS_TO_OFFER = 2.0
_NOBODY = discord.AllowedMentions.none()
_log = logging.getLogger(__name__)


def add_summary(tree: app_commands.CommandTree[ClientT], reception: Reception, shelf: Shelf) -> None:
    """Add `/summary`, usable everywhere, installed for a server or for a user."""

    @tree.command(name="summary", description="What one story is about, in a few of its own sentences.")
    @app_commands.describe(story="The story: type a part of its title", private="Show the summary to you only")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def summary(
        interaction: discord.Interaction[ClientT],
        story: app_commands.Range[str, 1, _LONGEST_OPTION],
        private: bool | None = None,
    ) -> None:
        asker = asker_of(interaction)
        hidden = await reception.admit_in_time(asker, private=private)
        await defer(interaction, hidden=hidden)
        aloud = not hidden and asker.place.kind != "direct"
        libraries = await reception.libraries(asker, aloud=aloud)
        await reception.access.note_use(asker)
        library, story_id = await _meant(reception, libraries, story)
        made = await shelf.summary(library, story_id)
        shown = draw_summary(made, say=spoken(interaction))
        await interaction.edit_original_response(embed=shown, allowed_mentions=_NOBODY)

    @summary.autocomplete("story")
    async def offer(interaction: discord.Interaction[ClientT], typed: str) -> list[app_commands.Choice[str]]:
        try:
            async with asyncio.timeout(_SECONDS_TO_OFFER):
                titles = await reception.titles(asker_of(interaction))
                found = await reception.desk.quickly(matching, titles, typed)
        except (UnansweredError, StorydeskError, TimeoutError) as error:
            _log.info("No stories were offered: %s", type(error).__name__)
            return []
        return [
            app_commands.Choice(name=name, value=story_id) for name, story_id in choices(found, say=spoken(interaction))
        ]


async def _meant(reception: Reception, libraries: Sequence[str], wanted: str) -> tuple[str, str]:
    """Library and id of the story with that id, or of the only one with that title. Raises RefusedError."""
    same_title: dict[str, str] = {}
    for library in libraries:
        for title in await reception.desk.titles(library):
            if title.story_id == wanted:
                return library, title.story_id
            if title.title.casefold() == wanted.strip().casefold():
                same_title.setdefault(title.story_id, library)
    if len(same_title) == 1:
        ((story_id, library),) = same_title.items()
        return library, story_id
    raise RefusedError("no_such_story")
