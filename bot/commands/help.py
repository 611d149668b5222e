"""`/help`: what the bot does, and how to get the most of it."""

from typing import TypeVar

import discord
from discord import app_commands

from bot.access import asker_of
from bot.showing.help import draw_help
from bot.speaking import spoken

ClientT = TypeVar("ClientT", bound=discord.Client)


def add_help(tree: app_commands.CommandTree[ClientT]) -> None:
    """Add `/help`, usable everywhere, installed for a server or for a user."""

    @tree.command(name="help", description="What I can do, how to ask, and what my answers are worth.")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def show_help(interaction: discord.Interaction[ClientT]) -> None:
        asker = asker_of(interaction)
        embed = draw_help(
            in_server=asker.place.kind == "server",
            manages=asker.membership is not None and asker.membership.manages,
            say=spoken(interaction),
        )
        await interaction.response.send_message(
            embed=embed, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )
