"""The bot's page for monitors: `/healthz` and `/metrics`, on this machine only."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.operating.health import Health
from bot.operating.metrics import CONTENT_TYPE, Metrics
from index.errors import SettingsError

ADDRESS = "127.0.0.1"


@asynccontextmanager
async def monitored(port: int | None, *, metrics: Metrics, health: Callable[[], Health]) -> AsyncIterator[None]:
    """Serve health and metrics on `port` of the loopback address; nothing when it is None.

    `/healthz` answers 200 when the bot is well, else 503, both with JSON that says more. Raises SettingsError when
    the port cannot be used.
    """
    if port is None:
        yield
        return
    application = web.Application()

    async def healthz(request: web.Request) -> web.Response:
        now = health()
        return web.Response(
            text=json.dumps(now.to_json()) + "\n",
            status=200 if now.status == "ok" else 503,
            content_type="application/json",
        )

    async def figures(request: web.Request) -> web.Response:
        body = await asyncio.to_thread(metrics.exposition)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    application.router.add_get("/healthz", healthz)
    application.router.add_get("/metrics", figures)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, ADDRESS, port).start()
        except OSError as error:
            raise SettingsError(
                f"STORYDESK_METRICS_PORT is {port}, which cannot be used on {ADDRESS} ({error.strerror or error}); "
                "choose another one, or leave it unset."
            ) from error
        yield
    finally:
        await runner.cleanup()
