"""What discovering and reading hand on besides stories."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read: `path` to open, `source` as to be shown to a person.

    `called` is its name when that is not the path's.
    """

    path: Path
    source: str
    called: str | None = None

    @property
    def named(self) -> Path:
        """What a title is made of when the file gives none; not to be opened."""
        return Path(self.called) if self.called else self.path


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A file, or a line of one, that gave no story. `error` is a sentence that says what is wrong and what to do."""

    source: str
    error: str
