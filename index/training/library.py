"""Examples out of an operator's own stories: questions with their answers, and what a search finds for them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import ReadingError
from index.stories import Finding
from index.training.examples import Context, Example, contains_any, occurrences

_LOOKED_AT = 12
_NEGATIVES = 3

Find = Callable[[str, int], Sequence[Finding]]
"""The best passages for a question, at most as many as asked for."""


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A question with its answer in a story's words, None when the stories do not say. `line` is where it stands."""

    question: str
    answer: str | None
    line: int


def read_known_answers(path: Path) -> list[KnownAnswer]:
    """JSON lines of objects with `question` and `answer` (text, or null). Raises ReadingError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadingError(f"{path} cannot be read ({error}); give a file of JSON lines in UTF-8.") from error
    known = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            question, answer = record["question"].strip(), record["answer"]
            if not question or not (answer is None or (isinstance(answer, str) and answer.strip())):
                raise ValueError("empty")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReadingError(
                f'Line {number} of {path} is no question; write {{"question": "...", "answer": "..."}}, '
                "with null as the answer when the stories do not say."
            ) from error
        known.append(KnownAnswer(question, answer.strip() if answer else None, number))
    return known


def examples_of(known: Sequence[KnownAnswer], find: Find) -> tuple[list[Example], list[KnownAnswer]]:
    """An example for each question whose answer stands in a passage that is found for it, and the questions left over.

    The best passage that holds the answer counts as the one that gives it, the best others as those that do not.
    """
    examples, left_over = [], []
    for each in known:
        found = find(each.question, _LOOKED_AT)
        texts = (each.answer,) if each.answer else ()
        others = [Context(one.title, one.text) for one in found if not contains_any(one.text, texts)][:_NEGATIVES]
        if each.answer is None:
            contexts = others
        else:
            holding = [(one, spans) for one in found if (spans := occurrences(one.text, each.answer))]
            contexts = [Context(one.title, one.text, spans) for one, spans in holding[:1]]
            contexts += others if contexts else []
        if contexts:
            examples.append(Example(each.question, tuple(contexts)))
        else:
            left_over.append(each)
    return examples, left_over
