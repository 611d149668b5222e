"""Which generations are being searched, so that none of them is removed under a search."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from index.storing.catalog import Library


class Searches:
    """The searches under way. Whoever removes a generation waits for those in it; later ones go to its successor."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: Counter[int] = Counter()

    @contextmanager
    def searching(self, look_up: Callable[[], Library]) -> Iterator[Library]:
        """The library that `look_up` reads from the catalog; its current generation stays until the block ends."""
        with self._changed:  # read and counted in one go: a switch comes before both or after both
            library = look_up()
            generation_id = library.current.id if library.current is not None else None
            if generation_id is not None:
                self._under_way[generation_id] += 1
        try:
            yield library
        finally:
            if generation_id is not None:
                with self._changed:
                    self._under_way[generation_id] -= 1
                    self._under_way += Counter()  # drops what is zero
                    self._changed.notify_all()

    def wait_for_end(self, generation_id: int) -> None:
        """Wait until nobody searches in a generation that is not current any more."""
        with self._changed:
            self._changed.wait_for(lambda: generation_id not in self._under_way)
