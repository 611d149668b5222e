"""Where the bot may not send messages, or no embeds, people are told all the same."""

from collections.abc import Callable
from typing import Any

import discord
import pytest

from bot.translating import Voice, text

Shown = Callable[[Any], str]


@pytest.fixture
def channel_without(town: Any) -> Callable[..., Any]:
    def make(**forbidden: bool) -> Any:
        overwrite = discord.PermissionOverwrite(**forbidden)
        return town.tarn.create_text_channel("strict", overwrites={town.tarn.me: overwrite})

    return make


async def test_where_no_embeds_may_be_sent_a_sentence_is_plain_text(town: Any, channel_without: Any) -> None:
    strict = channel_without(embed_links=False)
    await town.env.settle()
    await town.mira.send(strict, f"<@{town.bot.user.id}>")
    assert strict.last_message.content == text("no_text", language="en")
    assert strict.last_message.embeds == []


async def test_where_no_embeds_may_be_sent_a_failure_is_plain_text(town: Any, channel_without: Any) -> None:
    strict = channel_without(embed_links=False)
    await town.env.settle()
    town.engine.error = RuntimeError("boom")
    await town.mira.send(strict, f"<@{town.bot.user.id}> who?")
    assert "Something went wrong here" in strict.last_message.content
    result = await town.mira.slash(strict, "ask", question="Who met?")
    assert "Something went wrong here" in result.response.content
    assert result.response.embeds == []
    assert town.env.errors


async def test_where_no_embeds_may_be_sent_an_answer_is_the_usual_one(
    town: Any, channel_without: Any, shown: Shown
) -> None:
    strict = channel_without(embed_links=False)
    await town.env.settle()
    await town.mira.send(strict, f"<@{town.bot.user.id}> who?")
    assert f"from {town.tarn_library}" in shown(strict.last_message)


async def test_who_asks_where_the_bot_may_not_write_is_told_privately(
    town: Any, channel_without: Any, shown: Shown
) -> None:
    strict = channel_without(send_messages=False)
    await town.env.settle()
    una = town.env.create_user("una")
    asked = await town.tarn.add_member(una).send(strict, f"<@{town.bot.user.id}> who?")
    assert strict.last_message.id == asked.id
    assert shown(una.dm_channel.last_message) == Voice(commands=town.bot.command_ids)(
        "may_not_write", channel=f"<#{strict.id}>"
    )
    assert town.asked() == []


def sent_messages(town: Any) -> list[Any]:
    requests = [each for each in town.env.http_requests if each.method == "POST" and each.path.endswith("/messages")]
    return [each.json for each in requests]


@pytest.mark.parametrize("fails", [True, False])
async def test_where_the_bot_may_not_read_the_history_nothing_is_a_reply(
    fails: bool, town: Any, channel_without: Any
) -> None:
    strict = channel_without(read_message_history=False)
    await town.env.settle()
    town.engine.error = RuntimeError("boom") if fails else None
    await town.mira.send(strict, f"<@{town.bot.user.id}> who?")
    (body,) = sent_messages(town)
    assert "message_reference" not in body
    assert body["allowed_mentions"]["parse"] == []
    assert len(town.env.errors) == fails


@pytest.mark.parametrize("fails", [True, False])
async def test_when_discord_takes_no_reply_it_is_said_without_being_one(fails: bool, town: Any) -> None:
    town.engine.error = RuntimeError("boom") if fails else None
    town.env.inject_error("POST", "/channels/*/messages", status=403, code=160002)
    await town.mira.send(town.square, f"<@{town.bot.user.id}> who?")
    assert town.square.last_message.author.bot
    assert town.square.last_message.reference is None
    assert len(town.env.errors) == fails
