"""Who may write to the stores, and when: threads of one process take turns."""

import threading


class Writers:
    """The locks of those that write. Taken in this order: `rebuilding`, `changing_model`, `turn`."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self.changing_model = LockByName()
        """Of a library that takes no stories until its next indexes are complete."""
        self.rebuilding = LockByName()
        """Of a library whose next indexes are being made."""

    def turn(self) -> threading.Lock:
        """What is held while something is written, for a batch at a time."""
        return self._turn


class LockByName:
    """A lock for each name."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def __call__(self, name: str) -> threading.Lock:
        with self._making:
            return self._locks.setdefault(name, threading.Lock())
