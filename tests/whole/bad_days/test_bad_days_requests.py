"""Discord limits, fails, waits and breaks off; people are answered or told, and nothing is done twice."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import discord
import pytest
from bot_running import QUESTION, Bot, answered
from discord_bad_days import broken_off, failing, limited, never_finished, refusing, slow
from discord_stand_in import StandIn

from bot.operating import gateway
from index.errors import StorydeskError

pytestmark = pytest.mark.slow


def test_questions_in_a_server_and_in_a_direct_message_are_answered_and_nothing_is_refused(
    bot: Bot, stand_in: StandIn
) -> None:
    server = stand_in.add_server()

    def act() -> None:
        asked = [stand_in.ask(QUESTION), stand_in.ask(QUESTION, server_id=server)]
        stand_in.write(QUESTION)
        for one in asked:
            stand_in.wait_for(lambda one=one: answered(one), what="a command is answered")
        stand_in.wait_for(lambda: stand_in.messages, what="a message is answered")
        assert "1,000 prisoners each" in json.dumps(stand_in.messages[0], ensure_ascii=False)
        assert bot.figure('storydesk_questions_total{outcome="answered"}') == 3
        assert bot.figure("storydesk_servers") == 1
        status, health = bot.get("/healthz")
        assert (status, json.loads(health)["status"]) == (200, "ok")

    bot.run(act)
    assert stand_in.refused == []


def test_where_discord_limits_and_fails_everyone_is_answered_all_the_same(bot: Bot, stand_in: StandIn) -> None:
    stand_in.script("POST", "/interactions/*", failing(500), limited(0.2))
    stand_in.script("PATCH", "/webhooks/*", failing(502), limited(0.3))
    stand_in.script("POST", "/channels/*/messages", limited(0.2), limited(0.2, everywhere=True), failing(500))
    stand_in.script("POST", "/channels/*/typing", limited(0.2))

    def act() -> None:
        first, second = stand_in.ask(QUESTION), stand_in.ask(QUESTION)
        stand_in.write(QUESTION)
        stand_in.wait_for(lambda: answered(first) and answered(second), what="both commands are answered")
        stand_in.wait_for(lambda: stand_in.messages, what="the message is answered")

    bot.run(act)
    assert {request.status for request in stand_in.requests} >= {429, 500, 502}
    assert stand_in.refused == []


def test_where_discord_fails_to_show_that_the_bot_is_at_work_a_message_is_answered_all_the_same(
    bot: Bot, stand_in: StandIn
) -> None:
    stand_in.script("POST", "/channels/*/typing", *[failing(500)] * 60)

    def act() -> None:
        stand_in.write(QUESTION)
        stand_in.wait_for(lambda: stand_in.messages, what="the message is answered")
        assert "1,000 prisoners each" in json.dumps(stand_in.messages[0], ensure_ascii=False)

    bot.run(act)
    assert len(stand_in.messages) == 1


def test_an_acknowledgement_that_discord_got_too_late_is_not_tried_twice_and_harms_nobody_else(
    bot: Bot, stand_in: StandIn
) -> None:
    stand_in.script("POST", "/interactions/*", slow(3.2))

    def act() -> None:
        late = stand_in.ask(QUESTION)
        other = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: answered(other), what="the other one is answered")
        stand_in.wait_for(lambda: stand_in.refused, what="the late one is refused")
        time.sleep(0.5)
        assert late.acknowledged is None
        assert late.shown is None

    bot.run(act)
    assert [(request.status, request.code) for request in stand_in.refused] == [(404, 10062)]


def test_an_acknowledgement_that_arrived_though_discord_failed_to_say_so_is_followed_by_an_answer(
    bot: Bot, stand_in: StandIn
) -> None:
    stand_in.take_but_fail()

    def act() -> None:
        asked = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: answered(asked), what="it is answered")
        assert len(asked.callbacks) == 1

    bot.run(act)
    assert [(request.status, request.code) for request in stand_in.refused] == [(400, 40060)]  # of discord.py's own


def test_a_failure_after_such_an_acknowledgement_is_told_too(bot: Bot, stand_in: StandIn) -> None:
    stand_in.take_but_fail()
    bot.engine.error = RuntimeError("no")

    def act() -> None:
        asked = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: asked.shown, what="the person is told")
        assert asked.shown["embeds"]

    bot.run(act)
    assert [request.code for request in stand_in.refused] == [40060]


def test_a_connection_that_breaks_off_is_told_by_nobody_and_the_next_question_is_answered(
    bot: Bot, stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.script("PATCH", "/webhooks/*", broken_off(), broken_off())

    def act() -> None:
        stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: len(stand_in._scripts[0][2]) == 0, what="both attempts broke off")
        following = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: answered(following), what="the next one is answered")
        assert bot.figure('storydesk_questions_total{outcome="failed"}') >= 1

    bot.run(act)
    assert stand_in.refused == []


@pytest.mark.parametrize("never", [slow(3_600), never_finished()], ids=["no answer", "half an answer"])
def test_a_request_that_discord_never_answers_is_given_up_and_the_person_is_told(
    never: Any, bot: Bot, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gateway, "REQUEST_SECONDS", 1.0)
    stand_in.script("PATCH", "/webhooks/*", never)
    stand_in.script("POST", "/channels/*/messages", never)

    def act() -> None:
        asked = stand_in.ask(QUESTION)
        stand_in.write(QUESTION)
        stand_in.wait_for(lambda: asked.shown, what="who used a command is told")
        stand_in.wait_for(lambda: stand_in.messages, what="who wrote a message is told")
        for shown in (asked.shown, stand_in.messages[0]):
            assert "Discord has trouble right now" in json.dumps(shown)
        time.sleep(1.5)  # the gateway's connection is older than that and stays

    bot.run(act)
    assert stand_in.connections == 1
    log = capsys.readouterr().err
    assert "Discord did not answer within 1 seconds (answer)" in log
    assert "Discord did not answer within 1 seconds (message)" in log


def test_a_login_that_discord_never_answers_is_one_sentence(
    bot: Bot, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "REQUEST_SECONDS", 0.5)
    stand_in.script("GET", "/users/@me", slow(3_600), slow(3_600))
    with pytest.raises(StorydeskError, match="Discord cannot be reached"):
        bot.run(lambda: None)


def test_the_log_of_a_bad_day_has_no_word_of_what_was_asked_and_no_token(
    bot: Bot, stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    bot.engine.error = RuntimeError(f"cannot answer {QUESTION!r}")
    stand_in.script("PATCH", "/webhooks/*", failing(500), limited(0.1))

    def act() -> None:
        asked = stand_in.ask(QUESTION)
        stand_in.write(QUESTION)
        stand_in.wait_for(lambda: asked.shown and stand_in.messages, what="both are told of the failure")

    bot.run(act)
    log = capsys.readouterr().err
    lines = [json.loads(line) for line in log.splitlines()]
    assert any("A question failed" in line["event"] for line in lines)
    for unwanted in ("Wolpertingen", "prisoners", "made-up.token", "token-of-1"):
        assert unwanted not in log


def test_a_missing_scope_is_one_sentence_and_what_works_without_it_works(
    bot: Bot, stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.script("PUT", "/applications/*", refusing(403, 50001))

    def act() -> None:
        stand_in.write(QUESTION)
        stand_in.wait_for(lambda: stand_in.messages, what="a direct message is answered")

    bot.run(act)
    log = capsys.readouterr().err
    (line,) = [json.loads(line) for line in log.splitlines() if "applications.commands" in line]
    assert line["level"] == "error"
    assert "lacks the scope applications.commands" in line["event"]
    assert "Traceback" not in log


def test_a_stop_that_discord_does_not_answer_is_over_in_time(bot: Bot, stand_in: StandIn) -> None:
    stand_in.script("PATCH", "/webhooks/*", slow(60))
    began: list[float] = []

    def act() -> None:
        stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: not stand_in._scripts[0][2], what="the answer is under way")
        began.append(time.monotonic())

    bot.run(act)
    assert time.monotonic() - began[0] < 10


def test_the_stand_in_refuses_as_discord_does(stand_in: StandIn) -> None:
    """A bot that does everything wrong: late, twice, too long, without an acknowledgement."""
    codes: list[int] = []

    class Careless(discord.Client):
        async def on_interaction(self, interaction: discord.Interaction) -> None:
            word = str((interaction.data or {})["options"][0]["value"])  # type: ignore[typeddict-item]
            try:
                if word == "late":
                    await asyncio.sleep(3.1)
                    await interaction.response.defer()
                elif word == "twice":
                    await interaction.response.defer()
                    interaction.response._response_type = None
                    await interaction.response.defer()
                elif word == "long":
                    await interaction.response.send_message("x" * 2_001)
                elif word == "silent":
                    await interaction.edit_original_response(content="x")
                else:
                    await interaction.response.send_message("fine")
            except discord.HTTPException as error:
                codes.append(error.code)

    async def run() -> None:
        client = Careless(intents=discord.Intents.none())
        async with client:
            running = asyncio.create_task(client.start("a.b.c"))
            await asyncio.wait_for(client.wait_until_ready(), 20)
            for word in ("fine", "late", "twice", "long", "silent"):
                await asyncio.to_thread(stand_in.ask, word)
            for _ in range(500):
                if len(codes) == 4:
                    break
                await asyncio.sleep(0.02)
            await client.close()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert sorted(codes) == [10015, 10062, 40060, 50035]
    fine, *others = stand_in.interactions.values()
    assert fine.shown["content"] == "fine"
    assert [interaction.shown for interaction in others] == [None] * 4


def test_a_refusal_is_counted_by_its_reason(bot: Bot, stand_in: StandIn) -> None:
    bot.engine.answer = replace(bot.engine.answer, answered=False, reason="not_answered", figures=(), citations=())

    def act() -> None:
        asked = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: asked.shown, what="it is refused")
        assert bot.figure('storydesk_refusals_total{reason="not_answered"}') == 1
        assert bot.figure('storydesk_stage_seconds_count{stage="answering"}') == 1

    bot.run(act)
