"""Draws a server's settings."""

from collections.abc import Mapping, Sequence

import discord

from bot.remembering import ServerSettings
from bot.showing.look import STORIES_COLOUR
from bot.translating import Voice

_MOST_CHANNELS = 25


def draw_settings(
    settings: ServerSettings, *, channels: Sequence[int], languages: Mapping[str, str], say: Voice
) -> discord.Embed:
    """What is set, and with which command each is changed.

    `channels` are those of the settings that the server has still, `languages` names of languages by their codes.
    """
    shown = " ".join(f"<#{channel_id}>" for channel_id in channels[:_MOST_CHANNELS])
    shown += " …" if len(channels) > _MOST_CHANNELS else ""
    everywhere = say("all_channels" if not settings.channels else "channels_gone")
    answers_mentions = settings.mention_mode == "mentions"
    lines = [
        (say("setting_channels"), shown or everywhere, "channels"),
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
