"""Versions of stories in the catalog: staged, made live, retired, deleted."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select, update

from index.stories import Story
from index.storing.catalog import LIVE, Catalog, Library, pages
from index.storing.passages import keep_vectors
from index.storing.schema import passages, stories, vectors, versions


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version ready to be staged. `spans` are its passages in `text`, `text_keys` the keys of their vectors."""

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
    splitter: str
    source: str
    text: str
    spans: tuple[tuple[int, int], ...]
    text_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """What is live of a story, as far as adding it again needs to know."""

    version_id: str
    story_id: str
    content_hash: str


def live_by_identity(catalog: Catalog, library: Library, identity: str) -> LiveVersion | None:
    """What is live of the story of that identity."""
    return _live(catalog, stories.c.library_id == library.id, stories.c.identity == identity)


def live_by_text(catalog: Catalog, library: Library, text_hash: str) -> LiveVersion | None:
    """A live story of `library` that has exactly this text."""
    return _live(catalog, stories.c.library_id == library.id, versions.c.text_hash == text_hash)


def _live(catalog: Catalog, *conditions: Any) -> LiveVersion | None:
    query = (
        select(versions.c.id, versions.c.story_id, versions.c.content_hash)
        .select_from(versions.join(stories))
        .where(LIVE, *conditions)
        .limit(1)
    )
    with catalog.reading() as connection:
        row = connection.execute(query).one_or_none()
        return LiveVersion(row.id, row.story_id, row.content_hash) if row else None


def stage(
    catalog: Catalog,
    library: Library,
    new: Sequence[NewVersion],
    *,
    vectors_by_key: Mapping[str, NDArray[np.float32]],
    model: str,
) -> None:
    """Write versions, passages and their vectors in one transaction; nobody sees a staged version."""
    added_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    with catalog.writing() as connection:
        for version in new:
            if connection.scalar(select(stories.c.id).where(stories.c.id == version.story_id)) is None:
                connection.execute(
                    insert(stories).values(
                        id=version.story_id, library_id=library.id, identity=version.identity, added_at=added_at
                    )
                )
            connection.execute(insert(versions).values(state="staged", **_columns(version)))
            rows = [
                {
                    "id": f"{version.id}-{position}",
                    "version_id": version.id,
                    "position": position,
                    "start": start,
                    "end": end,
                    "text_key": text_key,
                }
                for position, ((start, end), text_key) in enumerate(zip(version.spans, version.text_keys, strict=True))
            ]
            if rows:
                connection.execute(insert(passages), rows)
        keep_vectors(connection, vectors_by_key, model=model)


def _columns(version: NewVersion) -> dict[str, Any]:
    columns = {field.name: getattr(version, field.name) for field in fields(version)}
    for elsewhere in ("identity", "spans", "text_keys"):
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
        .where(stories.c.library_id == library.id, versions.c.state == state)
    )
    with catalog.reading() as connection:
        return list(connection.scalars(query))


def make_live(catalog: Catalog, version_ids: Sequence[str], *, retire: Iterable[str] = ()) -> None:
    """In one transaction: these versions become live, whatever was live of their stories and `retire` retires."""
    with catalog.writing() as connection:
        for version_id in retire:
            connection.execute(update(versions).where(versions.c.id == version_id).values(state="retired"))
        for version_id in version_ids:
            story_id = select(versions.c.story_id).where(versions.c.id == version_id).scalar_subquery()
            connection.execute(update(versions).where(versions.c.story_id == story_id, LIVE).values(state="retired"))
            connection.execute(update(versions).where(versions.c.id == version_id).values(state="live"))


def cut_by_others(catalog: Catalog, library: Library, splitter: str) -> list[str]:
    """Ids of live versions whose passages were cut by another version of the splitter."""
    query = (
        select(versions.c.id)
        .select_from(versions.join(stories))
        .where(stories.c.library_id == library.id, LIVE, versions.c.splitter != splitter)
    )
    with catalog.reading() as connection:
        return list(connection.scalars(query))


def live_story(catalog: Catalog, version_id: str) -> Story:
    """The story of a version, as it was read."""
    query = select(versions, stories.c.identity).select_from(versions.join(stories)).where(versions.c.id == version_id)
    with catalog.reading() as connection:
        row = connection.execute(query).one()
    columns = {field.name: row._mapping[field.name] for field in fields(Story)}
    return Story(**(columns | {"authors": tuple(json.loads(row.authors))}))


def retire_story(catalog: Catalog, story_id: str) -> None:
    """All versions of the story retire: from now on nothing of it is found."""
    with catalog.writing() as connection:
        connection.execute(update(versions).where(versions.c.story_id == story_id).values(state="retired"))


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
            connection.execute(delete(versions).where(versions.c.id.in_(page)))
            needed = select(passages.c.id).where(passages.c.text_key == vectors.c.text_key).exists()
            for key_page in pages(keys):
                connection.execute(delete(vectors).where(vectors.c.text_key.in_(key_page), ~needed))
            has_version = select(versions.c.id).where(versions.c.story_id == stories.c.id).exists()
            connection.execute(delete(stories).where(stories.c.id.in_(story_ids), ~has_version))
