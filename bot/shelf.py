"""Takes work on the stories themselves from the event loop to the engine: in threads, within time limits.

Questions do not come here but to the desk; what is changed here never takes their threads.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bot.desk import Asks, BusyError, ClosingError, TookTooLongError, UnansweredError
from index.errors import UnknownStoryError
from index.stories import AddResult, Document, StoredStory, Summary

Progress = Callable[[str, int, int], None]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

LOOKING_SECONDS = 20.0
CHANGING_SECONDS = 720.0
"""Of the 15 minutes in which Discord takes what came of a command."""

_MOST_LOOKING, _MOST_CHANGING = 40, 8
_log = logging.getLogger(__name__)


class RefusedError(UnansweredError):
    """What a person wants cannot be done, or not by them; the message is the sentence for them."""


class Shelf:
    """Looks at and changes the stories of libraries. Its coroutines are for the event loop's thread.

    Whoever calls has made sure that the person may read, or change, the library. Each coroutine raises RefusedError
    when there is no such story, BusyError, ClosingError, TookTooLongError, and what the engine raises. What takes too
    long to wait for goes on by itself.
    """

    def __init__(
        self,
        engine: Asks,
        *,
        looking_seconds: float = LOOKING_SECONDS,
        changing_seconds: float = CHANGING_SECONDS,
    ) -> None:
        self._engine = engine
        self._looking = _Threads("looking", 3, most=_MOST_LOOKING, seconds=looking_seconds)
        self._changing = _Threads("changing", 2, most=_MOST_CHANGING, seconds=changing_seconds)

    async def story(self, library: str, story_id: str) -> StoredStory:
        """A story of a library with its text."""
        return await self._looking.run(self._engine.story, story_id, library=library)

    async def summary(self, library: str, story_id: str) -> Summary:
        """A few sentences of the story's own."""
        return await self._looking.run(self._engine.summarize, story_id, library=library)

    async def add(self, library: str, document: Document, *, on_progress: Progress | None = None) -> list[AddResult]:
        """Store the stories of a document; see `Engine.add_document`. `on_progress` is called in another thread."""
        return await self._changing.run(self._engine.add_document, document, library=library, on_progress=on_progress)

    async def remove(self, library: str, story_id: str) -> str:
        """Remove a story; returns its title."""
        return await self._changing.run(self._engine.remove, story_id, library=library)

    def close(self) -> None:
        """Begin nothing any more, and let everyone who waits get ClosingError; for the event loop's thread.

        What a thread works on is finished if there is time; each story is stored whole or not at all.
        """
        self._looking.close()
        self._changing.close()


class _Threads:
    """A few threads for one kind of work, of which `most` may be accepted at a time."""

    def __init__(self, kind: str, threads: int, *, most: int, seconds: float) -> None:
        self._kind = kind
        self._most = most
        self._seconds = seconds
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=kind)
        self._accepted: set[Future[object]] = set()
        self._given_up: asyncio.Future[None] | None = None
        self._closing = False

    async def run(
        self, function: Callable[Parameters, Result], *arguments: Parameters.args, **options: Parameters.kwargs
    ) -> Result:
        if self._closing:
            raise ClosingError("closing_undone")
        if len(self._accepted) >= self._most:
            raise BusyError("busy_with_others")
        work: Future[Result] = self._executor.submit(function, *arguments, **options)
        accepted: Future[object] = work  # type: ignore[assignment]
        self._accepted.add(accepted)
        accepted.add_done_callback(self._accepted.discard)
        result = asyncio.wrap_future(work)
        given_up = self._giving_up()
        try:
            await asyncio.wait((result, given_up), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if result.done() and not result.cancelled():
                return result.result()
        except UnknownStoryError:
            raise RefusedError("story_gone") from None
        finally:
            never_begun = work.cancel()  # takes it out of the queue
            result.cancel()
        work.add_done_callback(self._log_late_failure)
        if given_up.done():
            raise ClosingError("closing_undone" if never_begun else "closing_begun")
        if never_begun:
            raise TookTooLongError("no_turn")
        raise TookTooLongError("goes_on")

    def close(self) -> None:
        self._closing = True
        given_up = self._giving_up()
        if not given_up.done():
            given_up.set_result(None)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _giving_up(self) -> asyncio.Future[None]:
        if self._given_up is None:
            self._given_up = asyncio.get_running_loop().create_future()
        return self._given_up

    def _log_late_failure(self, work: Future[Result]) -> None:
        error = None if work.cancelled() else work.exception()
        if error is not None:
            _log.warning("%s that was not waited for failed: %s", self._kind.capitalize(), type(error).__name__)
