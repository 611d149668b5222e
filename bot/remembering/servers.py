"""The servers that the bot is in, and their settings."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from bot.remembering.memory import Memory
from bot.remembering.moments import written
from bot.remembering.schema import answers, choices, libraries, people_in_servers, servers, votes

MentionMode = Literal["mentions", "off"]
LONGEST_COOLDOWN = 3_600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server's owner may set.

    `channels` are the ids of those that the bot answers in, all when empty. With `direct_messages` off, the server's
    libraries are read nowhere but in the server. `mention_mode` says whether the bot answers when it is mentioned or
    replied to. `language` is the interface's. `cooldown_seconds` must pass between two questions of a person.
    """

    channels: frozenset[int] = frozenset()
    direct_messages: bool = True
    mention_mode: MentionMode = "mentions"
    language: str = "en"
    cooldown_seconds: int = 3

    def __post_init__(self) -> None:
        """Raise ValueError for what no server can have."""
        if self.mention_mode not in ("mentions", "off"):
            raise ValueError(f"no mention mode: {self.mention_mode!r}")
        if not 0 <= self.cooldown_seconds <= LONGEST_COOLDOWN:
            raise ValueError(f"a cooldown has 0 to {LONGEST_COOLDOWN} seconds, not {self.cooldown_seconds}")


DEFAULT = ServerSettings()


def joined(memory: Memory, server_id: int, *, at: datetime) -> bool:
    """Remember that the bot is in a server, and give it a library; returns whether it was not remembered at all.

    A server that comes back within its grace period has everything as it was.
    """
    with memory.writing() as connection:
        known = connection.scalar(select(servers.c.id).where(servers.c.id == server_id))
        if known is not None:
            back = update(servers).where(servers.c.id == server_id, servers.c.left_at.is_not(None))
            connection.execute(back.values(left_at=None, joined_at=written(at)))
        else:
            values = _columns(DEFAULT)
            connection.execute(insert(servers).values(id=server_id, joined_at=written(at), left_at=None, **values))
        name = default_library(server_id)
        # One that is being removed just now becomes an empty one when that is done.
        if connection.scalar(select(libraries.c.name).where(libraries.c.name == name)) is None:
            first = {"name": name, "server_id": server_id, "title": "", "created_at": written(at)}
            connection.execute(insert(libraries).values(first))
        return known is None


def left(memory: Memory, server_id: int, *, at: datetime) -> None:
    """Remember that the bot is no longer in a server; its grace period begins unless it did before."""
    with memory.writing() as connection:
        gone = update(servers).where(servers.c.id == server_id, servers.c.left_at.is_(None))
        connection.execute(gone.values(left_at=written(at)))


def known(memory: Memory) -> dict[int, bool]:
    """All servers that are remembered, by id, and whether the bot was in them when last heard of."""
    with memory.reading() as connection:
        return {row.id: row.left_at is None for row in connection.execute(select(servers.c.id, servers.c.left_at))}


def left_longer_than(memory: Memory, since: datetime) -> tuple[int, ...]:
    """The ids of servers that the bot left before the moment `since`, the first left first."""
    query = select(servers.c.id).where(servers.c.left_at < written(since)).order_by(servers.c.left_at)
    with memory.reading() as connection:
        return tuple(connection.scalars(query))


def drop(memory: Memory, server_id: int) -> bool:
    """Forget all of a server that the bot is not in, once its libraries are gone; returns whether it did."""
    with memory.writing() as connection:
        gone = select(servers.c.id).where(servers.c.id == server_id, servers.c.left_at.is_not(None))
        if connection.scalar(gone) is None or connection.scalar(
            select(libraries.c.name).where(libraries.c.server_id == server_id).limit(1)
        ):
            return False
        connection.execute(delete(people_in_servers).where(people_in_servers.c.server_id == server_id))
        given = select(answers.c.id).where(answers.c.server_id == server_id)
        connection.execute(delete(votes).where(votes.c.answer_id.in_(given)))
        connection.execute(delete(answers).where(answers.c.server_id == server_id))
        own = or_(
            choices.c.library == default_library(server_id),
            choices.c.library.startswith(f"{default_library(server_id)}-", autoescape=True),
        )
        connection.execute(delete(choices).where(own))
        connection.execute(delete(servers).where(servers.c.id == server_id))
        return True


def settings_of(memory: Memory, server_id: int) -> ServerSettings:
    """A server's settings; the usual ones for a server that is not remembered."""
    return settings_of_all(memory, (server_id,)).get(server_id, DEFAULT)


def settings_of_all(memory: Memory, server_ids: Collection[int]) -> Mapping[int, ServerSettings]:
    """The settings of each of these servers (500 at most) that is remembered, by its id."""
    with memory.reading() as connection:
        rows = connection.execute(select(servers).where(servers.c.id.in_(server_ids))).all()
    return {row.id: _settings(row) for row in rows}


def change_settings(memory: Memory, server_id: int, **changed: Any) -> ServerSettings:
    """Change some of a server's settings, named like the fields of ServerSettings; returns them all.

    Raises KeyError for a server that is not remembered, TypeError for an unknown name, ValueError for a wrong value.
    """
    with memory.writing() as connection:
        row = _row(connection, server_id)
        before = {name: getattr(_settings(row), name) for name in ServerSettings.__slots__}
        settings = ServerSettings(**before | changed)
        connection.execute(update(servers).where(servers.c.id == server_id).values(**_columns(settings)))
        return settings


def default_library(server_id: int) -> str:
    """The name of the library that a server has from the start."""
    return f"server-{server_id}"


def _row(connection: Connection, server_id: int) -> Row[Any]:
    row = connection.execute(select(servers).where(servers.c.id == server_id)).first()
    if row is None:
        raise KeyError(server_id)
    return row


def _settings(row: Row[Any]) -> ServerSettings:
    return ServerSettings(
        channels=frozenset(json.loads(row.channels)),
        direct_messages=row.direct_messages,
        mention_mode=row.mention_mode,
        language=row.language,
        cooldown_seconds=row.cooldown_seconds,
    )


def _columns(settings: ServerSettings) -> dict[str, Any]:
    return {
        "channels": json.dumps(sorted(settings.channels)),
        "direct_messages": settings.direct_messages,
        "mention_mode": settings.mention_mode,
        "language": settings.language,
        "cooldown_seconds": settings.cooldown_seconds,
    }
