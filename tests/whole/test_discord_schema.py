"""Every request of the bot has the form that Discord's own description of its interface asks for.

All tests of this folder are held against it (`conftest.py`); here is that this is noticed, and by what.
"""

import dataclasses
from typing import Any

import pytest
from discord_description import VARIABLE, Description, MissingDescriptionError, discord_description
from simcord.env import Env


@pytest.fixture
def description() -> Description:
    described = discord_description()
    if described is None:
        pytest.skip(f"{VARIABLE} does not name Discord's openapi.json")
    return described


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/channels/1/messages", {"embeds": [{"title": "x" * 257}]}),
        ("POST", "/channels/1/messages", {"embeds": [{"fields": [{"name": "", "value": 1}]}]}),
        ("POST", "/channels/1/messages", {"components": [{"type": 1, "components": [{"type": 2, "style": 99}]}]}),
        ("POST", "/channels/1/typing", {"now": True}),
        ("POST", "/interactions/1/token/callback", {"type": 99}),
        ("PATCH", "/webhooks/1/token/messages/@original", {"embeds": [{"description": "x" * 4_097}]}),
        ("PUT", "/applications/1/commands", [{"name": "x" * 33, "description": "Ask.", "type": 1}]),
        ("POST", "/nowhere", {}),
        ("DELETE", "/channels/1/typing", None),
    ],
)
def test_a_wrong_request_is_noticed(method: str, path: str, body: Any, description: Description) -> None:
    assert description.problems(method, path, body)


def test_requests_as_they_should_be_are_not_complained_of(description: Description) -> None:
    assert description.problems("POST", "/channels/1/messages", {"embeds": [{"title": "x" * 256}]}) == []
    assert description.problems("POST", "/channels/1/typing", None) == []
    assert description.problems("GET", "/users/@me", None) == []


async def test_every_request_of_a_bot_is_looked_at(description: Description, simcord_env: Env) -> None:
    await simcord_env.create_user("mira").slash("ask", question="How many?")
    sent = [request for request in simcord_env.http_requests if request.method != "GET"]
    assert [request.method for request in sent] == ["PUT", "POST", "PATCH"]
    assert description.problems_of(sent) == {}
    for request in sent:
        wrong = dataclasses.replace(request, json={"type": 4, "data": {"content": "x" * 9_000}, "embeds": 1})
        assert list(description.problems_of([*sent, wrong])) == [f"{request.method} {request.path}"]


def test_the_description_must_be_there_where_ci_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(MissingDescriptionError):
        discord_description.__wrapped__()
    monkeypatch.delenv("CI")
    assert discord_description.__wrapped__() is None


async def test_an_answer_a_refusal_and_a_failure_are_looked_at_in_both_ways_of_asking(
    simcord_env: Env, prepared_engine: Any
) -> None:
    channel = simcord_env.create_guild().create_text_channel("general")
    member = channel.guild.add_member(simcord_env.create_user("mira"))
    user = simcord_env.create_user("noor")
    await member.slash(channel, "ask", question="How many?")
    await user.send_dm("How many?")
    prepared_engine.error = RuntimeError("no")
    await member.slash(channel, "ask", question="How many?")
    await user.send_dm("How many?")
    assert len(simcord_env.errors) == 2
    assert {request.method for request in simcord_env.http_requests} >= {"PUT", "POST", "PATCH"}
