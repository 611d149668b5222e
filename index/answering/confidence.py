"""How likely the best sentences answer the question, by a model fitted on questions with known answers."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from index.answering.questions import Question
from index.answering.sentences import Candidate

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
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regressions over `FEATURES`, one for questions that ask for a figure and one for the others.

    `threshold` is the confidence below which a question is refused; `fitted_with` the model it was measured with.
    """

    figure_weights: tuple[float, ...]
    figure_intercept: float
    other_weights: tuple[float, ...]
    other_intercept: float
    threshold: float
    fitted_with: str


def features(question: Question, found: Sequence[Candidate]) -> list[float]:
    """What the confidence is computed from, in the order of `FEATURES`; `found` is best first and not empty."""
    best = found[0]
    return [
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
    ]


def confidence(question: Question, found: Sequence[Candidate], *, calibration: Calibration) -> float:
    """The probability (0..1) that the best of `found` answer the question; 0 when nothing was found."""
    if not found:
        return 0.0
    weights = calibration.figure_weights if question.asks_for_figure else calibration.other_weights
    intercept = calibration.figure_intercept if question.asks_for_figure else calibration.other_intercept
    logit = intercept + sum(weight * value for weight, value in zip(weights, features(question, found), strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


@cache
def shipped_calibration() -> Calibration:
    """The calibration in the package, made by `benchmarks/calibrate.py`."""
    data = json.loads(resources.files("index.answering").joinpath(_FILE).read_text(encoding="utf-8"))
    return Calibration(
        figure_weights=tuple(data["figure_weights"]),
        figure_intercept=data["figure_intercept"],
        other_weights=tuple(data["other_weights"]),
        other_intercept=data["other_intercept"],
        threshold=data["threshold"],
        fitted_with=data["fitted_with"],
    )
