"""How fast questions are answered just now, and how long one more would wait for its turn."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_GUESS = 0.4
"""Seconds that a question takes of the machine before any was answered: about what two cores need."""
_LEAST_WEIGHT = 0.1
"""Of a new answer in the moving mean: the last twenty or so count."""


class Pace:
    """A moving mean of the seconds after which one more question is answered while questions are waiting.

    Questions that are answered at once share models and processor: while there are four, each is charged a quarter of
    the time that passes. `seconds` is taken for the mean until the first is answered. Its methods may be called from
    any thread.
    """

    def __init__(self, *, seconds: float = FIRST_GUESS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._answered = 0
        self._charged = 0.0  # what one that was always at work would have been charged so far
        self._charged_at = clock()
        self._begun: dict[object, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def working(self) -> Iterator[None]:
        """What is inside works on one question. It is not counted when it raises: a failure says nothing of answers."""
        one = object()
        with self._lock:
            charged = self._charge()  # before it is one of them
            self._begun[one] = charged
        answered = False
        try:
            yield
            answered = True
        finally:
            with self._lock:
                seconds = self._charge() - self._begun.pop(one)
                if answered:
                    self._note(seconds)

    def seconds_to_wait(self, *, ahead: int) -> float:
        """How long a question is expected to wait until it, too, is begun, when `ahead` others wait already.

        What is at work for longer than usual counts before it is answered: an engine that hangs answers nobody.
        """
        with self._lock:
            charged = self._charge()
            longest = max((charged - begun for begun in self._begun.values()), default=0.0)
            return (ahead + 1) * max(self._seconds, longest)

    def _charge(self) -> float:
        """Charge the time since it was charged last to all that are at work."""
        now = self._clock()
        if self._begun:
            self._charged += (now - self._charged_at) / len(self._begun)
        self._charged_at = now
        return self._charged

    def _note(self, seconds: float) -> None:
        self._answered += 1
        weight = max(_LEAST_WEIGHT, 1 / self._answered)  # the first takes the place of the guess
        self._seconds += weight * (seconds - self._seconds)
