"""What the day a story was published says for it, given when the question is asked and what it asks for."""

import math
from dataclasses import dataclass
from datetime import date

from index.finding.periods import Period, asked_period

_FRESH_DAYS, _FADING_DAYS = 5, 10.0
"""For so many days a story is as new as on its own, then it fades: to a third in so many more."""
_FRESHNESS_DAYS = 14.0
"""How fast newness by itself fades: to a third in so many days."""
_AROUND_DAYS = 14.0
"""How fast a story's nearness to the days that a question names fades."""
_LOOKING_BACK = 0.5
"""What newness counts where a question names days in the past."""
_LONG_PAST = 14
"""A period that ended so many days ago is not asked about as news."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When a question is asked, and which past days it names, if any."""

    now: date
    period: Period | None = None


def timing(question: str, *, now: date) -> Timing:
    """What the words of `question` say of the time it asks about."""
    period = asked_period(question, now=now)
    if period is not None and (now - period.last).days < _LONG_PAST:
        period = None
    return Timing(now, period)


def recency(published_day: int, *, timing: Timing) -> float:
    """How much being published on that day (its proleptic ordinal, 0 for undated) says for a story (0..1).

    Nothing if it is undated or from after "now". Where the question names days in the past, nearness to them counts,
    and newness half as much: a new story may look back on them.
    """
    age = timing.now.toordinal() - published_day
    if not published_day or age < 0:
        return 0.0
    newness = math.exp(-max(age - _FRESH_DAYS, 0) / _FADING_DAYS)
    if timing.period is None:
        return newness
    away = timing.period.days_away(date.fromordinal(published_day))
    return max(timing.period.sure * math.exp(-away / _AROUND_DAYS), _LOOKING_BACK * newness)


def freshness(published_day: int, *, now: date) -> float:
    """How new a story is (0..1) by its day alone, whatever is asked: 0 if it is undated or from after "now"."""
    age = now.toordinal() - published_day
    return math.exp(-age / _FRESHNESS_DAYS) if published_day and age >= 0 else 0.0
