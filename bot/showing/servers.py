"""Draws a server's settings."""

from collections.abc import Mapping

import discord

from bot.remembering import ServerSettings
from bot.showing.look import STORIES_COLOUR

_MOST_CHANNELS = 25


def draw_settings(settings: ServerSettings, *, languages: Mapping[str, str]) -> discord.Embed:
    """What is set, and with which command each is changed. `languages` are names of languages by their codes."""
    channels = [f"<#{channel_id}>" for channel_id in sorted(settings.channels)]
    shown = " ".join(channels[:_MOST_CHANNELS]) + (" …" if len(channels) > _MOST_CHANNELS else "")
    cooldown = settings.cooldown_seconds
    lines = [
        ("Where I answer", shown or "in all channels that I can see", "channels"),
        (
            "Direct messages",
            "members can ask me here and in direct messages"
            if settings.direct_messages
            else "this server's stories are read in the server only",
            "direct-messages",
        ),
        (
            "Mentions and replies",
            "I answer them" if settings.mention_mode == "mentions" else "I answer commands only",
            "mentions",
        ),
        ("Language in which I speak", languages.get(settings.language, settings.language), "language"),
        (
            "Cooldown",
            f"{cooldown} second{'' if cooldown == 1 else 's'} between two questions of a person"
            if cooldown
            else "none",
            "cooldown",
        ),
    ]
    embed = discord.Embed(title="Settings of this server", colour=STORIES_COLOUR)
    for name, value, command in lines:
        embed.add_field(name=name, value=f"{value}\n`/settings {command}`", inline=False)
    return embed
