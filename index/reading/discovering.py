"""Paths that were given -> the files to read, in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from index.reading.identities import shown
from index.reading.results import FoundFile, ReadFailure

TEXT_SUFFIXES = (".txt", ".md", ".html", ".htm", ".pdf", ".json", ".jsonl")
KINDS = ".txt, .md, .html, .htm, .pdf, .json and .jsonl"


def discover(paths: Sequence[Path]) -> list[FoundFile | ReadFailure]:
    """The files that `paths` name, folders with all that is in them in sorted order, and what cannot be found.

    In folders, hidden entries and files of other kinds are passed over. Symbolic links are followed, each real folder
    is entered once. The `source` of a file in a folder is the folder as given and the path below it.
    """
    entered: set[tuple[int, int]] = set()
    return [found for path in paths for found in _discover(path, entered)]


def _discover(path: Path, entered: set[tuple[int, int]]) -> Iterator[FoundFile | ReadFailure]:
    try:
        is_folder = path.is_dir()
        exists = is_folder or path.exists()
    except (OSError, ValueError) as error:
        yield ReadFailure(shown(path), _sentence(error))
        return
    if is_folder:
        found = list(_walk(path, entered))
        yield from found
        if not found:
            yield ReadFailure(shown(path), f"The folder has no file of the kinds {KINDS}, or was given twice.")
    elif not exists:
        yield ReadFailure(shown(path), "There is no such file or folder; check the spelling of the path.")
    elif path.suffix.lower() not in TEXT_SUFFIXES:
        yield ReadFailure(shown(path), f"This kind of file cannot be read; give files of the kinds {KINDS}.")
    else:
        yield FoundFile(path, shown(path))


def _walk(folder: Path, entered: set[tuple[int, int]]) -> Iterator[FoundFile | ReadFailure]:
    # A list of what is left to visit instead of recursion: folders may nest deeper than Python's stack.
    left = [folder]
    while left:
        path = left.pop()
        try:
            if not path.is_dir():
                if path == folder or path.suffix.lower() in TEXT_SUFFIXES:
                    yield FoundFile(path, shown(path))
                continue
            status = path.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
        except OSError as error:
            yield ReadFailure(shown(path), _sentence(error))
            continue
        left.extend(reversed(entries))


def _sentence(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "You may not open this; ask its owner for permission to read it."
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name cannot be used"
    return f"This cannot be opened ({reason}); check the path."
