"""The short answer: the words that the reader believes most, when it is sure enough of them."""

from collections.abc import Sequence

import numpy as np

from index.answering.beliefs import Belief
from index.answering.confidence import Calibration
from index.answering.kinds import is_somebody_else
from index.answering.opposites import says_the_opposite
from index.answering.questions import Question

SHORT_KINDS = frozenset(("count", "amount", "percent", "measure", "when", "where", "who", "which"))


def surety(belief: Belief, *, calibration: Calibration) -> float:
    """The probability (0..1) that the belief is the answer."""
    strength, probability = calibration.short_weights
    logit = calibration.short_intercept + strength * belief.strength / 10 + probability * belief.probability
    return float(1.0 / (1.0 + np.exp(-logit)))


def short_answer(question: Question, beliefs: Sequence[Belief], *, calibration: Calibration) -> Belief | None:
    """What to show first, when a name, figure, place or time is asked for and the reader is sure enough of one.

    `beliefs` come likeliest first.
    """
    if question.asks not in SHORT_KINDS or not beliefs:
        return None
    if is_somebody_else(question, beliefs[0].text):
        return None
    if says_the_opposite(question, beliefs[0].text, beliefs[0].candidate.text):
        return None
    return beliefs[0] if surety(beliefs[0], calibration=calibration) >= calibration.short_threshold else None
