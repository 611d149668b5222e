"""Takes questions from the event loop to the engine: in threads, only so many at once, each within a time limit."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import ParamSpec, Protocol, TypeVar

from bot.limiting.pace import Pace
from bot.operating.metrics import Metrics
from bot.translating import SOURCE, text
from index.errors import StorageError, UnknownStoryError
from index.stories import AddResult, Answer, Document, StoredStory, StoryTitle, Summary

_log = logging.getLogger(__name__)

_QUICK_THREADS = 2
_MOST_WAITING = 500
"""Whatever the pace: what waits takes memory."""
_SHARE_TO_WAIT = 2 / 3
"""Of the time limit. The rest is for answering, and for the pace to slow down."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Asks(Protocol):
    """What the desk needs of an engine. It blocks, and is never called on the event loop's thread."""

    def ask(
        self,
        question: str,
        *,
        library: str = "public",
        now: datetime | None = None,
        since: date | None = None,
        story: str | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer: ...

    def titles(self, library: str) -> tuple[StoryTitle, ...]: ...

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory: ...

    def summarize(self, story_id: str, *, library: str, sentences: int = 3) -> Summary: ...

    def add_document(
        self, document: Document, *, library: str, on_progress: Callable[[str, int, int], None] | None = None
    ) -> list[AddResult]: ...

    def remove(self, story_id: str, *, library: str | None = None) -> str: ...

    def remove_library(self, name: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Given:
    """An answer or a refusal, and the library that it came from."""

    answer: Answer
    library: str


class UnansweredError(Exception):
    """A question was not answered; `sentence` says why to the person who asked, in their language.

    `key` is that of a text of bot.translating, and `values` are put into it.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(text(key, language=SOURCE, **values))
        self._key = key
        self._values = values

    def sentence(self, language: str) -> str:
        return text(self._key, language=language, **self._values)


class BusyError(UnansweredError):
    """So many questions wait already that one more would probably not be answered in time."""


class ClosingError(UnansweredError):
    """The bot is being stopped."""


class TookTooLongError(UnansweredError):
    """The time limit for a question passed."""


class NoSuchStoryError(UnansweredError):
    """The one story that was to be searched is in none of the libraries."""


class Desk:
    """Answers questions from the libraries it is told. All methods are for the event loop's thread.

    `seconds` is how long a question may take, waiting for its turn included. `threads` questions are worked on at
    once, so that they share the model's calls; others wait as long as `pace` lets expect that each is begun within two
    thirds of `seconds`, `waiting` of them at most. A question whose time is over still counts as long as its thread
    works on it.
    """

    def __init__(
        self,
        engine: Asks,
        *,
        seconds: float,
        threads: int = 8,
        waiting: int = _MOST_WAITING,
        pace: Pace | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.engine = engine
        self._seconds = seconds
        self._threads = threads
        self._most_waiting = waiting
        self._pace = pace or Pace()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="question")
        # What takes a moment never waits behind questions.
        self._quick = ThreadPoolExecutor(_QUICK_THREADS, thread_name_prefix="quick")
        self._accepted: set[Future[Given]] = set()
        self._given_up: asyncio.Future[None] | None = None
        self._closing = False

    async def ask(
        self,
        question: str,
        *,
        libraries: Sequence[str],
        story: str | None = None,
        since: date | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Given:
        """The surest of the answers from `libraries`, of equals the first one's; at least one must be given.

        Only the `story` of that id is searched when there is one, and only those published on or after `since`.
        `conversation` is what was answered before. Cancelling takes the question out of the queue, and ends work on it
        before the next library. Raises BusyError, ClosingError, TookTooLongError, NoSuchStoryError, and what the
        engine raises when no library gives an answer.
        """
        if self._closing:
            raise ClosingError("closing")
        if self._is_busy():
            raise BusyError("busy")
        gone = threading.Event()

        def ask_one(library: str) -> Answer:
            return self.engine.ask(question, library=library, story=story, since=since, conversation=conversation)

        work = self._executor.submit(self._answer, ask_one, tuple(libraries), gone, time.perf_counter())
        self._accepted.add(work)
        work.add_done_callback(self._accepted.discard)
        answer = asyncio.wrap_future(work)
        given_up = self._giving_up()
        try:
            await asyncio.wait((answer, given_up), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and not answer.cancelled():
                self.metrics.answered(answer.result().answer)
                return answer.result()
        finally:
            gone.set()
            answer.cancel()  # takes the question out of the queue if no thread has begun with it
        work.add_done_callback(_log_late_failure)
        if given_up.done():
            raise ClosingError("closing")
        raise TookTooLongError("too_long", seconds=f"{self._seconds:g}")

    @property
    def open_questions(self) -> int:
        """How many questions are worked on or wait."""
        return len(self._accepted)

    @property
    def waiting_questions(self) -> int:
        """How many questions wait for a thread."""
        return max(0, len(self._accepted) - self._threads)

    @property
    def expected_wait_seconds(self) -> float:
        """How long a question that came now would wait for its turn."""
        if len(self._accepted) < self._threads:
            return 0.0
        return self._pace.seconds_to_wait(ahead=self.waiting_questions)

    def _is_busy(self) -> bool:
        if len(self._accepted) < self._threads:
            return False  # whatever the pace was: it is only learned by answering
        too_many = self.waiting_questions >= self._most_waiting
        return too_many or self.expected_wait_seconds > _SHARE_TO_WAIT * self._seconds

    def _answer(
        self, ask_one: Callable[[str], Answer], libraries: Sequence[str], gone: threading.Event, accepted: float
    ) -> Given:
        """In a thread: ask the engine, and note how long the question waited and how long that took."""
        self.metrics.took("waiting", time.perf_counter() - accepted)
        with self.metrics.timed("answering"), self._pace.working():
            return _surest(ask_one, libraries, gone)

    async def quickly(
        self, function: Callable[Parameters, Result], *arguments: Parameters.args, **options: Parameters.kwargs
    ) -> Result:
        """What `function` returns or raises, in a thread that no question occupies; for what takes milliseconds."""
        return await asyncio.wrap_future(self._quick.submit(function, *arguments, **options))

    async def titles(self, library: str) -> tuple[StoryTitle, ...]:
        """The titles of a library's stories, the newest first."""
        return await self.quickly(self.engine.titles, library)

    def stop_accepting(self) -> None:
        """From now on questions raise ClosingError; those that were accepted go on."""
        self._closing = True

    def give_up(self) -> None:
        """Let everyone who still waits get ClosingError, and end the threads as soon as their work allows."""
        self._closing = True
        given_up = self._giving_up()
        if not given_up.done():
            given_up.set_result(None)
        for executor in (self._executor, self._quick):
            executor.shutdown(wait=False, cancel_futures=True)

    def _giving_up(self) -> asyncio.Future[None]:
        if self._given_up is None:
            self._given_up = asyncio.get_running_loop().create_future()
        return self._given_up


def _surest(ask_one: Callable[[str], Answer], libraries: Sequence[str], gone: threading.Event) -> Given:
    """Ask each library unless nobody waits any more. One that fails does not keep the others from answering."""
    found: list[Given] = []
    failure: Exception | None = None
    for library in libraries:
        if gone.is_set():
            break
        try:
            found.append(Given(ask_one(library), library))
        except UnknownStoryError:  # it may be in the next one; where it is in none, nobody learns more than that
            continue
        except StorageError as error:
            _log.warning("A library could not be searched: %s", type(error).__name__)
            failure = failure or error
    if found:
        return max(found, key=_how_sure)
    if failure is not None:
        raise failure
    raise NoSuchStoryError("no_such_story")


def _how_sure(given: Given) -> tuple[bool, bool, float]:
    answer = given.answer
    return answer.answered, answer.reason != "no_stories", answer.confidence


def _log_late_failure(work: Future[Given]) -> None:
    """A failure after the person was told that it took too long is nobody's answer, but may say why it took long."""
    error = None if work.cancelled() else work.exception()
    if error is not None:
        _log.warning("A question whose time was over failed: %s", type(error).__name__)
