"""How well a reader answers examples it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.answering.reader import Reader, best_span
from index.training.examples import Example


@dataclass(frozen=True, slots=True)
class Score:
    """Shares (0..1) of questions: `right` overlapping the marked answer, `told` where none is there and none is seen.

    `answerable` and `unanswerable` are how many there were; a share of none is 0.
    """

    right: float
    told: float
    answerable: int
    unanswerable: int


def check(reader: Reader, examples: Sequence[Example]) -> Score:
    """Read each example's passages and take the best span of all, or none when "no answer" is believed more."""
    right = told = answerable = unanswerable = 0
    for example in examples:
        texts = [f"{context.title}\n{context.text}" for context in example.contexts]
        best, where = None, 0
        for index, reading in enumerate(reader.read(example.question, texts)):
            first = len(example.contexts[index].title) + 1
            span = best_span(reading, within=(first, len(texts[index])))
            if span is not None and (best is None or span.score > best.score):
                best, where = span, index
        answers = example.contexts[0].answers
        if not answers:
            unanswerable += 1
            told += best is None or best.score < 0
            continue
        answerable += 1
        if best is not None and where == 0:
            first = len(example.contexts[0].title) + 1
            right += any(best.start - first < end and start < best.end - first for start, end in answers)
    return Score(right / max(answerable, 1), told / max(unanswerable, 1), answerable, unanswerable)
