"""Memberships are asked of Discord, believed for a short while, and revoked at once when something is heard."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.access import CouldNotVerifyError, Members, Membership

HERE = Membership(1, frozenset({5}))


class Discord:
    """Says what a test wants, when it wants."""

    def __init__(self) -> None:
        self.now = 0.0
        self.says: Membership | Exception | None = HERE
        self.asked: list[tuple[int, int]] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def fetch(self, server_id: int, person_id: int) -> Membership | None:
        self.asked.append((server_id, person_id))
        says = self.says  # as it was when the request was made
        await self.answers.wait()
        if isinstance(says, Exception):
            raise says
        return says

    def members(self, **options: float) -> Members:
        return Members(self.fetch, clock=lambda: self.now, seconds=60, **options)  # type: ignore[arg-type]


async def test_a_membership_is_asked_for_once_and_believed_for_a_while() -> None:
    discord = Discord()
    members = discord.members()
    for now in (0.0, 59.0):
        discord.now = now
        assert await members.membership(1, 7) == HERE
    assert discord.asked == [(1, 7)]
    discord.says, discord.now = None, 60.0
    assert await members.membership(1, 7) is None
    assert len(discord.asked) == 2


async def test_each_person_and_server_is_asked_for_by_itself() -> None:
    discord = Discord()
    members = discord.members()
    for key in ((1, 7), (1, 8), (2, 7)):
        await members.membership(*key)
    assert discord.asked == [(1, 7), (1, 8), (2, 7)]


async def test_that_someone_is_not_there_is_believed_too_but_not_when_they_show_up() -> None:
    discord = Discord()
    discord.says = None
    members = discord.members()
    assert await members.membership(1, 7) is None
    assert await members.membership(1, 7) is None
    assert len(discord.asked) == 1
    members.note(7, HERE)
    assert await members.membership(1, 7) == HERE


async def test_a_failure_is_no_membership_and_is_not_believed() -> None:
    discord = Discord()
    discord.says = CouldNotVerifyError()
    members = discord.members()
    for _ in range(2):
        with pytest.raises(CouldNotVerifyError):
            await members.membership(1, 7)
    discord.says = HERE
    assert await members.membership(1, 7) == HERE
    assert len(discord.asked) == 3


async def test_a_ban_revokes_what_was_believed() -> None:
    discord = Discord()
    members = discord.members()
    await members.membership(1, 7)
    members.revoke(1, 7)
    assert await members.membership(1, 7) is None


REVOKINGS: list[Callable[[Members], None]] = [
    lambda members: members.revoke(1, 7),
    lambda members: members.revoke_server(1),
]


@pytest.mark.parametrize("revoke", REVOKINGS)
async def test_an_answer_that_was_on_its_way_during_a_ban_does_not_count(revoke: Callable[[Members], None]) -> None:
    discord = Discord()
    discord.answers.clear()
    members = discord.members()
    waiting: Awaitable[Membership | None] = asyncio.create_task(members.membership(1, 7))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    revoke(members)
    discord.says = None
    discord.answers.set()
    assert await waiting is None
    assert await members.membership(1, 7) is None


async def test_when_the_bot_leaves_a_server_nothing_is_believed_of_it() -> None:
    discord = Discord()
    members = discord.members()
    for key in ((1, 7), (2, 7)):
        await members.membership(*key)
    members.revoke_server(1)
    discord.says = None
    assert await members.membership(1, 7) is None
    assert await members.membership(2, 7) == HERE


async def test_many_who_ask_at_once_share_one_request_and_one_who_stops_waiting_stops_nobody() -> None:
    discord = Discord()
    discord.answers.clear()
    members = discord.members()
    waiting = [asyncio.create_task(members.membership(1, 7)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    discord.answers.set()
    assert await asyncio.gather(*waiting[1:]) == [HERE] * 4
    assert discord.asked == [(1, 7)]


async def test_only_so_many_are_remembered() -> None:
    discord = Discord()
    members = discord.members(most=2)
    for person in (7, 8, 9):
        await members.membership(1, person)
    await members.membership(1, 9)
    assert len(discord.asked) == 3
    await members.membership(1, 7)
    assert len(discord.asked) == 4
