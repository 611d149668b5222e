"""What the connection to Discord does: its shards, its requests."""

import asyncio
import logging
import re
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.operating.metrics import Metrics

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

REQUEST_SECONDS = 20.0
"""Within which Discord has to answer a request, its body included."""

_log = logging.getLogger(__name__)
_WEBSOCKET = ("ws", "wss")
_KINDS = (
    ("acknowledge", re.compile(r"/interactions/\d+/[^/]+/callback")),
    ("answer", re.compile(r"/webhooks/\d+/[^/]+(?:/messages/[^/]+)?")),
    ("message", re.compile(r"/channels/\d+/messages(?:/\d+)?")),
    ("typing", re.compile(r"/channels/\d+/typing")),
    ("member", re.compile(r"/guilds/\d+/members/\d+")),
    ("commands", re.compile(r"/applications/\d+/(?:guilds/\d+/)?commands.*")),
)


def requests_traced(metrics: Metrics) -> aiohttp.TraceConfig:
    """What discord.py is given as `http_trace`, so that all of its requests are measured."""
    trace = aiohttp.TraceConfig()

    async def begin(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestStartParams) -> None:
        context.began = time.perf_counter()

    async def end(_: aiohttp.ClientSession, context: SimpleNamespace, done: aiohttp.TraceRequestEndParams) -> None:
        metrics.requested(kind_of(done.url.path), str(done.response.status), time.perf_counter() - context.began)

    async def fail(
        _: aiohttp.ClientSession, context: SimpleNamespace, done: aiohttp.TraceRequestExceptionParams
    ) -> None:
        metrics.requested(kind_of(done.url.path), "none", time.perf_counter() - context.began)

    trace.on_request_start.append(begin)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(fail)
    return trace


class ConnectorInTime(aiohttp.TCPConnector):
    """Breaks the connection off when a request is not answered within `seconds`: the request fails as when Discord did.

    discord.py has no time limit of its own, and aiohttp's is five minutes. One that may be repeated, such as a GET, is
    tried once more by aiohttp. The gateway's websocket stays open as long as it likes. For the event loop's thread.
    """

    def __init__(self, *, seconds: float) -> None:
        super().__init__(limit=0)  # as discord.py's own
        self._seconds = seconds

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: "list[Trace]",
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - as aiohttp has it
    ) -> "Connection":
        async with asyncio.timeout(self._seconds):
            connection = await super().connect(req, traces, timeout)
        if req.url.scheme not in _WEBSOCKET:
            limit = asyncio.get_running_loop().call_later(self._seconds, self._break_off, connection, req)
            connection.add_callback(limit.cancel)  # called when the answer is there, or is given up
        return connection

    def _break_off(self, connection: "Connection", request: aiohttp.ClientRequest) -> None:
        _log.warning("Discord did not answer within %g seconds (%s)", self._seconds, kind_of(request.url.path))
        if connection.transport is not None:
            connection.transport.abort()


def kind_of(path: str) -> str:
    """What a request to Discord is for, of a handful of words."""
    bare = re.sub(r"^/api(?:/v\d+)?", "", path)
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(bare)), "other")


def watch_gateway(client: discord.AutoShardedClient, metrics: Metrics) -> None:
    """Count what happens to the client's connections, and give their state with the metrics."""

    def count(event: str, counted: str) -> None:
        async def note(shard_id: int) -> None:
            metrics.gateway_event(counted)

        note.__name__ = f"on_{event}"
        client.event(note)

    count("shard_connect", "connected")
    count("shard_disconnect", "lost")
    count("shard_resumed", "resumed")
    metrics.watch_all(
        "storydesk_gateway_connected",
        "Whether a shard is connected to the gateway",
        lambda: [(str(shard_id), float(connected)) for shard_id, connected in shards_connected(client).items()],
        label="shard",
    )
    metrics.watch_all(
        "storydesk_gateway_latency_seconds",
        "Time between a heartbeat and its answer",
        lambda: [(str(shard_id), latency) for shard_id, latency in client.latencies],
        label="shard",
    )
    metrics.watch("storydesk_servers", "Servers that the bot is in", lambda: len(client.guilds))


def shards_connected(client: discord.AutoShardedClient) -> dict[int, bool]:
    """Whether each shard is connected, by its number; empty before the first was."""
    return {shard_id: not shard.is_closed() for shard_id, shard in client.shards.items()}
