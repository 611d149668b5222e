"""The files to measure with: a corpus of stories, questions with their answers, questions without an answer.

All are JSON lines, plain or compressed with gzip. A story has `id` and `text`, and what else `storydesk add` reads. A
question has `id`, `question`, `date`, `answers` (texts) and the ids of stories that hold an answer: `gold_docs`, which
are sure, and `silver_docs`, which are likely. A question without an answer has `id`, `question` and `now` or `date`.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

from index.errors import MeasuringError, ReadingError
from index.reading.dates import iso_date
from index.reading.fields import id_field, text_field

Split = Literal["tune", "report", "all"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is known of its answer, asked at `now`.

    `gold` and `silver` are ids of stories that hold the answer; without any the question is not measured with, unless
    it is known to have no answer.
    """

    id: str
    text: str
    now: datetime
    answers: tuple[str, ...] = ()
    gold: frozenset[str] = frozenset()
    silver: frozenset[str] = frozenset()

    @property
    def labels(self) -> frozenset[str]:
        """All stories that hold the answer."""
        return self.gold | self.silver


def read_questions(path: Path) -> list[Question]:
    """The questions with answers of a file. Raises MeasuringError with the line that is wrong."""
    questions = []
    for where, record in _records(path):
        answers = _texts(record, "answers", where)
        labels = {name: frozenset(_texts(record, name, where)) for name in ("gold_docs", "silver_docs")}
        if any(labels.values()) and not answers:
            raise MeasuringError(f"{where} names stories that hold the answer, but no answers; give a list of texts.")
        questions.append(
            replace(
                _question(record, where, ("date",)),
                answers=answers,
                gold=labels["gold_docs"],
                silver=labels["silver_docs"] - labels["gold_docs"],
            )
        )
    return _each_once(questions, path)


def read_refusals(path: Path) -> list[Question]:
    """The questions without an answer of a file. Raises MeasuringError with the line that is wrong."""
    return _each_once([_question(record, where, ("now", "date")) for where, record in _records(path)], path)


def read_ids(path: Path) -> frozenset[str]:
    """The ids of a file, one a line. Raises MeasuringError."""
    ids = frozenset(" ".join(line.split()) for _, line in _lines(path) if line.strip())
    if not ids:
        raise MeasuringError(f"{path} has no ids in it; write one a line.")
    return ids


def read_stories(path: Path, *, only: Collection[str] | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The stories of a corpus, by their ids and as they are, in order; `only` those ids. Raises MeasuringError."""
    seen: set[str] = set()
    for where, record in _records(path):
        doc = _id(record, where)
        if only is not None and doc not in only:
            continue
        if doc in seen:
            raise MeasuringError(f"{where} has the id {doc!r}, which another story has as well; give each its own.")
        seen.add(doc)
        yield doc, record
    if not seen:
        wanted = "" if only is None else " of the wanted ids"
        raise MeasuringError(f"{path} has no stories{wanted} in it; give a corpus, one story a line.")


def in_split(question_id: str, split: Split) -> bool:
    """Whether the question of that id belongs to `split`: to "tune" when the SHA-256 of the id is even."""
    even = int(hashlib.sha256(question_id.encode("utf-8", "surrogatepass")).hexdigest(), 16) % 2 == 0
    return split == "all" or even == (split == "tune")


def keep_labels(question: Question, ids: Collection[str]) -> Question:
    """`question` with those of its labels only that are stories of the corpus."""
    known = question.labels & frozenset(ids)
    return replace(question, gold=question.gold & known, silver=question.silver & known)


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, line in _lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise MeasuringError(f"{where} is not valid JSON ({error}); correct it.") from error
        if not isinstance(record, dict):
            raise MeasuringError(f"{where} is not a JSON object; write one a line.")
        yield where, record


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line with where it stands ("Line 3 of questions.jsonl")."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                yield f"Line {number} of {path}", line
    except UnicodeDecodeError as error:
        raise MeasuringError(f"{path} is not UTF-8 text; save it as that.") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise MeasuringError(f"{path} cannot be read ({reason}); give another file.") from error


def _question(record: Mapping[str, Any], where: str, date_fields: Iterable[str]) -> Question:
    try:
        text = text_field(record, "question")
        day = next((day for name in date_fields if (day := iso_date(record.get(name), field=name))), None)
    except ReadingError as error:
        raise MeasuringError(f"{where}: {error}") from error
    if text is None:
        raise MeasuringError(f"{where} has no question; put its text into the field question.")
    if day is None:
        names = " or ".join(date_fields)
        raise MeasuringError(f"{where} does not say when the question is asked; give a day as {names}.")
    last_second = datetime.combine(date.fromisoformat(day[:10]), time(23, 59, 59), UTC)
    return Question(id=_id(record, where), text=text, now=last_second)


def _id(record: Mapping[str, Any], where: str) -> str:
    try:
        given = id_field(record)
    except ReadingError as error:
        raise MeasuringError(f"{where}: {error}") from error
    if given is None:
        raise MeasuringError(f"{where} has no id; give it one.")
    return given


def _texts(record: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = record.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise MeasuringError(f"{where}: the field {name} must be a list of texts; correct it.")
    return tuple(value)


def _each_once(questions: list[Question], path: Path) -> list[Question]:
    if not questions:
        raise MeasuringError(f"{path} has no questions in it; write one a line.")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise MeasuringError(f"{path} has two questions with the id {question.id!r}; give each its own.")
        seen.add(question.id)
    return questions
