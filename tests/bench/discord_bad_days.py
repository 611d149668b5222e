"""What Discord does to requests on a bad day: steps for `StandIn.script`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Step = Callable[[web.Request], Awaitable[web.Response | None]]
"""What happens to a request instead of an answer, or, when it gives None, before it is answered as usual."""


def limited(seconds: float, *, everywhere: bool = False, by_discord: bool = True) -> Step:
    """429, with how long to wait; `by_discord` False is the firewall in front of it, which says less."""

    async def step(request: web.Request) -> web.Response:
        if not by_discord:
            return web.Response(status=429, text="You are being blocked from accessing our API.")
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": everywhere, "code": 0}
        return as_json(body, status=429, headers={"Via": "1.1 google", "Retry-After": str(seconds)})

    return step


def failing(status: int) -> Step:
    """An error of Discord's own, such as 500 or 503."""

    async def step(request: web.Request) -> web.Response:
        return web.Response(status=status, text="upstream connect error")

    return step


def refusing(status: int, code: int) -> Step:
    """An error with one of Discord's codes, such as 403 and 50001."""

    async def step(request: web.Request) -> web.Response:
        return as_json({"message": "no", "code": code}, status=status)

    return step


def failing_after(acknowledge: Callable[[str, Any], Any]) -> Step:
    """An acknowledgement that Discord takes, with an error of its own for an answer."""

    async def step(request: web.Request) -> web.Response:
        acknowledge(request.path.split("/")[-2], await request.json())
        return web.Response(status=500, text="upstream connect error")

    return step


def slow(seconds: float) -> Step:
    """The usual answer, but later."""

    async def step(request: web.Request) -> None:
        await asyncio.sleep(seconds)

    return step


def never_finished() -> Step:
    """An answer whose body does not come to its end."""

    async def step(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"id": ')
        await asyncio.sleep(3_600)
        return response

    return step


def broken_off() -> Step:
    """The connection ends without an answer."""

    async def step(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return step


def as_json(data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A response as Discord sends it."""
    # discord.py reads JSON only when the content type is exactly this, without a character set.
    body = json.dumps(data).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"} | (headers or {}))
