"""Whether people found answers helpful."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from bot.remembering.memory import Memory
from bot.remembering.moments import written
from bot.remembering.schema import votes


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people found something helpful, and how many did not."""

    helpful: int = 0
    unhelpful: int = 0


def vote(memory: Memory, answer_id: str, person_id: int, *, helpful: bool, at: datetime) -> None:
    """Remember a person's vote on an answer, in the place of their earlier one."""
    own = (votes.c.answer_id == answer_id) & (votes.c.person_id == person_id)
    with memory.writing() as connection:
        connection.execute(delete(votes).where(own))
        connection.execute(
            insert(votes).values(answer_id=answer_id, person_id=person_id, helpful=helpful, voted_at=written(at))
        )


def drop_older_than(memory: Memory, since: datetime) -> int:
    """Forget votes that were given before the moment `since`; returns how many."""
    with memory.writing() as connection:
        return connection.execute(delete(votes).where(votes.c.voted_at < written(since))).rowcount


def counts(memory: Memory, answer_id: str | None = None) -> Counts:
    """The votes on an answer; on all answers when None."""
    query = select(votes.c.helpful, func.count().label("number")).group_by(votes.c.helpful)
    if answer_id is not None:
        query = query.where(votes.c.answer_id == answer_id)
    with memory.reading() as connection:
        by_value = {row.helpful: row.number for row in connection.execute(query)}
    return Counts(by_value.get(True, 0), by_value.get(False, 0))
