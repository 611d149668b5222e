"""What Chroma leaves on the disk of collections that were deleted: their vectors, for good."""

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

_log = logging.getLogger(__name__)
_UUID = "-".join("[0-9a-f]" * length for length in (8, 4, 4, 4, 12))
"""Chroma keeps the vectors of a collection in a folder that is named by the id of its segment."""


def remove_unused_folders(path: Path) -> None:
    """Remove the folders in Chroma's folder `path` that are no collection's any more; Chroma may be open on it."""
    # Chroma enters a segment before it makes its folder, so what is listed first and not entered was deleted.
    folders = [folder for folder in path.glob(_UUID) if folder.is_dir()]
    if not folders:
        return
    try:
        with closing(sqlite3.connect(f"{(path / 'chroma.sqlite3').absolute().as_uri()}?mode=ro", uri=True)) as database:
            used = {str(segment) for (segment,) in database.execute("SELECT id FROM segments")}
    except sqlite3.Error as error:
        _log.warning("what Chroma does not need any more stays in %s: %s", path, error)
        return
    for folder in folders:
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)
