"""Compares the indexes with the catalog, a page at a time, and looks passages up by their own vectors."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func, select

from index.caring.orphans import count_orphans
from index.caring.troubles import some
from index.errors import StorageError, VectorServerError
from index.publishing.rebuilding import Turn
from index.publishing.stores import Progress, Stores
from index.stories import LibraryHealth, Trouble
from index.storing import generations, versions
from index.storing.catalog import LIVE, Catalog, Generation, Library, pages
from index.storing.passages import kept_vectors, readable
from index.storing.schema import indexed_versions, passages, stories, vectors
from index.storing.schema import versions as versions_table
from index.storing.sqlite import quick_check

Which = Literal["vectors", "words"]
_Result = TypeVar("_Result")
_STORIES_AT_ONCE = 200
_ENTRIES_AT_ONCE = 1_000
_LOOKUPS_A_LIBRARY = 20
_LOOKUPS = 400
_LIBRARIES_LOOKED_UP = 100
"""Each library that is searched stays in Chroma's memory, about 3 MB of it: of more libraries a random choice."""
_SAME = 0.999
"""A cosine from here on is 1 but for rounding: both indexes are written from the kept vectors."""
_NEAREST = (10, 200)
"""How many are looked through; the more when equal vectors, or the graph they are searched in, hide a passage."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some stories of a library, compared with its indexes.

    `entries` are (passage id, version id, key of its vector); `unindexed` the versions that are not noted as indexed.
    """

    entries: tuple[tuple[str, str, str], ...]
    without_vector: frozenset[str]
    without_words: frozenset[str]
    with_words_twice: frozenset[str]
    unusable_keys: frozenset[str]
    unindexed: frozenset[str]

    @property
    def versions_to_index(self) -> set[str]:
        """Versions of which something is missing in an index or in the catalog."""
        wrong = self.without_vector | self.without_words | self.with_words_twice
        found = set(self.unindexed)
        for passage_id, version_id, key in self.entries:
            if passage_id in wrong or key in self.unusable_keys:
                found.add(version_id)
        return found


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
        except _SwitchedError:
            continue


class _SwitchedError(Exception):
    """Other indexes answer now than those that were being compared."""


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


def compare(
    stores: Stores,
    library: Library,
    *,
    turn: Turn,
    unreadable: dict[Which, StorageError],
    correct: Callable[[Page], None] = lambda page: None,
) -> Iterator[Page]:
    """The live stories of `library`, page by page, compared with its current indexes.

    What an index cannot be asked goes into `unreadable`, by index. `correct` is called with each page
    in the very turn in which it was compared.
    """
    assert library.current is not None
    generation = library.current
    size = _usual_size(stores.catalog, generation)
    last = ""
    while True:
        with turn():
            _check_current(stores, library)
            identities, rows, unindexed = _stories_page(stores.catalog, generation, after=last)
            if not identities:
                return
            ids = [passage_id for passage_id, _, _, _ in rows]
            in_vectors = _ask("vectors", unreadable, partial(stores.vectors.present, generation, ids), set(ids))
            in_words = _ask("words", unreadable, partial(stores.words.present, generation.id, ids), Counter(ids))
            page = Page(
                entries=tuple((passage_id, version_id, key) for passage_id, version_id, key, _ in rows),
                without_vector=frozenset(ids) - in_vectors,
                without_words=frozenset(each for each in ids if not in_words[each]),
                with_words_twice=frozenset(each for each in ids if in_words[each] > 1),
                unusable_keys=frozenset(key for _, _, key, data in rows if not _is_usable(data, size)),
                unindexed=unindexed,
            )
            correct(page)
        last = identities[-1]
        yield page


def _stories_page(
    catalog: Catalog, generation: Generation, *, after: str
) -> tuple[list[str], Sequence[tuple[str, str, str, bytes | None]], frozenset[str]]:
    """The next stories' identities, their live passages with the kept vectors, versions that no note says indexed."""
    page = (
        select(stories.c.id, stories.c.identity)
        .where(stories.c.library_id == generation.library_id, stories.c.identity > after)
        .order_by(stories.c.identity)
        .limit(_STORIES_AT_ONCE)
    )
    kept = and_(vectors.c.text_key == passages.c.text_key, vectors.c.model == generation.model)
    with catalog.reading() as connection:
        found = connection.execute(page).all()
        live = select(versions_table.c.id).where(versions_table.c.story_id.in_([row.id for row in found]), LIVE)
        version_ids = list(connection.scalars(live))
        query = (
            select(passages.c.id, passages.c.version_id, passages.c.text_key, vectors.c.vector)
            .select_from(passages.outerjoin(vectors, kept))
            .where(passages.c.version_id.in_(version_ids), passages.c.splitter == generation.splitter)
        )
        rows = [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]
        marked = select(indexed_versions.c.version_id).where(
            indexed_versions.c.generation_id == generation.id, indexed_versions.c.version_id.in_(version_ids)
        )
        unindexed = frozenset(version_ids) - set(connection.scalars(marked))
    return [row.identity for row in found], rows, unindexed


def _usual_size(catalog: Catalog, generation: Generation) -> int:
    """How many bytes most kept vectors of the generation's model have."""
    query = select(vectors.c.vector).where(vectors.c.model == generation.model).limit(_ENTRIES_AT_ONCE)
    with catalog.reading() as connection:
        sizes = Counter(len(data) for data in connection.scalars(query))
    return sizes.most_common(1)[0][0] if sizes else 0


def _is_usable(data: bytes | None, size: int) -> bool:
    return data is not None and len(data) == size and bool(np.isfinite(np.frombuffer(data, dtype="<f2")).all())


def superfluous(
    stores: Stores,
    library: Library,
    which: Which,
    *,
    turn: Turn,
    correct: Callable[[list[str]], None] | None = None,
) -> Iterator[list[str]]:
    """Ids, page by page, that an index of `library` has of passages that no live story has.

    `correct` removes them from the index, in the very turn in which they were found.
    """
    assert library.current is not None
    generation, offset = library.current, 0
    while True:
        with turn():
            _check_current(stores, library)
            if which == "vectors":
                page = stores.vectors.page(generation, offset=offset, limit=_ENTRIES_AT_ONCE)
            else:
                page = stores.words.page(generation.id, offset=offset, limit=_ENTRIES_AT_ONCE)
            if not page:
                return
            live = _live(stores.catalog, generation, page)
            found = [passage_id for passage_id in page if passage_id not in live]
            offset += len(page)
            if correct is not None and found:
                correct(found)
                offset -= len(found)
        yield found


def _live(catalog: Catalog, generation: Generation, passage_ids: Sequence[str]) -> set[str]:
    """Those of these passages that the generation should have."""
    query = (
        select(passages.c.id)
        .select_from(passages.join(versions_table).join(stories))
        .where(stories.c.library_id == generation.library_id, LIVE, passages.c.splitter == generation.splitter)
    )
    with catalog.reading() as connection:
        return {
            passage_id
            for page in pages(passage_ids)
            for passage_id in connection.scalars(query.where(passages.c.id.in_(page)))
        }


def _count_entries(stores: Stores, generation: Generation, which: Which, unreadable: dict[Which, StorageError]) -> int:
    if which == "vectors":
        return _ask(which, unreadable, lambda: stores.vectors.count(generation), 0)
    return _ask(which, unreadable, lambda: stores.words.count(generation.id), 0)


def count_stale_marks(catalog: Catalog, generation: Generation) -> int:
    """How many versions are noted as indexed that are not live."""
    query = (
        select(func.count())
        .select_from(indexed_versions.join(versions_table))
        .where(indexed_versions.c.generation_id == generation.id, ~LIVE)
    )
    with catalog.reading() as connection:
        return connection.scalar(query) or 0


def look_up(
    stores: Stores, library: Library, passage_ids: Sequence[str], *, turn: Turn, unreadable: dict[Which, StorageError]
) -> tuple[int, int]:
    """Search these passages by their own kept vectors; returns how many were not found, and of how many."""
    assert library.current is not None
    generation = library.current
    with turn():
        _check_current(stores, library)
        keys = {row.passage_id: row.text_key for row in readable(stores.catalog, generation, passage_ids)}
        kept = kept_vectors(stores.catalog, keys.values(), model=generation.model)
        own = {passage_id: kept[key] for passage_id, key in keys.items() if key in kept and kept[key].any()}
        found = [
            _ask("vectors", unreadable, partial(_is_nearest, stores, generation, passage_id, vector), True)
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


def _ask(
    which: Which, unreadable: dict[Which, StorageError], ask: Callable[[], _Result], otherwise: _Result
) -> _Result:
    """What an index answers, or else `otherwise`; after a failure it is not asked again."""
    if which in unreadable:
        return otherwise
    try:
        return ask()
    except StorageError as error:
        unreadable[which] = error
        return otherwise


def _check_current(stores: Stores, library: Library) -> None:
    """Raise _SwitchedError when a rebuild ended meanwhile."""
    now = stores.catalog.library(library.name)
    if now is None or now.current != library.current:
        raise _SwitchedError


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
