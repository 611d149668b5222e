"""Passages and their vectors in the catalog: what the indexes are made from, and what a search result may show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from index.storing.catalog import LIVE, PAGE, Catalog, Library, pages
from index.storing.schema import passages, stories, vectors, versions


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage with all that both indexes keep of it."""

    passage_id: str
    title: str
    text: str
    published_day: int
    text_key: str


def indexed_passages(catalog: Catalog, version_ids: Sequence[str]) -> Iterator[IndexedPassage]:
    """What both indexes keep of these versions' passages, version by version."""
    for version_id in version_ids:
        with catalog.reading() as connection:
            rows = connection.execute(_indexed_query().where(versions.c.id == version_id)).all()
        yield from (IndexedPassage(*row) for row in rows)


def live_passages(catalog: Catalog, library: Library) -> Iterator[IndexedPassage]:
    """What both indexes keep of all live passages of `library`, in pages."""
    last = ""
    while True:
        query = _indexed_query().join(stories).where(stories.c.library_id == library.id, LIVE)
        query = query.where(passages.c.id > last).order_by(passages.c.id).limit(PAGE)
        with catalog.reading() as connection:
            rows = connection.execute(query).all()
        yield from (IndexedPassage(*row) for row in rows)
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def kept_vectors(catalog: Catalog, text_keys: Iterable[str], *, model: str) -> dict[str, NDArray[np.float32]]:
    """The stored vectors, float32 of shape (dimension,), of those texts that `model` has embedded before."""
    found = {}
    with catalog.reading() as connection:
        for page in pages(list(dict.fromkeys(text_keys))):
            query = select(vectors.c.text_key, vectors.c.vector)
            query = query.where(vectors.c.text_key.in_(page), vectors.c.model == model)
            for text_key, data in connection.execute(query):
                found[text_key] = np.frombuffer(data, dtype="<f2").astype(np.float32)
    return found


def keep_vectors(connection: Connection, new: Mapping[str, NDArray[np.float32]], *, model: str) -> None:
    """Keep each text's vector, rounded to float16, in the transaction of `connection`."""
    known = {
        text_key
        for page in pages(list(new))
        for text_key in connection.scalars(
            select(vectors.c.text_key).where(vectors.c.text_key.in_(page), vectors.c.model == model)
        )
    }
    rows = [
        {"text_key": text_key, "model": model, "vector": vector.astype("<f2").tobytes()}
        for text_key, vector in new.items()
        if text_key not in known
    ]
    if rows:
        connection.execute(insert(vectors), rows)


def drop_vectors_of_other_models(catalog: Catalog, *, model: str) -> None:
    """Delete the vectors that any other model made."""
    with catalog.writing() as connection:
        connection.execute(delete(vectors).where(vectors.c.model != model))


def readable(catalog: Catalog, library: Library, passage_ids: Sequence[str], *, since_day: int = 0) -> list[Row[Any]]:
    """Those passages of `library` that are live and published on or after `since_day`, with what a finding shows."""
    columns = (
        passages.c.id.label("passage_id"),
        passages.c.start,
        passages.c.end,
        passages.c.text_key,
        versions.c.story_id,
        versions.c.title,
        versions.c.url,
        versions.c.publisher,
        versions.c.published_at,
        versions.c.published_day,
        versions.c.language,
        _passage_text().label("text"),
    )
    query = select(*columns).select_from(passages.join(versions).join(stories))
    query = query.where(stories.c.library_id == library.id, LIVE, versions.c.published_day >= since_day)
    with catalog.reading() as connection:
        rows: list[Row[Any]] = []
        for page in pages(passage_ids):
            rows.extend(connection.execute(query.where(passages.c.id.in_(page))))
    return rows


def _passage_text() -> Any:
    return func.substr(versions.c.text, passages.c.start + 1, passages.c.end - passages.c.start)


def _indexed_query() -> Select[Any]:
    return select(
        passages.c.id, versions.c.title, _passage_text(), versions.c.published_day, passages.c.text_key
    ).select_from(passages.join(versions))
