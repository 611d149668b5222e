"""Questions on their way from the event loop to the engine and back."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest

from bot.desk import BusyError, ClosingError, Desk, TookTooLongError
from index.errors import StorageError
from index.stories import Answer


def answer_to(question: str) -> Answer:
    return Answer(question=question, answered=False, reason="nothing_found", text="Nothing.", confidence=0.0)


class GatedEngine:
    """Answers when its gate is open, and remembers who asked for what on which thread."""

    def __init__(self, error: Exception | None = None) -> None:
        self.gate = threading.Event()
        self.begun: list[str] = []
        self.libraries: list[str] = []
        self.threads: set[int] = set()
        self.error = error

    def ask(
        self, question: str, *, library: str = "other", now: datetime | None = None, since: date | None = None
    ) -> Answer:
        self.begun.append(question)
        self.libraries.append(library)
        self.threads.add(threading.get_ident())
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        return answer_to(question)


@contextmanager
def desk_of(engine: GatedEngine, *, seconds: float = 20, threads: int = 2, waiting: int = 2) -> Iterator[Desk]:
    desk = Desk(engine, seconds=seconds, threads=threads, waiting=waiting)
    try:
        yield desk
    finally:
        engine.gate.set()
        desk.give_up()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def begun(engine: GatedEngine, count: int) -> None:
    await until(lambda: len(engine.begun) >= count)


async def test_a_question_is_asked_in_the_public_library_and_not_on_the_event_loops_thread() -> None:
    engine = GatedEngine()
    engine.gate.set()
    with desk_of(engine) as desk:
        assert await desk.ask("Who?") == answer_to("Who?")
    assert engine.libraries == ["public"]
    assert threading.get_ident() not in engine.threads


async def test_the_event_loop_goes_on_while_a_question_is_worked_on() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = asyncio.create_task(desk.ask("Who?"))
        await begun(engine, 1)
        assert not asked.done()
        engine.gate.set()
        assert (await asked).question == "Who?"


async def test_two_questions_are_worked_on_at_once() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = [asyncio.create_task(desk.ask(question)) for question in ("Who?", "When?")]
        await begun(engine, 2)
        engine.gate.set()
        assert [answer.question for answer in await asyncio.gather(*asked)] == ["Who?", "When?"]


async def test_more_questions_than_may_wait_are_turned_away_and_the_others_answered() -> None:
    engine = GatedEngine()
    with desk_of(engine, threads=1, waiting=2) as desk:
        asked = [asyncio.create_task(desk.ask(str(number))) for number in range(3)]
        await begun(engine, 1)
        with pytest.raises(BusyError, match="ask again"):
            await desk.ask("one more")
        engine.gate.set()
        assert [answer.question for answer in await asyncio.gather(*asked)] == ["0", "1", "2"]
        assert (await desk.ask("afterwards")).question == "afterwards"
    assert "one more" not in engine.begun


async def test_a_question_that_takes_too_long_is_given_up_but_still_takes_up_its_place() -> None:
    engine = GatedEngine()
    with desk_of(engine, seconds=0.05, threads=1, waiting=0) as desk:
        with pytest.raises(TookTooLongError, match=r"0\.05 seconds"):
            await desk.ask("slow")
        with pytest.raises(BusyError):
            await desk.ask("next")


async def test_a_question_whose_time_is_over_before_its_turn_is_never_begun() -> None:
    engine = GatedEngine()
    with desk_of(engine, seconds=0.05, threads=1, waiting=1) as desk:
        results = await asyncio.gather(desk.ask("slow"), desk.ask("queued"), return_exceptions=True)
        assert [type(result) for result in results] == [TookTooLongError, TookTooLongError]
    assert engine.begun == ["slow"]


async def test_a_timeout_inside_of_the_engine_is_not_taken_for_the_desks() -> None:
    engine = GatedEngine(error=TimeoutError("the lock"))
    engine.gate.set()
    with desk_of(engine) as desk, pytest.raises(TimeoutError, match="the lock"):
        await desk.ask("Who?")


async def test_what_the_engine_raises_reaches_the_one_who_asked() -> None:
    engine = GatedEngine(error=StorageError("The disk is full."))
    engine.gate.set()
    with desk_of(engine) as desk, pytest.raises(StorageError, match="disk is full"):
        await desk.ask("Who?")


async def test_a_failure_after_the_time_limit_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="bot")
    engine = GatedEngine(error=StorageError("cannot search for secret words"))
    with desk_of(engine, seconds=0.05, threads=1) as desk:
        with pytest.raises(TookTooLongError):
            await desk.ask("secret words")
        engine.gate.set()
        await until(lambda: "StorageError" in caplog.text)
    assert "secret" not in caplog.text


async def test_when_the_bot_stops_open_questions_end_and_new_ones_are_turned_away() -> None:
    engine = GatedEngine()
    with desk_of(engine, threads=1, waiting=1) as desk:
        asked = [asyncio.create_task(desk.ask(question)) for question in ("begun", "queued")]
        await begun(engine, 1)
        desk.stop_accepting()
        with pytest.raises(ClosingError):
            await desk.ask("new")
        assert not any(task.done() for task in asked)
        desk.give_up()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(result) for result in results] == [ClosingError, ClosingError]
    assert engine.begun == ["begun"]


async def test_stopping_lets_accepted_questions_be_answered() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = asyncio.create_task(desk.ask("begun"))
        await begun(engine, 1)
        desk.stop_accepting()
        engine.gate.set()
        assert (await asked).question == "begun"
