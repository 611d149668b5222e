"""Answers that were given, kept for a while for the buttons below them."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, insert, select

from bot.remembering.memory import Memory
from bot.remembering.moments import read, written
from bot.remembering.schema import answers
from index.stories import Answer

_log = logging.getLogger(__name__)
_ANSWER = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer, or a refusal, with who asked for it and where. `library` is the one it came from."""

    id: str
    asked_by: int
    server_id: int | None
    channel_id: int
    library: str
    question: str
    answer: Answer
    asked_at: datetime


def new_id() -> str:
    """An id that nobody guesses: 12 hexadecimal digits."""
    return secrets.token_hex(6)


def keep(memory: Memory, answer: KeptAnswer) -> None:
    """Keep an answer under its id."""
    with memory.writing() as connection:
        connection.execute(
            insert(answers).values(
                id=answer.id,
                asked_by=answer.asked_by,
                server_id=answer.server_id,
                channel_id=answer.channel_id,
                library=answer.library,
                question=answer.question,
                answer=_ANSWER.dump_json(answer.answer).decode(),
                asked_at=written(answer.asked_at),
            )
        )


def drop(memory: Memory, answer_id: str) -> None:
    """Forget an answer."""
    with memory.writing() as connection:
        connection.execute(delete(answers).where(answers.c.id == answer_id))


def kept(memory: Memory, answer_id: str) -> KeptAnswer | None:
    """The answer kept under an id; None when it was never kept, or is no longer."""
    with memory.reading() as connection:
        row = connection.execute(select(answers).where(answers.c.id == answer_id)).first()
    if row is None:
        return None
    try:
        answer = _ANSWER.validate_json(row.answer)
    except ValidationError:  # by a version that had other answers
        _log.warning("The answer %s is kept in a form that this version cannot read", answer_id)
        return None
    return KeptAnswer(
        id=row.id,
        asked_by=row.asked_by,
        server_id=row.server_id,
        channel_id=row.channel_id,
        library=row.library,
        question=row.question,
        answer=answer,
        asked_at=read(row.asked_at),
    )


def drop_older_than(memory: Memory, since: datetime) -> int:
    """Forget answers that were given before the moment `since`; returns how many."""
    with memory.writing() as connection:
        return connection.execute(delete(answers).where(answers.c.asked_at < written(since))).rowcount
