"""May they ask now, which libraries are theirs to read there, and must the answer be hidden."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.access import Access, Asker, CouldNotVerifyError, Members, Membership, Place
from bot.conversing import Conversations, direct
from bot.desk import BusyError, Given, NoSuchStoryError
from bot.limiting import Cooldowns, Hints
from bot.reception import (
    NotHereError,
    NothingToReadError,
    NotNowError,
    NotVerifiedError,
    Question,
    Reception,
    is_answered_in,
)
from bot.remembering import Memory, answers, libraries, people, servers
from bot.speaking import Languages
from index.errors import StorageError
from index.stories import Answer, Citation, StoryTitle

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIRA, EDITORS = 7, 5
SQUARE = Place("server", 10, 1)
DIRECT = Place("direct", 20)
THERE = Asker(MIRA, SQUARE, Membership(1))
ALONE = Asker(MIRA, DIRECT)


class FakeDesk:
    """Answers from the first library, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.stories: dict[str, tuple[StoryTitle, ...]] = {}

    async def ask(self, question: str, **options: Any) -> Given:
        self.asked.append(options)
        reason: Any = "nothing_found" if self.stories.get(options["libraries"][0]) else "no_stories"
        return Given(Answer(question, False, reason, "Use the command line.", 0.0), options["libraries"][0])

    async def titles(self, library: str) -> tuple[StoryTitle, ...]:
        return self.stories.get(library, ())


def fake_desk() -> Any:
    return FakeDesk()


class House:
    """Server 1, that Mira is in, with a reception."""

    def __init__(self, memory: Memory, **options: Any) -> None:
        self.seconds = 0.0
        self.unverified = False
        self.memory = memory
        self.desk = fake_desk()
        self.access = Access(
            memory, Members(self.fetch, clock=self.clock), is_in=lambda server_id: server_id == 1,
            public=options.get("public"), now=lambda: NOON,
        )  # fmt: skip
        self.reception = Reception(
            self.desk, memory, self.access, Conversations(clock=self.clock), Cooldowns(clock=self.clock),
            Hints(clock=self.clock), Languages(),
            direct_messages=options.get("direct_messages", True), now=lambda: NOON,
            has_channel=options.get("has_channel", lambda server_id, channel_id: True),
        )  # fmt: skip
        servers.joined(memory, 1, at=NOON)

    def clock(self) -> float:
        return self.seconds

    async def fetch(self, server_id: int, person_id: int) -> Membership | None:
        if self.unverified:
            raise CouldNotVerifyError
        return Membership(server_id)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path) as memory:
        yield memory


@pytest.fixture
def house(memory: Memory) -> House:
    return House(memory)


async def test_who_asks_again_at_once_is_told_how_long_to_wait(house: House) -> None:
    servers.change_settings(house.memory, 1, cooldown_seconds=30)
    with pytest.raises(NotNowError) as raised:  # noqa: PT012 - how many are free is the cooldown's business
        for _ in range(20):
            await house.reception.admit(THERE)
    assert "seconds" in raised.value.sentence("en")
    house.seconds += 3_600
    await house.reception.admit(THERE)


async def test_in_other_channels_than_those_set_nothing_is_answered(house: House) -> None:
    servers.change_settings(house.memory, 1, channels=frozenset({11}))
    with pytest.raises(NotHereError, match="<#11>"):
        await house.reception.admit(THERE)
    await house.reception.admit(replace(THERE, place=replace(SQUARE, channel_id=30, parent_id=11)))


async def test_direct_messages_can_be_switched_off(memory: Memory) -> None:
    house = House(memory, direct_messages=False)
    with pytest.raises(NotHereError, match="Direct messages are switched off"):
        await house.reception.admit(ALONE)
    await house.reception.admit(THERE)


async def test_what_takes_too_long_before_discord_must_hear_is_busy(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.acknowledging.SECONDS_BEFORE_ACKNOWLEDGING", 0.0)
    with pytest.raises(BusyError):
        await house.reception.admit_in_time(THERE, private=None)


@pytest.mark.parametrize(("private", "hidden"), [(None, False), (True, True), (False, False)])
async def test_in_a_server_an_answer_is_hidden_on_request(house: House, private: bool | None, hidden: bool) -> None:
    assert await house.reception.admit_in_time(THERE, private=private) is hidden


async def test_it_is_hidden_where_others_may_not_read_it(house: House) -> None:
    libraries.add(house.memory, 1, "Desk", role_id=EDITORS, at=NOON)
    editor = replace(THERE, membership=Membership(1, frozenset({EDITORS})))
    assert await house.reception.admit_in_time(editor, private=None) is True
    among_editors = replace(editor, place=replace(SQUARE, shared_roles=frozenset({EDITORS})))
    assert await house.reception.admit_in_time(among_editors, private=None) is False


@pytest.mark.parametrize("kind", ["group", "elsewhere"])
async def test_among_people_of_whom_nothing_is_known_it_is_hidden_unless_all_may_read(
    memory: Memory, house: House, kind: Any
) -> None:
    asker = Asker(MIRA, Place(kind, 10, 3 if kind == "elsewhere" else None))
    assert await house.reception.admit_in_time(asker, private=False) is True
    public = House(memory, public="public")
    assert await public.reception.admit_in_time(asker, private=False) is False
    assert await public.reception.admit_in_time(asker, private=None) is True


async def test_aloud_only_what_everybody_there_may_read_is_searched(house: House) -> None:
    desk = libraries.add(house.memory, 1, "Desk", role_id=EDITORS, at=NOON)
    editor = replace(THERE, membership=Membership(1, frozenset({EDITORS})))
    assert set(await house.reception.libraries(editor, aloud=False)) == {"server-1", desk.name}
    assert await house.reception.libraries(editor, aloud=True) == ("server-1",)


async def test_who_may_read_nothing_there_is_told_so(house: House) -> None:
    with pytest.raises(NothingToReadError):
        await house.reception.libraries(ALONE, aloud=False)
    people.used(house.memory, MIRA, 1, at=NOON)
    assert await house.reception.libraries(ALONE, aloud=False) == ("server-1",)
    with pytest.raises(NothingToReadError, match="not for everybody here"):
        await house.reception.libraries(replace(ALONE, place=Place("group", 10)), aloud=True)


async def test_without_word_from_discord_nothing_is_read(house: House) -> None:
    people.used(house.memory, MIRA, 1, at=NOON)
    house.unverified = True
    with pytest.raises(NotVerifiedError):
        await house.reception.libraries(ALONE, aloud=False)


async def test_an_answer_is_kept(house: House) -> None:
    reply = await house.reception.answer(Question("Who met?", THERE, aloud=True))
    assert reply.is_kept
    assert answers.kept(house.memory, reply.kept.id) == reply.kept
    assert people.servers_of(house.memory, MIRA) == (1,)


async def test_an_answer_that_cannot_be_kept_is_one_all_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(answers, "keep", full)
    assert not (await house.reception.answer(Question("Who met?", THERE, aloud=True))).is_kept


async def test_a_story_is_found_by_its_id_and_by_a_title_that_only_one_has(house: House) -> None:
    house.desk.stories["server-1"] = (
        StoryTitle("aa1", "Bridge opens", None), StoryTitle("b", "Twice", None), StoryTitle("c", "Twice", None)
    )  # fmt: skip
    for wanted in ("aa1", " bridge OPENS "):
        await house.reception.answer(Question("Who met?", THERE, aloud=True, story=wanted))
        assert house.desk.asked.pop()["story"] == "aa1"
    for wanted in ("Twice", "x", "a", "aa"):  # the engine takes the beginning of an id for the id
        with pytest.raises(NoSuchStoryError):
            await house.reception.answer(Question("Who met?", THERE, aloud=True, story=wanted))
    assert house.desk.asked == []


async def test_a_conversation_goes_on_without_what_may_no_longer_be_read(house: House) -> None:
    people.used(house.memory, MIRA, 1, at=NOON)
    key = direct(20)
    first = await house.reception.answer(Question("Who met?", ALONE, aloud=False, earlier=key))
    house.reception.said(first, key)
    second = await house.reception.answer(Question("And when?", ALONE, aloud=False, earlier=key))
    assert [answer.question for answer in house.desk.asked[-1]["conversation"]] == ["Who met?"]
    house.reception.said(replace(second, kept=replace(second.kept, library="server-2")), key)
    await house.reception.answer(Question("And where?", ALONE, aloud=False, earlier=key))
    assert [answer.question for answer in house.desk.asked[-1]["conversation"]] == ["Who met?"]


async def test_a_conversation_goes_on_without_a_story_that_was_removed_wherever(house: House) -> None:
    people.used(house.memory, MIRA, 1, at=NOON)
    key = direct(20)
    house.desk.stories["server-1"] = (StoryTitle("a", "Bridge", None),)
    first = await house.reception.answer(Question("Who met?", ALONE, aloud=False))
    cited = Citation("a", "Bridge", None, None, None, "p", 0, 1, "It was closed.")
    answer = replace(first.kept.answer, citations=(cited,))
    house.reception.said(replace(first, kept=replace(first.kept, answer=answer)), key)
    await house.reception.answer(Question("And when?", ALONE, aloud=False, earlier=key))
    assert len(house.desk.asked[-1]["conversation"]) == 1
    house.desk.stories["server-1"] = ()
    reply = await house.reception.answer(Question("And where?", ALONE, aloud=False, earlier=key))
    assert house.desk.asked[-1]["conversation"] == ()
    assert reply.earlier == ()


def test_a_thread_counts_as_its_channel() -> None:
    some = replace(servers.DEFAULT, channels=frozenset({11}))
    assert is_answered_in(servers.DEFAULT, 10, None)
    assert is_answered_in(some, 30, 11)
    assert not is_answered_in(some, 10, None)


async def test_what_is_being_answered_when_its_asker_forgets_everything_is_not_kept(house: House) -> None:
    async def ask_and_forget(question: str, **options: Any) -> Given:
        await house.reception.forget(MIRA, everything=True)
        return await FakeDesk().ask(question, **options)

    house.desk.ask = ask_and_forget
    reply = await house.reception.answer(Question("Who?", THERE, aloud=False))
    house.reception.said(reply, direct(20))
    assert not reply.is_kept
    assert answers.kept(house.memory, reply.kept.id) is None
    assert house.reception.conversations.turns(direct(20)) == ()


async def test_an_answer_is_not_kept_either_when_its_asker_forgets_everything_while_it_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = house.memory.run

    async def forget_and_run(function: Any, *arguments: Any, **options: Any) -> Any:
        if function is answers.keep:
            await house.reception.forget(MIRA, everything=True)
        return await run(function, *arguments, **options)

    monkeypatch.setattr(house.memory, "run", forget_and_run)
    reply = await house.reception.answer(Question("Who?", THERE, aloud=False))
    assert not reply.is_kept
    assert answers.kept(house.memory, reply.kept.id) is None


async def test_what_is_answered_when_its_asker_forgets_the_conversation_begins_none(house: House) -> None:
    reply = await house.reception.answer(Question("Who?", THERE, aloud=False))
    other = await house.reception.answer(Question("Who?", replace(THERE, person_id=8), aloud=False))
    await house.reception.forget(MIRA, everything=False)
    house.reception.said(reply, direct(20))
    house.reception.said(other, direct(21))
    assert answers.kept(house.memory, reply.kept.id) is not None
    assert house.reception.conversations.turns(direct(20)) == ()
    assert len(house.reception.conversations.turns(direct(21))) == 1


async def test_what_everybody_may_read_is_searched_beside_ten_libraries_of_a_server(memory: Memory) -> None:
    house = House(memory, public="public")
    for number in range(9):
        libraries.add(memory, 1, f"Desk {number}", role_id=None, at=NOON)
    found = await house.reception.libraries(THERE, aloud=True)
    assert len(found) == 10
    assert (found[0], found[-1]) == ("server-1", "public")


async def test_of_the_channels_that_were_set_those_that_are_there_are_named(memory: Memory) -> None:
    there = {11, 12}
    house = House(memory, has_channel=lambda server_id, channel_id: (server_id, channel_id) in {(1, c) for c in there})
    servers.change_settings(memory, 1, channels=frozenset({11, 12}))
    there.discard(11)
    with pytest.raises(NotHereError, match="Ask in <#12>"):
        await house.reception.admit(THERE)
    there.clear()
    with pytest.raises(NotHereError, match="can choose others with `/settings channels`"):
        await house.reception.admit(THERE)
