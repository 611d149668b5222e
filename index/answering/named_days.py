"""The day that a story means by "Wednesday", "yesterday" or "July 24", told by the day it was published."""

import re
from datetime import date, timedelta

from dateutil import parser  # type: ignore[import-untyped]

from index.shaping.calendar_names import MONTH, WEEKDAY, WEEKDAYS
from index.shaping.irregular_verbs import BASE_FORMS
from index.shaping.sentences import clause_around

_PART = r"(?:\s+(?:morning|afternoon|evening|night|lunchtime|noon|midday))?"
_HOUR = r"(?:(?:shortly|just)\s+)?(?:(?:at|before|after|around|about)\s+)?\d{1,2}(?:[:.]\d\d)?(?:\s*[ap]\.?\s?m\b\.?)?"
_BEFORE = rf"(?:{_HOUR}\s+)?(?:(?:on|since|until|by|from|early|late|in\s+the\s+early\s+hours\s+of)\s+)*"
_WEEKDAY = re.compile(
    rf"{_BEFORE}(?:(?P<which>last|this|next|the\s+(?:morning|afternoon|evening|night)\s+of)\s+)?"
    rf"(?P<day>{WEEKDAY}){_PART}(?:,?\s+{_HOUR})?",
    re.I,
)
_NEAR = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0,
    "yesterday": -1, "yesterday morning": -1, "yesterday afternoon": -1, "yesterday evening": -1,
    "last night": -1, "last evening": -1, "the day before yesterday": -2,
    "tomorrow": 1, "tomorrow morning": 1, "tomorrow afternoon": 1, "tomorrow evening": 1, "tomorrow night": 1,
}  # fmt: skip
_DAY_OF_MONTH = re.compile(
    rf"{_BEFORE}(?:the\s+)?(?P<date>{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH})",
    re.I,
)
_FARTHEST_DAYS = 150
"""A day of a month is taken for the nearest one unless that is this far away."""
_COMING = re.compile(
    r"\b(?:will|shall|won['’]t|would|until|till|upcoming|coming|due|expected|scheduled|planned|plans?|hopes?|wants?"
    r"|set\s+to|about\s+to|(?:is|are|was|were|has|have)\s+to|going\s+to|starting)\b",
    re.I,
)
_PAST = re.compile(
    rf"\b(?:was|were|been|had|did|said|hit|cut|put|set|shut|split|spread|burst|born|\w{{2,}}ed|{'|'.join(BASE_FORMS)})\b",
    re.I,
)


def named_day(words: str, sentence: str, *, published: date) -> date | None:
    """The day that `words` of `sentence` name in a story of the day `published`; None when that is not sure.

    Weekdays are the last one before a clause in the past, and the next one where the clause tells of what is to come;
    a day of a month without its year is the nearest one. Words that say the year, or no single day, give None.
    """
    text = " ".join(words.lower().split()).strip(" .,")
    if (days := _NEAR.get(text)) is not None:
        return published + timedelta(days=days)
    if (found := _WEEKDAY.fullmatch(text)) is not None:
        return _weekday(found, clause_around(words, sentence), published)
    if (found := _DAY_OF_MONTH.fullmatch(text)) is not None:
        return _nearest(found["date"], published)
    return None


def _weekday(found: re.Match[str], clause: str, published: date) -> date | None:
    back = (published.weekday() - WEEKDAYS.index(found["day"])) % 7
    which = (found["which"] or "").split(" ")[0]
    if which == "last":
        return published - timedelta(days=back or 7)
    coming = which == "next" or _COMING.search(clause) is not None
    if coming:
        return published + timedelta(days=7 - back) if back else None  # today, or in a week
    return published - timedelta(days=back) if _PAST.search(clause) else None


def _nearest(text: str, published: date) -> date | None:
    days = []
    for year in (published.year - 1, published.year, published.year + 1):
        try:
            days.append(parser.parse(f"{text.replace('.', '')} {year}").date())
        except (ValueError, OverflowError):  # 29 February
            continue
    nearest = min(days, key=lambda day: abs((day - published).days), default=None)
    return nearest if nearest is not None and abs((nearest - published).days) <= _FARTHEST_DAYS else None
