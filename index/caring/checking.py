"""Examines a data folder: its libraries compared with their indexes, passages looked up by their own vectors."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.caring.comparing import (
    SwitchedError,
    Which,
    ask_index,
    check_current,
    compare,
    count_stale_marks,
    superfluous,
)
from index.caring.orphans import count_orphans
from index.caring.troubles import some
from index.errors import StorageError, VectorServerError
from index.publishing.rebuilding import Turn
from index.publishing.stores import Progress, Stores
from index.stories import LibraryHealth, Trouble
from index.storing import generations, versions
from index.storing.catalog import Catalog, Generation, Library
from index.storing.passages import kept_vectors, readable
from index.storing.sqlite import quick_check

_LOOKUPS_A_LIBRARY = 20
_LOOKUPS = 400
_LIBRARIES_LOOKED_UP = 100
"""Each library that is searched stays in Chroma's memory, about 3 MB of it: of more libraries a random choice."""
_SAME = 0.999
"""A cosine from here on is 1 but for rounding: both indexes are written from the kept vectors."""
_NEAREST = (10, 200)
"""How many are looked through; the more when equal vectors, or the graph they are searched in, hide a passage."""


def examine_all(stores: Stores, *, turn: Turn, tell: Progress) -> list[LibraryHealth]:
    """How every library is, and first what belongs to none. Raises StorageError when the catalog cannot be read."""
    found = [stores.catalog.library(name) for name in stores.catalog.libraries()]
    libraries = [library for library in found if library is not None]
    looked_up = {library.name for library in random.sample(libraries, min(len(libraries), _LIBRARIES_LOOKED_UP))}
    lookups = max(1, min(_LOOKUPS_A_LIBRARY, _LOOKUPS // max(1, len(looked_up))))
    total = sum(stores.catalog.count_passages(library) for library in libraries)
    healths = [LibraryHealth(None, troubles=(*_of_catalog(stores), *_of_vector_index(stores), *_of_nothing(stores)))]
    done = 0
    for library in libraries:

        def tell_more(more: int) -> None:
            nonlocal done
            done += more
            tell("passages compared", done, max(done, total))

        wanted = lookups if library.name in looked_up else 0
        healths.append(examine(stores, library.name, turn=turn, lookups=wanted, tell_more=tell_more))
    return healths


def examine(
    stores: Stores, name: str, *, turn: Turn, lookups: int, tell_more: Callable[[int], None] = lambda more: None
) -> LibraryHealth:
    """How a library is; so many passages are looked up by their own vectors.

    `tell_more` hears how many passages were compared, page by page.
    """
    while True:
        try:
            return _examine(stores, name, turn, lookups, tell_more)
        except SwitchedError:
            continue


def _examine(stores: Stores, name: str, turn: Turn, lookups: int, tell_more: Callable[[int], None]) -> LibraryHealth:
    with turn():
        library = stores.catalog.make_library(name)
        unfinished = versions.staged(stores.catalog, library) + versions.retired(stores.catalog, library)
    troubles = [*_of_generations(stores, library), *some("generations", "unfinished", len(unfinished))]
    if library.current is None:
        return LibraryHealth(name, stores.catalog.count_passages(library), troubles=tuple(troubles))
    unreadable: dict[Which, StorageError] = {}
    counted: Counter[str] = Counter()
    sample = _Sample(lookups)
    for page in compare(stores, library, turn=turn, unreadable=unreadable):
        counted["passages"] += len(page.entries)
        counted["missing_vectors"] += len(page.without_vector)
        counted["missing_words"] += len(page.without_words)
        counted["double_words"] += len(page.with_words_twice)
        counted["unusable"] += sum(key in page.unusable_keys for _, _, key in page.entries)
        counted["unindexed"] += len(page.unindexed)
        for passage_id, _, key in page.entries:
            if passage_id not in page.without_vector and key not in page.unusable_keys:
                sample.add(passage_id)
        tell_more(len(page.entries))
    entries = {which: _count_entries(stores, library.current, which, unreadable) for which in _WHICH}
    for which in _WHICH:
        if which not in unreadable and entries[which] != counted["passages"] - counted[f"missing_{which}"]:
            try:
                for page_ids in superfluous(stores, library, which, turn=turn):
                    counted[f"superfluous_{which}"] += len(page_ids)
            except StorageError as failed:
                unreadable[which] = failed
    with turn():
        counted["stale"] = count_stale_marks(stores.catalog, library.current)
    lost, looked_up = look_up(stores, library, sample.chosen, turn=turn, unreadable=unreadable)
    counted["lost"] = lost
    if stores.vectors.damage is not None:
        unreadable.pop("vectors", None)  # said once, of the whole data folder
    for which, error in unreadable.items():
        kind = "server" if isinstance(error, VectorServerError) else f"unreadable_{which}"
        troubles.append(Trouble("counts", kind, str(error).rstrip(".")))
    for check, kind in _COUNTED:
        troubles += some(check, kind, counted[kind], of=looked_up)
    return LibraryHealth(
        name, counted["passages"], entries["vectors"], entries["words"], looked_up, troubles=tuple(troubles)
    )


_WHICH: tuple[Which, ...] = ("vectors", "words")
_COUNTED: tuple[tuple[Literal["counts", "lookup", "generations"], str], ...] = (
    ("counts", "missing_vectors"),
    ("counts", "missing_words"),
    ("counts", "double_words"),
    ("counts", "superfluous_vectors"),
    ("counts", "superfluous_words"),
    ("counts", "unusable"),
    ("generations", "unindexed"),
    ("generations", "stale"),
    ("lookup", "lost"),
)


def _count_entries(stores: Stores, generation: Generation, which: Which, unreadable: dict[Which, StorageError]) -> int:
    if which == "vectors":
        return ask_index(which, unreadable, lambda: stores.vectors.count(generation), 0)
    return ask_index(which, unreadable, lambda: stores.words.count(generation.id), 0)


def look_up(
    stores: Stores, library: Library, passage_ids: Sequence[str], *, turn: Turn, unreadable: dict[Which, StorageError]
) -> tuple[int, int]:
    """Search these passages by their own kept vectors; returns how many were not found, and of how many."""
    assert library.current is not None
    generation = library.current
    with turn():
        check_current(stores, library)
        keys = {row.passage_id: row.text_key for row in readable(stores.catalog, generation, passage_ids)}
        kept = kept_vectors(stores.catalog, keys.values(), model=generation.model)
        own = {passage_id: kept[key] for passage_id, key in keys.items() if key in kept and kept[key].any()}
        found = [
            ask_index("vectors", unreadable, partial(_is_nearest, stores, generation, passage_id, vector), True)
            for passage_id, vector in own.items()
        ]
    return found.count(False), 0 if "vectors" in unreadable else len(found)


def _is_nearest(stores: Stores, generation: Generation, passage_id: str, vector: NDArray[np.float32]) -> bool:
    """Whether the passage, or nothing but passages of the same vector, is what is found for it."""
    for limit in _NEAREST:
        found = stores.vectors.search(generation, vector, limit=limit)
        nearest = [each for each, cosine in found.items() if cosine >= _SAME]
        if passage_id in nearest:
            return True
    keys = [row.text_key for row in readable(stores.catalog, generation, nearest)]
    kept = kept_vectors(stores.catalog, keys, model=generation.model)
    equal = [key for key in keys if key in kept and float(kept[key] @ vector) >= _SAME * float(vector @ vector)]
    return len(nearest) == max(_NEAREST) == len(equal)


class _Sample:
    """A random choice of `size` of all values that are added, each as likely as any other."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen = 0
        self.chosen: list[str] = []

    def add(self, value: str) -> None:
        self._seen += 1
        if len(self.chosen) < self._size:
            self.chosen.append(value)
        elif (place := random.randrange(self._seen)) < self._size:
            self.chosen[place] = value


def catalog_problem(catalog: Catalog) -> str | None:
    """What is damaged in the catalog's file, in the database's words; None when nothing is."""
    with catalog.reading() as connection:
        return quick_check(connection)


def _of_catalog(stores: Stores) -> list[Trouble]:
    problem = catalog_problem(stores.catalog)
    if problem is None:
        return []
    text = f"the catalog is damaged ({problem}); `storydesk restore` brings it back from a backup"
    return [Trouble("catalog", "damaged", text)]


def _of_nothing(stores: Stores) -> list[Trouble]:
    try:
        counts = count_orphans(stores)
    except StorageError as error:
        return [Trouble("orphans", "unreadable", str(error).rstrip("."))]
    return [trouble for kind, number in counts.items() for trouble in some("orphans", kind, number)]


def _of_vector_index(stores: Stores) -> list[Trouble]:
    damage = stores.vectors.damage
    return [] if damage is None else [Trouble("counts", "vector_index_damaged", damage.rstrip("."))]


def _of_generations(stores: Stores, library: Library) -> list[Trouble]:
    current, building = library.current, library.building
    if current is None:
        if not stores.catalog.has_stories(library):
            return []
        text = "its indexes are not complete; `storydesk rebuild` completes them"
        return [Trouble("generations", "incomplete", text)]
    if building is not None:
        done = generations.count_indexed(stores.catalog, building)
        text = f"its next indexes have {done} passages so far; `storydesk rebuild` goes on with them"
        return [Trouble("generations", "half_built", text, serious=False)]
    if current.fingerprint != stores.fingerprint:
        text = "its indexes were made with another model or splitter; `storydesk rebuild` makes them anew"
        return [Trouble("generations", "outdated", text)]
    return []
