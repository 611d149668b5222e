"""The days that a question asks about: "last week", "in May 2025", "since Monday"."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

from index.shaping.calendar_names import MONTH, MONTHS, WEEKDAY, WEEKDAYS

Days = tuple[date, date]

_MONTH_BEGINNINGS = {name[:3]: number for number, name in enumerate(MONTHS, start=1)}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_NUMBERS = dict(
    zip("one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13), strict=True)
) | {"a": 1, "an": 1, "couple": 2, "few": 3, "several": 4}
_EARLIEST_YEAR = 1990
_EVENT = 0.5

_YEAR = r"(?P<year>(?:19|20)\d\d)(?![\d,.%]?\d|s\b|[%-])"
_MONTH = rf"(?P<month>{MONTH})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NUMBER = rf"(?:a\s+)?(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})(?:\s+of)?"

# Names of days and months that people, events and other things have, and words that go before neither.
_NO_NAME_BEFORE = frozenset(
    (
        "a about after already also and any as at because before between by but did do does during earlier every for "
        "from had has have how if in into is it last late early mid next of on or over past since so still than that "
        "the then this throughout till to today until was week were what when where which who why will with would year"
    ).split()
)
_ALSO_PEOPLE = frozenset("april may june march august jan mar".split())
_AHEAD = re.compile(
    r"\b(?:will|shall|won['’]t|going\s+to|upcoming|coming|next|tomorrow|later)\b"
    r"|\b(?:is|are|be)\s+(?:due|planned|scheduled|expected|to)\b",
    re.I,
)
_NO_PERIOD = ("until", "till", "before", "by", "next", "every", "each", "coming")
_NO_NOUN = "and|or|to|in|on|at|by|from|with|for|the|did|was|were|is|has|have|night|morning|evening|afternoon"
_MOST_EXPRESSIONS = 50
_AROUND = 200
"""Characters before and after a day that are looked at."""
_BEFORE = re.compile(
    r"(?P<word>since|after|from|between|until|till|before|by|in|on|during|over|throughout|for|of|last|this|next|every|each"
    r"|coming|past|previous|earlier|early|late|mid)[\s-]+(?:(?:the|early|late|mid|year|month|week\s+of|night\s+of)[\s-]+)*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included. `text` is what the question says.

    `sure` is 1.0 when the words can hardly mean anything but the time of what is asked about, and 0.5 when they may
    name something that stories tell of at other times too ("the 7 October massacre", "the 2024 election").
    """

    first: date
    last: date
    text: str
    sure: float = 1.0

    def days_away(self, day: date) -> int:
        """How many days `day` lies outside of the period, 0 when it is within."""
        return max((self.first - day).days, (day - self.last).days, 0)


def asked_period(question: str, *, now: date) -> Period | None:
    """The days that `question` asks about when it is asked on `now`; None when it names none, or only coming ones.

    "May" is the last May that has begun, and what is not over yet ends on `now`. What only looks like a day ("Black
    Friday", "Theresa May", "1,000 days") is none. Weeks begin on Monday, seasons are those of the north. Of several
    periods it is the surest and shortest. Never raises.
    """
    ahead = _AHEAD.search(question) is not None
    found: list[tuple[int, int, Period]] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in _EXPRESSIONS:
        for match in pattern.finditer(question):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            if len(taken) > _MOST_EXPRESSIONS:
                return None
            found += _in_context(match, read, now, ahead=ahead)
    whole = [
        period
        for start, end, period in found
        if not any(other[0] <= start and end <= other[1] and other[2] is not period for other in found)
    ]
    return min(whole, key=lambda each: (-each.sure, (each.last - each.first).days), default=None)


def _in_context(match: re.Match[str], read: "_Reader", now: date, *, ahead: bool) -> list[tuple[int, int, Period]]:
    """What a day, month or year means with the words around it: where that begins and ends, and the period, if any."""
    kind = match.groupdict()
    days = _days(match, read, now)
    before, after = match.string[: match.start()][-_AROUND:], match.string[match.end() :][:_AROUND]
    leading = _BEFORE.search(before)
    word = leading["word"].lower() if leading else ""
    if days is None or word in _NO_PERIOD or _is_name(kind, before, after, led=leading is not None):
        return []
    dated = kind.get("year") is not None
    if ahead and not dated and kind.keys() & {"month", "weekday", "season"}:
        return []
    sure = _sureness(kind, before, after, word)
    first, last = days
    end = match.end()
    if word in ("since", "after", "from", "between"):
        first = last + timedelta(1) if word == "after" else first
        last = now
        if (until := _end_of_range(after, now)) is not None:
            last, end = until[0], match.end() + until[1]
            if first > last and (days := _days(match, read, last)) is not None:
                first = days[0]
    elif word == "last" and kind.get("weekday") and first == now:
        first, last = first - timedelta(7), last - timedelta(7)
    if not sure or not date(_EARLIEST_YEAR, 1, 1) <= first <= min(now, last):
        return []
    start = match.start() - len(leading.group()) if leading else match.start()
    text = " ".join(match.string[start:end].split())
    return [(start, end, Period(first, min(last, now), text, sure))]


def _days(match: re.Match[str], read: "_Reader", now: date) -> Days | None:
    try:
        return read(match, now)
    except (ValueError, OverflowError):  # there is no such day
        return None


def _is_name(kind: dict[str, str | None], before: str, after: str, *, led: bool) -> bool:
    """Whether a day or month is somebody's or something's name: "Black Friday", "Theresa May"."""
    name = kind.get("month") or kind.get("weekday")
    if name is None:
        return False
    previous = before.split()[-1] if before.split() else ""
    if previous[:1].isupper() and previous[-1:].isalnum() and previous.lower() not in _NO_NAME_BEFORE:
        return True
    if not kind.get("month") or kind.get("day") or kind.get("year"):
        return False
    if name.lower() in ("may", "march") and re.match(r"['’]s\b", after):
        return True
    return not led and (name.lower() in _ALSO_PEOPLE or name.islower() or re.match(r"\s+[A-Z]", after) is not None)


def _sureness(kind: dict[str, str | None], before: str, after: str, word: str) -> float:
    """1.0, `_EVENT` where days are part of an event's name, and 0.0 where a year is rather a number."""
    if not kind.keys() & {"month", "weekday"} and (not kind.get("year") or kind.get("season")):
        return 1.0
    noun_follows = re.match(rf"\s+(?!(?:{_NO_NOUN})\b)\w", after) is not None
    the = re.search(r"\bthe\s+$", before, re.I) is not None
    if noun_follows and the:
        return _EVENT
    if kind.keys() & {"month", "weekday", "mark"}:
        return _EVENT if noun_follows and not word else 1.0
    if word in ("of", "for") and noun_follows:
        return 0.0  # "a fine of 2000 euros"
    if not word:
        return _EVENT if not before.strip() or re.search(r"[A-Z]\w*\s+$", before) else 0.0
    return 1.0


def _end_of_range(after: str, now: date) -> tuple[date, int] | None:
    """The last day of what goes on with "to July 2025", and how long that is; None when it goes on otherwise."""
    joined = re.match(r"\s*(?:to|and|until|till|through|–|-)\s+(?:the\s+)?", after, re.I)
    if joined is None:
        return None
    for pattern, read in _EXPRESSIONS:
        match = pattern.match(after, joined.end())
        if match is not None and (days := _days(match, read, now)) is not None:
            return days[1], match.end()
    return None


def _whole_month(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())


def _number(match: re.Match[str]) -> int:
    text = match["number"].lower()
    return int(text) if text.isdigit() else _NUMBERS[text]


def _iso(match: re.Match[str], now: date) -> Days:
    day = date.fromisoformat(match.group())
    return day, day


def _numeric(match: re.Match[str], now: date) -> Days | None:
    """23.5.2025 or 5/23/2025; what may be either month or day is left alone."""
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    if one <= 12 and two <= 12 and one != two and match["mark"] != ".":
        return None
    day = date(year, two, one) if two <= 12 else date(year, one, two)
    return day, day


def _day_of_month(match: re.Match[str], now: date) -> Days:
    month, number = _MONTH_BEGINNINGS[match["month"][:3].lower()], int(match["day"])
    if match["year"]:
        day = date(int(match["year"]), month, number)
    else:
        day = date(now.year, month, number)
        if day > now:
            day = date(now.year - 1, month, number)
    last = day.replace(day=int(match["until"])) if match.groupdict().get("until") else day
    return (day, last) if day <= last else (last, day)


def _month(match: re.Match[str], now: date) -> Days | None:
    month = _MONTH_BEGINNINGS[match["month"][:3].lower()]
    if match["month"].lower() not in MONTHS and not match["year"]:
        return None  # "Jan", "Dec" alone
    year = int(match["year"]) if match["year"] else now.year - (month > now.month)
    first, last = _whole_month(year, month)
    part = (match["part"] or "").lower()
    if part == "early":
        last = first + timedelta(9)
    elif part == "mid":
        first, last = first + timedelta(9), first + timedelta(19)
    elif part == "late":
        first = first + timedelta(19)
    return first, last


def _year(match: re.Match[str], now: date) -> Days:
    year = int(match["year"])
    return date(year, 1, 1), date(year, 12, 31)


def _season(match: re.Match[str], now: date) -> Days:
    month = _SEASONS[match["season"].lower()]
    year = int(match["year"]) if match["year"] else now.year
    first = date(year, month, 1)
    if not match["year"] and first > now:
        first = date(year - 1, month, 1)
    if not match["year"] and match["which"].lower() == "last" and now < first + relativedelta(months=3):
        first = first - relativedelta(years=1)
    return first, first + relativedelta(months=3, days=-1)


def _weekday(match: re.Match[str], now: date) -> Days:
    day = now - timedelta((now.weekday() - WEEKDAYS.index(match["weekday"].lower())) % 7)
    return day, day


def _weekend(match: re.Match[str], now: date) -> Days:
    saturday = now - timedelta((now.weekday() - 5) % 7)
    if "last" in match.group().lower() and now.weekday() >= 5:
        saturday -= timedelta(7)
    return saturday, saturday + timedelta(1)


def _near_day(match: re.Match[str], now: date) -> Days:
    words = " ".join(match.group().lower().split())
    day = now - timedelta(
        {"yesterday": 1, "last night": 1, "last evening": 1, "the day before yesterday": 2}.get(words, 0)
    )
    return day, day


def _unit(match: re.Match[str], now: date) -> Days:
    """ "last week", "this month": by the calendar."""
    back = 0 if match["which"].lower() == "this" else 1
    if match["unit"].lower() == "week":
        first = _monday(now) - timedelta(7 * back)
        return first, first + timedelta(6)
    if match["unit"].lower() == "month":
        begin = now.replace(day=1) - relativedelta(months=back)
        return _whole_month(begin.year, begin.month)
    return date(now.year - back, 1, 1), date(now.year - back, 12, 31)


def _before_last(match: re.Match[str], now: date) -> Days:
    first, last = _unit_ago(2, match["unit"].lower(), now)
    return first, last


def _lately(match: re.Match[str], now: date) -> Days:
    """ "the last three weeks", "the past year": back from today."""
    count = _number(match) if "number" in match.re.groupindex else 1
    unit = match["unit"].lower()
    if unit == "hour":
        return now - timedelta(-(-count // 24)), now
    return now - relativedelta(**{f"{unit}s": count}), now


def _ago(match: re.Match[str], now: date) -> Days:
    unit = match["unit"].lower()
    if unit == "hour":
        return now - timedelta(-(-_number(match) // 24)), now
    return _unit_ago(_number(match), unit, now)


def _unit_ago(count: int, unit: str, now: date) -> Days:
    """The day, week, month or year so many back; who says "two weeks ago" does not mean a day."""
    if unit == "day":
        return now - timedelta(count), now - timedelta(count)
    if unit == "week":
        first = _monday(now) - timedelta(7 * count)
        return first, first + timedelta(6)
    if unit == "month":
        begin = now.replace(day=1) - relativedelta(months=count)
        return _whole_month(begin.year, begin.month)
    return date(now.year - count, 1, 1), date(now.year - count, 12, 31)


_Reader = Callable[[re.Match[str], date], Days | None]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w,.'’-])(?:{text})(?![\w-])", re.I)


# The first that matches a stretch of the question has it.
_EXPRESSIONS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_pattern(r"(?:19|20)\d\d-\d\d-\d\d"), _iso),
    (_pattern(r"(?P<one>\d{1,2})(?P<mark>[./])(?P<two>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d\d)"), _numeric),
    (
        _pattern(
            rf"{_DAY}(?:\s*(?:to|and|–|-)\s*(?P<until>\d{{1,2}})(?:st|nd|rd|th)?)?\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?"
        ),
        _day_of_month,
    ),
    (
        _pattern(
            rf"{_MONTH}\s+(?:the\s+)?{_DAY}(?:\s*(?:to|–|-)\s*(?P<until>\d{{1,2}}))?(?!,\d|\s*%)(?:,?\s+{_YEAR})?"
        ),
        _day_of_month,
    ),
    (_pattern(rf"(?:(?P<part>early|mid|late)[\s-]+)?{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?"), _month),
    (
        _pattern(
            rf"(?P<which>last|this|in|since|during|over)\s+(?:the\s+)?(?P<season>{'|'.join(_SEASONS)})"
            rf"(?:\s+(?:of\s+)?{_YEAR})?"
        ),
        _season,
    ),
    (_pattern(r"(?:over|during|at|on|last|this|past|since)\s+(?:the\s+)?(?:last\s+|past\s+)?week-?end"), _weekend),
    (
        _pattern(
            r"the\s+day\s+before\s+yesterday|yesterday|today|tonight|last\s+(?:night|evening)"
            r"|this\s+(?:morning|afternoon|evening)"
        ),
        _near_day,
    ),
    (_pattern(r"(?:the\s+)?(?P<unit>week|month|year)\s+before\s+last"), _before_last),
    (_pattern(rf"(?:the\s+|these\s+)?(?:last|past)\s+{_NUMBER}\s+(?P<unit>hour|day|week|month|year)s?"), _lately),
    (_pattern(r"the\s+(?:last|past)\s+(?P<unit>week|month|year)"), _lately),
    (_pattern(r"(?P<which>last|this|past|previous)\s+(?P<unit>week|month|year)"), _unit),
    (_pattern(rf"{_NUMBER}\s+(?P<unit>hour|day|week|month|year)s?\s+ago"), _ago),
    (_pattern(rf"(?P<weekday>{WEEKDAY})"), _weekday),
    (_pattern(_YEAR), _year),
)
