"""Looking after the indexes of a data folder: made anew, compared with the catalog, put right."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from index.adding import WAITING_FOR_SERVER
from index.caring import mending
from index.errors import StorageError
from index.publishing import rebuilding
from index.publishing.stores import Progress, Stores
from index.publishing.writers import Writers
from index.stories import LibraryHealth
from index.storing import Library

_log = logging.getLogger(__name__)


class Tending:
    """Looks after the stores of an engine."""

    def __init__(self, stores: Stores, writers: Writers, home: Path) -> None:
        self._stores = stores
        self._writers = writers
        self._home = home

    def recover(self, on_progress: Progress | None) -> None:
        """Finish what an earlier process began."""
        for library in self.libraries():
            try:
                rebuilding.recover(self._stores, library, turn=self._writers.turn, on_progress=on_progress)
            except StorageError as error:  # what is live can be read, and `rebuild` must be able to begin
                _log.warning("library %s: what was begun could not be finished: %s", library.name, error)

    def rebuild(self, library: str | None, *, tell: Progress) -> dict[str, int]:
        """Make the indexes of `library` (of all when None) anew; returns the number of passages by library."""
        if self._stores.vectors.damage is not None:
            mending.start_anew(self._stores, turn=self._writers.turn, alone=self._alone, tell=tell)
        counts = {}
        for each in self.libraries():
            if library in (None, each.name):
                with self._alone(each.name), self._stores.vectors.waiting(on_wait=partial(tell, WAITING_FOR_SERVER)):
                    counts[each.name] = rebuilding.rebuild(
                        self._stores, each.name, turn=self._writers.turn, on_progress=tell
                    )
        return counts

    def check(self, *, fix: bool, tell: Progress) -> list[LibraryHealth]:
        """How the data folder (first) and each library are, with `fix` how they are once mended."""
        turn = self._writers.turn
        return mending.check(self._stores, fix=fix, home=self._home, turn=turn, alone=self._alone, tell=tell)

    def libraries(self) -> list[Library]:
        """All libraries, in order of their names."""
        found = [self._stores.catalog.library(name) for name in self._stores.catalog.libraries()]
        return [library for library in found if library is not None]

    @contextmanager
    def _alone(self, library: str) -> Iterator[None]:
        """Nobody else makes the indexes of this library anew; while it takes no stories, none are published to it."""
        with self._writers.rebuilding(library):
            outdated = self._stores.is_outdated(self._stores.catalog.make_library(library))
            with self._writers.changing_model(library) if outdated else nullcontext():
                yield
