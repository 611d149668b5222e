"""`/summary`: a few sentences of one story's own."""

from typing import TypeVar

import discord
from discord import app_commands

from bot.access import asker_of
from bot.acknowledging import defer
from bot.commands.offering import offer_stories
from bot.reception import Reception
from bot.shelf import Shelf
from bot.showing.stories import draw_summary
from bot.speaking import spoken

ClientT = TypeVar("ClientT", bound=discord.Client)

_LONGEST_OPTION = 100
_NOBODY = discord.AllowedMentions.none()


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
        library, story_id = await reception.meant_story(story, libraries)
        made = await shelf.summary(library, story_id)
        shown = draw_summary(made, say=spoken(interaction))
        await interaction.edit_original_response(embed=shown, allowed_mentions=_NOBODY)

    @summary.autocomplete("story")
    async def offer(interaction: discord.Interaction[ClientT], typed: str) -> list[app_commands.Choice[str]]:
        titles = reception.titles(asker_of(interaction))
        return await offer_stories(interaction, reception, typed, of=titles)
