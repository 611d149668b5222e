"""`/settings`: where and how the bot answers in a server, for who manages it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.acknowledging import defer, defer_change
from bot.commands.managing import managed_libraries
from bot.operating.logs import audit
from bot.pressing.base import PersonsView
from bot.reception import NotHereError, Reception
from bot.remembering import ServerSettings, servers
from bot.remembering.servers import LONGEST_COOLDOWN
from bot.showing.servers import draw_settings
from bot.speaking import LearnsLanguage, spoken
from bot.translating import Voice

ClientT = TypeVar("ClientT", bound=discord.Client)
Interaction = discord.Interaction[Any]

MOST_CHANNELS = 25
_SECONDS = 600.0
_NOBODY = discord.AllowedMentions.none()
_CHANNEL_TYPES = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
]


def add_settings(
    tree: app_commands.CommandTree[ClientT], reception: Reception, *, languages: Mapping[str, str]
) -> None:
    """Add `/settings`. `languages` are the names of those that the interface has, by their codes; 25 at most."""
    group: app_commands.Group = app_commands.Group(
        name="settings",
        description="Where and how I answer in this server",
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )

    async def change(interaction: Interaction, **changed: Any) -> None:
        await defer(interaction)
        settings = await _change(interaction, reception, **changed)
        if isinstance(interaction.client, LearnsLanguage):  # which may be what was changed
            await interaction.client.learn_language(interaction)
        await interaction.edit_original_response(
            embed=_drawn(interaction, settings, languages),
            allowed_mentions=_NOBODY,
        )

    @group.command(name="show", description="What is set in this server")
    async def show(interaction: Interaction) -> None:
        await defer(interaction)
        settings = await _current(interaction, reception)
        await interaction.edit_original_response(
            embed=_drawn(interaction, settings, languages), allowed_mentions=_NOBODY
        )

    @group.command(name="channels", description="Choose the channels in which I answer")
    async def channels(interaction: Interaction) -> None:
        await defer(interaction)
        settings = await _current(interaction, reception)
        say = spoken(interaction)
        view = _Channels(interaction.user.id, reception, _there(interaction, settings), languages, say)
        embed = _drawn(interaction, settings, languages)
        await interaction.edit_original_response(embed=embed, view=view, allowed_mentions=_NOBODY)

    @group.command(name="direct-messages", description="May members read this server's stories in direct messages?")
    @app_commands.describe(allowed="Whether they may")
    async def direct_messages(interaction: Interaction, allowed: bool) -> None:
        await change(interaction, direct_messages=allowed)

    @group.command(name="mentions", description="Do I answer when someone mentions me or replies to me?")
    @app_commands.describe(answered="Whether I answer; commands are answered all the same")
    async def mentions(interaction: Interaction, answered: bool) -> None:
        await change(interaction, mention_mode="mentions" if answered else "off")

    @group.command(name="language", description="The language in which I speak of myself in this server")
    @app_commands.describe(language="The language; stories are quoted in theirs")
    @app_commands.choices(
        language=[app_commands.Choice(name=name, value=code) for code, name in list(languages.items())[:25]]
    )
    async def language(interaction: Interaction, language: app_commands.Choice[str]) -> None:
        await change(interaction, language=language.value)

    @group.command(name="cooldown", description="How long a person waits between two questions")
    @app_commands.describe(seconds="Seconds, 0 for none")
    async def cooldown(interaction: Interaction, seconds: app_commands.Range[int, 0, LONGEST_COOLDOWN]) -> None:
        await change(interaction, cooldown_seconds=seconds)

    tree.add_command(group)


class _Channels(PersonsView):
    """Lets the person choose channels, or all of them. What they may is looked at again when they do."""

    def __init__(
        self,
        person_id: int,
        reception: Reception,
        chosen: Sequence[int],
        languages: Mapping[str, str],
        say: Voice,
    ) -> None:
        super().__init__(person_id, metrics=reception.desk.metrics, seconds=_SECONDS)
        self._reception = reception
        self._languages = languages
        self._select: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(
            placeholder=say("choose_channels"),
            channel_types=_CHANNEL_TYPES,
            min_values=1,
            max_values=MOST_CHANNELS,
            default_values=[
                _ChosenBefore(id=channel_id, type=discord.SelectDefaultValueType.channel)
                for channel_id in chosen[:MOST_CHANNELS]
            ],
        )
        self._select.callback = self._chosen  # type: ignore[method-assign]
        self.everywhere.label = say("answer_everywhere")
        self.add_item(self._select)

    async def _chosen(self, interaction: Interaction) -> None:
        await self._set(interaction, frozenset(channel.id for channel in self._select.values))

    @discord.ui.button(style=discord.ButtonStyle.secondary, row=1)
    async def everywhere(self, interaction: Interaction, button: discord.ui.Button[Any]) -> None:
        await self._set(interaction, frozenset())

    async def _set(self, interaction: Interaction, channels: frozenset[int]) -> None:
        await defer_change(interaction)
        settings = await _change(interaction, self._reception, channels=channels)
        self.stop()
        embed = _drawn(interaction, settings, self._languages)
        await interaction.edit_original_response(embed=embed, view=None, allowed_mentions=_NOBODY)


def _drawn(interaction: Interaction, settings: ServerSettings, languages: Mapping[str, str]) -> discord.Embed:
    there = _there(interaction, settings)
    return draw_settings(settings, channels=there, languages=languages, say=spoken(interaction))


def _there(interaction: Interaction, settings: ServerSettings) -> list[int]:
    """The channels of the settings that the server has still."""
    server = interaction.guild
    return [each for each in sorted(settings.channels) if server is not None and server.get_channel(each) is not None]


class _ChosenBefore(discord.SelectDefaultValue):
    """Sends its id as a text, as Discord describes it; discord.py sends a number."""

    def to_dict(self) -> Any:
        return {"id": str(self.id), "type": self.type.value}


async def _current(interaction: Interaction, reception: Reception) -> ServerSettings:
    server_id = await _managed_server(interaction, reception)
    return await reception.memory.run(servers.settings_of, server_id)


async def _change(interaction: Interaction, reception: Reception, **changed: Any) -> ServerSettings:
    """Change settings of the server that the person manages. Raises NotHereError."""
    server_id = await _managed_server(interaction, reception)
    try:
        settings = await reception.memory.run(lambda memory: servers.change_settings(memory, server_id, **changed))
    except KeyError:
        raise NotHereError("server_unknown") from None
    for name, value in changed.items():
        said = ",".join(str(each) for each in sorted(value)) if isinstance(value, frozenset) else str(value)
        audit("setting changed", server_id=server_id, person_id=interaction.user.id, setting=name, value=said)
    return settings


async def _managed_server(interaction: Interaction, reception: Reception) -> int:
    (first, *_) = await managed_libraries(interaction, reception)
    return first.server_id
