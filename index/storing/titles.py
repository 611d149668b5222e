"""The titles of a library's stories, read without their texts."""

from sqlalchemy import select

from index.stories import StoryTitle
from index.storing.catalog import LIVE, Catalog
from index.storing.schema import libraries, stories, versions


def read_titles(catalog: Catalog, library: str) -> list[StoryTitle]:
    """The titles of all live stories of `library`, newest first, undated ones last; of a day, the last added first."""
    query = (
        select(
            stories.c.id,
            versions.c.title,
            versions.c.published_at,
            versions.c.publisher,
            stories.c.added_at,
            versions.c.published_day,
        )
        .select_from(versions.join(stories).join(libraries))
        .where(libraries.c.name == library, LIVE)
    )
    with catalog.reading() as connection:
        rows = connection.execute(query).all()
    newest_first = sorted(rows, key=lambda row: (row.published_day, row.added_at, row.id), reverse=True)
    return [StoryTitle(row.id, row.title, row.published_at, row.publisher, row.added_at) for row in newest_first]
