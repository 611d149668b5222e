"""Measures how late the event loop is: a loop that is held up answers no heartbeat and acknowledges nothing."""

import asyncio
from collections import deque
from collections.abc import Callable

_SECONDS_BETWEEN = 0.25
_REMEMBERED = 240
"""Measurements that `worst_lately` looks at: those of the last minute."""


class LoopLag:
    """How much later than asked the running event loop went on, in seconds."""

    def __init__(self, *, note: Callable[[float], None] = lambda seconds: None) -> None:
        self._note = note
        self._lately: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def worst_lately(self) -> float:
        """The longest of the last minute; 0 when nothing was measured yet."""
        return max(self._lately, default=0.0)

    async def measure(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            asked_for = loop.time() + _SECONDS_BETWEEN
            await asyncio.sleep(_SECONDS_BETWEEN)
            late = max(0.0, loop.time() - asked_for)
            self._lately.append(late)
            self._note(late)
