"""A stand-in for Discord on this machine: HTTP and gateway, with a wall clock, for a bot that is not changed for it.

It refuses what Discord refuses (`discord_rules`, and what `discord_description` finds wrong), and does on demand what
Discord does on a bad day: `script` lets requests fail, wait or break off, `lose_gateway` and its like end
connections. What the bot did is in `requests`, `refused`, `interactions`, `messages` and `sessions`.

The server runs on a loop in a thread of its own; all methods without a leading underscore may be called from any
other thread.
"""

import asyncio
import fnmatch
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from discord_bad_days import Step, as_json, failing_after
from discord_description import discord_description
from discord_gateway import StandInGateway
from discord_payloads import APPLICATION, BOT, direct_channel, member, message, person, server, text_channel
from discord_rules import Interaction, Refusal, refuse_after, refuse_callback, refuse_message

MIRA = person()
DIRECT_CHANNEL = 70
"""Where `MIRA` writes to the bot alone."""


@dataclass(frozen=True)
class Request:
    """What the bot asked, with the status and Discord's code of the answer (0 when it was none)."""

    method: str
    path: str
    json: Any
    status: int
    code: int = 0


@dataclass
class StandIn(StandInGateway):
    """Discord, with one application, one person and as many servers as a test makes."""

    token_is_right: bool = True
    requests: list[Request] = field(default_factory=list)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the bot's messages in channels, with "id" and "channel_id", edited ones as they stand now."""
    commands: list[Any] = field(default_factory=list)
    members: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """By ids of server and person."""
    _scripts: list[tuple[str, str, list[Step]]] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(10_000))

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def refused(self) -> list[Request]:
        """What was refused for being wrong, late or double."""
        return [request for request in self.requests if 400 <= request.status < 500 and request.status != 429]

    @contextmanager
    def running(self) -> Iterator["StandIn"]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            self._do(self._start())
            yield self
        finally:
            self._do(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    # What people do.

    def ask(self, question: str, *, server_id: int | None = None, who: dict[str, Any] = MIRA) -> Interaction:
        """Use `/ask`, in a direct message or in a server."""
        options = [{"name": "question", "type": 3, "value": question}]
        data = {"id": "90", "name": "ask", "type": 1, "options": options}
        return self.interact(2, data, server_id=server_id, who=who)

    def interact(
        self, kind: int, data: dict[str, Any], *, server_id: int | None = None, who: dict[str, Any] = MIRA, **more: Any
    ) -> Interaction:
        """Use a command (2), press or choose a component (3), type into an option (4) or send a form (5)."""
        number = next(self._ids)
        interaction = Interaction(str(number), f"token-of-{number}", time.monotonic())
        self.interactions[interaction.token] = interaction
        channel_id = DIRECT_CHANNEL if server_id is None else server_id + 1
        payload: dict[str, Any] = {
            "id": interaction.id, "application_id": APPLICATION["id"], "type": kind, "token": interaction.token,
            "version": 1, "data": data, "channel_id": str(channel_id), "locale": "en-US", "entitlements": [],
            "app_permissions": "2251799813685247", "attachment_size_limit": 10_485_760,
        }  # fmt: skip
        if server_id is None:
            payload |= {"channel": direct_channel(channel_id, who), "user": who, "context": 1}
            payload["authorizing_integration_owners"] = {"0": "0"}
        else:
            payload |= {
                "channel": text_channel(channel_id, server_id), "guild_id": str(server_id), "guild_locale": "en-US",
                "guild": {"id": str(server_id), "locale": "en-US", "features": []}, "context": 0,
                "member": member(who, permissions="2251799813685247"),
                "authorizing_integration_owners": {"0": str(server_id)},
            }  # fmt: skip
        self.send("INTERACTION_CREATE", payload | more, server_id=server_id)
        return interaction

    def write(self, content: str, *, server_id: int | None = None, who: dict[str, Any] = MIRA, **more: Any) -> str:
        """Write a message to the bot alone, or into a server's channel; returns its id."""
        message_id = next(self._ids)
        channel_id = DIRECT_CHANNEL if server_id is None else server_id + 1
        payload = message(message_id, channel_id, who, {"content": content}) | more
        if server_id is None:
            payload["channel"] = {"id": str(channel_id), "type": 1}
        else:
            payload |= {"guild_id": str(server_id), "member": member(who) | {"user": None}}
        self.send("MESSAGE_CREATE", payload, server_id=server_id)
        return str(message_id)

    def add_server(self, server_id: int = 4_194_304_000, *, owner: dict[str, Any] = MIRA) -> int:
        """Invite the bot to a server whose one channel has the next id; returns the server's id."""
        made = server(server_id, channel_id=server_id + 1, owner=owner)
        self._servers.append(made)
        self.members[(str(server_id), str(owner["id"]))] = member(owner)
        if self.connected:
            self.send("GUILD_CREATE", made, server_id=server_id)
        return server_id

    def send(self, event: str, data: Any, *, server_id: int | None = None) -> None:
        """Dispatch an event to the shard that it belongs to; one that is away gets it when it resumes."""
        shard = 0 if server_id is None else (server_id >> 22) % self.shards
        self._do(self._dispatch(event, data, shard))

    # What Discord does on a bad day.

    def script(self, method: str, path: str, *steps: Step) -> None:
        """Let the next requests that match do `steps`, one each; `path` may have `*`. Later ones go as usual."""
        self._scripts.append((method, path, list(steps)))

    def take_but_fail(self, *, times: int = 1) -> None:
        """Let the next acknowledgements be taken, with 500 for an answer."""
        steps = [failing_after(lambda token, body: self._acknowledge(token, body, []))] * times
        self.script("POST", "/interactions/*", *steps)

    def wait_for(self, happened: Callable[[], Any], *, what: str, seconds: float = 30) -> None:
        """Wait until it is true; an assertion fails after `seconds`."""
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"it did not come to it that {what}; requests: {self.requests[-20:]}"
            time.sleep(0.01)

    # The server.

    async def _start(self) -> None:
        application = web.Application(client_max_size=50_000_000)
        application.router.add_get("/gateway", self._serve_gateway)
        application.router.add_route("*", "/api/v10/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def _stop(self) -> None:
        await self._lose(None)
        await self._runner.cleanup()
        # What was to be answered late, or never: a task that ends with its loop would be reported in another test.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        body, files = await _read(request)
        for method, pattern, steps in self._scripts:
            if steps and method == request.method and fnmatch.fnmatchcase(path, pattern):
                response = await steps.pop(0)(request)
                if response is not None:
                    self.requests.append(Request(request.method, path, body, response.status))
                    return response
                break
        answer = self._answer(request.method, path, body, files)
        if isinstance(answer, Refusal):
            self.requests.append(Request(request.method, path, body, answer.status, answer.code))
            return as_json({"message": answer.message, "code": answer.code}, status=answer.status)
        self.requests.append(Request(request.method, path, body, 204 if answer is None else 200))
        return web.Response(status=204) if answer is None else as_json(answer)

    def _answer(self, method: str, path: str, body: Any, files: int) -> Any:
        """The body of the answer, None for one without, or a Refusal."""
        if not self.token_is_right:
            return Refusal(401, 0, "401: Unauthorized")
        description = discord_description()
        wrong = description.problems(method, path, body) if description is not None else []
        parts = path.strip("/").split("/")
        if parts[0] == "interactions":
            return self._acknowledge(parts[2], body, wrong)
        if parts[0] == "webhooks":
            return self._show(method, parts, body, wrong)
        if wrong:
            return Refusal(400, 50035, f"Invalid Form Body: {'; '.join(wrong)}")
        return self._answer_plainly(method, parts, body, files)

    def _registered(self) -> list[Any]:
        known = {"version": "1", "application_id": APPLICATION["id"]}
        return [one | known | {"id": str(90 + number)} for number, one in enumerate(self.commands)]

    def _answer_plainly(self, method: str, parts: list[str], body: Any, files: int) -> Any:
        match (method, *parts):
            case ("GET", "users", "@me"):
                return BOT
            case ("GET", "oauth2", "applications", "@me") | ("GET", "applications", "@me"):
                return APPLICATION
            case ("GET", "gateway", "bot"):
                limit = {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1}
                return {"url": self.gateway, "shards": self.shards, "session_start_limit": limit}
            case ("GET", "gateway"):
                return {"url": self.gateway}
            case ("PUT", "applications", _, "commands"):
                self.commands = [{"description": ""} | command for command in body]  # as for context menus
                return self._registered()
            case ("GET", "applications", _, "commands"):
                return self._registered()
            case ("POST", "users", "@me", "channels"):
                return direct_channel(DIRECT_CHANNEL, MIRA)
            case ("GET", "channels", channel_id):
                if int(channel_id) == DIRECT_CHANNEL:
                    return direct_channel(DIRECT_CHANNEL, MIRA)
                return text_channel(int(channel_id), int(channel_id) - 1)
            case ("POST", "channels", _, "typing"):
                return None
            case ("POST", "channels", channel_id, "messages"):
                refusal = refuse_message(body or {}, files=files)
                if refusal is not None:
                    return refusal
                number = next(self._ids)
                self.messages.append((body or {}) | {"id": str(number), "channel_id": channel_id})
                return message(number, int(channel_id), BOT, body or {})
            case ("PATCH", "channels", channel_id, "messages", message_id):
                found = next((one for one in self.messages if one["id"] == message_id), None)
                if found is None:
                    return Refusal(404, 10008, "Unknown Message")
                refusal = refuse_message(body, editing=True)
                if refusal is None:
                    found |= body
                return refusal or message(int(message_id), int(channel_id), BOT, found)
            case ("GET", "guilds", server_id, "members", person_id):
                return self.members.get((server_id, person_id)) or Refusal(404, 10007, "Unknown Member")
            case ("DELETE", *_):
                return None
        return Refusal(404, 0, "404: Not Found")

    def _acknowledge(self, token: str, body: Any, wrong: list[str]) -> Any:
        interaction, now = self.interactions.get(token), time.monotonic()
        refusal = refuse_callback(interaction, body, now=now)
        if refusal is not None or interaction is None:
            return refusal
        if wrong:
            return Refusal(400, 50035, f"Invalid Form Body: {'; '.join(wrong)}")
        interaction.acknowledged = now
        interaction.callbacks.append(body)
        if body["type"] in (4, 7):
            interaction.messages["@original"] = body["data"]
        summary = {"id": interaction.id, "type": 2, "response_message_id": str(next(self._ids))}
        return {"interaction": summary | {"response_message_loading": body["type"] == 5}}

    def _show(self, method: str, parts: list[str], body: Any, wrong: list[str]) -> Any:
        interaction, now = self.interactions.get(parts[2]), time.monotonic()
        name = parts[4] if len(parts) > 4 else str(next(self._ids))
        checked = {"content": "looked at or deleted"} if body is None else body
        refusal = refuse_after(interaction, checked, now=now, editing=method == "PATCH")
        if refusal is not None or interaction is None:
            return refusal
        if wrong:
            return Refusal(400, 50035, f"Invalid Form Body: {'; '.join(wrong)}")
        if method == "DELETE":
            interaction.messages.pop(name, None)
            return None
        if method != "GET":
            interaction.messages[name] = interaction.messages.get(name, {}) | body
        number = int(interaction.id) + 1 if name == "@original" else int(name)
        return message(number, DIRECT_CHANNEL, BOT, interaction.messages.get(name, {}))


async def _read(request: web.Request) -> tuple[Any, int]:
    """The JSON of a request, and how many files came with it."""
    if request.content_type != "multipart/form-data":
        return (await request.json() if request.can_read_body else None), 0
    form = await request.post()
    payload = form.get("payload_json")
    files = sum(name.startswith("files[") for name in form)
    return json.loads(payload) if isinstance(payload, str) else {}, files
