"""The gateway of the stand-in for Discord: sessions of shards, events that they get, connections that end.

It runs on the loop of the stand-in, in a thread of its own; methods without a leading underscore may be called from
any other thread.
"""

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from discord_payloads import BOT


@dataclass
class Session:
    """A gateway session of one shard. Times are of the monotonic clock, in seconds."""

    id: str
    shard: tuple[int, int]
    intents: int
    socket: web.WebSocketResponse | None
    events: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: list[float] = field(default_factory=list)
    resumed: int = 0


@dataclass
class StandInGateway:
    """Discord's side of the websockets. What the bot did is in `sessions` and `connections`."""

    shards: int = 1
    heartbeat_seconds: float = 40.0
    close_code: int | None = None
    """Closes every connection to the gateway with this code when the bot identifies itself."""
    port: int = 0
    sessions: list[Session] = field(default_factory=list)
    connections: int = 0
    _servers: list[dict[str, Any]] = field(default_factory=list)
    _refused_connections: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def gateway(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    @property
    def connected(self) -> bool:
        return any(session.socket is not None for session in self.sessions)

    def lose_gateway(self, *, code: int | None = None, refusing: int = 0) -> None:
        """End all gateway connections: with a code, or as a network does that breaks; then refuse some attempts."""
        self._refused_connections = refusing
        self._do(self._lose(code))

    def ask_to_reconnect(self) -> None:
        """Ask all shards to connect anew, as Discord does when it moves them."""
        self._do(self._to_all({"op": 7, "d": None}))

    def forget_sessions(self) -> None:
        """From now on no session of before can be resumed."""
        for session in self.sessions:
            session.id = ""

    def late_heartbeats(self, *, by: float = 1.0) -> list[float]:
        """The gaps between heartbeats that were longer than asked for by more than `by` seconds."""
        gaps = [after - before for session in self.sessions for before, after in itertools.pairwise(session.heartbeats)]
        return [gap for gap in gaps if gap > self.heartbeat_seconds + by]

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _serve_gateway(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if self._refused_connections:
            self._refused_connections -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": int(self.heartbeat_seconds * 1000)}})
        session: Session | None = None
        async for received in socket:
            if received.type is not WSMsgType.TEXT:
                break
            said = json.loads(received.data)
            if said["op"] == 1:
                if session is not None:
                    session.heartbeats.append(time.monotonic())
                await socket.send_json({"op": 11})
            elif said["op"] == 2 and self.close_code is not None:
                await socket.close(code=self.close_code)
            elif said["op"] == 2:
                session = await self._identify(socket, said["d"])
            elif said["op"] == 6:
                session = await self._resume(socket, said["d"])
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> Session:
        shard = tuple(said.get("shard", (0, 1)))
        session = Session(f"session-{len(self.sessions)}", (shard[0], shard[1]), said["intents"], socket)
        self.sessions.append(session)
        mine = [made for made in self._servers if (int(made["id"]) >> 22) % self.shards == shard[0]]
        ready = {
            "v": 10, "user": BOT, "session_id": session.id, "application": {"id": "43", "flags": 0},
            "resume_gateway_url": self.gateway, "shard": list(shard),
            "guilds": [{"id": made["id"], "unavailable": True} for made in mine],
        }  # fmt: skip
        await self._tell(session, "READY", ready)
        for made in mine:
            await self._tell(session, "GUILD_CREATE", made)
        return session

    async def _resume(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> Session | None:
        session = next((one for one in self.sessions if one.id and one.id == said["session_id"]), None)
        if session is None:
            await socket.send_json({"op": 9, "d": False})
            return None
        session.socket = socket
        session.resumed += 1
        for missed in session.events[said["seq"] :]:
            await socket.send_json(missed)
        await self._tell(session, "RESUMED", {})
        return session

    async def _dispatch(self, event: str, data: Any, shard: int) -> None:
        live = [session for session in self.sessions if session.id and session.shard[0] == shard]
        assert live, f"no session of shard {shard}"
        await self._tell(live[-1], event, data)

    async def _tell(self, session: Session, event: str, data: Any) -> None:
        session.events.append({"op": 0, "t": event, "s": len(session.events) + 1, "d": data})
        if session.socket is not None and not session.socket.closed:
            await session.socket.send_json(session.events[-1])

    async def _to_all(self, said: Any) -> None:
        for session in self.sessions:
            if session.socket is not None:
                await session.socket.send_json(said)

    async def _lose(self, code: int | None) -> None:
        for session in self.sessions:
            socket, session.socket = session.socket, None
            if socket is None:
                continue
            if code is not None:
                await socket.close(code=code)
            elif socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
