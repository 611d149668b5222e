"""Tells from what Discord sends where something was asked, and who asked it."""

from typing import Any

import discord

from bot.access.rules import Asker, Membership, Place


def asker_of(interaction: discord.Interaction[Any]) -> Asker:
    """Who uses a command or presses a button, and where."""
    return Asker(interaction.user.id, place_of_interaction(interaction), membership_of_interaction(interaction))


def place_of_interaction(interaction: discord.Interaction[Any]) -> Place:
    """Where a command was used or a button pressed."""
    channel_id = interaction.channel_id or 0
    if interaction.guild_id is not None:
        guild = interaction.client.get_guild(interaction.guild_id)
        if guild is None:  # installed for the person only
            return Place("elsewhere", channel_id, server_id=interaction.guild_id)
        return _place_in(guild, channel_id, interaction.channel)
    # A direct message among two people has the same kind of channel as one with the bot; the context tells them apart.
    if interaction.context.dm_channel:
        return Place("direct", channel_id)
    return Place("group", channel_id)


def place_of_message(message: discord.Message) -> Place:
    """Where a message was written. The bot sees messages in its own direct messages and servers only."""
    if message.guild is None:
        return Place("direct", message.channel.id)
    return _place_in(message.guild, message.channel.id, message.channel)


def membership_of_interaction(interaction: discord.Interaction[Any]) -> Membership | None:
    """That who used a command is in the server where they did, None when that was in none that the bot is in."""
    if interaction.guild_id is None or interaction.client.get_guild(interaction.guild_id) is None:
        return None
    member = interaction.user
    if not isinstance(member, discord.Member):
        return None
    # Discord computes these, with ownership and administrators in mind.
    return Membership(interaction.guild_id, _roles(member), interaction.permissions.manage_guild)


def membership_of_member(member: discord.Member) -> Membership:
    """That a member is in their server."""
    return Membership(member.guild.id, _roles(member), member.guild_permissions.manage_guild)


def shared_roles(channel: discord.abc.GuildChannel) -> frozenset[int]:
    """The role that everybody has who can see `channel`, those who manage the server and bots aside; empty when none.

    If any roles together let someone see a channel, one of them does alone: Discord lets a role's permission to see
    win over another's prohibition. So it is enough to look at single roles.
    """
    everyone = channel.guild.default_role
    if channel.permissions_for(everyone).view_channel:
        return frozenset()
    for target, overwrite in channel.overwrites.items():
        # A single person who was let in has any roles or none.
        if not isinstance(target, discord.Role) and target.id != channel.guild.me.id and overwrite.view_channel:
            return frozenset()
    seeing = {
        role.id
        for role in channel.guild.roles
        if role != everyone
        and not role.is_bot_managed()
        and not role.permissions.manage_guild
        and not role.permissions.administrator
        and channel.permissions_for(role).view_channel
    }
    return frozenset(seeing) if len(seeing) == 1 else frozenset()


def _place_in(guild: discord.Guild, channel_id: int, channel: object) -> Place:
    if isinstance(channel, discord.Thread):
        # Who is in a thread can see the channel it belongs to.
        parent = guild.get_channel(channel.parent_id)
        return Place("server", channel_id, guild.id, channel.parent_id, _shared(parent))
    return Place("server", channel_id, guild.id, None, _shared(guild.get_channel(channel_id)))


def _shared(channel: discord.abc.GuildChannel | None) -> frozenset[int]:
    # What is not known of a channel could let anybody in.
    return shared_roles(channel) if channel is not None else frozenset()


def _roles(member: discord.Member) -> frozenset[int]:
    return frozenset(role.id for role in member.roles)
