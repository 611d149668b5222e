"""What exporting and backing up share: telling how far they are, and why a file could not be written."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import DiskFullError, StorageError
from index.storing.sqlite import DATABASE_ERRORS, disk_is_full

Progress = Callable[[str, int, int], None]
"""Gets what is done, how much of it and how much there is."""


def tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """Turn what the disk says of writing `path` into a StorageError: one sentence with what to do."""
    try:
        yield
    except (*DATABASE_ERRORS, OSError) as error:
        if path.parent.is_dir() and disk_is_full(error, path.parent):
            raise DiskFullError(f"There is no room for {path}; make room, or name another place.") from error
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise StorageError(f"{path} cannot be written ({reason}); check the path, or name another place.") from error
