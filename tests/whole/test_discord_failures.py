"""What people in Discord are told when something goes wrong, and what the log says."""

import logging
import re
import threading
from typing import Any

import pytest
import simcord
from discord_shown import text_of
from simcord.env import Env

from bot.desk import BusyError, Desk, Given
from index.errors import OutdatedIndexError

QUESTION = "How many prisoners are being exchanged?"


@pytest.fixture(autouse=True)
def _keep_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bot")


def told_id(description: str | None) -> str:
    found = re.search(r"`([0-9a-f]{8})`", str(description))
    assert found is not None
    return found[1]


def errors_of(env: Env) -> list[BaseException]:
    """The errors that arrived at the bot's handlers; looking at them tells the simulation that they are expected."""
    return [getattr(error, "original", error) for error in env.errors]


async def test_a_failing_engine_reaches_the_one_who_used_the_command(
    simcord_env: Env, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    prepared_engine.error = OutdatedIndexError(f"/home/operator/data is outdated, cannot answer {QUESTION!r}")
    result = await simcord_env.create_user("mira").slash("ask", question=QUESTION)
    (embed,) = result.response.embeds
    assert "must first be made searchable again" in str(embed.description)
    assert "operator" not in str(embed.description)
    assert told_id(embed.description) in caplog.text
    assert "OutdatedIndexError: /home/operator/data is outdated" in caplog.text
    assert "prisoners" not in caplog.text
    assert errors_of(simcord_env) == [prepared_engine.error]


async def test_a_failing_engine_reaches_the_one_who_wrote_a_direct_message(
    simcord_env: Env, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    prepared_engine.error = RuntimeError(f"cannot answer {QUESTION!r}")
    user = simcord_env.create_user("mira")
    await user.send_dm(QUESTION)
    embed = user.dm_channel.last_message.embeds[0]
    assert told_id(embed.description) in caplog.text
    assert "RuntimeError: cannot answer" in caplog.text
    assert "prisoners" not in caplog.text
    assert errors_of(simcord_env) == [prepared_engine.error]


async def test_after_a_failure_the_next_question_is_answered(simcord_env: Env, prepared_engine: Any) -> None:
    user = simcord_env.create_user("mira")
    prepared_engine.error = RuntimeError("once")
    await user.send_dm(QUESTION)
    assert errors_of(simcord_env)
    prepared_engine.error = None
    await user.send_dm(QUESTION)
    assert "1,000 prisoners each" in text_of(user.dm_channel.last_message)


@pytest.mark.parametrize("as_command", [True, False])
async def test_a_question_that_takes_too_long_is_told_so(
    as_command: bool, make_client: Any, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class ParkedDesk(Desk):
        """Waits on the simulated clock."""

        async def ask(self, question: str, **options: Any) -> Given:
            work = super().ask(question, **options)
            return await env.external_wait(work, reason="the engine is at work")  # type: ignore[no-any-return]

    told = threading.Event()
    prepared_engine.while_asked = lambda question: told.wait(20) and None
    # Settling must give up on the engine before the engine gives up waiting.
    async with simcord.run(make_client(desk=ParkedDesk, seconds=60), settle_timeout=3) as env:
        user = env.create_user("mira")
        try:
            if as_command:
                await user.slash("ask", question=QUESTION)
            else:
                await user.send_dm(QUESTION)
            await env.advance_time(59)
            assert not any(message.embeds for message in user.dm_channel.history())
            await env.advance_time(2)
            description = user.dm_channel.last_message.embeds[0].description
        finally:
            told.set()
        assert "No answer within 60 seconds" in str(description)
        assert told_id(description) in caplog.text
        assert "Traceback" not in caplog.text
        assert len(errors_of(env)) == 1


async def test_a_flood_of_questions_is_turned_away_with_a_sentence(make_client: Any, prepared_engine: Any) -> None:
    go_on = threading.Event()
    turned_away = []

    class CountingDesk(Desk):
        """Lets the engine go on when everyone who can be turned away was."""

        def __init__(self, engine: Any, **options: Any) -> None:
            super().__init__(engine, threads=4, waiting=28, **options)

        async def ask(self, question: str, **options: Any) -> Given:
            try:
                return await super().ask(question, **options)
            except BusyError as error:
                turned_away.append(error)
                if len(turned_away) == 8:
                    go_on.set()
                raise

    prepared_engine.while_asked = lambda question: go_on.wait(20) and None
    async with simcord.run(make_client(desk=CountingDesk)) as env:
        users = [env.create_user(f"user{number}") for number in range(40)]
        try:
            for user in users[:-1]:
                env.backend.create_message(user.dm_channel.id, user.id, "How many?")
            await users[-1].send_dm("How many?")
        finally:
            go_on.set()
        descriptions = [text_of(user.dm_channel.last_message) for user in users]
        busy = [description for description in descriptions if "Too many questions" in description]
        assert len(busy) == 8
        assert len(prepared_engine.asked) == 32
        assert {type(error).__name__ for error in errors_of(env)} == {"BusyError"}


async def test_an_expired_interaction_is_logged_and_not_raised(
    simcord_env: Env, caplog: pytest.LogCaptureFixture, prepared_engine: Any
) -> None:
    simcord_env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await simcord_env.create_user("mira").slash("ask", question=QUESTION)
    assert "10062" in caplog.text
    assert "Traceback" not in caplog.text
    assert prepared_engine.asked == []
    assert len(errors_of(simcord_env)) == 1


async def test_an_answer_that_comes_after_the_interactions_token_expired_is_logged(
    simcord_env: Env, caplog: pytest.LogCaptureFixture
) -> None:
    simcord_env.inject_error("PATCH", "/webhooks/*", status=404, code=10015, times=None)
    await simcord_env.create_user("mira").slash("ask", question=QUESTION)
    assert "10015" in caplog.text
    assert len([request for request in simcord_env.http_requests if request.method == "PATCH"]) == 1
    assert len(errors_of(simcord_env)) == 1


async def test_closed_direct_messages_are_logged_and_not_raised(
    simcord_env: Env, caplog: pytest.LogCaptureFixture
) -> None:
    simcord_env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    await simcord_env.create_user("mira").send_dm(QUESTION)
    assert "50007" in caplog.text
    assert "Traceback" not in caplog.text
    assert len(errors_of(simcord_env)) == 1


async def test_when_discord_refuses_an_answer_the_person_is_told(
    simcord_env: Env, caplog: pytest.LogCaptureFixture
) -> None:
    simcord_env.inject_error("PATCH", "/webhooks/*", status=400, code=50035)
    result = await simcord_env.create_user("mira").slash("ask", question=QUESTION)
    assert told_id(result.response.embeds[0].description) in caplog.text
    assert "50035" in caplog.text
    assert len(errors_of(simcord_env)) == 1


async def test_when_even_the_sentence_cannot_be_sent_the_log_says_so(
    simcord_env: Env, caplog: pytest.LogCaptureFixture
) -> None:
    simcord_env.inject_error("PATCH", "/webhooks/*", status=503, times=None)
    simcord_env.inject_error("POST", "/channels/*/messages", status=503, times=None)
    user = simcord_env.create_user("mira")
    await user.slash("ask", question=QUESTION)
    await user.send_dm(QUESTION)
    assert caplog.text.count("could not be told of a failure") == 2
    assert len(errors_of(simcord_env)) == 2


async def test_an_older_form_of_the_command_is_explained(simcord_env: Env) -> None:
    simcord_env.bot.tree.remove_command("ask")  # Discord still offers it
    result = await simcord_env.create_user("mira").slash("ask", question=QUESTION)
    assert "reload Discord" in text_of(result.response)
    assert result.ephemeral
    assert len(errors_of(simcord_env)) == 1


async def test_a_stop_lets_the_open_question_be_answered_and_turns_new_ones_away(
    make_client: Any, prepared_engine: Any
) -> None:
    client = make_client()
    async with simcord.run(client) as env:
        first, second = env.create_user("mira"), env.create_user("noor")

        def stop_meanwhile(question: str) -> None:
            client.desk.stop_accepting()
            env.bot.loop.call_soon_threadsafe(env.backend.create_message, second.dm_channel.id, second.id, "And when?")

        prepared_engine.while_asked = stop_meanwhile
        await first.send_dm(QUESTION)
        await client.finish(seconds=5)
        assert "1,000 prisoners each" in text_of(first.dm_channel.last_message)
        assert "being restarted" in text_of(second.dm_channel.last_message)
        assert client.is_closed()
        assert {type(error).__name__ for error in errors_of(env)} == {"ClosingError"}


async def test_what_a_message_says_that_was_asked_about_is_not_logged(
    simcord_env: Env, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("square")
    noor = guild.add_member(simcord_env.create_user("noor"))
    said = await noor.send(channel, "They   exchanged 900 prisoners near Tarn.")
    prepared_engine.while_asked = lambda question: _fail_with(f"cannot tokenize {question!r}")
    await noor.context_menu(channel, "Ask the stories about this", said)
    assert "cannot tokenize" in caplog.text
    assert "prisoners" not in caplog.text
    assert len(errors_of(simcord_env)) == 1


async def test_what_was_written_with_a_mention_is_not_logged(
    simcord_env: Env, simcord_bot: Any, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("square")
    noor = guild.add_member(simcord_env.create_user("noor"))
    prepared_engine.while_asked = lambda question: _fail_with(f"cannot tokenize {question!r}")
    await noor.send(channel, f"<@{simcord_bot.user.id}> how many prisoners?")
    assert "cannot tokenize" in caplog.text
    assert "prisoners" not in caplog.text
    assert len(errors_of(simcord_env)) == 1


def _fail_with(message: str) -> None:
    raise RuntimeError(message)
