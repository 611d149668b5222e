"""Which libraries belong to which server, and which role one must have to read them."""

import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from bot.remembering.memory import Memory
from bot.remembering.moments import written
from bot.remembering.schema import answers, choices, libraries, servers
from bot.remembering.servers import default_library

MOST_LIBRARIES = 10
"""Of one server; each that is searched keeps files open."""
LONGEST_TITLE = 60
_GIVEN_NAME = re.compile(r"server-\d{15,20}(?:-(?:[a-z0-9-]+-)?[0-9a-f]{6})?")
"""What this module calls libraries; Discord's ids have that many digits."""


@dataclass(frozen=True, slots=True)
class BoundLibrary:
    """A library of a server. Only those who have the role may read it; everybody in the server when it is None."""

    name: str
    title: str
    server_id: int
    role_id: int | None

    @property
    def is_default(self) -> bool:
        """Whether it is the one that its server has from the start."""
        return self.name == default_library(self.server_id)


class TooManyLibrariesError(Exception):
    """A server has MOST_LIBRARIES already."""


class TitleTakenError(Exception):
    """A server has another library of that title."""


def libraries_of(memory: Memory, server_id: int) -> tuple[BoundLibrary, ...]:
    """The libraries of a server, the one it has from the start first, the others by age; none once the bot left it."""
    return libraries_of_all(memory, (server_id,))


def libraries_of_all(memory: Memory, server_ids: Collection[int]) -> tuple[BoundLibrary, ...]:
    """The libraries of these servers (500 at most), in the order of the ids, as `libraries_of` gives them."""
    order = {server_id: place for place, server_id in enumerate(server_ids)}
    query = _readable().where(libraries.c.server_id.in_(order))
    with memory.reading() as connection:
        found = [_library(row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda library: (order[library.server_id], not library.is_default)))


def library_named(memory: Memory, name: str) -> BoundLibrary | None:
    """The library of that name, None when no server that the bot is in has it."""
    with memory.reading() as connection:
        row = connection.execute(_readable().where(libraries.c.name == name)).first()
    return _library(row) if row is not None else None


def add(memory: Memory, server_id: int, title: str, *, role_id: int | None, at: datetime) -> BoundLibrary:
    """Give a server another library.

    Raises TooManyLibrariesError, TitleTakenError, ValueError for an empty or too long title, KeyError for a server that
    the bot is not in.
    """
    title = " ".join(title.split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise ValueError(f"a library's title has 1 to {LONGEST_TITLE} characters")
    with memory.writing() as connection:
        here = select(servers.c.id).where(servers.c.id == server_id, servers.c.left_at.is_(None))
        if connection.scalar(here) is None:
            raise KeyError(server_id)
        existing = connection.execute(select(libraries).where(libraries.c.server_id == server_id)).all()
        if sum(row.removed_at is None for row in existing) >= MOST_LIBRARIES:
            raise TooManyLibrariesError
        if any(row.title.casefold() == title.casefold() for row in existing if row.removed_at is None):
            raise TitleTakenError
        # The random part keeps a library that takes a removed one's title apart from what is left of that one.
        name = "-".join(filter(None, [default_library(server_id), _slug(title), secrets.token_hex(3)]))
        connection.execute(
            insert(libraries).values(
                name=name, server_id=server_id, title=title, role_id=role_id, created_at=written(at)
            )
        )
        return BoundLibrary(name, title, server_id, role_id)


def bind(memory: Memory, name: str, *, role_id: int | None) -> None:
    """Let only those who have the role read a library; everybody in its server when it is None."""
    with memory.writing() as connection:
        connection.execute(update(libraries).where(libraries.c.name == name).values(role_id=role_id))


def remove(memory: Memory, name: str, *, at: datetime) -> None:
    """Let nobody read a library from now on; its stories are to be removed, and then it is to be dropped.

    The answers from it are forgotten.
    """
    with memory.writing() as connection:
        connection.execute(update(libraries).where(libraries.c.name == name).values(removed_at=written(at)))
        _forget_what_came_of(connection, name)


def removed(memory: Memory) -> tuple[str, ...]:
    """The names of libraries whose stories are still to be removed."""
    with memory.reading() as connection:
        return tuple(connection.scalars(select(libraries.c.name).where(libraries.c.removed_at.is_not(None))))


def left_behind(memory: Memory, server_id: int) -> tuple[str, ...]:
    """The names of all libraries of a server, also of one that the bot left."""
    with memory.reading() as connection:
        return tuple(connection.scalars(select(libraries.c.name).where(libraries.c.server_id == server_id)))


def drop(memory: Memory, name: str) -> None:
    """Forget a library whose stories are gone. The one that a server has from the start is empty then, and stays."""
    with memory.writing() as connection:
        _forget_what_came_of(connection, name)
        here = select(servers.c.id).where(servers.c.left_at.is_(None))
        of_server = select(libraries.c.server_id).where(libraries.c.name == name, libraries.c.server_id.in_(here))
        server_id = connection.scalar(of_server)
        if server_id is not None and name == default_library(server_id):
            connection.execute(update(libraries).where(libraries.c.name == name).values(removed_at=None))
        else:
            connection.execute(delete(libraries).where(libraries.c.name == name))


def all_names(memory: Memory) -> frozenset[str]:
    """The names of all libraries that are remembered, those of left servers and those being removed as well."""
    with memory.reading() as connection:
        return frozenset(connection.scalars(select(libraries.c.name)))


def is_given_name(name: str) -> bool:
    """Whether `name` has the form of those that this module gives to servers' libraries."""
    return _GIVEN_NAME.fullmatch(name) is not None


def nobodys(memory: Memory, names: Collection[str]) -> tuple[str, ...]:
    """Those of `names` that a server's library has and that no server's library is remembered by, sorted.

    Nobody in Discord can read such a library, and no sweep removes it. A restored backup of stories alone brings back
    what was removed since; but whoever prepares stories for a server that the bot is yet to join makes one as well.
    """
    known = all_names(memory)
    return tuple(sorted(name for name in names if is_given_name(name) and name not in known))


def count(memory: Memory) -> int:
    """How many libraries the servers that the bot is in have."""
    with memory.reading() as connection:
        return connection.scalar(select(func.count()).select_from(_readable().subquery())) or 0


def _readable() -> Select[Any]:
    """Libraries that are not being removed, of servers that the bot is in."""
    return (
        select(libraries)
        .join(servers, servers.c.id == libraries.c.server_id)
        .where(libraries.c.removed_at.is_(None), servers.c.left_at.is_(None))
        .order_by(libraries.c.created_at, libraries.c.name)
    )


def _library(row: Row[Any]) -> BoundLibrary:
    return BoundLibrary(row.name, row.title, row.server_id, row.role_id)


def _forget_what_came_of(connection: Connection, name: str) -> None:
    connection.execute(delete(answers).where(answers.c.library == name))
    connection.execute(delete(choices).where(choices.c.library == name))


def _slug(title: str) -> str:
    """What a title leaves when only small letters, digits and hyphens may stay; a name has 63 characters at most."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-")
