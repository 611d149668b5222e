"""What a person may write to leave out older stories: a day, or how long ago."""

import re
from datetime import date, timedelta

from bot.desk import UnansweredError

_DAYS = {"day": 1, "d": 1, "week": 7, "w": 7, "month": 30, "year": 365, "y": 365}
_AGO = re.compile(r"(?:the )?(?:last |past )?(?P<number>\d{1,4})? ?(?P<span>day|week|month|year|d|w|y)s?(?: ago)?")
_OFFERED = (("The last 7 days", 7), ("The last 30 days", 30), ("The last 90 days", 90), ("The last 12 months", 365))


class WrongSinceError(UnansweredError):
    """What was written is no day and no time ago."""


def parse_since(text: str, *, today: date) -> date:
    """The first day whose stories count. Raises WrongSinceError."""
    words = " ".join(text.casefold().split())
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    if found := _AGO.fullmatch(words):
        try:
            return today - timedelta(days=_DAYS[found["span"]] * int(found["number"] or 1))
        except OverflowError:  # before the first year there is
            return date.min
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", words):
        try:
            return date(*map(int, words.split("-")))
        except ValueError:
            raise WrongSinceError("wrong_since") from None
    raise WrongSinceError("wrong_since")


def offered_days(typed: str, *, today: date) -> list[tuple[str, str]]:
    """What to offer someone who has typed `typed`: names, and the days they stand for."""
    offered = [(name, (today - timedelta(days=days)).isoformat()) for name, days in _OFFERED]
    if not typed.strip():
        return offered
    try:
        day = parse_since(typed, today=today).isoformat()
    except WrongSinceError:
        return [(name, day) for name, day in offered if typed.casefold() in name.casefold()]
    return [(f"Since {day}", day)]
