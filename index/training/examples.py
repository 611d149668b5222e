"""What a reader is trained on: a question, a passage that answers it, and passages that do not."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """A passage with its story's title. `answers` are (start, end) in `text`; empty when it does not answer."""

    title: str
    text: str
    answers: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its contexts; at most one of them, the first, answers it."""

    question: str
    contexts: tuple[Context, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question before passages that do not answer it were looked for.

    `source` is the index of the passage that it was asked about, and `answers` are spans in that passage (empty when
    it does not say). `texts` are all the wordings that count as an answer elsewhere, too.
    """

    question: str
    source: int
    answers: tuple[tuple[int, int], ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages and the questions asked about them."""

    passages: tuple[Context, ...]
    asked: tuple[Asked, ...]


def occurrences(text: str, answer: str) -> tuple[tuple[int, int], ...]:
    """Where `answer` stands in `text`, as (start, end), word boundaries respected."""
    found = []
    start = text.find(answer) if answer else -1
    while start >= 0:
        end = start + len(answer)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (before.isalnum() and answer[0].isalnum()) and not (after.isalnum() and answer[-1].isalnum()):
            found.append((start, end))
        start = text.find(answer, start + 1)
    return tuple(found)


def contains_any(text: str, answers: Sequence[str]) -> bool:
    """Whether `text` holds one of `answers`, letter case aside."""
    lower = text.lower()
    return any(occurrences(lower, answer.lower()) for answer in answers)
