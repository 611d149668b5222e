"""One process at a time holds the data folder, under a lock that the kernel drops when the process dies."""

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import HomeBusyError, StorageError

_log = logging.getLogger(__name__)
_LOCK = "holder.lock"
_WHO = "holder.json"


def hold(home: Path, *, wait_seconds: float, on_wait: Callable[[str], None] | None = None) -> FileLock:
    """Make `home` if need be and take its lock; release it with `.release()`.

    `on_wait` gets one sentence when another process has it. Raises HomeBusyError after `wait_seconds`, StorageError
    when the folder cannot be made or written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(home / _LOCK, mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is not None and wait_seconds > 0:
                on_wait(f"{_who(home)} is using {home}; waiting up to {wait_seconds:g} seconds for it.")
            lock.acquire(timeout=wait_seconds, poll_interval=0.1)
    except Timeout:
        raise HomeBusyError(
            f"{_who(home)} is still using {home} after {wait_seconds:g} seconds; stop it or try again later."
        ) from None
    except OSError as error:
        raise StorageError(_sentence(error, home)) from error
    _sign(home)
    return lock


def _sign(home: Path) -> None:
    """Write down who holds the folder; what cannot be written on a full disk may still be read."""
    try:
        (home / _WHO).write_text(json.dumps({"pid": os.getpid(), "command": " ".join(sys.argv[1:2])}))
    except OSError as error:
        _log.warning("%s cannot be written: %s", home / _WHO, error)


def _sentence(error: OSError, home: Path) -> str:
    from index.storing.sqlite import storage_sentence

    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"STORYDESK_HOME is {home}, which is not a folder; set it to one."
    return storage_sentence(error, home)


def _who(home: Path) -> str:
    """Whoever wrote down that it holds the folder; only for people to read, the lock alone decides."""
    try:
        who = json.loads((home / _WHO).read_text())
        return f"`storydesk {who['command']}` (process {who['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another storydesk process"
