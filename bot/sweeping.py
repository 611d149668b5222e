"""What is done now and then: libraries of servers left long ago are removed, old answers and votes forgotten."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.remembering import Memory, answers, libraries, servers, votes
from index.errors import StorydeskError

_log = logging.getLogger(__name__)


class Removes(Protocol):
    """What sweeping needs of an engine. It blocks."""

    def remove_library(self, name: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was removed."""

    servers: int = 0
    libraries: int = 0
    answers: int = 0
    votes: int = 0


async def take_stock(memory: Memory, present: Iterable[int], *, at: datetime) -> None:
    """Make what is remembered agree with the servers that Discord says the bot is in.

    It may have been invited and removed while it was not running.
    """
    here = set(present)
    known = await memory.run(servers.known)
    for server_id in sorted(here):
        if not known.get(server_id, False):
            await memory.run(servers.joined, server_id, at=at)
    for server_id, was_here in known.items():
        if was_here and server_id not in here:
            await memory.run(servers.left, server_id, at=at)


async def remove_library(memory: Memory, engine: Removes, name: str, *, at: datetime) -> bool:
    """Remove a library with its stories; nobody reads it from the first step on. Whether nothing is left of it.

    What is left, or a kill leaves, the next sweep removes. Raises StorageError.
    """
    await memory.run(libraries.remove, name, at=at)
    if not await asyncio.to_thread(engine.remove_library, name):
        return False
    await memory.run(libraries.drop, name)
    return True


async def sweep(memory: Memory, engine: Removes, *, now: datetime, grace: timedelta, answers_for: timedelta) -> Swept:
    """Remove what is over: servers left longer than `grace` ago, libraries half removed, answers and votes older
    than `answers_for`.

    A library that cannot be removed is tried again by the next sweep.
    """
    swept_libraries = swept_servers = 0
    for name in await memory.run(libraries.removed):
        swept_libraries += await _try_to_remove(memory, engine, name, now)
    for server_id in await memory.run(servers.left_longer_than, now - grace):
        for name in await memory.run(libraries.left_behind, server_id):
            swept_libraries += await _try_to_remove(memory, engine, name, now)
        swept_servers += await memory.run(servers.drop, server_id)
    swept_answers = await memory.run(answers.drop_older_than, now - answers_for)
    swept_votes = await memory.run(votes.drop_older_than, now - answers_for)
    return Swept(swept_servers, swept_libraries, swept_answers, swept_votes)


async def _try_to_remove(memory: Memory, engine: Removes, name: str, now: datetime) -> bool:
    try:
        removed = await remove_library(memory, engine, name, at=now)
    except StorydeskError as error:
        _log.warning("Library %s could not be removed; the next sweep tries again: %s", name, error)
        return False
    if removed:
        _log.info("Library %s was removed", name)
    return removed
