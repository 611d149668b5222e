"""The engine: one data folder, held by this process, with everything that can be done to its stories.

All methods block and may be called from several threads at once; none may be called on an event loop's thread.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from index.settings import IndexSettings
from index.stories import AddResult, Answer, Finding, Leg

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("embedding"), how much of it is done and how much there is."""


class Engine:
    """Adds, finds, answers and removes. Make one with `Engine.open`, and close it."""

    @classmethod
    def open(cls, settings: IndexSettings, *, on_wait: Callable[[str], None] | None = None) -> Self:
        """Take the data folder's lock, bring its catalog up to date and finish what an earlier process began.

        `on_wait` is called once with a sentence when another process holds the folder. The embedding model is not
        loaded before it is needed (`load_model` does it ahead). Raises StorageError, HomeBusyError, SettingsError.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the data folder. Closing twice is harmless."""
        raise NotImplementedError

    def load_model(self) -> None:
        """Check and load the embedding model (seconds). Raises ModelError."""
        raise NotImplementedError

    def add(
        self, paths: Sequence[Path], *, library: str = "public", on_progress: Progress | None = None
    ) -> Iterator[AddResult]:
        """Read files and folders and store their stories; one result per story, yielded once it is safely stored.

        A file that cannot be read yields a "failed" result and the rest goes on. Raises LibraryNameError,
        StorageError (disk full, read-only), ModelError.
        """
        raise NotImplementedError

    def add_samples(self) -> bool:
        """Put the bundled stories into the library `samples`, once in a data folder's life and only if it has no story.

        Returns whether the library `samples` is what a newcomer should be asked in: it has stories and no other has.
        """
        raise NotImplementedError

    def ask(
        self, question: str, *, library: str = "public", now: datetime | None = None, since: date | None = None
    ) -> Answer:
        """Answer from the stories of `library`, or refuse with a reason; never raises for any text as question.

        `now` (default: the clock) is when the question is asked: newer stories weigh more. `since` leaves out stories
        published before that day, and undated ones. Raises ModelError, StorageError.
        """
        raise NotImplementedError

    def find(
        self,
        question: str,
        *,
        library: str = "public",
        leg: Leg = "both",
        limit: int = 10,
        now: datetime | None = None,
        since: date | None = None,
    ) -> list[Finding]:
        """The best passages for `question`, best first, at most `limit`."""
        raise NotImplementedError

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        """Remove a story with all that was derived from it; returns its title. `story_id` may be a unique beginning.

        Looks in all libraries when `library` is None. Raises UnknownStoryError.
        """
        raise NotImplementedError

    def rebuild(self, *, library: str | None = None, on_progress: Progress | None = None) -> dict[str, int]:
        """Make both indexes anew from the catalog; returns the number of passages by library."""
        raise NotImplementedError
