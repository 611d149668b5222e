"""How soon a person, and a server, may ask again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST = 50_000
"""People and servers that are remembered; one that is forgotten may ask at once."""


@dataclass(slots=True)
class _Bucket:
    """What is left of `most` questions at a moment; it fills up again at `per_second`."""

    left: float
    at: float


class Cooldowns:
    """Counts questions. For the event loop's thread. `clock` gives seconds that never go back.

    A person may ask `burst` questions in a row and then one each `seconds`, in each server and in direct messages by
    itself. All people of one server together may ask `server_burst` in a row and then `server_per_second`.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        burst: int = 3,
        server_burst: int = 250,
        server_per_second: float = 2.0,
        most: int = MOST,
    ) -> None:
        self._clock = clock
        self._burst = burst
        self._server_burst = server_burst
        self._server_per_second = server_per_second
        self._most = most
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, person_id: int, server_id: int | None, *, seconds: float) -> float:
        """Count a question; returns 0, or in how many seconds to ask again, and then it is not counted.

        `seconds` is the cooldown between questions of a person; with 0 people are not held up by themselves.
        """
        person = self._bucket((person_id, server_id), self._burst, 1 / seconds if seconds else 0.0)
        server = self._bucket(server_id, self._server_burst, self._server_per_second)
        if seconds and person.left < 1:
            return (1 - person.left) * seconds
        if server_id is not None and server.left < 1:
            return (1 - server.left) / self._server_per_second
        person.left -= 1 if seconds else 0
        server.left -= 1
        return 0.0

    def _bucket(self, key: Hashable, most: int, per_second: float) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(float(most), now))
        bucket.left = min(float(most), bucket.left + (now - bucket.at) * per_second)
        bucket.at = now
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket
