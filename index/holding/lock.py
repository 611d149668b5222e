"""One process at a time holds the data folder, under a lock that the kernel drops when the process dies."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from index.errors import HomeBusyError, StorageError

_log = logging.getLogger(__name__)
_LOCK = "holder.lock"
_WHO = "holder.json"
POLL_SECONDS = 0.05
"""How often who waits looks whether the folder is free."""


def take(home: Path) -> BaseFileLock | None:
    """Make `home` if need be and take its lock, None when another process has it; release it with `.release()`.

    Raises StorageError when the folder cannot be made or written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(home / _LOCK, mode=0o600, thread_local=False)
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except OSError as error:
        raise _error(error, home) from error
    _sign(home)
    return lock


def hold(home: Path, *, wait_seconds: float, on_wait: Callable[[str], None] | None = None) -> BaseFileLock:
    """Make `home` if need be and take its lock, waiting for it; release it with `.release()`.

    `on_wait` gets one sentence when another process has it. Raises HomeBusyError once that process has shown no
    progress for `wait_seconds`, StorageError when the folder cannot be made or written.
    """
    lock = take(home)
    if lock is not None:
        return lock
    patience = Patience(home, seconds=wait_seconds)
    if on_wait is not None and wait_seconds > 0:
        on_wait(patience.note())
    while lock is None:
        if patience.is_over():
            raise patience.error()
        time.sleep(POLL_SECONDS)
        lock = take(home)
    return lock


def progressed(home: Path) -> None:
    """Show those who wait that the holder, this process, gets on with its work."""
    try:
        os.utime(home / _WHO)
    except OSError as error:
        _log.debug("%s cannot be touched: %s", home / _WHO, error)


def holder_name(home: Path) -> str:
    """Whoever wrote down that it holds the folder; only for people to read, the lock alone decides."""
    try:
        who = json.loads((home / _WHO).read_text())
        return f"`storydesk {who['command']}` (process {who['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another storydesk process"


def held_by_bot(home: Path) -> bool:
    """Whether the bot wrote down that it holds the folder."""
    return holder_name(home).startswith(("`storydesk run`", "`storydesk start`"))


class Patience:
    """How long to go on waiting for the folder: until its holder has shown no progress for `seconds`.

    Another holder is progress too, so that many commands can work one after the other, however long each takes.
    """

    def __init__(self, home: Path, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._seconds = seconds
        self._clock = clock
        self._seen = _last_progress(home)
        self._since = clock()

    def is_over(self) -> bool:
        """Whether nothing has happened for too long."""
        seen = _last_progress(self._home)
        if seen != self._seen:
            self._seen = seen
            self._since = self._clock()
        return self._clock() - self._since >= self._seconds

    def note(self) -> str:
        """What to tell who begins to wait."""
        return (
            f"{holder_name(self._home)} is using {self._home}; waiting for it, "
            f"up to {self._seconds:g} seconds without progress."
        )

    def error(self) -> HomeBusyError:
        """What to tell who has waited long enough."""
        if self._seconds == 0:
            return HomeBusyError(f"{holder_name(self._home)} is using {self._home}; stop it or try again later.")
        return HomeBusyError(
            f"{holder_name(self._home)} is still using {self._home} and has made no progress for "
            f"{self._seconds:g} seconds; stop it or try again later."
        )


def _last_progress(home: Path) -> int:
    try:
        return (home / _WHO).stat().st_mtime_ns
    except OSError:
        return 0


def _sign(home: Path) -> None:
    """Write down who holds the folder; what cannot be written on a full disk may still be read."""
    try:
        (home / _WHO).write_text(json.dumps({"pid": os.getpid(), "command": " ".join(sys.argv[1:2])}))
    except OSError as error:
        _log.warning("%s cannot be written: %s", home / _WHO, error)


def _error(error: OSError, home: Path) -> StorageError:
    from index.storing.sqlite import storage_error

    if isinstance(error, FileExistsError | NotADirectoryError):
        return StorageError(f"STORYDESK_HOME is {home}, which is not a folder; set it to one.")
    return storage_error(error, home)
