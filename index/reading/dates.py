"""Publication dates as publishers write them -> ISO 8601."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from dateutil import parser  # type: ignore[import-untyped]

from index.errors import ReadingError
from index.shaping import date_in_opening

_EARLIEST_YEAR = 1600
_LATEST_YEAR = 2200
_MAX_CHARACTERS = 100

# Hours ahead of UTC. Only names that mean one offset in news: IST is India, Ireland and Israel.
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8,
    "HST": -10, "AST": -4, "ADT": -3, "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13,
}  # fmt: skip
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_YEAR_FIRST = re.compile(r"\s*(\d{4})[/.](\d{1,2})[/.](\d{1,2})\s*")
_YEAR_LAST = re.compile(r"(?<![\d:])(\d{1,2})[\s/.-]+(\d{1,2})[\s/.-]+\d{4}(?!\d)")
# dateutil reads "GMT+2" as POSIX does, two hours behind; everybody else means two hours ahead.
_OFFSET_FROM_GMT = re.compile(r"\b(?:GMT|UTC)\s?(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\b")
_OFFSET_FROM_OTHER = re.compile(r"[A-Z]{3,5}[+-]\d")
_HOW = "write it like 2025-05-23 or 2025-05-23T10:00:00-04:00"


def iso_date(value: object, *, field: str = "published_at") -> str | None:
    """`value` as an ISO 8601 date, or date and time with offset when a time is given; None for None and "".

    Takes ISO 8601, YYYY/MM/DD, RFC 2822, English such as "May 23, 2025 10:00 AM EDT", date objects, and seconds since
    1970 as an int. A time without an offset is taken for UTC. Raises ReadingError, naming `field`, for what cannot be
    read, has no full date, could be two dates ("05/06/2025") or lies before 1600 or after 2200.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    moment = _moment(value, field)
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        raise ReadingError(f"The field {field} has a date in the year {moment.year}; {_HOW}.")
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return moment.isoformat()


def date_of_opening(text: str) -> str | None:
    """The day that a story's first lines give as its own, as an ISO 8601 date; None without one or for a coming day."""
    written = date_in_opening(text)
    if written is None:
        return None
    try:
        found = iso_date(written)
    except ReadingError:  # "31 February 2025": the story is stored without a date
        return None
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return found if found is not None and found <= tomorrow.isoformat() else None


def _moment(value: object, field: str) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return _from_epoch(value, field)
    if not isinstance(value, str):
        raise ReadingError(f"The field {field} must be a date as text or seconds since 1970; {_HOW}.")
    text = value.strip()
    if len(text) > _MAX_CHARACTERS:
        raise ReadingError(f"The field {field} is too long to be a date; {_HOW}.")
    try:
        return _from_iso(text) or _from_year_first(text) or _from_words(text, field)
    except (ValueError, OverflowError, RecursionError, TypeError) as error:
        raise ReadingError(f"The field {field} is not a date that can be read; {_HOW}.") from error


def _from_epoch(seconds: int, field: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        hint = " it looks like milliseconds;" if 10**11 < abs(seconds) < 10**14 else ""
        raise ReadingError(f"The field {field} is no number of seconds since 1970;{hint} {_HOW}.") from error


def _from_iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_year_first(text: str) -> date | None:
    match = _YEAR_FIRST.fullmatch(text)
    return date(*(int(part) for part in match.groups())) if match else None


def _from_words(text: str, field: str) -> date:
    if not _FOUR_DIGIT_YEAR.search(text):
        raise ReadingError(f"The field {field} has no year of four digits; {_HOW}.")
    text = _OFFSET_FROM_GMT.sub(_plain_offset, text)
    if _OFFSET_FROM_OTHER.search(text):
        raise ValueError("an offset from a zone that has one itself")
    numeric = _YEAR_LAST.search(text)
    day_first = False
    if numeric:
        first, second = int(numeric[1]), int(numeric[2])
        if first <= 12 and second <= 12 and first != second:
            raise ReadingError(f"The field {field} could be two dates, day first or month first; {_HOW}.")
        day_first = first > 12
    # What is missing is filled in from `default`: what differs between two defaults was not given.
    one = _parse(text, datetime(2000, 1, 1, 1), day_first)
    other = _parse(text, datetime(2004, 2, 2, 2), day_first)
    if one.date() != other.date():
        raise ReadingError(f"The field {field} has no full date; {_HOW}.")
    return one if one.hour == other.hour else one.date()


def _plain_offset(match: re.Match[str]) -> str:
    return f"{match['sign']}{int(match['hours']):02}:{match['minutes'] or '00'}"


def _parse(text: str, default: datetime, day_first: bool) -> datetime:
    moment: Any = parser.parse(text, default=default, dayfirst=day_first, tzinfos=_zone)
    if not isinstance(moment, datetime):
        raise ValueError("not a date")
    return moment


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """The time zone for dateutil; an unknown name is refused, since the time would be hours off."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if name.upper() not in _ZONES:
        raise ValueError(f"unknown time zone {name}")
    return timezone(timedelta(hours=_ZONES[name.upper()]))
