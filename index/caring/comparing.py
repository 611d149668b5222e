"""Compares a library's indexes with the catalog by the ids of passages, a page at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np
from sqlalchemy import and_, func, select

from index.errors import StorageError
from index.publishing.rebuilding import Turn
from index.publishing.stores import Stores
from index.storing.catalog import LIVE, Catalog, Generation, Library, pages
from index.storing.schema import indexed_versions, passages, stories, vectors
from index.storing.schema import versions as versions_table

Which = Literal["vectors", "words"]
_Result = TypeVar("_Result")
_STORIES_AT_ONCE = 200
_ENTRIES_AT_ONCE = 1_000


class SwitchedError(Exception):
    """Other indexes answer now than those that were being compared."""


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
            check_current(stores, library)
            identities, rows, unindexed = _stories_page(stores.catalog, generation, after=last)
            if not identities:
                return
            ids = [passage_id for passage_id, _, _, _ in rows]
            in_vectors = ask_index("vectors", unreadable, partial(stores.vectors.present, generation, ids), set(ids))
            in_words = ask_index("words", unreadable, partial(stores.words.present, generation.id, ids), Counter(ids))
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
            check_current(stores, library)
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


def count_stale_marks(catalog: Catalog, generation: Generation) -> int:
    """How many versions are noted as indexed that are not live."""
    query = (
        select(func.count())
        .select_from(indexed_versions.join(versions_table))
        .where(indexed_versions.c.generation_id == generation.id, ~LIVE)
    )
    with catalog.reading() as connection:
        return connection.scalar(query) or 0


def ask_index(
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


def check_current(stores: Stores, library: Library) -> None:
    """Raise SwitchedError when a rebuild ended meanwhile."""
    now = stores.catalog.library(library.name)
    if now is None or now.current != library.current:
        raise SwitchedError
