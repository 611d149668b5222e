"""Gathers the facts that the rules look at: from the bot's database, and from Discord."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.access.members import CouldNotVerifyError, Members
from bot.access.rules import Asker, Facts, Membership
from bot.remembering import BoundLibrary, Memory, libraries, people, servers
from index.errors import StorageError

_log = logging.getLogger(__name__)

MOST_SERVERS = 12
"""Of a person, that are read from in direct messages: each may be a request to Discord.

The last used come first; that of a library that the person chose, or is about to choose, is always among them.
"""
_NOTED_AGAIN_AFTER = timedelta(hours=1)
_MOST_NOTED = 20_000


@dataclass(frozen=True, slots=True)
class _Remembered:
    servers: tuple[int, ...]
    libraries: tuple[BoundLibrary, ...]
    closed: frozenset[int]
    chosen: str | None


class Access:
    """Knows what the rules need to know. For the event loop's thread.

    `public` is the library that everybody may read, None when there is none; `is_in` says whether the bot is in a
    server now.
    """

    def __init__(
        self,
        memory: Memory,
        members: Members,
        *,
        is_in: Callable[[int], bool],
        public: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self.members = members
        self.public = public
        self._memory = memory
        self._is_in = is_in
        self._now = now
        self._noted: dict[tuple[int, int], datetime] = {}

    async def facts(self, asker: Asker, *, wanted: str | None = None) -> Facts:
        """The facts for `asker`. In a server that takes a look into the database, anywhere else perhaps requests.

        `wanted` is the library that the person is about to choose, where it is not the one they chose.
        Raises StorageError, and CouldNotVerifyError when Discord says of no server whether the person is in it.
        """
        place = asker.place
        if place.kind == "server":
            if place.server_id is None or asker.membership is None or not self._is_in(place.server_id):
                return Facts(public=self.public)
            of_server = await self._memory.run(_of_server, place.server_id, self._now())
            return Facts(of_server, (asker.membership,), self.public)
        used, home = await self._memory.run(_used, asker.person_id, wanted)
        here = tuple(filter(self._is_in, used))
        counted = here[:MOST_SERVERS]
        if home in here[MOST_SERVERS:]:
            counted = (*counted[:-1], home)
        remembered = await self._memory.run(_remembered, asker.person_id, counted)
        memberships = await self._verified(asker.person_id, remembered.servers)
        return Facts(remembered.libraries, memberships, self.public, remembered.chosen, remembered.closed)

    async def note_use(self, asker: Asker) -> None:
        """Remember that the person used the bot in a server, so that they may read its libraries elsewhere too.

        What the database does not take is tried again when they use it the next time: that is no reason to refuse them.
        """
        membership = asker.membership
        if membership is None:
            return
        self.members.note(asker.person_id, membership)
        key = (asker.person_id, membership.server_id)
        now = self._now()
        noted = self._noted.get(key)
        if noted is not None and now - noted < _NOTED_AGAIN_AFTER:
            return
        try:
            await self._memory.run(people.used, asker.person_id, membership.server_id, at=now)
        except StorageError as error:
            _log.warning("It could not be noted that someone used the bot: %s", error)
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[key] = now

    async def gone(self, person_id: int, server_id: int) -> None:
        """The person was banned from a server: they read nothing of it until they use the bot there again.

        Raises StorageError; nothing is read all the same.
        """
        self.members.revoke(server_id, person_id)
        await self._forget_use(person_id, server_id)

    def forget(self, person_id: int) -> None:
        """Forget where the person was noted to have used the bot; what the database has is another's to forget."""
        for key in [key for key in self._noted if key[0] == person_id]:
            del self._noted[key]

    async def _verified(self, person_id: int, server_ids: tuple[int, ...]) -> tuple[Membership, ...]:
        answers = await asyncio.gather(
            *(self.members.membership(server_id, person_id) for server_id in server_ids), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, CouldNotVerifyError):
                raise answer
        found = tuple(answer for answer in answers if isinstance(answer, Membership))
        failed = next((answer for answer in answers if isinstance(answer, CouldNotVerifyError)), None)
        if failed is not None and not found:
            raise failed
        for server_id, answer in zip(server_ids, answers, strict=True):
            if answer is None:  # they left: Discord is not asked again before they use the bot there again
                await self._forget_use(person_id, server_id)
        return found

    async def _forget_use(self, person_id: int, server_id: int) -> None:
        self._noted.pop((person_id, server_id), None)
        await self._memory.run(people.gone, person_id, server_id)


def _of_server(memory: Memory, server_id: int, now: datetime) -> tuple[BoundLibrary, ...]:
    """The libraries of a server that the bot is in; someone may ask before it is noted that it joined."""
    found = libraries.libraries_of(memory, server_id)
    if not found:
        servers.joined(memory, server_id, at=now)
        found = libraries.libraries_of(memory, server_id)
    return found


def _used(memory: Memory, person_id: int, wanted: str | None) -> tuple[tuple[int, ...], int | None]:
    """The servers in which the person used the bot, and that of the library that is wanted, or was chosen."""
    name = wanted if wanted is not None else people.chosen_library(memory, person_id)
    library = libraries.library_named(memory, name) if name is not None else None
    return people.servers_of(memory, person_id), library.server_id if library is not None else None


def _remembered(memory: Memory, person_id: int, server_ids: tuple[int, ...]) -> _Remembered:
    settings = servers.settings_of_all(memory, server_ids)
    return _Remembered(
        servers=server_ids,
        libraries=libraries.libraries_of_all(memory, server_ids),
        closed=frozenset(server_id for server_id, each in settings.items() if not each.direct_messages),
        chosen=people.chosen_library(memory, person_id),
    )
