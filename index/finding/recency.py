"""How much the day a story was published speaks for it, given when the question is asked and what it asks for."""

import math
import re
from datetime import date

_WEIGHT, _DAYS = 1.0, 30.0
_WEIGHT_OF_NEWS, _DAYS_OF_NEWS = 1.5, 14.0
_ASKS_FOR_NEWS = re.compile(
    r"\b(?:this\s+(?:past\s+)?(?:week|month|weekend)|last\s+(?:week|weekend|night|month)|today|yesterday|tonight"
    r"|recent(?:ly)?|latest|newest|now|currently)\b",
    re.IGNORECASE,
)


def asks_for_news(question: str) -> bool:
    """Whether the question says that it is about what happened lately ("this week", "the latest", "now")."""
    return _ASKS_FOR_NEWS.search(question) is not None


def recency(published_day: int, *, now: date, for_news: bool) -> float:
    """The factor (1 at least) that a story's age gives its passages' scores; 1 if it is undated or from after `now`.

    It multiplies what the text is worth, so that a new story that hardly matches does not pass an old one that does.
    """
    age = now.toordinal() - published_day
    if not published_day or age < 0:
        return 1.0
    weight, days = (_WEIGHT_OF_NEWS, _DAYS_OF_NEWS) if for_news else (_WEIGHT, _DAYS)
    return 1.0 + weight * math.exp(-age / days)
