"""How much the day a story was published speaks for it, given when the question is asked and what it asks for."""

import math
import re
from dataclasses import dataclass
from datetime import date

from index.finding.periods import Period, asked_period

_WEIGHT, _DAYS = 0.45, 30.0
_WEIGHT_OF_NEWS, _DAYS_OF_NEWS = 0.6, 14.0
_LONG_PAST = 14
"""A period that ended so many days ago is not asked about as news."""
_ASKS_FOR_NEWS = re.compile(
    r"\b(?:this\s+(?:past\s+)?(?:week|month|weekend)|last\s+(?:week|weekend|night|month)|today|yesterday|tonight"
    r"|recent(?:ly)?|latest|newest|now|currently)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a question is asked, whether about what happened lately, and which past days it names, if any."""

    now: date
    for_news: bool
    period: Period | None = None


def timing(question: str, *, now: date) -> Timing:
    """What the words of `question` say of the time it asks about."""
    period = asked_period(question, now=now)
    if period is not None and (now - period.last).days < _LONG_PAST:
        period = None
    return Timing(now, _ASKS_FOR_NEWS.search(question) is not None and period is None, period)


def recency(published_day: int, *, timing: Timing) -> float:
    """What a story's day adds to its passages' scores, which are in 0..1; 0 if it is undated or from after "now".

    A story of today that matches half as well as one of long ago passes it only where the question asks for news. Where
    the question names days in the past, nearness to them counts and newness does not.
    """
    age = timing.now.toordinal() - published_day
    if not published_day or age < 0:
        return 0.0
    if timing.period is not None:
        away = timing.period.days_away(date.fromordinal(published_day))
        return _WEIGHT_OF_NEWS * timing.period.sure * math.exp(-away / _DAYS_OF_NEWS)
    weight, days = (_WEIGHT_OF_NEWS, _DAYS_OF_NEWS) if timing.for_news else (_WEIGHT, _DAYS)
    return weight * math.exp(-age / days)
