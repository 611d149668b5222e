"""What a job has shown so far and goes on to show, for as many as watch it and each at its own pace."""

import threading
from collections import Counter
from collections.abc import Iterator

from index.holding.protocol import Alive, JobOver, Missed, Progress, Reply, Result
from index.holding.results import Outcome
from index.stories import AddResult

KEPT = 20_000
"""Results of a job that are kept for those who come to watch later, or watch slowly."""
_DROPPED_AT_ONCE = 5_000
_AT_ONCE = 500


class Feed:
    """The results and the progress of one job. A worker fills it while others watch."""

    def __init__(self, *, alive_seconds: float = 5.0) -> None:
        self._changed = threading.Condition()
        self._alive_seconds = alive_seconds
        self._results: list[AddResult] = []
        self._dropped = 0
        self._progress: dict[str, tuple[int, Progress]] = {}
        self._serial = 0
        self._over: JobOver | None = None
        self._closed = False
        self.shown: Counter[str] = Counter()
        """How often a result of each source was shown, for the worker to show none again when it tries again."""
        self.outcome = Outcome()

    def show(self, result: AddResult) -> None:
        """Add a result."""
        with self._changed:
            self._results.append(result)
            if len(self._results) >= KEPT + _DROPPED_AT_ONCE:
                del self._results[:_DROPPED_AT_ONCE]
                self._dropped += _DROPPED_AT_ONCE
            self._changed.notify_all()

    def progress(self, progress: Progress) -> None:
        """Replace the progress of the same kind of work."""
        with self._changed:
            self._serial += 1
            self._progress[progress.what] = self._serial, progress
            self._changed.notify_all()

    def end(self, over: JobOver) -> None:
        """The job is over; who watches sees `over` last."""
        with self._changed:
            self._over = over
            self._changed.notify_all()

    def close(self) -> None:
        """Send away who watches, without an end: the job goes on elsewhere."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        with self._changed:
            return self._over is not None

    def watch(self) -> Iterator[Reply]:
        """All that is known, then what comes, then `JobOver` as the last; `Alive` when nothing comes for some seconds.

        Ends without `JobOver` when the feed is closed.
        """
        position, serial, missed = 0, 0, False
        while True:
            replies: list[Reply] = []
            with self._changed:
                self._changed.wait_for(
                    lambda: self._has_news(position, serial) or self._over is not None or self._closed,  # noqa: B023
                    self._alive_seconds,
                )
                if position < self._dropped:
                    position = self._dropped
                    if not missed:
                        missed = True
                        replies.append(Missed())
                replies += [each for number, each in self._progress.values() if number > serial]
                serial = self._serial
                first = position - self._dropped
                results = self._results[first : first + _AT_ONCE]
                position += len(results)
                replies += [Result(result) for result in results]
                all_shown = position == self._dropped + len(self._results)
                over, closed = self._over, self._closed
            yield from replies or [Alive()]
            if all_shown and over is not None:
                yield over
            if (all_shown and over is not None) or closed:
                return

    def _has_news(self, position: int, serial: int) -> bool:
        return serial < self._serial or position < self._dropped + len(self._results)
