"""Generations of a library's search indexes in the catalog: begun, filled, switched to, removed."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update

from index.storing.catalog import LIVE, Catalog, Generation, Library
from index.storing.schema import generations, indexed_versions, passages, stories, vectors, versions
from index.storing.versions import delete_unneeded_vectors


def begin(
    catalog: Catalog,
    library: Library,
    *,
    model: str,
    model_files: str,
    splitter: str,
    state: str = "building",
    instead: bool = False,
) -> Generation:
    """A new generation of `library`; its first one may be `current` at once, as there is nothing to fill it with.

    With `instead` those before it are retired in the same transaction: nothing answers until it is complete.
    """
    fields = {
        "library_id": library.id,
        "state": state,
        "model": model,
        "model_files": model_files,
        "splitter": splitter,
    }
    with catalog.writing() as connection:
        if instead:
            of_library = generations.c.library_id == library.id
            connection.execute(update(generations).where(of_library).values(state="retired"))
        (key,) = connection.execute(insert(generations).values(**fields)).inserted_primary_key or (None,)
        row = connection.execute(select(generations).where(generations.c.id == key)).one()
        return Generation(**row._mapping)


def switch(catalog: Catalog, library: Library, generation: Generation) -> None:
    """In one transaction: `generation` answers from now on, and the one before it is retired."""
    of_library = generations.c.library_id == library.id
    with catalog.writing() as connection:
        connection.execute(
            update(generations).where(of_library, generations.c.id != generation.id).values(state="retired")
        )
        connection.execute(update(generations).where(generations.c.id == generation.id).values(state="current"))


def retire(catalog: Catalog, generation: Generation) -> None:
    """This generation is not wanted any more."""
    with catalog.writing() as connection:
        connection.execute(update(generations).where(generations.c.id == generation.id).values(state="retired"))


def retired(catalog: Catalog, library: Library) -> list[Generation]:
    """Generations that were replaced and not yet removed."""
    query = select(generations).where(generations.c.library_id == library.id, generations.c.state == "retired")
    with catalog.reading() as connection:
        return [Generation(**row._mapping) for row in connection.execute(query)]


def all_ids(catalog: Catalog) -> set[int]:
    """Ids of all generations of all libraries: whatever index has another one belongs to nobody."""
    with catalog.reading() as connection:
        return set(connection.scalars(select(generations.c.id)))


def forget(catalog: Catalog, generation: Generation) -> None:
    """Delete a generation whose indexes are gone, with the passages and vectors that only it needed."""
    with catalog.writing() as connection:
        connection.execute(delete(indexed_versions).where(indexed_versions.c.generation_id == generation.id))
        connection.execute(delete(generations).where(generations.c.id == generation.id))
        of_library = generations.c.library_id == generation.library_id
        same_cut = of_library & (generations.c.splitter == generation.splitter)
        if connection.execute(select(generations.c.id).where(same_cut).limit(1)).first() is None:
            ours = select(versions.c.id).select_from(versions.join(stories))
            cut = passages.c.splitter == generation.splitter
            mine = passages.c.version_id.in_(ours.where(stories.c.library_id == generation.library_id))
            keys = list(connection.scalars(select(passages.c.text_key).where(cut, mine)))
            connection.execute(delete(passages).where(cut, mine))
            delete_unneeded_vectors(connection, list(dict.fromkeys(keys)))
        same_model = select(generations.c.id).where(generations.c.model == generation.model).limit(1)
        if connection.execute(same_model).first() is None:
            connection.execute(delete(vectors).where(vectors.c.model == generation.model))


def not_indexed(catalog: Catalog, generation: Generation, *, after: str, limit: int) -> list[str]:
    """Ids of live versions that `generation` does not have, in order, those above `after`, at most `limit`."""
    has = (
        select(indexed_versions.c.version_id)
        .where(
            indexed_versions.c.generation_id == generation.id,
            indexed_versions.c.version_id == versions.c.id,
        )
        .exists()
    )
    query = (
        select(versions.c.id)
        .select_from(versions.join(stories))
        .where(stories.c.library_id == generation.library_id, LIVE, versions.c.id > after, ~has)
        .order_by(versions.c.id)
        .limit(limit)
    )
    with catalog.reading() as connection:
        return list(connection.scalars(query))


def count_indexed(catalog: Catalog, generation: Generation) -> int:
    """How many passages of live stories the indexes of `generation` have, as far as the catalog knows."""
    query = (
        select(func.count())
        .select_from(passages.join(versions).join(indexed_versions))
        .where(indexed_versions.c.generation_id == generation.id, LIVE, passages.c.splitter == generation.splitter)
    )
    with catalog.reading() as connection:
        return connection.scalar(query) or 0


def count_searchable(catalog: Catalog) -> int:
    """How many passages of live stories both indexes of any current generation have, as far as the catalog knows."""
    query = (
        select(func.count())
        .select_from(passages.join(versions).join(indexed_versions).join(generations))
        .where(generations.c.state == "current", LIVE, passages.c.splitter == generations.c.splitter)
    )
    with catalog.reading() as connection:
        return connection.scalar(query) or 0


def cut_already(catalog: Catalog, generation: Generation, version_ids: Sequence[str]) -> set[str]:
    """Those of these versions (at most a page of them) that were cut by the generation's splitter."""
    query = select(passages.c.version_id).where(
        passages.c.version_id.in_(version_ids), passages.c.splitter == generation.splitter
    )
    with catalog.reading() as connection:
        return set(connection.scalars(query))
