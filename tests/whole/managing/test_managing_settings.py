"""`/settings`: shown, changed, remembered, and for who manages the server only."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.remembering import servers
from bot.translating import text


def text_of(result: Any) -> str:
    (embed,) = result.response.embeds
    fields = [f"{field.name}: {field.value}" for field in embed.fields]
    return "\n".join(filter(None, [embed.title, embed.description, *fields]))


def settings_of(town: Any, simcord_bot: Any) -> servers.ServerSettings:
    return servers.settings_of(simcord_bot.memory, town.guild.id)


async def test_what_is_set_is_shown_with_the_command_that_changes_it(
    town: Any, assert_quiet: Callable[[], None]
) -> None:
    result = await town.manager.slash(town.channel, "settings show")
    assert result.ephemeral
    shown = text_of(result)
    for part in ("in all channels", "3 seconds", "English", "/settings channels", "/settings cooldown"):
        assert part in shown
    assert_quiet()


async def test_deleted_channels_are_not_shown_and_when_all_are_it_is_said(town: Any, simcord_bot: Any) -> None:
    memory, here, gone = simcord_bot.memory, town.channel.id, town.channel.id + 1
    await town.manager.slash(town.channel, "settings cooldown", seconds=0)  # the bot knows the server by then
    servers.change_settings(memory, town.guild.id, channels=frozenset([here, gone]))
    shown = text_of(await town.manager.slash(town.channel, "settings show"))
    assert f"<#{here}>" in shown
    assert f"<#{gone}>" not in shown
    servers.change_settings(memory, town.guild.id, channels=frozenset([gone]))
    shown = text_of(await town.manager.slash(town.channel, "settings show"))
    assert "I answer in no channel here" in shown
    assert "in all channels" not in shown


@pytest.mark.parametrize(
    ("command", "options", "name", "value"),
    [
        ("direct-messages", {"allowed": False}, "direct_messages", False),
        ("mentions", {"answered": False}, "mention_mode", "off"),
        ("mentions", {"answered": True}, "mention_mode", "mentions"),
        ("language", {"language": "de"}, "language", "de"),
        ("cooldown", {"seconds": 0}, "cooldown_seconds", 0),
        ("cooldown", {"seconds": 90}, "cooldown_seconds", 90),
    ],
)
async def test_a_change_is_remembered_shown_and_written_into_the_audit_log(
    command: str, options: dict[str, Any], name: str, value: Any, town: Any, simcord_bot: Any, audited: Any
) -> None:
    result = await town.manager.slash(town.channel, f"settings {command}", **options)
    assert getattr(settings_of(town, simcord_bot), name) == value
    assert text("settings_title", language=options.get("language")) in text_of(result), "in a new language at once"
    assert audited() == [
        {
            "event": "setting changed", "server_id": town.guild.id, "person_id": town.manager.id,
            "setting": name, "value": str(value),
        }
    ]  # fmt: skip


async def test_channels_are_chosen_from_a_list_and_all_can_be_chosen_again(
    town: Any, simcord_bot: Any, audited: Any
) -> None:
    news = town.guild.create_text_channel("news")
    result = await town.manager.slash(town.channel, "settings channels")
    await town.manager.select(result.response, [news])
    assert settings_of(town, simcord_bot).channels == {news.id}
    assert f"<#{news.id}>" in text_of(result)
    assert "do not answer in this channel" in text_of(await town.reader.slash(town.channel, "ask", question="What?"))
    result = await town.manager.slash(town.channel, "settings channels")
    await town.manager.click(result.response, label="Answer in all channels")
    assert settings_of(town, simcord_bot).channels == frozenset()
    assert [each["value"] for each in audited()] == [str(news.id), ""]


async def test_who_may_no_longer_manage_changes_nothing(town: Any, simcord_bot: Any) -> None:
    result = await town.manager.slash(town.channel, "settings channels")
    town.demote_manager()
    await town.manager.select(result.response, [town.channel])
    assert "Manage Server" in text_of(result)
    assert settings_of(town, simcord_bot).channels == frozenset()


async def test_one_server_does_not_change_another(town: Any, make_town: Any, simcord_bot: Any) -> None:
    other = make_town()
    await town.manager.slash(town.channel, "settings cooldown", seconds=77)
    assert settings_of(other, simcord_bot).cooldown_seconds == servers.DEFAULT.cooldown_seconds
