"""How likely the best sentences answer the question, by a model fitted on questions with known answers."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from index.answering.beliefs import Belief, passages_of, told
from index.answering.questions import Question
from index.answering.sentences import Candidate
from index.shaping.words import stem, stems

_FILE = "confidence.json"
FEATURES = (
    "cosine",
    "nearness",
    "coverage",
    "passage_coverage",
    "weakest",
    "passage_cosine",
    "kind_fit",
    "best_cosine",
    "best_nearness",
    "words",
    "passages",
    "story_coverage",
    "story_share",
)
"""What is known when nothing was read.

The best sentence's own features, the best of all sentences, how many words the question has and how many passages were
found; `story_coverage` is the share of the question's words that stand in what was found of the best sentence's story,
`story_share` the share of the passages that are of it: about nothing in particular, a search finds some of everything.
"""
_SUITS = 0.6
"""A number that suits less what is asked for makes an answer less sure, however much the reader believes it."""
READ_FEATURES = (*FEATURES, "strength", "probability", "read", "headline", "leading", "told")
"""The same with what the reader believes, when passages were read."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regressions, one for questions that ask for a figure and one for the others.

    Where all that is found is of a single story, no search chose it among others, and a third one serves for both
    (`single_weights`, none: the other two), shifted so that the same threshold suits it. Over `READ_FEATURES` when
    passages are read, else over `FEATURES`. `threshold` is the confidence below which a question is refused;
    `short_weights` (of the strength of the reader's belief and its probability) and `short_intercept` tell how sure a
    short answer is, which is shown from `short_threshold` on. `fitted_with` names the models.
    """

    figure_weights: tuple[float, ...]
    figure_intercept: float
    other_weights: tuple[float, ...]
    other_intercept: float
    threshold: float
    fitted_with: str
    short_weights: tuple[float, float] = (0.0, 0.0)
    short_intercept: float = 0.0
    short_threshold: float = 1.0
    single_weights: tuple[float, ...] = ()
    single_intercept: float = 0.0


def features(question: Question, found: Sequence[Candidate], beliefs: Sequence[Belief] | None) -> list[float]:
    """What the confidence is computed from, in the order of `READ_FEATURES`, or of `FEATURES` when nothing was read.

    `found` is best first and not empty; `beliefs` are the reader's, the likeliest first, None when nothing was read.
    """
    best = found[0]
    passages = {candidate.finding.passage_id: candidate.finding for candidate in found}
    same_story = [each for each in passages.values() if each.story_id == best.finding.story_id]
    told_of = stems("\n".join([best.finding.title, *(each.text for each in same_story)]))
    asked = {stem(word) for word in question.content}
    values = [
        best.cosine,
        best.nearness,
        best.coverage,
        best.passage_coverage,
        best.weakest,
        best.passage_cosine,
        best.kind_fit,
        max(candidate.cosine for candidate in found),
        max(candidate.nearness for candidate in found),
        min(len(question.content), 8) / 8,
        min(len(passages), 8) / 8,
        len(asked & told_of) / len(asked) if asked else 0.0,
        len(same_story) / len(passages),
    ]
    if beliefs is not None:
        read = max((each.read for each in found if each.read is not None), default=0.0)
        headline = max((each.headline.read for each in found if each.headline is not None), default=-10.0)
        first = beliefs[0] if beliefs else None
        values += [
            first.strength / 10 if first is not None else -1.0,
            first.probability if first is not None else 0.0,
            read / 10,
            max(headline, -10.0) / 10,
            float(first is not None and first.candidate is best),
            math.log1p(told(first.text, passages_of(found))) if first is not None else 0.0,
        ]
    return values


def is_of_one_story(found: Sequence[Candidate]) -> bool:
    """Whether all sentences are of the same story."""
    return len({candidate.finding.story_id for candidate in found}) == 1


def confidence(
    question: Question, found: Sequence[Candidate], beliefs: Sequence[Belief] | None, *, calibration: Calibration
) -> float:
    """The probability (0..1) that the best of `found` answer the question; 0 when nothing was found."""
    if not found:
        return 0.0
    weights, intercept = calibration.other_weights, calibration.other_intercept
    if question.asks_for_figure:
        weights, intercept = calibration.figure_weights, calibration.figure_intercept
    if calibration.single_weights and is_of_one_story(found):
        weights, intercept = calibration.single_weights, calibration.single_intercept
    values = features(question, found, beliefs)
    logit = intercept + sum(weight * value for weight, value in zip(weights, values, strict=True))
    certainty = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))
    return certainty * suiting(question, found, beliefs)


def suiting(question: Question, found: Sequence[Candidate], beliefs: Sequence[Belief] | None) -> float:
    """What the confidence is multiplied by: less than 1 where the best sentence's number may be of something else."""
    if not question.asks_for_figure or beliefs is None:
        return 1.0
    return min(1.0, found[0].kind_fit / _SUITS)


@cache
def shipped_calibration(*, reads: bool = True) -> Calibration:
    """The calibration in the package, for when passages are read or not; made by `benchmarks/calibrate.py`."""
    data = json.loads(resources.files("index.answering").joinpath(_FILE).read_text(encoding="utf-8"))
    fitted = data["read" if reads else "unread"]
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fitted.items()
    }
    return Calibration(**values)
