"""How a command gets to work with the data folder: it takes the lock, or speaks to who has it, or waits for either."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import BaseFileLock

from index.errors import HolderError
from index.holding import address
from index.holding.lock import POLL_SECONDS, Patience, take
from index.holding.protocol import (
    GREETINGS,
    PROTOCOL,
    TOO_MANY_CONNECTIONS,
    Connection,
    ConnectionLostError,
    Failed,
    Greeting,
    MalformedMessageError,
    error_of,
    program_version,
)
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.engine import Engine
    from index.holding.remote import RemoteEngine

_GREETING_SECONDS = 5.0
_TRIES_UNTOLD = 6
"""Tries before anybody is told of waiting: a killed process's socket closes a moment before its lock is let go."""
Progressing = Callable[[str, int, int], None]


def join(
    settings: IndexSettings,
    *,
    on_wait: Callable[[str], None] | None = None,
    on_progress: Progressing | None = None,
    wait: bool = True,
) -> "Engine | RemoteEngine":
    """The engine of the data folder, opened here when nobody has it, else the one of the process that serves it.

    When the folder is held by a process that does not serve it, `on_wait` is called once with a sentence and the
    folder is waited for, unless `wait` is False. Raises HomeBusyError, StorageError, ModelError, HolderError.
    """
    from index.holding.remote import RemoteEngine

    def open_engine(lock: BaseFileLock) -> "Engine":
        from index.engine import Engine

        return Engine.open(settings, lock=lock, on_progress=on_progress)

    seconds = settings.lock_wait_seconds if wait else 0.0
    home = settings.home.absolute()
    found = lock_or_connection(home, wait_seconds=seconds, on_wait=on_wait)
    if isinstance(found, Connection):
        found.close()
        return RemoteEngine(home, wait_seconds=settings.lock_wait_seconds, open_engine=open_engine, on_wait=on_wait)
    return opened(found, open_engine)


def opened(lock: BaseFileLock, open_engine: "Callable[[BaseFileLock], Engine]") -> "Engine":
    """The engine under `lock`, which is released when it cannot be opened."""
    try:
        return open_engine(lock)
    except BaseException:
        lock.release()
        raise


def lock_or_connection(
    home: Path, *, wait_seconds: float, on_wait: Callable[[str], None] | None = None
) -> BaseFileLock | Connection:
    """The lock of `home`, or a connection to the process that has it, whichever can be had first.

    Waits, and calls `on_wait` once, as long as the holder shows progress in `wait_seconds`. Raises HomeBusyError,
    StorageError, HolderError.
    """
    patience: Patience | None = None
    tries = 0
    while True:
        lock = take(home)
        if lock is not None:
            return lock
        connection = connect(home)
        if connection is not None:
            return connection
        tries += 1
        patience = patience or Patience(home, seconds=wait_seconds)
        if on_wait is not None and wait_seconds > 0 and tries == _TRIES_UNTOLD:
            on_wait(patience.note())
        if patience.is_over():
            raise patience.error()
        time.sleep(POLL_SECONDS)


def connect(home: Path) -> Connection | None:
    """A connection to the process that serves `home`, greetings exchanged; None when there is none or it is too busy.

    Raises HolderError when it speaks another version of the protocol, StorageError when it is another user's.
    """
    for path in address.present(home):
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection = Connection(stream)
        try:
            stream.settimeout(_GREETING_SECONDS)
            stream.connect(str(path))
            if _greet(connection):
                return connection
            connection.close()
        except (OSError, ConnectionLostError):  # left behind by a killed holder, or it is about to stop
            connection.close()
        except BaseException:
            connection.close()
            raise
    return None


def _greet(connection: Connection) -> bool:
    """Exchange greetings; False when the holder asks to come again later."""
    try:
        greeting = connection.receive(GREETINGS, seconds=_GREETING_SECONDS)
    except MalformedMessageError as error:
        raise HolderError(f"What serves the data folder is no Storydesk of this version ({error})") from error
    if isinstance(greeting, Failed):
        if greeting.kind == TOO_MANY_CONNECTIONS:
            return False
        raise error_of(greeting.kind, greeting.error)
    assert isinstance(greeting, Greeting)
    if greeting.protocol != PROTOCOL:
        raise HolderError(
            f"The process that holds the data folder runs Storydesk {greeting.version}, this command "
            f"{program_version()}; they do not understand each other, so start the bot again."
        )
    connection.send(Greeting(PROTOCOL, program_version()))
    return True
