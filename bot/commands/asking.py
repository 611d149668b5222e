"""The `/ask` command: answers a question where it is asked."""

from typing import TypeVar

import discord
from discord import app_commands

from bot.desk import Desk
from bot.rendering import render

ClientT = TypeVar("ClientT", bound=discord.Client)

LONGEST_QUESTION = 1_000
"""Characters of a question that Discord lets a person type into `/ask`."""


def add_ask(tree: app_commands.CommandTree[ClientT], desk: Desk) -> None:
    """Add `/ask`, usable in servers, direct messages and group messages, installed for a server or for a user."""

    @tree.command(name="ask", description="Ask what the news stories say. The answer quotes them.")
    @app_commands.describe(question='Your question, for example "How many prisoners are being exchanged?"')
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def ask(
        interaction: discord.Interaction[ClientT], question: app_commands.Range[str, 1, LONGEST_QUESTION]
    ) -> None:
        # Discord forgets an interaction that is not acknowledged within 3 seconds, so nothing comes before this.
        await interaction.response.defer(thinking=True)
        answer = await desk.ask(question)
        await interaction.edit_original_response(embed=render(answer), allowed_mentions=discord.AllowedMentions.none())
