"""How often a person is told why they get no answer."""

from collections import OrderedDict
from collections.abc import Callable

SECONDS = 60.0
"""Between two hints to a person in a channel: who goes on all the same has read the first, or does not want to."""
MOST = 10_000
"""Of which it is remembered when they were told; who is forgotten may be told again at once."""


class Hints:
    """Remembers who was told something where. For the event loop's thread. `clock` gives seconds that never go back."""

    def __init__(self, *, clock: Callable[[], float], seconds: float = SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._told: OrderedDict[tuple[int, int], float] = OrderedDict()

    def take(self, person_id: int, channel_id: int) -> bool:
        """Whether the person may be told something in the channel now; then they are taken to have been."""
        now = self._clock()
        key = (person_id, channel_id)
        told = self._told.get(key)
        if told is not None and now - told < self._seconds:
            return False
        self._told[key] = now
        self._told.move_to_end(key)
        while len(self._told) > self._most:
            self._told.popitem(last=False)
        return True
