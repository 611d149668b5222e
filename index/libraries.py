"""Libraries: how they are named, the titles in each, and how one is removed whole."""

import re
import threading
from collections import OrderedDict

from index.errors import LibraryNameError
from index.publishing.stores import Stores
from index.publishing.writers import Writers
from index.stories import StoryTitle
from index.storing import Catalog, removing, versions
from index.storing.catalog import LIBRARY_NAME
from index.storing.titles import read_titles

SAMPLES = "samples"
_MOST_KEPT = 256
_AT_ONCE = 200


def check_library_name(name: str) -> None:
    """Raise LibraryNameError when stories cannot be added to a library of that name."""
    if not re.fullmatch(LIBRARY_NAME, name):
        raise LibraryNameError(
            f"{name!r} cannot name a library; use small letters, digits and hyphens, 63 characters at most."
        )
    if name == SAMPLES:
        raise LibraryNameError("The library samples holds the bundled stories; add yours to another library.")


class Titles:
    """The titles of the libraries asked for last, read again only when something was written to the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[int, tuple[StoryTitle, ...]]] = OrderedDict()

    def of(self, library: str) -> tuple[StoryTitle, ...]:
        """The titles of the library's stories, newest first, undated ones last."""
        state = self._catalog.changes  # asked for first: what is read is never older than what it is kept as
        with self._lock:
            kept = self._kept.get(library)
        if kept is not None and kept[0] == state:
            return kept[1]
        found = tuple(read_titles(self._catalog, library))
        with self._lock:
            self._kept[library] = state, found
            self._kept.move_to_end(library)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def remove_library(stores: Stores, writers: Writers, name: str) -> bool:
    """Remove a library with its stories and indexes; whether nothing is left of it. Harmless when there is none.

    From the first step on, one transaction, nobody finds any of it. What a kill, or a vector server that is down,
    leaves behind goes at the next start or when this is called again. Stories that are being added to it meanwhile
    make it anew.
    """
    with writers.rebuilding(name), writers.changing_model(name):
        library = stores.catalog.library(name)
        if library is None:
            return True
        with writers.turn():
            removing.retire_all(stores.catalog, library)
        retired = versions.retired(stores.catalog, library)
        for first in range(0, len(retired), _AT_ONCE):  # the indexes go as a whole, so only the catalog is cleaned
            with writers.turn():
                versions.delete_versions(stores.catalog, retired[first : first + _AT_ONCE])
        with writers.turn():
            stores.drop_retired_generations(library)
            return removing.forget_if_empty(stores.catalog, library)
