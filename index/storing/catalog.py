"""The catalog: the only truth about which stories, versions, passages and vectors there are."""

import json
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Row, Select, and_, delete, func, insert, select

from index.errors import UnknownStoryError
from index.stories import StoredStory, StorySummary
from index.storing.migrating import check_revision, migrate
from index.storing.schema import facts, generations, libraries, passages, stories, versions
from index.storing.sqlite import sqlite_engine, storage_errors

FILE_NAME = "catalog.sqlite3"
_ID = "catalog id"
LIBRARY_NAME = "[a-z0-9][a-z0-9-]{0,62}"
"""What a library's name looks like, as a regular expression."""

PAGE = 500
"""Rows read or bound at once: far below SQLite's limit of variables in a statement."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Search indexes of a library, one of each kind, made with one model and one splitter."""

    id: int
    library_id: int
    state: str
    model: str
    model_files: str
    splitter: str

    @property
    def fingerprint(self) -> str:
        """What makes two generations interchangeable."""
        return f"{self.model} splitter-{self.splitter}"


@dataclass(frozen=True, slots=True)
class Library:
    """A library as the catalog has it.

    `current` is the generation that answers, None before the first story; `building` one that is to take its place.
    """

    id: int
    name: str
    current: Generation | None = None
    building: Generation | None = None


class Catalog:
    """The catalog of one data folder. Safe to use from several threads; writes take turns."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._home = home
        self._writing = threading.Lock()
        self._changes = 0

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the catalog in `home` for reading and writing, made or migrated when needed. Raises StorageError."""
        with storage_errors(home):
            engine = sqlite_engine(home / FILE_NAME)
            migrate(engine)
            catalog = cls(engine, home)
            if catalog.fact(_ID) is None:
                catalog.set_fact(_ID, secrets.token_hex(8))
            return catalog

    @classmethod
    def open_read_only(cls, home: Path) -> Self | None:
        """Open the catalog in `home` to look at it only, without the folder's lock; None when there is none yet."""
        with storage_errors(home):
            path = home.absolute() / FILE_NAME
            if not path.exists():
                return None
            engine = sqlite_engine(path, read_only=True)
            with ExitStack() as opened:
                opened.callback(engine.dispose)
                if not check_revision(engine):
                    return None
                opened.pop_all()
            return cls(engine, home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def id(self) -> str:
        """What its indexes are named after, so that no other catalog's are taken for them: 16 hex digits."""
        found = self.fact(_ID)
        assert found is not None, "given when it was first opened for writing"
        return found

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that is committed at the end, or not at all."""
        with self._writing:
            with storage_errors(self._home), self._engine.begin() as connection:
                yield connection
            self._changes += 1

    @property
    def changes(self) -> int:
        """How often something was written through this object: while it stays, what was read before is still true."""
        return self._changes

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state of the catalog from its first query on."""
        with storage_errors(self._home), self._engine.begin() as connection:
            yield connection

    def fact(self, name: str) -> str | None:
        """The value kept under `name`, None when there is none."""
        with self.reading() as connection:
            value: str | None = connection.scalar(select(facts.c.value).where(facts.c.name == name))
            return value

    def set_fact(self, name: str, value: str) -> None:
        """Keep `value` under `name`."""
        with self.writing() as connection:
            connection.execute(delete(facts).where(facts.c.name == name))
            connection.execute(insert(facts).values(name=name, value=value))

    def libraries(self) -> list[str]:
        """The names of all libraries, in order."""
        with self.reading() as connection:
            return list(connection.scalars(select(libraries.c.name).order_by(libraries.c.name)))

    def library(self, name: str) -> Library | None:
        """The library of that name, None when it was never used."""
        with self.reading() as connection:
            return _library(connection, name)

    def make_library(self, name: str) -> Library:
        """The library of that name, made if need be."""
        with self.writing() as connection:
            if (library := _library(connection, name)) is None:
                connection.execute(insert(libraries).values(name=name))
                library = _library(connection, name)
                assert library is not None
            return library

    def summaries(self, library: str | None = None) -> Iterator[StorySummary]:
        """All live stories of `library` (of all libraries when None), oldest addition first; read in pages."""
        last = ("", "")
        while True:
            query = _summary_query().order_by(stories.c.added_at, stories.c.id).limit(PAGE)
            query = query.where(
                (stories.c.added_at > last[0]) | and_(stories.c.added_at == last[0], stories.c.id > last[1])
            )
            if library is not None:
                query = query.where(libraries.c.name == library)
            with self.reading() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield StorySummary(**_summary_fields(row))
            if len(rows) < PAGE:
                return
            last = (rows[-1].added_at, rows[-1].story_id)

    def story(self, story_id: str, library: str | None = None) -> StoredStory:
        """The live story whose id is, or alone begins with, `story_id`. Raises UnknownStoryError."""
        query = _summary_query().add_columns(versions.c.text).where(_begins_with(story_id)).limit(2)
        if library is not None:
            query = query.where(libraries.c.name == library)
        with self.reading() as connection:
            rows = connection.execute(query).all()
        if not rows or not story_id:
            raise UnknownStoryError(f"There is no story {story_id!r}; `storydesk list` shows the ids.")
        if len(rows) > 1:
            raise UnknownStoryError(f"More than one story's id begins with {story_id!r}; give more of it.")
        return StoredStory(text=rows[0].text, **_summary_fields(rows[0]))

    def count_stories(self, library: str | None = None) -> int:
        """How many live stories there are."""
        query = select(func.count()).select_from(versions.join(stories).join(libraries)).where(LIVE)
        if library is not None:
            query = query.where(libraries.c.name == library)
        with self.reading() as connection:
            return connection.scalar(query) or 0

    def has_stories(self, library: Library) -> bool:
        """Whether `library` has a live story; unlike counting, as fast with a million of them."""
        query = select(versions.c.id).select_from(versions.join(stories))
        with self.reading() as connection:
            found = connection.execute(query.where(stories.c.library_id == library.id, LIVE).limit(1)).first()
            return found is not None

    def count_passages(self, library: Library) -> int:
        """How many passages of live stories `library` has."""
        splitter = (library.current or library.building or _NEVER_INDEXED).splitter
        query = (
            select(func.count())
            .select_from(passages.join(versions).join(stories))
            .where(stories.c.library_id == library.id, LIVE, passages.c.splitter == splitter)
        )
        with self.reading() as connection:
            return connection.scalar(query) or 0


_NEVER_INDEXED = Generation(id=0, library_id=0, state="", model="", model_files="", splitter="")
LIVE = versions.c.state == "live"


def pages(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """`values` in parts that a statement can bind."""
    for first in range(0, len(values), PAGE):
        yield values[first : first + PAGE]


def _library(connection: Connection, name: str) -> Library | None:
    library_id = connection.scalar(select(libraries.c.id).where(libraries.c.name == name))
    if library_id is None:
        return None
    query = select(generations).where(generations.c.library_id == library_id, generations.c.state != "retired")
    by_state = {row.state: Generation(**row._mapping) for row in connection.execute(query)}
    return Library(library_id, name, by_state.get("current"), by_state.get("building"))


def _summary_query() -> Select[Any]:
    splitter = select(generations.c.splitter).where(
        generations.c.library_id == stories.c.library_id, generations.c.state == "current"
    )
    count = select(func.count()).where(
        passages.c.version_id == versions.c.id, passages.c.splitter == splitter.scalar_subquery()
    )
    return (
        select(
            stories.c.id.label("story_id"),
            libraries.c.name.label("library"),
            versions.c.title,
            versions.c.url,
            versions.c.publisher,
            versions.c.authors,
            versions.c.published_at,
            versions.c.language,
            versions.c.source,
            stories.c.added_at,
            count.scalar_subquery().label("passages"),
        )
        .select_from(versions.join(stories).join(libraries))
        .where(LIVE)
    )


def _summary_fields(row: Row[Any]) -> dict[str, Any]:
    fields = {name: row._mapping[name] for name in StorySummary.__dataclass_fields__}
    return fields | {"authors": tuple(json.loads(row.authors))}


def _begins_with(story_id: str) -> Any:
    # Ids are of the digits 0-9 and a-f. Unlike LIKE, a range finds them by their index.
    return and_(stories.c.id >= story_id, stories.c.id < f"{story_id}g")
