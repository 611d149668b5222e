"""Facts are gathered for the place, from servers that the bot and the person are in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.access import Access, Asker, CouldNotVerifyError, Members, Membership, Place, readable
from bot.remembering import Memory, libraries, people, servers
from index.errors import StorageError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIRA = 7
DIRECT = Place("direct", 20)


class World:
    """Servers that the bot is in, and who is in them."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.bot_in = {1, 2, 3}
        self.people_in: dict[tuple[int, int], Membership | Exception] = {}
        self.now = NOON
        self.asked: list[tuple[int, int]] = []
        for server_id in (1, 2, 3):
            servers.joined(memory, server_id, at=NOON)
        self.members = Members(self.fetch, clock=lambda: 0.0)
        self.access = Access(
            memory, self.members, is_in=lambda server_id: server_id in self.bot_in, public=None, now=lambda: self.now
        )

    async def fetch(self, server_id: int, person_id: int) -> Membership | None:
        self.asked.append((server_id, person_id))
        found = self.people_in.get((server_id, person_id))
        if isinstance(found, Exception):
            raise found
        return found

    async def readable(self, place: Place = DIRECT, membership: Membership | None = None) -> tuple[str, ...]:
        return readable(place, await self.access.facts(Asker(MIRA, place, membership)))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Memory.open(tmp_path) as memory:
        yield World(memory)


async def test_in_a_server_discord_is_not_asked_and_only_its_libraries_are_looked_at(world: World) -> None:
    facts = await world.access.facts(Asker(MIRA, Place("server", 10, 1), Membership(1)))
    assert [library.name for library in facts.libraries] == ["server-1"]
    assert world.asked == []


async def test_without_a_membership_a_server_gives_nothing(world: World) -> None:
    assert await world.readable(Place("server", 10, 1)) == ()


async def test_a_server_that_the_bot_left_gives_nothing(world: World) -> None:
    world.bot_in.discard(1)
    assert await world.readable(Place("server", 10, 1), Membership(1)) == ()


async def test_direct_messages_read_where_the_person_used_the_bot_the_last_first(world: World) -> None:
    for hour, server_id in enumerate((1, 2)):
        people.used(world.memory, MIRA, server_id, at=NOON + timedelta(hours=hour))
    world.people_in = {(server_id, MIRA): Membership(server_id) for server_id in (1, 2, 3)}
    assert await world.readable() == ("server-2", "server-1")
    assert (3, MIRA) not in world.asked


async def test_who_left_reads_no_more_and_is_not_asked_for_again(world: World) -> None:
    for server_id in (1, 2):
        people.used(world.memory, MIRA, server_id, at=NOON)
    world.people_in = {(2, MIRA): Membership(2)}
    assert await world.readable() == ("server-2",)
    assert people.servers_of(world.memory, MIRA) == (2,)


async def test_what_discord_does_not_say_opens_nothing_and_hides_nothing_else(world: World) -> None:
    for server_id in (1, 2):
        people.used(world.memory, MIRA, server_id, at=NOON)
    world.people_in = {(1, MIRA): CouldNotVerifyError(), (2, MIRA): Membership(2)}
    assert await world.readable() == ("server-2",)
    assert set(people.servers_of(world.memory, MIRA)) == {1, 2}


async def test_when_discord_says_nothing_at_all_that_is_said(world: World) -> None:
    people.used(world.memory, MIRA, 1, at=NOON)
    world.people_in = {(1, MIRA): CouldNotVerifyError()}
    with pytest.raises(CouldNotVerifyError):
        await world.readable()


async def test_a_choice_and_a_closed_server_are_among_the_facts(world: World) -> None:
    for server_id in (1, 2, 3):
        people.used(world.memory, MIRA, server_id, at=NOON)
        world.people_in[server_id, MIRA] = Membership(server_id)
    people.choose_library(world.memory, MIRA, "server-3", at=NOON)
    assert await world.readable() == ("server-3",)
    servers.change_settings(world.memory, 3, direct_messages=False)
    assert set(await world.readable()) == {"server-1", "server-2"}


async def test_a_server_the_bot_left_is_not_even_asked_about(world: World) -> None:
    people.used(world.memory, MIRA, 1, at=NOON)
    world.people_in = {(1, MIRA): Membership(1)}
    world.bot_in.discard(1)
    assert await world.readable() == ()
    assert world.asked == []


async def test_use_is_noted_in_servers_only_and_written_once_an_hour(world: World) -> None:
    asker = Asker(MIRA, Place("server", 10, 1), Membership(1))
    await world.access.note_use(asker)
    await world.access.note_use(Asker(MIRA, DIRECT))
    assert people.servers_of(world.memory, MIRA) == (1,)
    people.gone(world.memory, MIRA, 1)
    await world.access.note_use(asker)
    assert people.servers_of(world.memory, MIRA) == ()
    world.now += timedelta(hours=1)
    await world.access.note_use(asker)
    assert people.servers_of(world.memory, MIRA) == (1,)


async def test_use_that_could_not_be_noted_is_logged_and_noted_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk is full.")

    asker = Asker(MIRA, Place("server", 10, 1), Membership(1))
    with monkeypatch.context() as broken:
        broken.setattr(people, "used", full)
        await world.access.note_use(asker)
    assert "The disk is full." in caplog.text
    await world.access.note_use(asker)
    assert people.servers_of(world.memory, MIRA) == (1,)


async def test_who_was_banned_reads_nothing_and_their_next_use_is_noted_at_once(world: World) -> None:
    asker = Asker(MIRA, Place("server", 10, 1), Membership(1))
    world.people_in = {(1, MIRA): Membership(1)}
    await world.access.note_use(asker)
    assert await world.readable() == ("server-1",)
    await world.access.gone(MIRA, 1)
    assert await world.readable() == ()
    await world.access.note_use(asker)  # unbanned, and back
    assert await world.readable() == ("server-1",)


async def test_use_after_forgetting_is_noted_anew(world: World) -> None:
    asker = Asker(MIRA, Place("server", 10, 1), Membership(1))
    await world.access.note_use(asker)
    people.forget(world.memory, MIRA)
    world.access.forget(MIRA)
    await world.access.note_use(asker)
    assert people.servers_of(world.memory, MIRA) == (1,)


async def test_a_library_of_a_role_is_read_with_the_role_that_discord_confirms(world: World) -> None:
    name = libraries.add(world.memory, 1, "Desk", role_id=71, at=NOON).name
    people.used(world.memory, MIRA, 1, at=NOON)
    world.people_in = {(1, MIRA): Membership(1, frozenset({71}))}
    assert await world.readable() == ("server-1", name)
    world.members.note(MIRA, Membership(1))  # the role is gone
    assert await world.readable() == ("server-1",)


async def test_a_server_that_was_not_noted_yet_has_its_library_all_the_same(world: World) -> None:
    world.bot_in.add(4)
    assert await world.readable(Place("server", 10, 4), Membership(4)) == ("server-4",)


async def test_the_server_of_a_chosen_or_wanted_library_counts_however_long_ago_it_was_used(world: World) -> None:
    for server_id in range(1, 21):
        world.bot_in.add(server_id)
        world.people_in[server_id, MIRA] = Membership(server_id)
        servers.joined(world.memory, server_id, at=NOON)
        people.used(world.memory, MIRA, server_id, at=NOON + timedelta(hours=server_id))
    last_used = tuple(f"server-{server_id}" for server_id in range(20, 8, -1))
    assert await world.readable() == last_used
    wanting = await world.access.facts(Asker(MIRA, DIRECT), wanted="server-2")
    assert readable(DIRECT, wanting) == (*last_used[:-1], "server-2")
    people.choose_library(world.memory, MIRA, "server-1", at=NOON)
    assert await world.readable() == ("server-1",)


async def test_a_chosen_library_of_a_server_that_was_not_used_opens_nothing(world: World) -> None:
    people.used(world.memory, MIRA, 1, at=NOON)
    world.people_in = {(server_id, MIRA): Membership(server_id) for server_id in (1, 2)}
    people.choose_library(world.memory, MIRA, "server-2", at=NOON)
    assert await world.readable() == ("server-1",)
