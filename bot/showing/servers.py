"""Draws a server's settings."""

from collections.abc import Mapping

import discord

from bot.remembering import ServerSettings
from bot.showing.look import STORIES_COLOUR
from bot.translating import Voice

_MOST_CHANNELS = 25


def draw_settings(settings: ServerSettings, *, languages: Mapping[str, str], say: Voice) -> discord.Embed:
    """What is set, and with which command each is changed. `languages` are names of languages by their codes."""
    channels = [f"<#{channel_id}>" for channel_id in sorted(settings.channels)]
    shown = " ".join(channels[:_MOST_CHANNELS]) + (" …" if len(channels) > _MOST_CHANNELS else "")
    answers_mentions = settings.mention_mode == "mentions"
    lines = [
        (say("setting_channels"), shown or say("all_channels"), "channels"),
        (
            say("setting_direct_messages"),
            say("direct_messages_on" if settings.direct_messages else "server_only"),
            "direct-messages",
        ),
        (
            say("setting_mentions"),
            say("mentions_answered" if answers_mentions else "commands_only"),
            "mentions",
        ),
        (say("setting_language"), languages.get(settings.language, settings.language), "language"),
        (say("setting_cooldown"), _cooldown(settings.cooldown_seconds, say), "cooldown"),
    ]
    embed = discord.Embed(title=say("settings_title"), colour=STORIES_COLOUR)
    for name, value, command in lines:
        embed.add_field(name=name, value=f"{value}\n{say.named(f'`/settings {command}`')}", inline=False)
    return embed


def _cooldown(seconds: int, say: Voice) -> str:
    if not seconds:
        return say("no_cooldown")
    return say("cooldown_seconds", seconds=seconds) if seconds > 1 else say("cooldown_one_second")
