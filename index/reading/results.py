"""What discovering and reading hand on besides stories."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read: `path` to open, `source` as to be shown to a person."""

    path: Path
    source: str


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A file, or a line of one, that gave no story. `error` is a sentence that says what is wrong and what to do."""

    source: str
    error: str
