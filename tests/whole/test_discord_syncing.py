"""Commands are registered with Discord at start, and only when they changed."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest
import simcord
from discord_shown import text_of
from simcord.env import Env

from bot.syncing import commands_digest

STATE = "discord-commands.sha256"


def registrations(env: Env) -> list[Any]:
    return [request.json for request in env.http_requests if request.method == "PUT" and "commands" in request.path]


async def start(client: Any, *, change: Any = lambda env: None) -> list[Any]:
    """Start a bot in a Discord of its own; what it registered."""
    env = Env(client)
    change(env)
    await env.start()
    try:
        return registrations(env)
    finally:
        await env.shutdown()


async def test_a_first_start_registers_and_a_second_does_not(make_client: Any, tmp_path: Path) -> None:
    (registered,) = await start(make_client())
    assert {"ask", "library", "privacy"} <= {command["name"] for command in registered}
    assert len((tmp_path / STATE).read_text().strip()) == 64
    assert await start(make_client()) == []


async def test_commands_that_are_not_registered_again_still_work(make_client: Any) -> None:
    async with simcord.run(make_client()) as env:
        await env.restart_bot(make_client())
        result = await env.create_user("mira").slash("ask", question="How many?")
        assert "1,000 prisoners each" in text_of(result.response)
        assert len(registrations(env)) == 1


async def test_a_changed_description_is_registered(make_client: Any) -> None:
    await start(make_client())
    changed = make_client()
    changed.tree.get_command("ask").description = "Ask something else."
    (registered,) = await start(changed)
    (ask,) = [command for command in registered if command["name"] == "ask"]
    assert ask["description"] == "Ask something else."
    assert len(await start(make_client())) == 1


async def test_another_application_is_registered_for_anew(make_client: Any) -> None:
    await start(make_client())

    def become_another(env: Env) -> None:
        env.backend.application_id += 1

    assert len(await start(make_client(), change=become_another)) == 1


async def test_a_failed_registration_is_logged_tried_again_and_the_bot_works_on(
    make_client: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client()
    env = Env(client)
    env.inject_error("PUT", "/applications/*", status=500)
    await env.start()
    try:
        assert not (tmp_path / STATE).exists()
        assert "next start tries again" in caplog.text
        user = env.create_user("mira")
        await user.send_dm("How many?")
        assert text_of(user.dm_channel.last_message)
    finally:
        await env.shutdown()
    assert len(await start(make_client())) == 1
    assert await start(make_client()) == []


async def test_the_ids_of_commands_are_known_whether_they_were_registered_or_there_already(make_client: Any) -> None:
    async with simcord.run(make_client()) as env:
        again = make_client()
        for client in (env.bot, again):
            if client is again:
                await env.restart_bot(again)
            assert {"ask", "stories", "Add as story"} <= set(client.command_ids)
            ask = env.backend.find_command("ask", None)
            assert client.command_ids["ask"] == int(ask["id"])


async def test_without_their_ids_commands_are_called_by_their_names(make_client: Any, caplog: Any) -> None:
    client = make_client()
    env = Env(client)
    env.inject_error("GET", "/applications/*/commands", status=500, times=5)
    await env.start()
    try:
        assert client.command_ids == {}
        assert "could not be learned" in caplog.text
        assert "`/ask`" in text_of((await env.create_user("mira").slash("help")).response)
    finally:
        await env.shutdown()


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0" * 64])
async def test_a_damaged_state_file_only_costs_a_registration(damage: bytes, make_client: Any, tmp_path: Path) -> None:
    await start(make_client())
    (tmp_path / STATE).write_bytes(damage)
    assert len(await start(make_client())) == 1
    assert await start(make_client()) == []


async def test_a_state_file_that_cannot_be_written_is_logged_and_leaves_nothing_behind(
    make_client: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="bot")
    (tmp_path / STATE).mkdir()
    assert len(await start(make_client())) == 1
    assert "cannot be written" in caplog.text
    assert [name for name in os.listdir(tmp_path) if name.startswith(STATE)] == [STATE]  # noqa: PTH208


async def test_the_digest_depends_on_the_commands_and_the_application_only(make_client: Any) -> None:
    first, second = make_client().tree, make_client().tree
    assert await commands_digest(first, application_id=1) == await commands_digest(second, application_id=1)
    assert await commands_digest(first, application_id=1) != await commands_digest(first, application_id=2)
