"""What lies in a data folder and belongs to nothing: found, and collected."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, tuple_

from index.publishing.rebuilding import Turn
from index.publishing.stores import Stores
from index.storing import generations
from index.storing.catalog import PAGE, Catalog
from index.storing.schema import generations as generations_table
from index.storing.schema import passages, stories, vectors, versions


def count_orphans(stores: Stores) -> dict[str, int]:
    """How many orphans there are of each kind. Raises StorageError."""
    known = generations.all_ids(stores.catalog)
    counts = {
        "collections": len(_collections(stores) - known),
        "word_indexes": len(stores.words.generations() - known),
        "put_aside": len(stores.vectors.put_aside()),
    }
    with stores.catalog.reading() as connection:
        counts["replaced"] = _count(connection, generations_table, generations_table.c.state == "retired")
        counts["kept_vectors"] = _count(connection, vectors, _no_passage_needs())
        counts["stories"] = _count(connection, stories, _has_no_version())
    return counts


def collect_orphans(stores: Stores, *, turn: Turn) -> None:
    """Remove all orphans. Raises StorageError."""
    for name in stores.catalog.libraries():
        with turn():
            stores.drop_retired_generations(stores.catalog.make_library(name))
    # What the indexes have is listed first: a generation that begins meanwhile is known by then.
    collections, folders = _collections(stores), stores.words.generations()
    known = generations.all_ids(stores.catalog)
    for generation_id in collections - known:
        stores.vectors.drop(generation_id)
    for generation_id in folders - known:
        stores.words.drop(generation_id)
    stores.vectors.drop_put_aside()
    for _ in _delete_unneeded(stores.catalog, turn):
        pass
    with turn(), stores.catalog.writing() as connection:
        connection.execute(delete(stories).where(_has_no_version()))


def _collections(stores: Stores) -> set[int]:
    return stores.vectors.generations() if stores.vectors.damage is None else set()


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _delete_unneeded(catalog: Catalog, turn: Turn) -> Iterator[int]:
    """Delete kept vectors that nothing needs, a page in each turn; gives how many there were."""
    while True:
        with turn(), catalog.writing() as connection:
            query = select(vectors.c.text_key, vectors.c.model).where(_no_passage_needs()).limit(PAGE // 2)
            page = [(row.text_key, row.model) for row in connection.execute(query)]
            if not page:
                return
            connection.execute(delete(vectors).where(tuple_(vectors.c.text_key, vectors.c.model).in_(page)))
        yield len(page)


def _no_passage_needs() -> ColumnElement[bool]:
    of_passage = select(passages.c.id).where(passages.c.text_key == vectors.c.text_key).exists()
    of_generation = select(generations_table.c.id).where(generations_table.c.model == vectors.c.model).exists()
    return or_(~of_passage, ~of_generation)


def _has_no_version() -> ColumnElement[bool]:
    return ~select(versions.c.id).where(versions.c.story_id == stories.c.id).exists()
