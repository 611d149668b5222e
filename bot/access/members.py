"""Whether a person is in a server: asked of Discord, and believed for a short while."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import discord

from bot.access.places import membership_of_member
from bot.access.rules import Membership

Fetch = Callable[[int, int], Awaitable[Membership | None]]
"""Given a server's and a person's id: the membership, None when there is none. Raises CouldNotVerifyError."""

SECONDS = 120.0
"""How long what Discord said is believed: so long may someone who left still read in direct messages."""
MOST = 20_000

_log = logging.getLogger(__name__)
# Unknown guild, member and user, and no access to the server.
_NOT_THERE = frozenset({10004, 10007, 10013, 50001})


class CouldNotVerifyError(Exception):
    """Discord did not say whether a person is in a server."""


@dataclass(frozen=True, slots=True)
class _Known:
    membership: Membership | None
    until: float


class Members:
    """Who is in which server. For the event loop's thread.

    `clock` gives seconds that never go back. Several who ask for the same at once share one request.
    """

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float], seconds: float = SECONDS, most: int = MOST) -> None:
        self._fetch = fetch
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._known: OrderedDict[tuple[int, int], _Known] = OrderedDict()
        self._asking: dict[tuple[int, int], asyncio.Task[Membership | None]] = {}

    async def membership(self, server_id: int, person_id: int) -> Membership | None:
        """The person's membership of the server, None when there is none. Raises CouldNotVerifyError."""
        key = (server_id, person_id)
        known = self._known.get(key)
        if known is not None and self._clock() < known.until:
            return known.membership
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key))
        return await asyncio.shield(task)  # who stops waiting does not stop the others

    def note(self, person_id: int, membership: Membership) -> None:
        """Believe what Discord just said by itself, with a command or a message."""
        self._forget_asking((membership.server_id, person_id))
        self._keep((membership.server_id, person_id), membership)

    def revoke(self, server_id: int, person_id: int) -> None:
        """The person is no longer in the server, whatever Discord may be answering right now."""
        self._forget_asking((server_id, person_id))
        self._keep((server_id, person_id), None)

    def revoke_server(self, server_id: int) -> None:
        """The bot is no longer in the server, so it does not know who is."""
        for key in [key for key in (*self._known, *self._asking) if key[0] == server_id]:
            self._forget_asking(key)
            self._known.pop(key, None)

    async def _ask(self, key: tuple[int, int]) -> Membership | None:
        task = asyncio.current_task()
        try:
            membership = await self._fetch(*key)
        except BaseException:
            if self._asking.get(key) is task:
                del self._asking[key]
            raise
        if self._asking.get(key) is not task:  # something newer was heard meanwhile
            known = self._known.get(key)
            return known.membership if known is not None else None
        del self._asking[key]
        self._keep(key, membership)
        return membership

    def _keep(self, key: tuple[int, int], membership: Membership | None) -> None:
        self._known[key] = _Known(membership, self._clock() + self._seconds)
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def _forget_asking(self, key: tuple[int, int]) -> None:
        self._asking.pop(key, None)


def fetch_from(client: discord.Client) -> Fetch:
    """Asks Discord, as `client`."""

    async def fetch(server_id: int, person_id: int) -> Membership | None:
        guild = client.get_guild(server_id)
        if guild is None:
            return None
        try:
            member = await guild.fetch_member(person_id)
        except discord.HTTPException as error:
            if error.code in _NOT_THERE:
                return None
            _log.warning("Discord did not say whether someone is in a server: %s (code %s)", error.status, error.code)
            raise CouldNotVerifyError from error
        except (aiohttp.ClientError, OSError) as error:
            _log.warning("Discord did not say whether someone is in a server: %s", type(error).__name__)
            raise CouldNotVerifyError from error
        return membership_of_member(member)

    return fetch
