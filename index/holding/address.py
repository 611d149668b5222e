"""Where the holder's socket is: in the data folder, or in an owner-only folder where its path would be too long."""

import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from index.errors import StorageError

_NAME = "holder.sock"
_LONGEST_PATH = 100
"""Bytes; systems allow 104 to 108, the ending 0 included."""
_BACKLOG = 128


def addresses(home: Path) -> list[Path]:
    """Where to look for the socket of the holder of `home`, in this order."""
    name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:24]
    elsewhere = Path(tempfile.gettempdir()) / f"storydesk-{os.geteuid()}" / f"{name}.sock"
    return [path for path in (home.absolute() / _NAME, elsewhere) if _fits(path)]


def listen(home: Path) -> tuple[socket.socket, Path]:
    """Open the socket of `home`, in place of one that a killed holder left behind. Only for who has the lock.

    Nobody but the owner can connect at any moment. Raises StorageError when no place takes a socket.
    """
    problem: Exception | None = None
    for path in addresses(home):
        try:
            if path.parent != home.absolute():
                _make_private(path.parent)
            return _listen(path), path
        except (OSError, StorageError) as error:  # some network file systems have no sockets
            problem = error
    raise StorageError(f"No local socket can be opened for {home} ({problem}); other commands must wait for this one.")


def present(home: Path) -> Iterator[Path]:
    """The sockets of `home` that are there and that are this user's own. Raises StorageError for another user's."""
    for path in addresses(home):
        with suppress(FileNotFoundError, NotADirectoryError):
            if path.parent != home.absolute() and not _is_private(path.parent):
                continue  # somebody else's folder: the holder has refused it too
            status = path.lstat()
            if not stat.S_ISSOCK(status.st_mode):
                continue
            if status.st_uid != os.geteuid():
                raise StorageError(
                    f"{path} belongs to another user (number {status.st_uid}); run storydesk as that user."
                )
            yield path


def remove(path: Path) -> None:
    """Take the socket away. Only for who has the lock."""
    with suppress(FileNotFoundError):
        path.unlink()


def _listen(path: Path) -> socket.socket:
    # Bound in a folder that only the owner enters and moved when its mode is right: no moment is open to others, and
    # whoever finds the socket finds it listening.
    folder = Path(tempfile.mkdtemp(prefix=".s", dir=path.parent))
    try:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.bind(os.fsencode(folder / "s"))
            (folder / "s").chmod(0o600)
            server.listen(_BACKLOG)
            (folder / "s").replace(path)
        except BaseException:
            server.close()
            raise
    finally:
        with suppress(FileNotFoundError):
            (folder / "s").unlink()
        folder.rmdir()
    return server


def _fits(path: Path) -> bool:
    # While it is made, the socket is in a folder beside it.
    return len(os.fsencode(path.parent)) + max(len(path.name), len(".s12345678/s")) + 1 <= _LONGEST_PATH


def _make_private(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not _is_private(folder):
        raise StorageError(f"{folder} is not a folder that is yours alone (mode 700)")


def _is_private(folder: Path) -> bool:
    """Whether `folder` is a real folder that only this user can enter."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
