"""Whether two passages tell of the same event, as far as the question's words and their names can tell. English."""

import re
from functools import lru_cache

from index.answering.questions import Question
from index.shaping.calendar_names import MONTHS, WEEKDAYS
from index.shaping.words import stem, stems

_NAME = re.compile(r"\b[A-Z][^\W\d_]+(?:[-’'][A-Z][^\W\d_]+)*")
_NO_NAMES = frozenset(MONTHS + WEEKDAYS) | frozenset(
    (
        "mr mrs ms dr the a an in on at of for by as it its they he she we but and "
        "some about more most nearly at around no not all this that these those after before when while police "
        "officials mayor president minister"
    ).split()
)
_EVENTS = stems(
    "flood fire wildfire blaze blast explosion bomb crash collision quake earthquake storm hurricane cyclone typhoon "
    "tornado landslide avalanche shooting stabbing attack raid collapse outbreak epidemic strike protest riot eruption "
    "derailment capsizing sinking heatwave drought famine election referendum recount robbery heist theft concert "
    "festival marathon match final poisoning leak spill blackout evacuation"
)
_SAME_SHARE = 0.5
_SURELY_SHARE = 0.75
"""The share of the question's words that one passage has and the other must have too; with less, a common name."""


def same_event(question: Question, one: str, other: str) -> bool:
    """Whether `other` tells of what the question asks and `one` tells of.

    Each name of the question that `one` has must be in `other`, and most of its other words; `other` need not call
    the event by its name, but not by another one. Without a name in the question the passages may not name entirely
    different places and people.
    """
    if one == other:
        return True
    asked = {stem(word) for word in question.content} - {stem(word) for word in question.counted}
    here, there = stems(one), stems(other)
    names_here, names_there = _names(one), _names(other)
    named = asked & names_here
    if not named <= there:
        return False
    missing = (asked & here & _EVENTS) - there
    if missing and (there & _EVENTS) - here:
        return False  # another event in the same place
    common = (asked & here) - missing
    share = len(common & there) / len(common) if common else 1.0
    if share < _SAME_SHARE:
        return False
    own_here, own_there = names_here - asked, names_there - asked
    if named and share >= _SURELY_SHARE:
        return True
    return not own_here or not own_there or bool(own_here & own_there)


@lru_cache(maxsize=500)
def _names(text: str) -> frozenset[str]:
    """The stems of words that are written with a capital letter where no sentence begins; never in small letters."""
    small = set(re.findall(r"\b[a-z][^\W\d_]+", text))
    found = set()
    for match in _NAME.finditer(text):
        word = match.group().lower()
        if word not in _NO_NAMES and word not in small and not _begins_sentence(text, match.start()):
            found.add(stem(word))
    return frozenset(found)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" “‘\"'(")
    return not before or before[-1] in ".!?:\n—"
