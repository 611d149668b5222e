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
