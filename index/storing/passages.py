"""Passages and their vectors in the catalog: what the indexes are made from, and what a search result may show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

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


@dataclass(frozen=True, slots=True)
class ReadablePassage:
    """A passage with all that a finding shows of it."""

    passage_id: str
    start: int
    end: int
    text_key: str
    story_id: str
    title: str
    url: str | None
    publisher: str | None
    published_at: str | None
    published_day: int
    language: str | None
    text: str


def indexed_passages(catalog: Catalog, generation: Generation, version_ids: Sequence[str]) -> list[IndexedPassage]:
    """What both indexes of `generation` keep of these versions' passages, version by version."""
    cut = (
        select(passages.c.id, passages.c.version_id, passages.c.start, passages.c.end, passages.c.text_key)
        .where(passages.c.splitter == generation.splitter)
        .order_by(passages.c.version_id, passages.c.position)
    )
    found: list[IndexedPassage] = []
    with catalog.reading() as connection:
        for page in pages(version_ids):
            whole = select(versions.c.id, versions.c.title, versions.c.text, versions.c.published_day)
            of_version = {row.id: row for row in connection.execute(whole.where(versions.c.id.in_(page)))}
            for row in connection.execute(cut.where(passages.c.version_id.in_(page))):
                version = of_version[row.version_id]
                text = version.text[row.start : row.end]
                found.append(
                    IndexedPassage(row.id, row.version_id, version.title, text, version.published_day, row.text_key)
                )
    return found


def text_keys(catalog: Catalog, generation: Generation, story_id: str) -> dict[str, str]:
    """The keys of the texts of the story's passages, by the passages' ids; empty when it is not live."""
    query = (
        select(passages.c.id, passages.c.text_key)
        .select_from(passages.join(versions))
        .where(versions.c.story_id == story_id, LIVE, passages.c.splitter == generation.splitter)
    )
    with catalog.reading() as connection:
        return {row.id: row.text_key for row in connection.execute(query)}


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


def known_texts(catalog: Catalog, text_keys: Iterable[str], *, model: str) -> set[str]:
    """The keys of those texts that `model` has embedded before."""
    found: set[str] = set()
    with catalog.reading() as connection:
        for page in pages(list(dict.fromkeys(text_keys))):
            query = select(vectors.c.text_key).where(vectors.c.text_key.in_(page), vectors.c.model == model)
            found.update(connection.scalars(query))
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
) -> list[ReadablePassage]:
    """Those of these passages that are live and published on or after `since_day`."""
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
    )
    query = select(passages.c.version_id, stories.c.library_id, *columns)
    query = query.select_from(passages.join(versions).join(stories)).where(
        LIVE,
        passages.c.splitter == generation.splitter,
        versions.c.published_day >= since_day,
    )
    with catalog.reading() as connection:
        rows = [
            row
            for page in pages(passage_ids)
            for row in connection.execute(query.where(passages.c.id.in_(page)))
            # Asked of SQLite, it would go through the whole library as soon as the page has a hundred ids.
            if row.library_id == generation.library_id
        ]
        # Each text once: the database would read a long story from its beginning for every passage.
        texts: dict[str, str] = {}
        for page in pages(list({row.version_id for row in rows})):
            texts |= {row.id: row.text for row in connection.execute(_texts.where(versions.c.id.in_(page)))}
    return [_readable(row, texts[row.version_id][row.start : row.end]) for row in rows]


def _readable(row: Any, text: str) -> ReadablePassage:
    fields = dict(row._mapping) | {"text": text}
    del fields["version_id"], fields["library_id"]
    return ReadablePassage(**fields)


_texts = select(versions.c.id, versions.c.text)
