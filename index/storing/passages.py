"""Passages and their vectors in the catalog: what the indexes are made from, and what a search result may show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, func, insert, select

from index.shaping import TokenOffsets, embedded_text
from index.storing.catalog import LIVE, Catalog, Generation, pages
from index.storing.schema import passages, stories, vectors, versions


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage with all that both indexes keep of it."""

    passage_id: str
    version_id: str
    title: str
    text: str
    published_day: int
    text_key: str

    def embedded_text(self, token_offsets: TokenOffsets) -> str:
        """What the model reads of it."""
        return embedded_text(self.title, self.text, token_offsets=token_offsets)


def indexed_passages(catalog: Catalog, generation: Generation, version_ids: Sequence[str]) -> list[IndexedPassage]:
    """What both indexes of `generation` keep of these versions' passages, version by version."""
    found: list[IndexedPassage] = []
    for version_id in version_ids:
        query = _indexed_query().where(versions.c.id == version_id, passages.c.splitter == generation.splitter)
        with catalog.reading() as connection:
            found.extend(IndexedPassage(*row) for row in connection.execute(query))
    return found


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


def readable(
    catalog: Catalog, generation: Generation, passage_ids: Sequence[str], *, since_day: int = 0
) -> list[Row[Any]]:
    """Those of these passages that are live and published on or after `since_day`, with what a finding shows."""
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
    query = query.where(
        stories.c.library_id == generation.library_id,
        LIVE,
        passages.c.splitter == generation.splitter,
        versions.c.published_day >= since_day,
    )
    with catalog.reading() as connection:
        rows: list[Row[Any]] = []
        for page in pages(passage_ids):
            rows.extend(connection.execute(query.where(passages.c.id.in_(page))))
    return rows


def _passage_text() -> Any:
    return func.substr(versions.c.text, passages.c.start + 1, passages.c.end - passages.c.start)


def _indexed_query() -> Select[Any]:
    return select(
        passages.c.id,
        passages.c.version_id,
        versions.c.title,
        _passage_text(),
        versions.c.published_day,
        passages.c.text_key,
    ).select_from(passages.join(versions))
