"""Tells systemd how the bot is, as `sd_notify(3)` describes it: ready, alive, stopping.

Each message is a datagram to the socket that NOTIFY_SOCKET names; without that nothing happens.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from bot.operating.health import Health

_log = logging.getLogger(__name__)

LONGEST_BETWEEN = 10.0
"""Seconds between two looks at the bot's health; less when systemd waits for less than twice as long."""


def notify(*states: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send these, such as "READY=1", in one message; whether somebody wanted it and it was sent. Never blocks."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # an address without a file, which the system wants written otherwise
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto("\n".join(states).encode(), address)
    except OSError as error:
        _log.warning("systemd could not be told %s: %s", " ".join(states), error)
        return False
    return True


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """Within which systemd wants to hear again and again that this process is alive; None when it does not ask."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() and int(microseconds) else None


@asynccontextmanager
async def supervised(
    health: Callable[[], Health], *, environment: Mapping[str, str] = os.environ
) -> AsyncIterator[None]:
    """Meanwhile say once that the bot is ready, and then again and again that it is alive, as long as it is well.

    What is well is what /healthz says. An event loop that hangs says nothing, and neither does a bot that has lost
    Discord: systemd starts it again when that lasts.
    """
    if not environment.get("NOTIFY_SOCKET"):
        yield
        return
    telling = asyncio.create_task(_keep_telling(health, environment))
    try:
        yield
    finally:
        telling.cancel()


async def _keep_telling(health: Callable[[], Health], environment: Mapping[str, str]) -> None:
    watchdog = watchdog_seconds(environment)
    ready, told = False, ""
    while True:
        status = health().status
        states = [f"STATUS={status}"] if status != told else []
        if status == "ok":
            states += [] if ready else ["READY=1"]
            states += ["WATCHDOG=1"] if watchdog is not None else []
        if states and notify(*states, environment=environment):
            ready, told = ready or "READY=1" in states, status
        # Until it is ready often, as somebody waits for the start.
        await asyncio.sleep(min(LONGEST_BETWEEN if ready else 1.0, (watchdog or LONGEST_BETWEEN) / 2))
