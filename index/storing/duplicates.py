"""Stories that are not stored because another live story has their text: remembered, in case that one changes."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select

from index.stories import Story
from index.storing.catalog import Catalog, Library, pages
from index.storing.schema import duplicates


def remember_duplicates(connection: Connection, library: Library, stories: Sequence[tuple[Story, str]]) -> None:
    """Keep everything but the text of these stories, each with its text's hash, in the transaction of `connection`."""
    forget_duplicates(connection, library, [story.identity for story, _ in stories])
    for story, text_hash in stories:
        content = asdict(story) | {"authors": list(story.authors)}
        del content["text"]
        connection.execute(
            insert(duplicates).values(
                library_id=library.id,
                identity=story.identity,
                text_hash=text_hash,
                story=json.dumps(content, ensure_ascii=False),
            )
        )


def forget_duplicates(connection: Connection, library: Library, identities: Sequence[str]) -> None:
    """These stories are no duplicates any more, in the transaction of `connection`."""
    for page in pages(identities):
        connection.execute(
            delete(duplicates).where(duplicates.c.library_id == library.id, duplicates.c.identity.in_(page))
        )


def forget_texts(connection: Connection, library: Library, text_hashes: Sequence[str]) -> None:
    """No story of these texts is remembered any more, in the transaction of `connection`."""
    for page in pages(text_hashes):
        connection.execute(
            delete(duplicates).where(duplicates.c.library_id == library.id, duplicates.c.text_hash.in_(page))
        )


def first_duplicate(
    catalog: Catalog, library: Library, text_hash: str, text: str, *, besides: Collection[str]
) -> Story | None:
    """A remembered story of that text with another identity than `besides` (a few), always the same one, or None."""
    query = (
        select(duplicates.c.story)
        .where(
            duplicates.c.library_id == library.id,
            duplicates.c.text_hash == text_hash,
            duplicates.c.identity.not_in(besides),
        )
        .order_by(duplicates.c.identity)
        .limit(1)
    )
    with catalog.reading() as connection:
        found = connection.scalar(query)
    if found is None:
        return None
    content = json.loads(found)
    return Story(text=text, **(content | {"authors": tuple(content["authors"])}))
