"""Running the bot from login to stop, against a stand-in for Discord on this machine."""

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import pytest
import yarl
from aiohttp import WSMsgType, web
from discord.gateway import DiscordWebSocket

from bot.running import run_bot
from bot.settings import Settings, load_settings
from index.errors import ModelError, SettingsError, StorydeskError

TOKEN = "MTE4NTYzNzQ5OTk4.made-up.token-of-no-bot"
BOT = {"id": "42", "username": "storydesk", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {
    "id": "43", "name": "Storydesk", "icon": None, "description": "", "summary": "", "bot_public": True,
    "bot_require_code_grant": False, "verify_key": "", "flags": 0, "owner": BOT, "team": None,
}  # fmt: skip
PERSON = {"id": "50", "username": "mira", "discriminator": "0", "avatar": None}
QUESTION = {
    "id": "60", "channel_id": "70", "author": PERSON, "content": "How many prisoners?", "type": 0, "embeds": [],
    "attachments": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False, "tts": False,
    "timestamp": "2025-05-23T10:00:00+00:00", "edited_timestamp": None, "channel": {"id": "70", "type": 1},
}  # fmt: skip


def _json(data: Any, *, status: int = 200) -> web.Response:
    # discord.py reads JSON only when the content type is exactly this, without a character set.
    return web.Response(body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json"})


@dataclass
class StandIn:
    """Answers what a starting bot asks of Discord, and lets it connect; requests are kept."""

    refused: bool = False
    status: int = 200
    close_code: int | None = None
    on_ready: Callable[["StandIn"], None] = lambda stand_in: None
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    gateways: list[web.WebSocketResponse] = field(default_factory=list)
    port: int = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.path, body))
        if self.refused:
            return _json({"message": "401: Unauthorized", "code": 0}, status=401)
        if self.status != 200:
            return _json({"message": "no", "code": 0}, status=self.status)
        replies: dict[str, Any] = {
            "/users/@me": BOT,
            "/oauth2/applications/@me": APPLICATION,
            "/applications/43/commands": [],
            "/users/@me/channels": {"id": "70", "type": 1, "recipients": [PERSON]},
            "/channels/70": {"id": "70", "type": 1, "recipients": [PERSON]},
        }
        if request.path == "/channels/70/typing":
            return web.Response(status=204)
        if request.path == "/channels/70/messages":
            return _json(QUESTION | {"id": "61", "author": BOT, "embeds": body["embeds"]})
        return _json(replies[request.path])

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            operation = json.loads(message.data)["op"]
            if operation == 1:
                await socket.send_json({"op": 11})
            if operation == 2 and self.close_code is not None:
                await socket.close(code=self.close_code)
            elif operation == 2:
                self.gateways.append(socket)
                await self.send(
                    "READY",
                    {"v": 10, "user": BOT, "guilds": [], "session_id": "s", "application": {"id": "43", "flags": 0},
                     "resume_gateway_url": f"ws://127.0.0.1:{self.port}/gateway"},
                )  # fmt: skip
                self.on_ready(self)
        return socket

    async def send(self, event: str, data: Any) -> None:
        await self.gateways[-1].send_json({"op": 0, "t": event, "s": 1, "d": data})

    def send_soon(self, event: str, data: Any) -> None:
        asyncio.run_coroutine_threadsafe(self.send(event, data), self.loop)

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/gateway", self.gateway)
        application.router.add_route("*", "/{path:.*}", self.serve)
        self.runner = web.AppRunner(application, shutdown_timeout=1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    def messages(self) -> list[Any]:
        return [body for method, path, body in self.requests if path.endswith("/messages")]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    stand_in = StandIn()
    thread = threading.Thread(target=stand_in.loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(stand_in.start(), stand_in.loop).result(10)
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{stand_in.port}")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws://127.0.0.1:{stand_in.port}/gateway"))
    yield stand_in
    asyncio.run_coroutine_threadsafe(stand_in.runner.cleanup(), stand_in.loop).result(10)
    stand_in.loop.call_soon_threadsafe(stand_in.loop.stop)
    thread.join(10)
    stand_in.loop.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        folder=tmp_path,
        environment={"STORYDESK_HOME": str(tmp_path), "DISCORD_TOKEN": TOKEN, "STORYDESK_QUESTION_SECONDS": "30"},
    )


@pytest.fixture
def engine(prepared_engine: Any) -> Any:
    prepared_engine.load_model = lambda: None
    return prepared_engine


def stop(_: Any = None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def wait_until(condition: Callable[[], Any]) -> None:
    """Let a thread of the engine wait for what happens in other threads, but not for ever."""
    for _ in range(1_000):
        if condition():
            return
        threading.Event().wait(0.01)


def test_a_refused_token_is_one_sentence_that_does_not_repeat_it(
    stand_in: StandIn, settings: Settings, engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.refused = True
    with pytest.raises(SettingsError) as caught:
        run_bot(settings, engine, on_connected=pytest.fail)
    assert str(caught.value).startswith("Discord refused the token in DISCORD_TOKEN.")
    assert "\n" not in str(caught.value)
    output = capsys.readouterr()
    assert TOKEN not in str(caught.value) + output.out + output.err
    assert output.out == ""
    assert [path for _, path, _ in stand_in.requests] == ["/users/@me"]


def test_the_model_is_not_loaded_for_a_refused_token(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.refused = True
    engine.load_model = pytest.fail
    with pytest.raises(SettingsError):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_a_token_that_was_reset_later_is_said_to_be_refused(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.close_code = 4004
    with pytest.raises(SettingsError, match="Discord refused the token"):
        run_bot(settings, engine, on_connected=pytest.fail)


@pytest.mark.parametrize("token", ["to ken", "tokén", "to\nken"])
def test_a_token_with_characters_that_no_token_has_is_refused_here(
    token: str, settings: Settings, engine: Any, tmp_path: Path
) -> None:
    wrong = load_settings(folder=tmp_path, environment={"STORYDESK_HOME": str(tmp_path), "DISCORD_TOKEN": token})
    with pytest.raises(SettingsError, match="Discord refused the token"):
        run_bot(wrong, engine, on_connected=pytest.fail)


def test_without_a_token_it_says_which_setting_is_missing(engine: Any, tmp_path: Path) -> None:
    missing = load_settings(folder=tmp_path, environment={"STORYDESK_HOME": str(tmp_path)})
    with pytest.raises(SettingsError, match="DISCORD_TOKEN is not set"):
        run_bot(missing, engine, on_connected=pytest.fail)


def test_without_a_network_it_says_that_discord_cannot_be_reached(
    stand_in: StandIn, settings: Settings, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:1")
    with pytest.raises(StorydeskError, match="Discord cannot be reached"):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_another_answer_of_discord_at_login_is_named(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.status = 403
    with pytest.raises(StorydeskError, match="Discord answered with error 403"):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_a_refused_intent_is_explained(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.close_code = 4014
    with pytest.raises(SettingsError, match="privileged intent"):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_a_model_that_cannot_be_loaded_ends_the_bot_with_its_sentence(
    stand_in: StandIn, settings: Settings, engine: Any
) -> None:
    def fail() -> None:
        raise ModelError("The model is missing; install it.")

    engine.load_model = fail
    with pytest.raises(ModelError, match="The model is missing"):
        run_bot(settings, engine, on_connected=lambda invite: None)


def test_it_connects_loads_the_model_beside_gives_the_invite_link_and_stops(
    stand_in: StandIn, settings: Settings, engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[int] = []
    invites: list[str] = []
    engine.load_model = lambda: loaded.append(threading.get_ident())

    def connected(invite: str) -> None:
        invites.append(invite)
        stop()

    run_bot(settings, engine, on_connected=connected)
    assert "client_id=43" in invites[0]
    assert len(loaded) == 1
    assert threading.get_ident() not in loaded
    output = capsys.readouterr()
    assert output.out == ""
    assert "discord" in output.err
    assert TOKEN not in output.err
    assert "voice" not in output.err


def test_a_log_record_with_the_token_is_written_without_it(
    stand_in: StandIn, settings: Settings, engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def connected(invite: str) -> None:
        logging.getLogger("discord.http").warning("sent Bot %s", TOKEN)
        stop()

    run_bot(settings, engine, on_connected=connected)
    assert "sent Bot [token]" in capsys.readouterr().err


def test_a_stop_in_the_middle_of_a_question_answers_it_first(
    stand_in: StandIn, settings: Settings, engine: Any
) -> None:
    stand_in.on_ready = lambda discord_: discord_.send_soon("MESSAGE_CREATE", QUESTION)

    def stop_and_wait(question: str) -> None:
        if engine.asked != [("How many prisoners?", "public")]:
            return
        stop()
        # When the signal was taken, a second question comes, and is turned away before the first is answered.
        wait_until(lambda: signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
        stand_in.send_soon("MESSAGE_CREATE", QUESTION | {"id": "62", "content": "And when?"})
        wait_until(stand_in.messages)

    engine.while_asked = stop_and_wait
    run_bot(settings, engine, on_connected=lambda invite: None)
    turned_away, answered = stand_in.messages()
    assert turned_away["message_reference"]["message_id"] == 62
    assert "being restarted" in turned_away["embeds"][0]["description"]
    assert answered["message_reference"]["message_id"] == 60
    assert "1,000 prisoners each" in answered["embeds"][0]["description"]
    assert engine.asked == [("How many prisoners?", "public")]


def test_a_question_that_outlasts_the_stop_is_told_so(
    stand_in: StandIn, settings: Settings, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.running._SECONDS_TO_FINISH", 0.1)
    stand_in.on_ready = lambda discord_: discord_.send_soon("MESSAGE_CREATE", QUESTION)

    def stop_and_outlast(question: str) -> None:
        stop()
        wait_until(stand_in.messages)

    engine.while_asked = stop_and_outlast
    run_bot(settings, engine, on_connected=lambda invite: None)
    (told,) = stand_in.messages()
    assert "being restarted" in told["embeds"][0]["description"]


def test_signals_are_as_before_when_it_has_stopped(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    run_bot(settings, engine, on_connected=stop)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
