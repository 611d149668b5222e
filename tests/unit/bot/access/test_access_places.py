"""Where something was asked, and which role everybody has who can see a channel."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import discord
import pytest

from bot.access.places import membership_of_interaction, place_of_interaction, place_of_message, shared_roles
from bot.access.rules import Membership, Place

EVERYONE, EDITORS, BOT_ROLE, MANAGERS = 1, 5, 6, 7
BOT = 99


def role(role_id: int, *, bot: bool = False, manages: bool = False, administers: bool = False) -> Any:
    made = Mock(spec=discord.Role, id=role_id)
    made.is_bot_managed.return_value = bot
    made.permissions = discord.Permissions(manage_guild=manages, administrator=administers)
    return made


def channel(
    *seeing: int, roles: tuple[Any, ...] = (), people: tuple[int, ...] = (), hidden_from: tuple[int, ...] = ()
) -> Any:
    """A channel that the roles `seeing` can see, and into which `people` were let in one by one."""
    everyone = role(EVERYONE)
    guild = SimpleNamespace(id=1, default_role=everyone, roles=[everyone, *roles], me=SimpleNamespace(id=BOT))
    overwrites: dict[Any, Any] = {
        Mock(spec=discord.Member, id=person): discord.PermissionOverwrite(view_channel=person not in hidden_from)
        for person in people
    }
    for each in roles:
        overwrites[each] = discord.PermissionOverwrite(view_channel=each.id in seeing)
    return SimpleNamespace(
        id=10,
        guild=guild,
        overwrites=overwrites,
        permissions_for=lambda each: discord.Permissions(view_channel=each.id in seeing),
    )


def test_the_one_role_that_sees_a_channel_is_shared_by_all_who_do() -> None:
    assert shared_roles(channel(EDITORS, roles=(role(EDITORS), role(8)))) == {EDITORS}


@pytest.mark.parametrize(
    "seen",
    [
        channel(EVERYONE, EDITORS, roles=(role(EDITORS),)),
        channel(roles=(role(EDITORS),)),
        channel(EDITORS, 8, roles=(role(EDITORS), role(8))),
        channel(EDITORS, roles=(role(EDITORS),), people=(50,)),
    ],
    ids=["everybody sees it", "no role sees it", "two roles see it", "a single person was let in"],
)
def test_otherwise_none_is_shared(seen: Any) -> None:
    assert shared_roles(seen) == frozenset()


def test_the_bot_who_is_kept_out_and_those_who_manage_do_not_count() -> None:
    roles = (role(EDITORS), role(BOT_ROLE, bot=True), role(MANAGERS, manages=True), role(8, administers=True))
    seen = channel(EDITORS, BOT_ROLE, MANAGERS, 8, roles=roles, people=(BOT, 50), hidden_from=(50,))
    assert shared_roles(seen) == {EDITORS}


def interaction(guild_id: int | None, *, channel_id: int | None = 10, guild: Any = None, dm: bool = False) -> Any:
    client = SimpleNamespace(get_guild=lambda wanted: guild if guild is not None and wanted == guild.id else None)
    return SimpleNamespace(
        guild_id=guild_id, channel_id=channel_id, client=client, channel=None,
        context=SimpleNamespace(dm_channel=dm), user=Mock(spec=discord.User, id=50),
        permissions=discord.Permissions(manage_guild=True),
    )  # fmt: skip


def guild_with(seen: Any | None) -> Any:
    return SimpleNamespace(id=1, get_channel=lambda channel_id: seen if seen and channel_id == seen.id else None)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        (interaction(None, dm=True), Place("direct", 10)),
        (interaction(None), Place("group", 10)),
        (interaction(3), Place("elsewhere", 10, server_id=3)),
        (interaction(1, guild=guild_with(None)), Place("server", 10, 1)),
        (interaction(None, channel_id=None), Place("group", 0)),
    ],
    ids=["direct", "group", "installed for the person only", "a channel that is not known", "no channel"],
)
def test_where_a_command_was_used(asked: Any, place: Place) -> None:
    assert place_of_interaction(asked) == place


def test_a_channel_that_one_role_sees_has_it_shared_and_so_have_its_threads() -> None:
    seen = channel(EDITORS, roles=(role(EDITORS),))
    asked = interaction(1, guild=guild_with(seen))
    assert place_of_interaction(asked) == Place("server", 10, 1, None, frozenset({EDITORS}))
    thread = Mock(spec=discord.Thread, id=30, parent_id=10)
    message: Any = SimpleNamespace(guild=guild_with(seen), channel=thread)
    assert place_of_message(message) == Place("server", 30, 1, 10, frozenset({EDITORS}))


def test_a_message_without_a_server_is_a_direct_one() -> None:
    message: Any = SimpleNamespace(guild=None, channel=SimpleNamespace(id=20))
    assert place_of_message(message) == Place("direct", 20)


def test_a_membership_is_known_only_of_a_server_that_the_bot_is_in() -> None:
    there = interaction(1, guild=guild_with(None))
    assert membership_of_interaction(there) is None, "a user is no member"
    there.user = Mock(spec=discord.Member, id=50, roles=[role(EVERYONE), role(EDITORS)])
    assert membership_of_interaction(there) == Membership(1, frozenset({EVERYONE, EDITORS}), manages=True)
    elsewhere = interaction(3)
    elsewhere.user = there.user
    assert membership_of_interaction(elsewhere) is None
    assert membership_of_interaction(interaction(None)) is None
