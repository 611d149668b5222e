"""What is remembered of a person: where they used the bot, and which library they chose."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Delete, delete, func, insert, select

from bot.remembering.memory import Memory
from bot.remembering.moments import written
from bot.remembering.schema import answers, choices, people_in_servers, votes


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of a person is stored: servers where they used the bot, answers kept for a while, votes, a choice."""

    servers: int
    answers: int
    votes: int
    chosen_library: str | None


def used(memory: Memory, person_id: int, server_id: int, *, at: datetime) -> None:
    """Remember that a person used the bot in a server."""
    with memory.writing() as connection:
        connection.execute(_in_server(person_id, server_id))
        connection.execute(
            insert(people_in_servers).values(person_id=person_id, server_id=server_id, used_at=written(at))
        )


def servers_of(memory: Memory, person_id: int) -> tuple[int, ...]:
    """The servers in which a person used the bot, the last used first. That they still are in them is not said."""
    query = select(people_in_servers.c.server_id).where(people_in_servers.c.person_id == person_id)
    with memory.reading() as connection:
        return tuple(connection.scalars(query.order_by(people_in_servers.c.used_at.desc())))


def gone(memory: Memory, person_id: int, server_id: int) -> None:
    """Forget that a person used the bot in a server: they are no longer there."""
    with memory.writing() as connection:
        connection.execute(_in_server(person_id, server_id))


def choose_library(memory: Memory, person_id: int, library: str | None, *, at: datetime) -> None:
    """Remember the library that a person wants to read in direct messages; None forgets it."""
    with memory.writing() as connection:
        connection.execute(delete(choices).where(choices.c.person_id == person_id))
        if library is not None:
            connection.execute(insert(choices).values(person_id=person_id, library=library, chosen_at=written(at)))


def chosen_library(memory: Memory, person_id: int) -> str | None:
    """The library that a person chose, None when they did not. Whether they may still read it is not said."""
    with memory.reading() as connection:
        library: str | None = connection.scalar(select(choices.c.library).where(choices.c.person_id == person_id))
        return library


def kept_of(memory: Memory, person_id: int) -> Kept:
    """How much of a person is stored."""
    with memory.reading() as connection:
        columns = (people_in_servers.c.person_id, answers.c.asked_by, votes.c.person_id)
        in_servers, of_answers, of_votes = (
            connection.scalar(select(func.count()).where(column == person_id)) or 0 for column in columns
        )
        chosen = connection.scalar(select(choices.c.library).where(choices.c.person_id == person_id))
        return Kept(in_servers, of_answers, of_votes, chosen)


def forget(memory: Memory, person_id: int) -> None:
    """Remove all that is stored of a person: where they used the bot, their choice, answers to them, and votes."""
    with memory.writing() as connection:
        connection.execute(delete(people_in_servers).where(people_in_servers.c.person_id == person_id))
        connection.execute(delete(choices).where(choices.c.person_id == person_id))
        connection.execute(delete(answers).where(answers.c.asked_by == person_id))
        connection.execute(delete(votes).where(votes.c.person_id == person_id))


def _in_server(person_id: int, server_id: int) -> Delete:
    return delete(people_in_servers).where(
        people_in_servers.c.person_id == person_id, people_in_servers.c.server_id == server_id
    )
