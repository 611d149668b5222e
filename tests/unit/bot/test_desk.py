"""Questions on their way from the event loop to the engine and back."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

import pytest

from bot.desk import BusyError, ClosingError, Desk, Given, NoSuchStoryError, TookTooLongError
from bot.limiting.pace import Pace
from index.errors import StorageError, UnknownStoryError
from index.stories import Answer, StoryTitle

LIBRARIES = ("server-1",)


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
        self.answers: dict[str, Answer] = {}

    def ask(
        self,
        question: str,
        *,
        library: str = "other",
        now: datetime | None = None,
        since: date | None = None,
        story: str | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        self.begun.append(question)
        self.libraries.append(library)
        self.threads.add(threading.get_ident())
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        return self.answers.get(library, answer_to(question))

    def titles(self, library: str) -> tuple[StoryTitle, ...]:
        return (StoryTitle("s", library, None),)

    def remove_library(self, name: str) -> bool:
        return True


@contextmanager
def desk_of(
    engine: GatedEngine, *, seconds: float = 20, threads: int = 2, waiting: int = 2, pace: Pace | None = None
) -> Iterator[Desk]:
    desk = Desk(engine, seconds=seconds, threads=threads, waiting=waiting, pace=pace)
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


async def test_a_question_is_asked_in_the_library_it_is_told_and_not_on_the_event_loops_thread() -> None:
    engine = GatedEngine()
    engine.gate.set()
    with desk_of(engine) as desk:
        assert await desk.ask("Who?", libraries=LIBRARIES) == Given(answer_to("Who?"), "server-1")
    assert engine.libraries == ["server-1"]
    assert threading.get_ident() not in engine.threads


async def test_the_event_loop_goes_on_while_a_question_is_worked_on() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = asyncio.create_task(desk.ask("Who?", libraries=LIBRARIES))
        await begun(engine, 1)
        assert not asked.done()
        engine.gate.set()
        assert (await asked).answer.question == "Who?"


async def test_two_questions_are_worked_on_at_once() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = [asyncio.create_task(desk.ask(question, libraries=LIBRARIES)) for question in ("Who?", "When?")]
        await begun(engine, 2)
        engine.gate.set()
        assert [given.answer.question for given in await asyncio.gather(*asked)] == ["Who?", "When?"]


async def test_more_questions_than_may_wait_are_turned_away_and_the_others_answered() -> None:
    engine = GatedEngine()
    with desk_of(engine, threads=1, waiting=2) as desk:
        asked = [asyncio.create_task(desk.ask(str(number), libraries=LIBRARIES)) for number in range(3)]
        await begun(engine, 1)
        with pytest.raises(BusyError, match="ask again"):
            await desk.ask("one more", libraries=LIBRARIES)
        engine.gate.set()
        assert [given.answer.question for given in await asyncio.gather(*asked)] == ["0", "1", "2"]
        assert (await desk.ask("afterwards", libraries=LIBRARIES)).answer.question == "afterwards"
    assert "one more" not in engine.begun


class Stopped(Pace):
    """A pace of so many seconds a question, whatever is answered."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds=seconds, clock=lambda: 0.0)


async def test_who_would_wait_longer_than_two_thirds_of_the_time_limit_is_turned_away_at_once() -> None:
    engine = GatedEngine()
    with desk_of(engine, seconds=60, threads=1, waiting=100, pace=Stopped(10.0)) as desk:
        assert desk.expected_wait_seconds == 0.0
        asked = [asyncio.create_task(desk.ask(str(number), libraries=LIBRARIES)) for number in range(5)]
        await begun(engine, 1)
        assert desk.waiting_questions == 4
        assert desk.expected_wait_seconds == 50.0
        with pytest.raises(BusyError):
            await desk.ask("one more", libraries=LIBRARIES)
        engine.gate.set()
        await asyncio.gather(*asked)
    assert "one more" not in engine.begun


async def test_the_slower_questions_are_answered_the_fewer_may_wait() -> None:
    accepted = {}
    for seconds in (0.5, 5.0):
        engine = GatedEngine()
        with desk_of(engine, seconds=60, threads=2, waiting=500, pace=Stopped(seconds)) as desk:
            asked = [asyncio.create_task(desk.ask(str(number), libraries=LIBRARIES)) for number in range(150)]
            await begun(engine, 2)
            accepted[seconds] = desk.open_questions
            engine.gate.set()
            results = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(result, BusyError) for result in results) == 150 - accepted[seconds]
    assert accepted == {0.5: 2 + 80, 5.0: 2 + 8}


async def test_a_free_thread_takes_a_question_however_slow_the_last_one_was() -> None:
    engine = GatedEngine()
    engine.gate.set()
    with desk_of(engine, seconds=1, threads=1, pace=Stopped(3_600.0)) as desk:
        assert (await desk.ask("Who?", libraries=LIBRARIES)).answer.question == "Who?"


async def test_answers_set_the_pace() -> None:
    engine = GatedEngine()
    engine.gate.set()
    pace = Pace(seconds=3_600.0)
    with desk_of(engine, pace=pace) as desk:
        await desk.ask("Who?", libraries=LIBRARIES)
        await until(lambda: pace.seconds_to_wait(ahead=0) < 3_600)


async def test_a_question_that_takes_too_long_is_given_up_but_still_takes_up_its_place() -> None:
    engine = GatedEngine()
    with desk_of(engine, seconds=0.05, threads=1, waiting=0) as desk:
        with pytest.raises(TookTooLongError, match=r"0\.05 seconds"):
            await desk.ask("slow", libraries=LIBRARIES)
        with pytest.raises(BusyError):
            await desk.ask("next", libraries=LIBRARIES)


async def test_a_question_whose_time_is_over_before_its_turn_is_never_begun() -> None:
    engine = GatedEngine()
    with desk_of(engine, seconds=0.05, threads=1, waiting=1, pace=Pace(seconds=0)) as desk:
        results = await asyncio.gather(
            desk.ask("slow", libraries=LIBRARIES), desk.ask("queued", libraries=LIBRARIES), return_exceptions=True
        )
        assert [type(result) for result in results] == [TookTooLongError, TookTooLongError]
    assert engine.begun == ["slow"]


async def test_a_timeout_inside_of_the_engine_is_not_taken_for_the_desks() -> None:
    engine = GatedEngine(error=TimeoutError("the lock"))
    engine.gate.set()
    with desk_of(engine) as desk, pytest.raises(TimeoutError, match="the lock"):
        await desk.ask("Who?", libraries=LIBRARIES)


async def test_what_the_engine_raises_reaches_the_one_who_asked() -> None:
    engine = GatedEngine(error=StorageError("The disk is full."))
    engine.gate.set()
    with desk_of(engine) as desk, pytest.raises(StorageError, match="disk is full"):
        await desk.ask("Who?", libraries=LIBRARIES)


async def test_a_failure_after_the_time_limit_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="bot")
    engine = GatedEngine(error=StorageError("cannot search for secret words"))
    with desk_of(engine, seconds=0.05, threads=1) as desk:
        with pytest.raises(TookTooLongError):
            await desk.ask("secret words", libraries=LIBRARIES)
        engine.gate.set()
        await until(lambda: "StorageError" in caplog.text)
    assert "secret" not in caplog.text


async def test_when_the_bot_stops_open_questions_end_and_new_ones_are_turned_away() -> None:
    engine = GatedEngine()
    with desk_of(engine, threads=1, waiting=1) as desk:
        asked = [asyncio.create_task(desk.ask(question, libraries=LIBRARIES)) for question in ("begun", "queued")]
        await begun(engine, 1)
        desk.stop_accepting()
        with pytest.raises(ClosingError):
            await desk.ask("new", libraries=LIBRARIES)
        assert not any(task.done() for task in asked)
        desk.give_up()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(result) for result in results] == [ClosingError, ClosingError]
    assert engine.begun == ["begun"]


async def test_stopping_lets_accepted_questions_be_answered() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = asyncio.create_task(desk.ask("begun", libraries=LIBRARIES))
        await begun(engine, 1)
        desk.stop_accepting()
        engine.gate.set()
        assert (await asked).answer.question == "begun"


def answered(confidence: float) -> Answer:
    return Answer(question="Who?", answered=True, reason=None, text="Someone.", confidence=confidence)


NO_STORIES = Answer(question="Who?", answered=False, reason="no_stories", text="", confidence=0.9)


@pytest.mark.parametrize(
    ("answers", "best"),
    [
        ({"a": answered(0.5), "b": answered(0.7)}, "b"),
        ({"a": answered(0.7), "b": answered(0.7)}, "a"),
        ({"b": answered(0.1)}, "b"),  # the others refuse
        ({"a": NO_STORIES}, "b"),
        ({"a": NO_STORIES, "b": NO_STORIES, "c": NO_STORIES}, "a"),
    ],
)
async def test_the_surest_answer_of_several_libraries_is_given(answers: dict[str, Answer], best: str) -> None:
    engine = GatedEngine()
    engine.gate.set()
    engine.answers = answers
    with desk_of(engine) as desk:
        assert (await desk.ask("Who?", libraries=("a", "b", "c"))).library == best
    assert engine.libraries == ["a", "b", "c"]


class FailingInSome(GatedEngine):
    """Raises by library."""

    def __init__(self, errors: dict[str, Exception]) -> None:
        super().__init__()
        self.gate.set()
        self.errors = errors

    def ask(self, question: str, **options: object) -> Answer:
        library = str(options["library"])
        if library in self.errors:
            raise self.errors[library]
        return answered(0.5)


async def test_a_library_that_fails_does_not_keep_another_from_answering() -> None:
    with desk_of(FailingInSome({"a": StorageError("broken")})) as desk:
        assert (await desk.ask("Who?", libraries=("a", "b"))).library == "b"
    failing = FailingInSome({"a": StorageError("broken"), "b": UnknownStoryError("")})
    with desk_of(failing) as desk, pytest.raises(StorageError, match="broken"):
        await desk.ask("Who?", libraries=("a", "b"), story="s")


async def test_a_story_that_is_in_no_library_is_one_sentence_that_repeats_nothing_of_the_engines() -> None:
    errors: dict[str, Exception] = {"a": UnknownStoryError("secret"), "b": UnknownStoryError("secret")}
    with desk_of(FailingInSome(errors)) as desk, pytest.raises(NoSuchStoryError, match="no such story") as caught:
        await desk.ask("Who?", libraries=("a", "b"), story="s")
    assert "secret" not in str(caught.value)


async def test_a_story_in_the_second_library_is_found() -> None:
    with desk_of(FailingInSome({"a": UnknownStoryError("")})) as desk:
        assert (await desk.ask("Who?", libraries=("a", "b"), story="s")).library == "b"


async def test_a_question_of_someone_who_is_gone_is_taken_out_of_the_queue() -> None:
    engine = GatedEngine()
    with desk_of(engine, threads=1) as desk:
        first = asyncio.create_task(desk.ask("Who?", libraries=LIBRARIES))
        await begun(engine, 1)
        second = asyncio.create_task(desk.ask("When?", libraries=LIBRARIES))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait((second,))
        engine.gate.set()
        await first
        assert desk.open_questions == 0
    assert engine.begun == ["Who?"]


async def test_nobody_is_looked_for_in_the_next_library_after_they_are_gone() -> None:
    engine = GatedEngine()
    with desk_of(engine) as desk:
        asked = asyncio.create_task(desk.ask("Who?", libraries=("a", "b")))
        await begun(engine, 1)
        asked.cancel()
        await asyncio.wait((asked,))
        engine.gate.set()
        await until(lambda: desk.open_questions == 0)
    assert engine.libraries == ["a"]


async def test_titles_do_not_wait_for_questions() -> None:
    engine = GatedEngine()
    with desk_of(engine, threads=1, waiting=0) as desk:
        asked = asyncio.create_task(desk.ask("Who?", libraries=LIBRARIES))
        await begun(engine, 1)
        assert [title.title for title in await desk.titles("a")] == ["a"]
        engine.gate.set()
        await asked
