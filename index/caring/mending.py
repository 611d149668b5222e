"""Puts right what an examination found: indexes in step with the catalog again, and orphans gone."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import delete, select

from index.caring.checking import catalog_problem, examine_all
from index.caring.comparing import Page, compare, superfluous
from index.caring.orphans import collect_orphans
from index.errors import StorageError, VectorServerError
from index.publishing.publisher import finish
from index.publishing.rebuilding import Turn, fill, give_up, rebuild
from index.publishing.stores import Progress, Stores
from index.stories import LibraryHealth
from index.storing.catalog import Generation, Library, pages
from index.storing.schema import indexed_versions, vectors
from index.storing.schema import versions as versions_table
from index.storing.sqlite import disk_error

_log = logging.getLogger(__name__)
Alone = Callable[[str], AbstractContextManager[object]]
_BY_REBUILDING = {"unreadable_vectors", "unreadable_words", "lost", "incomplete"}


def check(stores: Stores, *, fix: bool, home: Path, turn: Turn, alone: Alone, tell: Progress) -> list[LibraryHealth]:
    """How the data folder (first) and its libraries are; with `fix`, how they are when all that can be was mended.

    `turn` is a context in which nobody else writes, taken for a batch at a time; `alone` gives one in which nobody
    else makes the indexes of the library of that name anew. Raises StorageError, ModelError.
    """
    before = examine_all(stores, turn=turn, tell=tell)
    if not fix or not any(health.troubles for health in before):
        return before
    mend(stores, before, home=home, turn=turn, alone=alone, tell=tell)
    after = {health.library: health for health in examine_all(stores, turn=turn, tell=tell)}
    was = {health.library: health for health in before}
    return [_with_mended(was.get(name), health) for name, health in after.items()]


def _with_mended(before: LibraryHealth | None, after: LibraryHealth) -> LibraryHealth:
    still = {trouble.kind for trouble in after.troubles}
    mended = [
        replace(trouble, mended=True)
        for trouble in (before.troubles if before is not None else ())
        if trouble.kind not in still
    ]
    return replace(after, troubles=(*mended, *after.troubles))


def mend(stores: Stores, found: list[LibraryHealth], *, home: Path, turn: Turn, alone: Alone, tell: Progress) -> None:
    """Put right what was found. Raises StorageError, ModelError; what was mended until then stays so."""
    if stores.vectors.damage is not None:
        start_anew(stores, turn=turn, alone=alone, tell=tell)
    else:
        try:
            for health in found:
                if health.library is not None and health.troubles:
                    with alone(health.library):
                        _mend_library(stores, health.library, {each.kind for each in health.troubles}, turn, tell)
            collect_orphans(stores, turn=turn)
        except VectorServerError:
            raise
        except StorageError as error:
            # Neither the disk nor the catalog: then it is the vector index, in a way that was not seen before.
            if disk_error(error, home, name="data folder") is not None or catalog_problem(stores.catalog) is not None:
                raise
            _log.warning("the vector index is made anew: %s", error)
            start_anew(stores, turn=turn, alone=alone, tell=tell)
    collect_orphans(stores, turn=turn)


def start_anew(stores: Stores, *, turn: Turn, alone: Alone, tell: Progress) -> None:
    """Put the whole vector index aside and make all libraries' indexes anew.

    Killed in between, the next start goes on with it: the catalog knows that no library's indexes are complete.
    """
    names = stores.catalog.libraries()
    for name in names:
        give_up(stores, name, turn=turn)
    with turn():
        stores.vectors.start_anew()
    for name in names:
        with alone(name):
            rebuild(stores, name, turn=turn, on_progress=tell)
    stores.vectors.drop_put_aside()


def _mend_library(stores: Stores, name: str, kinds: set[str], turn: Turn, tell: Progress) -> None:
    library = stores.catalog.make_library(name)
    if library.current is not None and library.current.fingerprint != stores.fingerprint:
        return  # a rebuild with today's model is for a person to decide: it embeds all stories
    if not kinds & _BY_REBUILDING:
        try:
            _correct(stores, library, turn, tell)
            return
        except VectorServerError:
            raise
        except StorageError as error:
            _log.warning("library %s: its indexes are made anew: %s", name, error)
    rebuild(stores, name, turn=turn, on_progress=tell)


def _correct(stores: Stores, library: Library, turn: Turn, tell: Progress) -> None:
    """Take out what is superfluous and index again what is not whole."""
    generation = library.current
    if generation is None:
        return
    with turn():
        finish(stores, library)
        _forget_stale_marks(stores, generation)

    def forget(page: Page) -> None:
        _forget(stores, generation, page)

    for _ in compare(stores, library, turn=turn, unreadable={}, correct=forget):
        pass
    for _ in superfluous(
        stores, library, "vectors", turn=turn, correct=lambda ids: stores.vectors.delete(generation, ids)
    ):
        pass
    for _ in superfluous(
        stores, library, "words", turn=turn, correct=lambda ids: stores.words.delete(generation.id, ids)
    ):
        pass
    fill(stores, generation, turn=turn, tell=tell)


def _forget(stores: Stores, generation: Generation, page: Page) -> None:
    """Note that these stories are not whole in the indexes, so that they are indexed again, even after a kill."""
    with stores.catalog.writing() as connection:
        for keys in pages(sorted(page.unusable_keys)):
            connection.execute(delete(vectors).where(vectors.c.text_key.in_(keys), vectors.c.model == generation.model))
        for version_ids in pages(sorted(page.versions_to_index)):
            connection.execute(
                delete(indexed_versions).where(
                    indexed_versions.c.generation_id == generation.id, indexed_versions.c.version_id.in_(version_ids)
                )
            )


def _forget_stale_marks(stores: Stores, generation: Generation) -> None:
    not_live = select(versions_table.c.id).where(
        versions_table.c.id == indexed_versions.c.version_id, versions_table.c.state != "live"
    )
    with stores.catalog.writing() as connection:
        connection.execute(
            delete(indexed_versions).where(indexed_versions.c.generation_id == generation.id, not_live.exists())
        )
