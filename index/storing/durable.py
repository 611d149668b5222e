"""Files that are complete or absent, also after a power cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"
"""What the name of a file that is not complete ends with."""


@contextmanager
def complete_or_absent(target: Path) -> Iterator[Path]:
    """Gives the path of a new file beside `target` to write; it takes the name of `target` when nothing was raised.

    The file can be read by its owner only. What an earlier attempt left is written over. Raises OSError.
    """
    part = target.with_name(target.name + PART)
    _remove_part(part)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        sync(part)
        part.replace(target)
    except BaseException:
        _remove_part(part)
        raise
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_part(part: Path) -> None:
    for path in (part, part.with_name(f"{part.name}-journal")):  # a database in the making has one beside it
        path.unlink(missing_ok=True)
