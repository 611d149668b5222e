"""A server's libraries, for who manages it and nobody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.remembering import libraries, servers

Shown = Callable[[Any], str]


@pytest.fixture
def mayor(town: Any) -> Any:
    """Who manages Tarn."""
    role = town.tarn.create_role("mayor", permissions=discord.Permissions(manage_guild=True))
    return town.tarn.add_member(town.env.create_user("mayor"), roles=[role])


async def test_a_library_is_added_for_a_role_and_opened_for_all(town: Any, mayor: Any, shown: Shown) -> None:
    await town.env.advance_time(1)
    await mayor.slash(town.square, "libraries add", title="Courts", role=town.editors)
    (added,) = [
        library for library in libraries.libraries_of(town.bot.memory, town.tarn.id) if library.title == "Courts"
    ]
    assert added.role_id == town.editors.id
    result = await mayor.slash(town.square, "libraries bind", library=added.name)
    assert "read by everybody here" in shown(result.response.message)
    listed = shown((await mayor.slash(town.square, "libraries list")).response.message)
    assert [line.split("**")[1] for line in listed.splitlines()] == ["This server's library", "Desk", "Courts"]


async def test_a_title_of_which_nothing_can_be_seen_is_refused_and_others_are_kept_as_they_look(
    town: Any, mayor: Any, shown: Shown
) -> None:
    result = await mayor.slash(town.square, "libraries add", title="\u200b\u202e")
    assert "characters that can be seen" in shown(result.response.message)
    town.env.errors.clear()
    await mayor.slash(town.square, "libraries add", title="Co\u200burts\u202e")
    titles = [library.title for library in libraries.libraries_of(town.bot.memory, town.tarn.id)]
    assert "Courts" in titles
    assert len(titles) == 3


async def test_a_library_is_removed_after_it_was_confirmed(town: Any, mayor: Any) -> None:
    asked = await mayor.slash(town.square, "libraries remove", library=town.desk)
    assert town.engine.removed == []
    await mayor.click(asked.response.message, label="Remove it")
    assert town.engine.removed == [town.desk]
    assert [each.name for each in libraries.libraries_of(town.bot.memory, town.tarn.id)] == [town.tarn_library]


async def test_another_servers_library_is_none_here(town: Any, mayor: Any, shown: Shown) -> None:
    told = set()
    for command in ("libraries bind", "libraries remove"):
        for name in (town.orla_library, "server-9", "public"):
            told.add(shown((await mayor.slash(town.square, command, library=name)).response.message))
    assert len(told) == 1
    assert "no such library in this server" in told.pop()
    assert len(town.env.errors) == 6


async def test_who_does_not_manage_the_server_changes_nothing(town: Any, shown: Shown) -> None:
    # As if an administrator had opened the command to everybody.
    command = town.env.backend.find_command("libraries", None, type=1)
    command["default_member_permissions"] = None
    for options in ({"name": "add", "title": "Mine"}, {"name": "bind", "library": town.desk}):
        name = options.pop("name")
        result = await town.mira.slash(town.square, f"libraries {name}", **options)
        assert "Only who manages this server" in shown(result.response.message)
    assert await town.mira.autocomplete(town.square, "libraries bind", "library", "") == []
    assert len(libraries.libraries_of(town.bot.memory, town.tarn.id)) == 2
    assert len(town.env.errors) == 2


async def test_a_server_that_the_bot_leaves_is_removed_after_its_grace_period(town: Any) -> None:
    await town.env.advance_time(5)  # Discord is ready, and sweeping has begun
    town.env.backend.remove_guild(town.tarn.id)
    await town.env.settle()
    assert servers.known(town.bot.memory)[town.tarn.id] is False
    assert town.engine.removed == []
    left_at = town.env.now()
    town.bot._now = lambda: left_at + timedelta(days=29)
    await town.env.advance_time(3_600)
    assert town.engine.removed == []
    town.bot._now = lambda: left_at + timedelta(days=31)
    await town.env.advance_time(3_600)
    assert sorted(town.engine.removed) == sorted([town.tarn_library, town.desk])
    assert town.tarn.id not in servers.known(town.bot.memory)


async def test_a_deleted_channel_is_named_to_nobody_any_more(town: Any, mayor: Any, shown: Shown) -> None:
    chosen = town.tarn.create_text_channel("questions")
    servers.change_settings(town.bot.memory, town.tarn.id, channels=frozenset({chosen.id, 999}))
    said = shown((await town.mira.slash(town.square, "ask", question="Who?")).response.message)
    assert said.endswith(f"Ask in <#{chosen.id}>.")
    servers.change_settings(town.bot.memory, town.tarn.id, channels=frozenset({999}))
    said = shown((await town.mira.slash(town.square, "ask", question="Who?")).response.message)
    assert "those that were chosen for me are gone" in said
    offered = (await mayor.slash(town.square, "settings channels")).response.message
    assert "999" not in str(town.env.http_requests[-1].json["components"])
    assert offered is not None
    town.env.errors.clear()
