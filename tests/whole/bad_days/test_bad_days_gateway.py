"""The connection to the gateway is lost, forgotten, refused, split into shards; the bot goes on."""

import json

import pytest
from bot_running import QUESTION, Bot, answered
from discord_payloads import person
from discord_stand_in import StandIn

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("code", [None, 4000])
def test_a_lost_gateway_connection_is_resumed_and_what_was_asked_meanwhile_is_answered(
    code: int | None, bot: Bot, stand_in: StandIn
) -> None:
    def act() -> None:
        stand_in.lose_gateway(code=code)
        asked = stand_in.write(QUESTION)
        stand_in.wait_for(lambda: stand_in.messages, what="the question of meanwhile is answered")
        assert stand_in.messages[0]["message_reference"]["message_id"] in (asked, int(asked))
        assert [session.resumed for session in stand_in.sessions] == [1]
        assert bot.figure('storydesk_gateway_events_total{event="lost"}') == 1
        assert bot.figure('storydesk_gateway_events_total{event="resumed"}') == 1
        assert bot.figure('storydesk_gateway_connected{shard="0"}') == 1

    bot.run(act)
    assert stand_in.refused == []


def test_discords_wish_to_reconnect_is_followed(bot: Bot, stand_in: StandIn) -> None:
    def act() -> None:
        stand_in.ask_to_reconnect()
        stand_in.wait_for(lambda: stand_in.sessions[0].resumed, what="the session is resumed")
        asked = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: answered(asked), what="a question is answered")

    bot.run(act)


def test_a_session_that_discord_forgot_is_begun_anew(bot: Bot, stand_in: StandIn) -> None:
    def act() -> None:
        stand_in.forget_sessions()
        stand_in.lose_gateway()
        stand_in.wait_for(lambda: len(stand_in.sessions) == 2, what="a second session begins")
        stand_in.wait_for(lambda: stand_in.connected, what="it is connected")
        asked = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: answered(asked), what="a question is answered")

    bot.run(act)


def test_while_the_gateway_cannot_be_reached_the_bot_says_that_it_is_unwell_and_then_recovers(
    bot: Bot, stand_in: StandIn
) -> None:
    def act() -> None:
        stand_in.lose_gateway(refusing=2)
        stand_in.wait_for(lambda: bot.get("/healthz")[0] == 503, what="it says so")
        assert json.loads(bot.get("/healthz")[1])["shards"] == {"0": False}
        stand_in.wait_for(lambda: bot.get("/healthz")[0] == 200, what="it recovers", seconds=40)
        asked = stand_in.ask(QUESTION)
        stand_in.wait_for(lambda: answered(asked), what="a question is answered")

    bot.run(act)


def test_as_many_shards_as_discord_wants_are_connected(bot: Bot, stand_in: StandIn) -> None:
    stand_in.shards = 2
    servers = [stand_in.add_server(shard << 22) for shard in (1_000, 1_001)]

    def act() -> None:
        asked = [stand_in.ask(QUESTION, server_id=server) for server in servers]
        for one in asked:
            stand_in.wait_for(lambda one=one: answered(one), what="both are answered")
        assert {session.shard for session in stand_in.sessions} == {(0, 2), (1, 2)}
        assert json.loads(bot.get("/healthz")[1])["shards"] == {"0": True, "1": True}

    bot.run(act)


def test_heartbeats_are_in_time_while_an_engine_is_at_work(bot: Bot, stand_in: StandIn) -> None:
    stand_in.heartbeat_seconds = 0.3
    bot.engine.while_asked = lambda question: sum(range(3_000_000)) and None

    def act() -> None:
        asked = [stand_in.ask(QUESTION, who=person(100 + number)) for number in range(20)]
        for one in asked:
            stand_in.wait_for(lambda one=one: answered(one), what="all are answered")
        assert len(stand_in.sessions[0].heartbeats) >= 2

    bot.run(act)
    assert stand_in.late_heartbeats(by=5) == []  # a busy machine is not what is tested
    assert len(stand_in.sessions) == 1
