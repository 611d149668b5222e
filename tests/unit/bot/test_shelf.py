"""The shelf: work on stories in threads, within limits, every ending a sentence."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from bot import shelf as shelf_module
from bot.desk import BusyError, ClosingError, TookTooLongError
from bot.shelf import RefusedError, Shelf
from index.errors import StorageError, UnknownStoryError


class Engine:
    """Removes whatever it is told, once it is let go; remembers in which threads."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.removed: list[str] = []
        self.threads: set[int] = set()
        self.error: Exception | None = None

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.go_on.wait(10)
        if self.error is not None:
            raise self.error
        self.removed.append(story_id)
        return f"{library}/{story_id}"


@pytest.fixture
def engine() -> Engine:
    return Engine()


def shelf_over(engine: Any, **options: float) -> Shelf:
    return Shelf(engine, **options)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - it happens in a thread
            await asyncio.sleep(0.01)


async def begun(engine: Engine) -> None:
    assert await asyncio.to_thread(engine.begun.wait, 10)


async def test_work_is_done_in_another_thread(engine: Engine) -> None:
    engine.go_on.set()
    assert await shelf_over(engine).remove("server-1", "a") == "server-1/a"
    assert threading.get_ident() not in engine.threads


@pytest.mark.parametrize(
    ("error", "expected"), [(UnknownStoryError("storydesk list"), RefusedError), (StorageError("full"), StorageError)]
)
async def test_a_story_that_is_not_there_is_a_sentence_and_other_errors_stay(
    engine: Engine, error: Exception, expected: type[Exception]
) -> None:
    engine.go_on.set()
    engine.error = error
    with pytest.raises(expected) as caught:
        await shelf_over(engine).remove("server-1", "a")
    assert "storydesk" not in str(caught.value)


async def test_what_takes_too_long_goes_on_and_says_so(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TookTooLongError, match="goes on"):
        await shelf_over(engine, changing_seconds=0.05).remove("server-1", "a")
    engine.go_on.set()
    await until(lambda: engine.removed == ["a"])


async def test_what_never_got_its_turn_is_not_done(engine: Engine) -> None:
    shelf = shelf_over(engine, changing_seconds=0.2)
    waiting = [asyncio.create_task(shelf.remove("server-1", story)) for story in "abc"]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert ["goes on" in str(result) for result in results] == [True, True, False]
    engine.go_on.set()
    shelf.close()
    await until(lambda: len(engine.removed) == 2)
    await asyncio.sleep(0.05)
    assert sorted(engine.removed) == ["a", "b"]


async def test_more_than_may_wait_are_told_that_it_is_busy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "_MOST_CHANGING", 2)
    shelf = shelf_over(engine)
    waiting = [asyncio.create_task(shelf.remove("server-1", story)) for story in "ab"]
    await begun(engine)
    with pytest.raises(BusyError):
        await shelf.remove("server-1", "c")
    engine.go_on.set()
    assert await asyncio.gather(*waiting) == ["server-1/a", "server-1/b"]


async def test_who_waits_when_the_bot_stops_is_told_whether_it_was_begun(engine: Engine) -> None:
    shelf = shelf_over(engine)
    waiting = [asyncio.create_task(shelf.remove("server-1", story)) for story in "abc"]
    await begun(engine)
    await asyncio.sleep(0.05)
    shelf.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, ClosingError) for result in results)
    assert ["begun" in str(result) for result in results] == [True, True, False]
    with pytest.raises(ClosingError):
        await shelf.remove("server-1", "d")
    engine.go_on.set()
