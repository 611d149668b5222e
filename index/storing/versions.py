"""Versions of stories in the catalog: staged, made live, retired, deleted."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, text, update

from index.stories import Story
from index.storing.catalog import LIVE, Catalog, Generation, Library, pages
from index.storing.duplicates import forget_duplicates, forget_texts, remember_duplicates
from index.storing.passages import keep_vectors
from index.storing.schema import NOT_LIVE, duplicates, indexed_versions, passages, stories, vectors, versions


@dataclass(frozen=True, slots=True)
class Cut:
    """A text's passages: where each is in the text, and the key of its vector."""

    splitter: str
    spans: tuple[tuple[int, int], ...]
    text_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version ready to be staged, with its passages."""

    id: str
    story_id: str
    identity: str
    content_hash: str
    text_hash: str
    title: str
    url: str | None
    publisher: str | None
    authors: tuple[str, ...]
    published_at: str | None
    published_day: int
    language: str | None
    source: str
    text: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """What is live of a story, as far as adding it again needs to know."""

    version_id: str
    story_id: str
    content_hash: str
    text_hash: str


def live_by_identity(catalog: Catalog, library: Library, identity: str) -> LiveVersion | None:
    """What is live of the story of that identity."""
    return _live(catalog, stories.c.library_id == library.id, stories.c.identity == identity)


def live_by_text(catalog: Catalog, library: Library, text_hash: str) -> LiveVersion | None:
    """A live story of `library` that has exactly this text."""
    return _live(catalog, stories.c.library_id == library.id, versions.c.text_hash == text_hash)


def _live(catalog: Catalog, *conditions: Any) -> LiveVersion | None:
    query = (
        select(versions.c.id, versions.c.story_id, versions.c.content_hash, versions.c.text_hash)
        .select_from(versions.join(stories))
        .where(LIVE, *conditions)
        .limit(1)
    )
    with catalog.reading() as connection:
        row = connection.execute(query).one_or_none()
        return LiveVersion(row.id, row.story_id, row.content_hash, row.text_hash) if row else None


def stage(
    catalog: Catalog,
    library: Library,
    new: Sequence[NewVersion],
    *,
    vectors_by_key: Mapping[str, NDArray[np.float32]],
    model: str,
    added_at: Mapping[str, str] | None = None,
    duplicates: Sequence[tuple[Story, str]] = (),
) -> None:
    """Write versions, passages and their vectors in one transaction; nobody sees a staged version.

    `added_at` has, by identity, when stories were added that come from another catalog. `duplicates` are remembered
    with their texts' hashes; what is live of them retires when the versions come live.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    with catalog.writing() as connection:
        for version in new:
            if connection.scalar(select(stories.c.id).where(stories.c.id == version.story_id)) is None:
                connection.execute(
                    insert(stories).values(
                        id=version.story_id,
                        library_id=library.id,
                        identity=version.identity,
                        added_at=(added_at or {}).get(version.identity, now),
                    )
                )
            connection.execute(insert(versions).values(state="staged", **_columns(version)))
            add_passages(connection, version.id, version.cut)
        keep_vectors(connection, vectors_by_key, model=model)
        forget_duplicates(connection, library, [version.identity for version in new])
        remember_duplicates(connection, library, duplicates)


def add_passages(connection: Connection, version_id: str, cut: Cut) -> None:
    """Write a version's passages in the transaction of `connection`."""
    rows = [
        {
            "id": f"{version_id}-{cut.splitter}-{position}",
            "version_id": version_id,
            "splitter": cut.splitter,
            "position": position,
            "start": start,
            "end": end,
            "text_key": text_key,
        }
        for position, ((start, end), text_key) in enumerate(zip(cut.spans, cut.text_keys, strict=True))
    ]
    if rows:
        connection.execute(insert(passages), rows)


def _columns(version: NewVersion) -> dict[str, Any]:
    columns = {field.name: getattr(version, field.name) for field in fields(version)}
    for elsewhere in ("identity", "cut"):
        del columns[elsewhere]
    return columns | {"authors": json.dumps(version.authors, ensure_ascii=False)}


def staged(catalog: Catalog, library: Library) -> list[str]:
    """Ids of versions that were staged and not yet made live."""
    return _versions_in(catalog, library, "staged")


def retired(catalog: Catalog, library: Library) -> list[str]:
    """Ids of versions that are no longer live and not yet cleaned up."""
    return _versions_in(catalog, library, "retired")


def _versions_in(catalog: Catalog, library: Library, state: str) -> list[str]:
    query = (
        select(versions.c.id)
        .select_from(versions.join(stories))
        .where(stories.c.library_id == library.id, versions.c.state == state, text(f"versions.{NOT_LIVE}"))
    )
    with catalog.reading() as connection:
        return list(connection.scalars(query))


def make_live(
    catalog: Catalog, version_ids: Sequence[str], *, generation: Generation | None = None, retire: Iterable[str] = ()
) -> None:
    """In one transaction: these versions become live, whatever was live of their stories and `retire` retires.

    `generation` is the one whose indexes have them whole, None when that is still to be done.
    """
    with catalog.writing() as connection:
        for version_id in retire:
            connection.execute(update(versions).where(versions.c.id == version_id).values(state="retired"))
        for version_id in version_ids:
            story_id = select(versions.c.story_id).where(versions.c.id == version_id).scalar_subquery()
            connection.execute(update(versions).where(versions.c.story_id == story_id, LIVE).values(state="retired"))
            connection.execute(update(versions).where(versions.c.id == version_id).values(state="live"))
        if generation is not None:
            mark_indexed(connection, generation, version_ids)


def give_way(
    catalog: Catalog, library: Library, duplicates: Sequence[tuple[Story, str]], *, retire: Sequence[str]
) -> None:
    """In one transaction: `duplicates` are remembered with their texts' hashes, and what is live of them retires."""
    with catalog.writing() as connection:
        remember_duplicates(connection, library, duplicates)
        connection.execute(update(versions).where(versions.c.id.in_(retire)).values(state="retired"))


def given_way(catalog: Catalog, library: Library) -> list[str]:
    """Ids of live versions of stories that are remembered as duplicates: they were to retire when a kill came."""
    same_story = (duplicates.c.library_id == stories.c.library_id) & (duplicates.c.identity == stories.c.identity)
    query = select(versions.c.id).select_from(versions.join(stories).join(duplicates, same_story))
    with catalog.reading() as connection:
        return list(connection.scalars(query.where(stories.c.library_id == library.id, LIVE)))


def mark_indexed(connection: Connection, generation: Generation, version_ids: Sequence[str]) -> None:
    """Remember that both indexes of `generation` have these versions whole."""
    of_generation = indexed_versions.c.generation_id == generation.id
    for page in pages(version_ids):
        known = select(indexed_versions.c.version_id).where(of_generation, indexed_versions.c.version_id.in_(page))
        new = set(page) - set(connection.scalars(known))
        if new:
            rows = [{"generation_id": generation.id, "version_id": version_id} for version_id in new]
            connection.execute(insert(indexed_versions), rows)


def still_live(catalog: Catalog, version_ids: Sequence[str]) -> set[str]:
    """Those of these versions that are live."""
    with catalog.reading() as connection:
        return {
            version_id
            for page in pages(version_ids)
            for version_id in connection.scalars(select(versions.c.id).where(versions.c.id.in_(page), LIVE))
        }


def story_of(catalog: Catalog, version_id: str) -> Story | None:
    """The story of a version, as it was read; None when it is gone."""
    query = select(versions, stories.c.identity).select_from(versions.join(stories)).where(versions.c.id == version_id)
    with catalog.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    columns = {field.name: row._mapping[field.name] for field in fields(Story)}
    return Story(**(columns | {"authors": tuple(json.loads(row.authors))}))


def retire_story(catalog: Catalog, library: Library, story_id: str) -> None:
    """All versions of the story retire, and stories that are known as its duplicates go: nothing of it is found."""
    of_story = versions.c.story_id == story_id
    with catalog.writing() as connection:
        hashes = list(connection.scalars(select(versions.c.text_hash).where(of_story, LIVE)))
        forget_texts(connection, library, hashes)
        connection.execute(update(versions).where(of_story).values(state="retired"))


def passage_ids(catalog: Catalog, version_ids: Sequence[str]) -> list[str]:
    """Ids of all passages of these versions."""
    with catalog.reading() as connection:
        return [
            passage_id
            for page in pages(version_ids)
            for passage_id in connection.scalars(select(passages.c.id).where(passages.c.version_id.in_(page)))
        ]


def delete_versions(catalog: Catalog, version_ids: Sequence[str]) -> None:
    """Delete retired versions, the vectors that no passage needs any more, and stories that have no version left."""
    with catalog.writing() as connection:
        for page in pages(version_ids):
            of_page = passages.c.version_id.in_(page)
            keys = list(connection.scalars(select(passages.c.text_key).where(of_page)))
            story_ids = list(connection.scalars(select(versions.c.story_id).where(versions.c.id.in_(page))))
            connection.execute(delete(passages).where(of_page))
            connection.execute(delete(indexed_versions).where(indexed_versions.c.version_id.in_(page)))
            connection.execute(delete(versions).where(versions.c.id.in_(page)))
            delete_unneeded_vectors(connection, keys)
            has_version = select(versions.c.id).where(versions.c.story_id == stories.c.id).exists()
            connection.execute(delete(stories).where(stories.c.id.in_(story_ids), ~has_version))


def delete_unneeded_vectors(connection: Connection, text_keys: Sequence[str]) -> None:
    """Delete the vectors of those texts that are no passage's any more."""
    needed = select(passages.c.id).where(passages.c.text_key == vectors.c.text_key).exists()
    for page in pages(text_keys):
        connection.execute(delete(vectors).where(vectors.c.text_key.in_(page), ~needed))
