"""What is written to the bot in servers and direct messages, and what it goes on from."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from bot.remembering import people, servers
from bot.translating import Voice, text
from index.errors import StorageError

Shown = Callable[[Any], str]


def bot_of(town: Any) -> str:
    return f"<@{town.bot.user.id}>"


async def test_a_mention_is_answered_with_a_reply_without_a_ping(town: Any, shown: Shown) -> None:
    asked = await town.mira.send(town.square, f"Hey {bot_of(town)}, who?")
    reply = town.square.last_message
    assert reply.reference.message_id == asked.id
    assert f"from {town.tarn_library}" in shown(reply)
    assert reply.mentions == []
    assert town.engine.asked == [("Hey , who?", town.tarn_library)]


async def test_people_and_roles_that_a_question_mentions_are_asked_about_by_name(town: Any) -> None:
    others = f"<@{town.noor.id}> and <@&{town.editors.id}>"
    await town.mira.send(town.square, f"{bot_of(town)} did {others} meet in <#{town.newsroom.id}>?")
    assert town.engine.asked == [("did noor and editors meet in ?", town.tarn_library)]
    said = await town.noor.send(town.square, f"<@{town.mira.id}> met them")
    await town.mira.context_menu(town.square, "Ask the stories about this", said)
    assert town.engine.asked[-1] == ("mira met them", town.tarn_library)


async def test_the_log_says_nothing_of_a_question_that_mentions_someone(
    town: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(question: str) -> None:
        raise RuntimeError(f"cannot read {question!r}")

    town.engine.while_asked = fail
    await town.mira.send(town.square, f"{bot_of(town)} did <@{town.noor.id}> meet prisoners?")
    assert town.env.errors
    assert "cannot read" in caplog.text
    assert "prisoners" not in caplog.text


@pytest.mark.parametrize("purged", [False, True])
async def test_a_question_that_is_deleted_while_it_waits_is_not_answered(purged: bool, town: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(question: str) -> None:
        begun.set()
        go_on.wait(20)

    async def delete() -> None:
        await asyncio.to_thread(begun.wait, 20)
        asked = town.square.last_message
        if purged:
            town.env.backend.bulk_delete_messages(town.square.id, [asked.id])
        else:
            town.env.backend.delete_message(town.square.id, asked.id)
        while town.bot._answering:  # noqa: ASYNC110 - nothing says when
            await asyncio.sleep(0.01)

    town.engine.while_asked = work
    deleting = asyncio.create_task(asyncio.wait_for(delete(), 20))
    deleting.add_done_callback(lambda _: go_on.set())
    await town.mira.send(town.square, f"{bot_of(town)} who?")
    await deleting
    await town.env.settle()
    assert town.square.history() == []


async def test_what_is_not_written_to_the_bot_is_left_alone(town: Any) -> None:
    other = await town.noor.send(town.square, "What a day!")
    await town.mira.send(town.square, "How many?", reply_to=other)
    await town.mira.send(town.square, "@everyone how many?")
    assert town.asked() == []
    assert all(not message.author.bot for message in town.square.history())


async def test_a_reply_to_an_answer_goes_on_with_it_and_another_begins_anew(town: Any) -> None:
    await town.mira.slash(town.square, "ask", question="Who met?")
    answer = town.square.last_message
    await town.noor.send(town.square, f"{bot_of(town)} and when?", reply_to=answer)
    assert town.engine.options[-1]["earlier"] == [town.engine.by_library[town.tarn_library].question]
    await town.env.advance_time(10)
    await town.noor.send(town.square, f"{bot_of(town)} and where?", reply_to=town.square.last_message)
    assert len(town.engine.options[-1]["earlier"]) == 2
    await town.mira.send(town.square, f"{bot_of(town)} who?")
    assert town.engine.options[-1]["earlier"] == []


async def test_a_reply_whose_text_does_not_arrive_is_told_what_to_do(town: Any, shown: Shown) -> None:
    await town.mira.slash(town.square, "ask", question="Who met?")
    town.asked()
    await town.mira.send(town.square, "and when?", reply_to=town.square.last_message)
    assert shown(town.square.last_message) == Voice(commands=town.bot.command_ids)("not_delivered")
    assert town.asked() == []


async def test_a_mention_alone_is_told_what_to_do(town: Any, shown: Shown) -> None:
    await town.mira.send(town.square, bot_of(town))
    assert shown(town.square.last_message) == text("no_text", language="en")


async def test_where_mentions_are_off_or_the_channel_is_not_one_of_its_own_it_is_silent(town: Any) -> None:
    servers.change_settings(town.bot.memory, town.tarn.id, mention_mode="off")
    await town.mira.send(town.square, f"{bot_of(town)} who?")
    servers.change_settings(town.bot.memory, town.tarn.id, mention_mode="mentions", channels=frozenset({1}))
    await town.mira.send(town.square, f"{bot_of(town)} who?")
    assert town.asked() == []
    assert all(not message.author.bot for message in town.square.history())


async def test_the_command_says_in_which_channels_the_bot_answers(town: Any, shown: Shown) -> None:
    servers.change_settings(town.bot.memory, town.tarn.id, channels=frozenset({town.newsroom.id}))
    result = await town.mira.slash(town.square, "ask", question="Who?")
    assert f"<#{town.newsroom.id}>" in shown(result.response.message)
    assert result.ephemeral
    assert town.asked() == []
    assert [type(error).__name__ for error in (getattr(e, "original", e) for e in town.env.errors)] == ["NotHereError"]


async def test_a_direct_message_goes_on_until_it_is_forgotten(town: Any) -> None:
    await town.mira.slash(town.square, "ask", question="Who met?")
    await town.mira.send_dm("Who met?")
    await town.env.advance_time(10)
    await town.mira.send_dm("And when?")
    assert len(town.engine.options[-1]["earlier"]) == 1
    result = await town.mira.user.slash("forget")
    assert result.ephemeral
    await town.env.advance_time(10)
    await town.mira.send_dm("And when?")
    assert town.engine.options[-1]["earlier"] == []
    await town.env.advance_time(31 * 60)
    await town.mira.send_dm("And when?")
    assert town.engine.options[-1]["earlier"] == []


async def test_a_conversation_does_not_carry_over_what_one_may_no_longer_read(town: Any) -> None:
    await town.noor.slash(town.newsroom, "ask", question="Who met?")
    town.engine.by_library[town.desk] = town.engine.answer  # the surest
    await town.noor.user.slash("library", library=town.desk)
    await town.noor.send_dm("Who met?")
    await town.noor.user.slash("library", library=town.tarn_library)
    await town.env.advance_time(10)
    await town.noor.send_dm("And when?")
    assert town.engine.options[-1]["earlier"] == []


async def test_who_asks_too_fast_is_told_when_to_ask_again(town: Any, shown: Shown) -> None:
    for _ in range(4):
        result = await town.mira.slash(town.square, "ask", question="Who?")
    assert "ask again in" in shown(result.response.message)
    assert result.ephemeral
    assert len(town.asked()) == 3
    assert [type(error).__name__ for error in (getattr(e, "original", e) for e in town.env.errors)] == ["NotNowError"]


async def test_a_question_about_a_message_is_answered_to_the_one_who_wonders(town: Any, shown: Shown) -> None:
    said = await town.noor.send(town.square, "They exchanged   900 prisoners!")
    result = await town.mira.context_menu(town.square, "Ask the stories about this", said)
    assert result.ephemeral
    assert f"from {town.tarn_library}" in shown(result.response.message)
    assert town.engine.asked == [("They exchanged 900 prisoners!", town.tarn_library)]


async def test_a_question_about_a_forwarded_message_is_about_what_that_says(town: Any, shown: Shown) -> None:
    said = await town.noor.send(town.square, "They exchanged 900 prisoners")
    forwarded = await town.noor.forward(said, town.square)
    result = await town.mira.context_menu(town.square, "Ask the stories about this", forwarded)
    assert f"from {town.tarn_library}" in shown(result.response.message)
    assert town.engine.asked == [("They exchanged 900 prisoners", town.tarn_library)]


async def test_all_that_is_stored_of_a_person_is_shown_and_removed(town: Any, shown: Shown) -> None:
    await town.mira.slash(town.square, "ask", question="Who?")
    result = await town.mira.slash(town.square, "privacy")
    assert result.ephemeral
    assert "when last, to know what you may read: 1" in shown(result.response.message)
    await town.mira.slash(town.square, "forget", everything=True)
    assert people.kept_of(town.bot.memory, town.mira.id) == people.Kept(0, 0, 0, None)
    await town.mira.send_dm("Who?")
    assert f"Use </ask:{town.bot.command_ids['ask']}> once" in shown(town.mira.user.dm_channel.last_message)
    assert len(town.env.errors) == 1


async def test_an_option_that_is_no_day_is_told_so_at_once(town: Any, shown: Shown) -> None:
    result = await town.mira.slash(town.square, "ask", question="Who?", since="whenever")
    assert "like 2026-03-01" in shown(result.response.message)
    assert town.asked() == []
    await town.mira.slash(town.square, "ask", question="Who?", since="2026-03-01")
    assert str(town.engine.options[-1]["since"]) == "2026-03-01"
    assert len(town.env.errors) == 1


async def test_where_use_cannot_be_noted_the_question_is_answered_all_the_same(
    town: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(people, "used", full)
    result = await town.mira.slash(town.square, "ask", question="Who met?")
    assert f"from {town.tarn_library}" in shown(result.response.message)


async def test_who_was_banned_and_came_back_reads_in_direct_messages_again_after_a_use(town: Any, shown: Shown) -> None:
    await town.mira.slash(town.square, "ask", question="Who met?")
    town.env.backend.apply_ban(town.tarn.id, town.mira.id, None)
    await town.env.settle()
    town.env.backend.remove_ban(town.tarn.id, town.mira.id)
    back = town.tarn.add_member(town.mira.user)
    await town.env.settle()
    await town.env.advance_time(10)
    await back.slash(town.square, "ask", question="Who met?")
    await back.send_dm("Who met?")
    assert f"from {town.tarn_library}" in shown(town.mira.user.dm_channel.last_message)


def said_by_the_bot(channel: Any) -> int:
    return sum(message.author.bot for message in channel.history())


async def test_who_goes_on_writing_what_is_not_answered_is_told_once_a_minute(town: Any) -> None:
    for _ in range(5):
        await town.mira.send(town.square, bot_of(town))
    assert said_by_the_bot(town.square) == 1
    await town.noor.send(town.square, bot_of(town))
    assert said_by_the_bot(town.square) == 2
    await town.env.advance_time(61)
    await town.mira.send(town.square, bot_of(town))
    assert said_by_the_bot(town.square) == 3


async def test_who_replies_without_a_mention_time_and_again_is_told_once(town: Any) -> None:
    await town.mira.slash(town.square, "ask", question="Who met?")
    answer = town.square.last_message
    for _ in range(5):
        await town.noor.send(town.square, "talking among us", reply_to=answer)
    assert said_by_the_bot(town.square) == 2


async def test_who_mentions_the_bot_too_fast_is_told_once_and_answered_when_they_may_ask(town: Any) -> None:
    for _ in range(9):
        await town.mira.send(town.square, f"{bot_of(town)} who?")
    assert len(town.asked()) == 3
    assert said_by_the_bot(town.square) == 4
    await town.env.advance_time(30)
    await town.mira.send(town.square, f"{bot_of(town)} who?")
    assert len(town.asked()) == 1
    assert len(town.env.errors) == 1


async def test_where_direct_messages_are_off_that_is_said_once(town: Any) -> None:
    town.bot.reception._direct_messages = False
    for _ in range(5):
        await town.mira.send_dm("Who?")
    assert said_by_the_bot(town.mira.user.dm_channel) == 1
    assert len(town.env.errors) == 1
