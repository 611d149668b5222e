"""Removing a whole library from the catalog."""

from sqlalchemy import delete, select, update

from index.storing.catalog import Catalog, Library
from index.storing.schema import duplicates, generations, libraries, stories, versions


def retire_all(catalog: Catalog, library: Library) -> None:
    """In one transaction: all versions of the library and its indexes retire, and no duplicate is remembered."""
    of_library = select(stories.c.id).where(stories.c.library_id == library.id)
    with catalog.writing() as connection:
        connection.execute(delete(duplicates).where(duplicates.c.library_id == library.id))
        connection.execute(update(versions).where(versions.c.story_id.in_(of_library)).values(state="retired"))
        connection.execute(update(generations).where(generations.c.library_id == library.id).values(state="retired"))


def forget_if_empty(catalog: Catalog, library: Library) -> bool:
    """Delete the library if it has no story and no indexes any more; whether it is gone."""
    with catalog.writing() as connection:
        for table in (stories, generations):
            if connection.execute(select(table.c.id).where(table.c.library_id == library.id).limit(1)).first():
                return False
        connection.execute(delete(libraries).where(libraries.c.id == library.id))
        return True
