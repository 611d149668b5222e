"""Builds a library's next generation of indexes beside the one that answers, and switches when it is complete.

Nothing is embedded that the model embedded before: the catalog keeps the vectors.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from index.errors import StorageError
from index.publishing.preparing import cut_text, embed_new
from index.publishing.publisher import finish
from index.publishing.stores import Progress, Stores
from index.storing import generations, versions
from index.storing.catalog import Generation, Library
from index.storing.passages import IndexedPassage, indexed_passages, keep_vectors, known_texts
from index.storing.versions import Cut

_log = logging.getLogger(__name__)
Turn = Callable[[], AbstractContextManager[object]]
_VERSIONS_AT_ONCE = 200
_PASSAGES_AT_ONCE = 2_000
_EMBED_AT_ONCE = 256


def rebuild(stores: Stores, name: str, *, turn: Turn, on_progress: Progress | None = None) -> int:
    """Make the indexes of the library of that name anew, with today's model and splitter.

    `turn` is a context in which nobody else writes; it is taken for a batch at a time, so that stories can be added
    meanwhile. A change of model or splitter that was interrupted is taken up where it was. Returns the number of
    passages. Raises ModelError, StorageError.
    """
    tell = on_progress or _tell_nobody
    with turn():
        library = stores.catalog.make_library(name)
        generation = _begin(stores, library)
    while True:
        fill(stores, generation, turn=turn, tell=tell)
        with turn():
            if generations.not_indexed(stores.catalog, generation, after="", limit=1):
                continue  # a story came in since
            generations.switch(stores.catalog, library, generation)
        with turn():
            stores.drop_retired_generations(library)
            library = stores.catalog.make_library(name)
            finish(stores, library)  # what the indexes before did not take
            return stores.catalog.count_passages(library)


def give_up(stores: Stores, name: str, *, turn: Turn) -> None:
    """Begin the next indexes of a library instead of those that it has; a rebuild, or the next start, fills them."""
    with turn():
        stores.begin_generation(stores.catalog.make_library(name), instead=True)


def recover(stores: Stores, library: Library, *, turn: Turn, on_progress: Progress | None = None) -> None:
    """Finish what an earlier process began in this library.

    An unfinished generation is kept only while it is a change of model or splitter to today's, which `rebuild` goes
    on with. A library that has stories but no generation to answer with gets one now.
    """
    with turn():
        stores.drop_retired_generations(library)
        if library.current is not None and library.building is not None and not _goes_on(stores, library):
            generations.retire(stores.catalog, library.building)
            stores.drop_retired_generations(library)
            library = stores.catalog.make_library(library.name)
        finish(stores, library)
    if library.current is None and stores.catalog.has_stories(library):
        rebuild(stores, library.name, turn=turn, on_progress=on_progress)


def _goes_on(stores: Stores, library: Library) -> bool:
    """Whether the library's unfinished generation is still what a rebuild would make."""
    building, current = library.building, library.current
    if building is None or building.fingerprint != stores.fingerprint:
        return False
    return current is None or current.fingerprint != building.fingerprint


def _begin(stores: Stores, library: Library) -> Generation:
    """The generation to fill; what was staged for the one before is finished first."""
    try:
        finish(stores, library)
    except StorageError as error:
        _log.warning("library %s: its indexes take nothing any more: %s", library.name, error)
    # What the present indexes cannot take is found in the next ones, like everything that is live.
    if staged := versions.staged(stores.catalog, library):
        versions.make_live(stores.catalog, staged, retire=versions.given_way(stores.catalog, library))
    if library.building is not None:
        if _goes_on(stores, library):
            return library.building
        generations.retire(stores.catalog, library.building)
        stores.drop_retired_generations(library)
    return stores.begin_generation(library)


def fill(stores: Stores, generation: Generation, *, turn: Turn, tell: Progress) -> None:
    """Index every live version that the generation does not have yet."""
    done, total = generations.count_indexed(stores.catalog, generation), _total(stores, generation)
    last = ""
    while page := generations.not_indexed(stores.catalog, generation, after=last, limit=_VERSIONS_AT_ONCE):
        last = page[-1]
        _cut_missing(stores, generation, page, turn)
        passages = indexed_passages(stores.catalog, generation, page)
        _embed_missing(stores, generation, passages, turn, tell)
        for version_ids, part in _parts(page, passages):
            with turn():
                _index(stores, generation, version_ids, part)
            done += len(part)
            tell("passages indexed", done, max(done, total))


def _total(stores: Stores, generation: Generation) -> int:
    """About how many passages there will be: what another splitter makes of the texts is not known before."""
    library = Library(generation.library_id, "", building=generation)
    return stores.catalog.count_passages(library)


def _parts(page: list[str], passages: list[IndexedPassage]) -> list[tuple[list[str], list[IndexedPassage]]]:
    """Whole versions together, as many as have not much more passages than are written at once."""
    of_version: dict[str, list[IndexedPassage]] = {version_id: [] for version_id in page}
    for passage in passages:
        of_version[passage.version_id].append(passage)
    parts: list[tuple[list[str], list[IndexedPassage]]] = [([], [])]
    for version_id, its_passages in of_version.items():
        if parts[-1][1] and len(parts[-1][1]) + len(its_passages) > _PASSAGES_AT_ONCE:
            parts.append(([], []))
        parts[-1][0].append(version_id)
        parts[-1][1].extend(its_passages)
    return parts


def _index(stores: Stores, generation: Generation, version_ids: list[str], passages: list[IndexedPassage]) -> None:
    """Write those versions that are still live; what was removed meanwhile has no passage in the catalog any more."""
    live = versions.still_live(stores.catalog, version_ids)
    known = known_texts(stores.catalog, [passage.text_key for passage in passages], model=generation.model)
    lacking = {passage.version_id for passage in passages if passage.text_key not in known}
    ready = [version_id for version_id in version_ids if version_id in live and version_id not in lacking]
    chosen = set(ready)
    stores.write(generation, [passage for passage in passages if passage.version_id in chosen])
    with stores.catalog.writing() as connection:
        versions.mark_indexed(connection, generation, ready)


def _cut_missing(stores: Stores, generation: Generation, page: list[str], turn: Turn) -> None:
    """Cut those versions that this generation's splitter never cut."""
    known = generations.cut_already(stores.catalog, generation, page)
    cuts: dict[str, Cut] = {}
    for version_id in page:
        if version_id not in known and (story := versions.story_of(stores.catalog, version_id)) is not None:
            cuts[version_id], _ = cut_text(stores, story)
    with turn():
        live = versions.still_live(stores.catalog, list(cuts))
        with stores.catalog.writing() as connection:
            for version_id in live:
                versions.add_passages(connection, version_id, cuts[version_id])


def _embed_missing(
    stores: Stores, generation: Generation, passages: list[IndexedPassage], turn: Turn, tell: Progress
) -> None:
    """Embed what the generation's model never embedded, keeping each part as soon as it is done."""
    known = known_texts(stores.catalog, [passage.text_key for passage in passages], model=generation.model)
    missing = {
        passage.text_key: passage.embedded_text(stores.token_offsets)
        for passage in passages
        if passage.text_key not in known
    }
    keys = list(missing)
    for first in range(0, len(keys), _EMBED_AT_ONCE):
        part = {key: missing[key] for key in keys[first : first + _EMBED_AT_ONCE]}
        embedded = embed_new(stores, part)
        with turn(), stores.catalog.writing() as connection:
            keep_vectors(connection, embedded, model=generation.model)
            versions.delete_unneeded_vectors(connection, list(embedded))  # of what was removed meanwhile
        tell("passages embedded", first + len(part), len(keys))


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
