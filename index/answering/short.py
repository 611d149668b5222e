"""The short answer: the words that the reader believes, counting every sentence that says the same."""

from collections.abc import Sequence

import numpy as np

from index.answering.confidence import Calibration
from index.answering.questions import Question
from index.answering.sentences import Belief, Candidate, strongest

SHORT_KINDS = frozenset(("count", "amount", "percent", "measure", "when", "where", "who", "which"))


def surety(belief: Belief, *, calibration: Calibration) -> float:
    """The probability (0..1) that the belief is the answer."""
    strength, share = calibration.short_weights
    logit = calibration.short_intercept + strength * belief.strength / 10 + share * belief.share
    return float(1.0 / (1.0 + np.exp(-logit)))


def short_answer(question: Question, found: Sequence[Candidate], *, calibration: Calibration) -> Belief | None:
    """What to show first, when a name, figure, place or time is asked for and the reader is sure enough of one."""
    belief = strongest(found) if question.asks in SHORT_KINDS else None
    if belief is None or surety(belief, calibration=calibration) < calibration.short_threshold:
        return None
    return belief
