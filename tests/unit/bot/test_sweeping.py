"""Servers that were left long ago are removed with their stories, and only those."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.remembering import KeptAnswer, Memory, answers, libraries, servers, votes
from bot.sweeping import Swept, remove_library, sweep, take_stock
from index.errors import StorageError
from index.stories import Answer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = 30 * DAY
REFUSAL = Answer(question="Who?", answered=False, reason="not_answered", text="The stories do not say.", confidence=0.1)


class Engine:
    """Remembers what was removed; fails, or leaves something, when told to."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.error: Exception | None = None
        self.leaves_nothing = True

    def remove_library(self, name: str) -> bool:
        if self.error is not None:
            raise self.error
        self.removed.append(name)
        return self.leaves_nothing


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path) as memory:
        yield memory


async def swept(memory: Memory, engine: Engine, at: datetime) -> Swept:
    return await sweep(memory, engine, now=at, grace=GRACE, answers_for=7 * DAY)


async def test_within_the_grace_period_nothing_is_removed_and_afterwards_everything(memory: Memory) -> None:
    engine = Engine()
    for server_id in (1, 2):
        servers.joined(memory, server_id, at=NOON)
    extra = libraries.add(memory, 1, "Sports", role_id=None, at=NOON)
    servers.left(memory, 1, at=NOON)
    assert await swept(memory, engine, NOON + GRACE) == Swept()
    assert engine.removed == []
    assert await swept(memory, engine, NOON + GRACE + DAY) == Swept(servers=1, libraries=2)
    assert sorted(engine.removed) == ["server-1", extra.name]
    assert servers.known(memory) == {2: True}
    assert await swept(memory, engine, NOON + GRACE + 2 * DAY) == Swept()


async def test_a_server_that_came_back_keeps_everything(memory: Memory) -> None:
    engine = Engine()
    servers.joined(memory, 1, at=NOON)
    servers.left(memory, 1, at=NOON)
    servers.joined(memory, 1, at=NOON + DAY)
    await swept(memory, engine, NOON + 10 * GRACE)
    assert engine.removed == []


async def test_what_cannot_be_removed_now_is_removed_by_the_next_sweep(memory: Memory) -> None:
    engine = Engine()
    servers.joined(memory, 1, at=NOON)
    servers.left(memory, 1, at=NOON)
    engine.error = StorageError("The disk is full.")
    assert await swept(memory, engine, NOON + GRACE + DAY) == Swept()
    engine.error, engine.leaves_nothing = None, False
    assert await swept(memory, engine, NOON + GRACE + DAY) == Swept()
    assert servers.known(memory) == {1: False}
    engine.leaves_nothing = True
    assert await swept(memory, engine, NOON + GRACE + DAY) == Swept(servers=1, libraries=1)


async def test_a_library_is_unreadable_before_its_stories_are_touched(memory: Memory) -> None:
    servers.joined(memory, 1, at=NOON)
    name = libraries.add(memory, 1, "Sports", role_id=None, at=NOON).name
    engine = Engine()
    engine.error = StorageError("The vector server is down.")
    with pytest.raises(StorageError):
        await remove_library(memory, engine, name, at=NOON)
    assert [library.name for library in libraries.libraries_of(memory, 1)] == ["server-1"]
    engine.error = None
    assert await swept(memory, engine, NOON) == Swept(libraries=1)
    assert libraries.removed(memory) == ()


async def test_old_answers_are_forgotten(memory: Memory) -> None:
    for answer_id, days in (("old", 8), ("new", 6)):
        answers.keep(memory, KeptAnswer(answer_id, 7, 1, 5, "server-1", "Who?", REFUSAL, NOON - days * DAY))
    assert await swept(memory, Engine(), NOON) == Swept(answers=1)
    assert answers.kept(memory, "new") is not None


async def test_old_votes_are_forgotten_and_those_on_what_a_dropped_server_asked(memory: Memory) -> None:
    servers.joined(memory, 1, at=NOON)
    for server_id, answer_id, days in ((2, "old", 8), (2, "new", 6), (1, "dropped", 1)):
        given = NOON - days * DAY
        answers.keep(memory, KeptAnswer(answer_id, 7, server_id, 5, "server-2", "Who?", REFUSAL, given))
        votes.vote(memory, answer_id, 8, helpful=True, at=given)
    servers.left(memory, 1, at=NOON - GRACE - DAY)
    assert await swept(memory, Engine(), NOON) == Swept(servers=1, libraries=1, answers=1, votes=1)
    assert votes.counts(memory) == votes.counts(memory, "new") == votes.Counts(helpful=1)


async def test_what_happened_while_the_bot_was_away_is_noticed_at_the_start(memory: Memory) -> None:
    for server_id in (1, 2):
        servers.joined(memory, server_id, at=NOON)
    servers.left(memory, 2, at=NOON)
    await take_stock(memory, [2, 3], at=NOON + DAY)
    assert servers.known(memory) == {1: False, 2: True, 3: True}
    assert servers.left_longer_than(memory, NOON + 2 * DAY) == (1,)
