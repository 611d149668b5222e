"""Opening files: only regular ones, only up to a size, every refusal a sentence."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from index.errors import ReadingError

MAX_TEXT_BYTES = 20 * 1024 * 1024
"""Most bytes of a text, page, JSON file or line of JSONL: a story is far shorter, a longer file is something else."""

MAX_PDF_BYTES = 100 * 1024 * 1024
"""Most bytes of a PDF, whose pictures take room that its text does not."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file to read bytes. Raises ReadingError for anything that cannot be opened or read."""
    try:
        # Path.open takes no opener.
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ReadingError("This is not a regular file; give a file that holds a story.")
            yield file
    except PermissionError as error:
        raise ReadingError("You may not open this file; ask its owner for permission to read it.") from error
    except FileNotFoundError as error:
        raise ReadingError("There is no such file, or it is a link to one that is gone; check the path.") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadingError(f"This file cannot be read ({reason}); check the path and the disk.") from error


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe would block until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def check_size(file: BinaryIO, *, limit: int, advice: str) -> None:
    """Raise ReadingError when the open `file` has more than `limit` bytes; `advice` says what to do then."""
    size = os.fstat(file.fileno()).st_size
    if size > limit:
        raise too_large(size, limit=limit, advice=advice)


def too_large(size: int, *, limit: int, advice: str) -> ReadingError:
    """The refusal of something that has `size` bytes."""
    return ReadingError(f"This has {_megabytes(size)}, more than the limit of {_megabytes(limit)}; {advice}.")


def read_bytes(path: Path, *, limit: int, advice: str) -> bytes:
    """All bytes of a regular file. Raises ReadingError, before reading, when it has more than `limit`."""
    with opened(path) as file:
        check_size(file, limit=limit, advice=advice)
        # The file may have grown since.
        data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(len(data), limit=limit, advice=advice)
    return data


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MB".replace(".0 MB", " MB")
