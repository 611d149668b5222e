"""`/ask` in servers and direct messages, and direct messages without a command."""

import threading
from dataclasses import replace
from typing import Any

import discord
import pytest
import simcord
from discord_shown import problems_of, text_of
from simcord.env import Env
from simcord.interactions import base_payload
from simcord.results import InteractionResult

from bot.translating import text
from index.stories import Answer

REFUSAL = Answer(
    question="Who won?", answered=False, reason="not_answered", text="The stories do not say that.", confidence=0.1
)
HOSTILE = "@everyone <@1> [click](https://evil.example) || ``` # https://evil.example"


def sent_messages(env: Env) -> list[dict[str, Any]]:
    """The bodies of all requests of the bot that show something to people."""
    bodies = []
    for request in env.http_requests:
        if isinstance(request.json, dict):
            body = request.json.get("data", request.json) if "callback" in request.path else request.json
            if isinstance(body, dict) and any(map(body.get, ("embeds", "content", "components"))):
                bodies.append(body)
    return bodies


def assert_nobody_is_pinged(env: Env) -> None:
    assert sent_messages(env)
    for body in sent_messages(env):
        assert body["allowed_mentions"] == {"parse": []} | (
            {"replied_user": False} if "replied_user" in body["allowed_mentions"] else {}
        )
        assert not body.get("content")


def waiting(env: Env) -> list[str]:
    """What the bot asked of Discord so far, as `METHOD last-part-of-path`."""
    return [f"{request.method} {request.path.rsplit('/', 1)[-1]}" for request in env.http_requests]


async def test_ask_in_a_server_is_answered_with_the_figure_the_quote_and_its_source(
    simcord_env: Env, prepared_engine: Any
) -> None:
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("general")
    member = guild.add_member(simcord_env.create_user("mira"))
    result = await member.slash(channel, "ask", question="How many prisoners are being exchanged?")
    assert not result.ephemeral
    assert text_of(result.response) == (
        "-# How many prisoners are being exchanged?\n## **1,000 prisoners each** \\[1\\]\n"
        "> Each side will hand over 1,000 prisoners.\n"
        "-# \\[1\\] [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post"
        " · 16\xa0May\xa02025 · <t:1747391400:R>"
    )
    assert problems_of(result.response) is None
    question = "How many prisoners are being exchanged?"
    assert prepared_engine.asked == [(question, f"server-{guild.id}"), (question, "public")]
    assert_nobody_is_pinged(simcord_env)


async def test_ask_in_a_direct_message_reads_the_public_library_too(simcord_env: Env, prepared_engine: Any) -> None:
    result = await simcord_env.create_user("mira").slash("ask", question="How many?")
    assert "1,000 prisoners each" in text_of(result.response)
    assert prepared_engine.asked == [("How many?", "public")]


async def test_a_direct_message_is_a_question_and_gets_a_reply_without_a_ping(
    simcord_env: Env, prepared_engine: Any
) -> None:
    user = simcord_env.create_user("mira")
    question = await user.send_dm("  How many prisoners?\n")
    reply = user.dm_channel.last_message
    assert reply.author.bot
    assert reply.reference is not None
    assert reply.reference.message_id == question.id
    assert "1,000 prisoners each" in text_of(reply)
    assert prepared_engine.asked == [("How many prisoners?", "public")]
    assert_nobody_is_pinged(simcord_env)


async def test_the_command_is_acknowledged_before_the_engine_is_asked(simcord_env: Env, prepared_engine: Any) -> None:
    before: list[list[str]] = []
    prepared_engine.while_asked = lambda question: before.append(waiting(simcord_env))
    await simcord_env.create_user("mira").slash("ask", question="How many?")
    assert before[0][-1] == "POST callback"
    assert waiting(simcord_env)[-1] == "PATCH @original"


async def test_the_bot_is_typing_before_the_engine_is_asked(simcord_env: Env, prepared_engine: Any) -> None:
    before: list[list[str]] = []
    prepared_engine.while_asked = lambda question: before.append(waiting(simcord_env))
    await simcord_env.create_user("mira").send_dm("How many?")
    assert before[0][-1] == "POST typing"


async def test_the_engine_is_never_asked_on_the_event_loops_thread(simcord_env: Env, prepared_engine: Any) -> None:
    user = simcord_env.create_user("mira")
    await user.send_dm("How many?")
    await user.slash("ask", question="How many?")
    assert len(prepared_engine.asked) == 2
    assert threading.get_ident() not in prepared_engine.threads


async def test_two_questions_at_once_are_both_answered(simcord_env: Env, prepared_engine: Any) -> None:
    together = threading.Barrier(2, timeout=4)
    prepared_engine.while_asked = lambda question: together.wait() and None
    first, second = simcord_env.create_user("mira"), simcord_env.create_user("noor")
    # The first question is put to the gateway by hand, so that it is not waited for.
    simcord_env.backend.create_message(first.dm_channel.id, first.id, "From Mira?")
    await second.send_dm("From Noor?")
    assert sorted(prepared_engine.asked) == [("From Mira?", "public"), ("From Noor?", "public")]
    for user in (first, second):
        assert user.dm_channel.last_message.author.bot


async def test_other_bots_are_ignored(simcord_env: Env, prepared_engine: Any) -> None:
    robot = simcord_env.create_user("robot", bot=True)
    await robot.send_dm("How many?")
    assert len(robot.dm_channel.history()) == 1
    assert prepared_engine.asked == []


async def test_its_own_answers_are_not_questions(simcord_env: Env, prepared_engine: Any) -> None:
    await simcord_env.create_user("mira").send_dm("How many?")
    await simcord_env.settle()
    assert len(prepared_engine.asked) == 1


async def test_messages_in_a_server_are_not_questions(simcord_env: Env, prepared_engine: Any) -> None:
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("general")
    member = guild.add_member(simcord_env.create_user("mira"))
    await member.send(channel, "How many prisoners?")
    assert prepared_engine.asked == []
    assert len(channel.history()) == 1


@pytest.mark.parametrize("content", ["", "  \n "])
async def test_a_message_without_text_is_told_what_to_do(content: str, simcord_env: Env, prepared_engine: Any) -> None:
    user = simcord_env.create_user("mira")
    channel = simcord_env.backend.get_dm_channel(user.id)
    attachments = simcord_env.backend.store_attachments(channel.id, [("photo.png", b"no picture")])
    await user.send_dm(content, attachments=attachments)
    assert user.dm_channel.last_message.embeds[0].description == text("no_text", language="en")
    assert prepared_engine.asked == []


async def test_a_refusal_looks_different_and_says_why(simcord_env: Env, prepared_engine: Any) -> None:
    user = simcord_env.create_user("mira")
    answered = (await user.slash("ask", question="How many?")).response
    prepared_engine.answer = replace(REFUSAL, citations=prepared_engine.answer.citations)
    refused = (await user.slash("ask", question="Who won?")).response
    assert text_of(refused).startswith("-# Who won?\n**The stories do not say.**\n")
    assert "[Two sides agree on exchange](https://harbour-post.example/agreed)" in text_of(refused)
    assert refused.components[0]["accent_color"] != answered.components[0]["accent_color"]


async def test_hostile_questions_and_stories_ping_nobody_and_link_nowhere_else(
    simcord_env: Env, prepared_engine: Any
) -> None:
    answer = prepared_engine.answer
    prepared_engine.answer = replace(
        answer,
        question=HOSTILE,
        figures=(replace(answer.figures[0], text=HOSTILE),),
        citations=(replace(answer.citations[0], title=HOSTILE, publisher=HOSTILE, quote=HOSTILE),),
    )
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("general")
    member = guild.add_member(simcord_env.create_user("mira"))
    result = await member.slash(channel, "ask", question=HOSTILE)
    await member.send_dm(HOSTILE)
    assert_nobody_is_pinged(simcord_env)
    message = result.response.message
    assert not message.mention_everyone
    assert message.mentions == []
    description = text_of(message)
    assert "](https://evil" not in description
    assert "https://evil" not in description.replace("https\\://evil", "")
    assert "\\@everyone" in description
    assert "](https://harbour-post.example/agreed)" in description


def test_whatever_the_bot_will_send_pings_nobody_unless_it_says_so(make_client: Any) -> None:
    assert make_client().allowed_mentions.to_dict() == {"parse": []}


async def test_the_longest_answer_is_taken_by_discord(simcord_env: Env, prepared_engine: Any) -> None:
    citation = prepared_engine.answer.citations[0]
    prepared_engine.answer = replace(
        prepared_engine.answer,
        question="why " * 400,
        citations=tuple(
            replace(citation, story_id=str(n), title="Title " * 90, quote="*A sentence* of a story. " * 90)
            for n in range(20)
        ),
    )
    user = simcord_env.create_user("mira")
    await user.send_dm("why")
    assert 3_000 < len(text_of(user.dm_channel.last_message)) <= 4_000


async def test_ask_is_offered_everywhere_and_limits_its_question(simcord_env: Env) -> None:
    (registered,) = [request for request in simcord_env.http_requests if request.method == "PUT"]
    (command,) = [command for command in registered.json if command["name"] == "ask"]
    assert sorted(command["contexts"]) == [0, 1, 2]
    assert sorted(command["integration_types"]) == [0, 1]
    question, *others = command["options"]
    assert (question["name"], question["required"]) == ("question", True)
    assert (question["min_length"], question["max_length"]) == (1, 1_000)
    assert [option["name"] for option in others] == ["story", "since", "private"]
    assert not any(option.get("required") for option in others)


async def test_the_invite_link_is_given_once_and_asks_for_no_more_than_answering_needs(make_client: Any) -> None:
    links: list[str] = []
    async with simcord.run(make_client(connected=links.append)) as env:
        env.bot.dispatch("ready")  # as after a lost connection
        await env.settle()
        assert len(links) == 1
        assert f"client_id={env.backend.application_id}" in links[0]
        assert "scope=bot+applications.commands" in links[0]
        permissions = discord.Permissions(int(links[0].split("permissions=")[1].split("&")[0]))
        assert permissions == discord.Permissions(
            view_channel=True,
            send_messages=True,
            send_messages_in_threads=True,
            embed_links=True,
            read_message_history=True,
        )


async def test_installed_for_a_user_ask_works_where_the_bot_is_not_and_is_answered_privately(
    simcord_env: Env, prepared_engine: Any
) -> None:
    user = simcord_env.create_user("mira")
    backend = simcord_env.backend
    user_payload = {"id": str(user.id), "username": "mira", "discriminator": "0", "avatar": None, "global_name": None}
    member = {"user": user_payload, "roles": [], "joined_at": "2025-01-01T00:00:00+00:00", "permissions": "0"}
    command = backend.find_command("ask", None, type=1)
    data = {
        "id": command["id"],
        "name": "ask",
        "type": 1,
        "options": [{"name": "question", "type": 3, "value": "How many?"}],
    }
    elsewhere = {
        "server": {
            "context": 0,
            "guild_id": "1001",
            "guild": {"id": "1001", "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "channel": {"id": "1002", "type": 0, "guild_id": "1001", "name": "general", "position": 0},
            "member": member | {"deaf": False, "mute": False, "flags": 0, "permissions": "0"},
        },
        "group": {"context": 2, "channel": {"id": "1002", "type": 3, "recipients": []}, "user": user_payload},
    }
    for where in elsewhere.values():
        record, payload = base_payload(
            backend, type=2, channel_id=user.dm_channel.id, guild_id=None, user_id=user.id, data=data
        )
        payload.pop("user")
        payload |= where | {"channel_id": "1002", "authorizing_integration_owners": {"1": str(user.id)}}
        backend.emit("INTERACTION_CREATE", payload)
        await simcord_env.settle()
        response = InteractionResult(simcord_env, record).response
        assert response is not None
        assert "1,000 prisoners each" in text_of(response)
        assert response.ephemeral
    assert prepared_engine.asked == [("How many?", "public")] * 2


async def test_no_privileged_intent_is_needed(make_client: Any) -> None:
    async with simcord.run(make_client(), approved_intents=discord.Intents.none()) as env:
        user = env.create_user("mira")
        await user.send_dm("How many?")
        assert text_of(user.dm_channel.last_message)
