"""Draws `/help`: what the bot does, how to ask, what its answers are worth, how to run it in a server."""

import discord

from bot.showing.look import STORIES_COLOUR
from bot.translating import Voice

_SECTIONS = ("asking", "following", "direct", "worth", "summary", "privacy")


def draw_help(*, in_server: bool, manages: bool, say: Voice) -> discord.Embed:
    """The help for someone who may manage the server where they ask for it, or not."""
    embed = discord.Embed(title=say("help_title"), description=say("help_what"), colour=STORIES_COLOUR)
    for section in (*_SECTIONS, *(("managing",) if in_server and manages else ())):
        embed.add_field(name=say(f"help_{section}_title"), value=say(f"help_{section}"), inline=False)
    return embed
