"""The short answer: the words that the reader believes most, when it is sure enough of them."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.answering.beliefs import Belief
from index.answering.confidence import Calibration
from index.answering.kinds import is_somebody_else
from index.answering.opposites import says_the_opposite
from index.answering.questions import Question
from index.shaping.calendar_names import WEEKDAY

_HOUR = re.compile(r"\b\d{1,2}(?:[:.]\d\d)?(?:\s*[ap]\.?\s?m\.?)?\Z", re.I)
_REST_OF_TIME = re.compile(rf"(?:(?:\s*[ap])?\.?\s?m\b\.?|(?<=m)\.)?(?:,?\s+(?:on\s+)?{WEEKDAY}\b)?", re.I)
"""What goes on after an hour: "5:48" is of "5:48 a.m. on Friday"."""

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
    if surety(beliefs[0], calibration=calibration) < calibration.short_threshold:
        return None
    return _whole_time(beliefs[0]) if question.asks == "when" else beliefs[0]


def _whole_time(belief: Belief) -> Belief:
    """The belief with all of the time that it is a part of: the reader may mark the hour alone."""
    candidate = belief.candidate
    if candidate.span is None or not _HOUR.search(belief.text):
        return belief
    start, end = candidate.span
    rest = _REST_OF_TIME.match(candidate.text, end)
    end = rest.end() if rest is not None else end
    return replace(belief, candidate=replace(candidate, span=(start, end)))
