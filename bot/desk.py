"""Takes questions from the event loop to the engine: in threads, only so many at once, each within a time limit."""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from typing import Protocol

from index.stories import Answer

_log = logging.getLogger(__name__)

PUBLIC_LIBRARY = "public"
"""The only library that is read for Discord: everyone on any server may read it."""


class Asks(Protocol):
    """What the desk needs of an engine. It blocks, and is never called on the event loop's thread."""

    def ask(
        self, question: str, *, library: str = "public", now: datetime | None = None, since: date | None = None
    ) -> Answer: ...


class UnansweredError(Exception):
    """A question was not answered; the message is the sentence for the person who asked."""


class BusyError(UnansweredError):
    """Too many questions wait already."""


class ClosingError(UnansweredError):
    """The bot is being stopped."""


class TookTooLongError(UnansweredError):
    """The time limit for a question passed."""


class Desk:
    """Answers questions from `PUBLIC_LIBRARY`. All methods are for the event loop's thread.

    `seconds` is how long a question may take, waiting for its turn included. `threads` questions are worked on at
    once and `waiting` more may wait. A question whose time is over still counts as long as its thread works on it.
    """

    def __init__(self, engine: Asks, *, seconds: float, threads: int = 4, waiting: int = 28) -> None:
        self._engine = engine
        self._seconds = seconds
        self._most = threads + waiting
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="question")
        self._accepted: set[Future[Answer]] = set()
        self._given_up: asyncio.Future[None] | None = None
        self._closing = False

    async def ask(self, question: str) -> Answer:
        """The engine's answer. Raises BusyError, ClosingError, TookTooLongError, and what the engine raises."""
        if self._closing:
            raise ClosingError(_CLOSING)
        if len(self._accepted) >= self._most:
            raise BusyError("Too many questions are waiting right now. Please ask again in a minute.")
        work = self._executor.submit(self._engine.ask, question, library=PUBLIC_LIBRARY)
        self._accepted.add(work)
        work.add_done_callback(self._accepted.discard)
        answer = asyncio.wrap_future(work)
        given_up = self._giving_up()
        try:
            await asyncio.wait((answer, given_up), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and not answer.cancelled():
                return answer.result()
        finally:
            answer.cancel()  # takes the question out of the queue if no thread has begun with it
        work.add_done_callback(_log_late_failure)
        if given_up.done():
            raise ClosingError(_CLOSING)
        raise TookTooLongError(
            f"No answer within {self._seconds:g} seconds, so I stopped waiting. Please ask again, or ask more simply."
        )

    def stop_accepting(self) -> None:
        """From now on questions raise ClosingError; those that were accepted go on."""
        self._closing = True

    def give_up(self) -> None:
        """Let everyone who still waits get ClosingError, and end the threads as soon as their work allows."""
        self._closing = True
        given_up = self._giving_up()
        if not given_up.done():
            given_up.set_result(None)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _giving_up(self) -> asyncio.Future[None]:
        if self._given_up is None:
            self._given_up = asyncio.get_running_loop().create_future()
        return self._given_up


def _log_late_failure(work: Future[Answer]) -> None:
    """A failure after the person was told that it took too long is nobody's answer, but may say why it took long."""
    error = None if work.cancelled() else work.exception()
    if error is not None:
        _log.warning("A question whose time was over failed: %s", type(error).__name__)


_CLOSING = "The bot is being restarted. Please ask again in a minute."
