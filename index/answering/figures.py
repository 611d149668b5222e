"""Numbers with their units, and dates, as they stand in a sentence. English.

Read by patterns of our own: quantulum3 takes years, clock times and scores for quantities, makes "5m" metres and
"bn" a unit, does not say what is counted, and needs some forty times as long; dateparser's search takes ages, prices
and "may" for dates.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from index.answering.changes import CHANGE, asks_for_change, is_change
from index.answering.number_words import NUMBER, SCALES, value_of
from index.answering.questions import Question
from index.answering.set_aside import asks_for_what_is_set_aside, is_set_aside
from index.shaping.calendar_names import MONTH_NAME, WEEKDAY_NAME
from index.shaping.words import is_stop_word

Bound = Literal["exact", "about", "at_least", "at_most"]

_QUALIFIER = r"""
    (?P<qualifier>\b(?:at\s+least|at\s+most|(?:no|not)\s+(?:more|fewer|less)\s+than|more\s+than|less\s+than|fewer\s+than
        |as\s+many\s+as|up\s+to|about|around|nearly|almost|roughly|over|under|some|approximately|just\s+over
        |just\s+under|close\s+to|an\s+estimated)\s+)?"""
_NUMBER = re.compile(
    rf"""
    {_QUALIFIER}
    (?P<currency>(?:US|A|C|NZ)?\$|€|£|¥|₽|₴|₹)?\s?
    (?P<number>{NUMBER})
    (?P<scale>[\s-]?(?:hundred|thousand|million|billion|trillion|dozen|bn)\b)?
    (?P<millions>m\b)?  # only after a currency, "£5m": elsewhere it is metres
    (?P<percent>\s?%|\s+per\s?cent\b|\s+percentage\s+points?\b)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
# "One in three voters" counts no voters.
_SHARE = re.compile(
    rf"{_QUALIFIER}(?<![$€£¥₽₴₹])(?P<part>{NUMBER})\s+in\s+(?:every\s+)?(?P<whole>{NUMBER})"
    r"(?!\s*(?:%|per\s?cent|hundred|thousand|million|billion|trillion|dozen|bn)\b|%)",
    re.IGNORECASE | re.VERBOSE,
)
_CURRENCIES = {"$": "USD", "US$": "USD", "A$": "AUD", "C$": "CAD", "NZ$": "NZD", "€": "EUR", "£": "GBP", "¥": "JPY",
               "₽": "RUB", "₴": "UAH", "₹": "INR"}  # fmt: skip
_CURRENCY_WORDS = {"dollar": "USD", "euro": "EUR", "pound": "GBP", "yen": "JPY", "ruble": "RUB", "rouble": "RUB",
                   "hryvnia": "UAH", "rupee": "INR", "cent": "cent"}  # fmt: skip
_DATE = re.compile(
    rf"""
      \b{MONTH_NAME}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+(?:1[5-9]|20)\d\d\b)?
    | \b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH_NAME}(?:\s+(?:1[5-9]|20)\d\d\b)?
    | \b{MONTH_NAME}\s+(?:1[5-9]|20)\d\d\b
    | \b(?:in|since|by|until|of|from|during|before|after)\s+(?:early\s+|late\s+|mid-)?
        (?P<month>{MONTH_NAME})(?=\W)(?!\s+\d)
    | \b(?:1[5-9]|20)\d\ds?\b
    | \b{WEEKDAY_NAME}\b
    | \b\d{{1,2}}(?::\d\d)?\s?[ap]\.?m\b\.? | \b(?:noon|midnight)\b
    | \b(?:yesterday|today|tonight|tomorrow)\b
    | \b(?:last|next|this|earlier\s+this|later\s+this)\s+
        (?:week|weekend|month|year|spring|summer|autumn|fall|winter|night|morning)\b
    | \b(?:a|an|one|two|three|four|five|six|several|\d+)\s+(?:hour|day|week|month|year|decade)s?
        \s+(?:ago|earlier|later|before)\b
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[ \u00a0-]?(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)")
PARTY = r"(?:sides?|countr(?:y|ies)|nations?|part(?:y|ies)|teams?|capitals?|governments?)"
PART = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final|opening|closing)\s+"
    r"(?:day|night|evening|morning|weekend|week|month|quarter|half|year|hours?|round|phase|stage)"
)
PERIOD = rf"(?:on|in|during|for|over|after)\s+(?:the|its|their|this|that)\s+(?:very\s+)?{PART}"
_SHARING = re.compile(
    r"\s+(?:each|apiece|per\s+\w+|a\s+(?:day|week|month|year|night|person|head|piece)|in\s+all|in\s+total|altogether"
    rf"|(?:from|on|by|for)\s+(?:each|either|both)\s+{PARTY}|{PERIOD})\b",
    re.I,
)
_BOUNDS: tuple[tuple[str, Bound], ...] = (
    (r"(?:no|not)\s+(?:fewer|less)|at\s+least", "at_least"),
    (r"(?:no|not)\s+more|at\s+most|as\s+many\s+as|up\s+to|less|fewer|(?:just\s+)?under", "at_most"),
    (r"more|(?:just\s+)?over", "at_least"),
    (r"\S", "about"),
)
_HANDED = re.compile(
    r"\b(?:hand|turn|tak|took|g[ai]v|pass|br[io]|sign|knock|carr|went|go)\w*\s+$", re.I
)  # "handed over"
_BETWEEN = re.compile(r"\bbetween\s+$", re.I)
_TIME_UNITS = frozenset(("second minute hour day week weekend month year decade century night").split())
_LENGTH_UNITS = frozenset(
    (
        "kilometer kilometre km mile meter metre m foot feet inch centimeter centimetre cm millimetre millimeter mm "
        "yard"
    ).split()
)
_IRREGULAR_PLURALS = frozenset(
    ("people men women children police staff feet cattle sheep fish aircraft crew dead").split()
)
_ENDS_UNIT = frozenset(
    (
        "were was are is have had has will would could can and or but while when who which that after before during "
        "since until because against between among under over about later earlier ago also including according left "
        "right up down out off back away now then just only still already yet more less than each apiece per"
    ).split()
)
_PARTS_OF_TIME = {
    ("year", "month"): 12,
    ("year", "week"): 52,
    ("month", "week"): 4,
    ("month", "day"): 30,
    ("week", "day"): 7,
    ("day", "hour"): 24,
    ("hour", "minute"): 60,
    ("minute", "second"): 60,
}
_MOST_UNIT_WORDS = 4
_AGE_WORDS = ("aged", "under", "over", "below", "above", "than")
_OF_THE = re.compile(r"\s+of\s+(?:the|our|its|their|his|her|those|these|your|my)\s+", re.I)  # "1,000 of our people"


# "children under 10", "people aged 65": their age, not their number.
_IS_AGE = re.compile(
    r"\b(?:child(?:ren)?|kids?|boys?|girls?|bab(?:y|ies)|infants?|teenagers?|adults?|people|those|patients|pupils|women|men)"
    r"\s+(?:aged\s+)?(?:(?:under|over|below|above|younger\s+than|older\s+than)\s+)?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a sentence. `start` and `end` are its offsets with unit and qualifier; `words` the words after it.

    `value` is the number itself, scaled ("1.2 million" is 1200000.0); `unit` a currency code, "%", or the noun after
    the number in small letters, None when there is none. `upper` is the other end of a range ("40 to 60 homes"), whose
    lower one is `value`; `bound` says how firm the number is ("about", "at least"). `set_aside` tells that the sentence
    itself gives it as a former state, a difference or a record's age: "not 14", "fell by three", "first in a year";
    `is_change` that it says how something changed: "rose by 14", not "rose to 14".
    """

    start: int
    end: int
    value: float
    unit: str | None
    words: tuple[str, ...]
    upper: float | None = None
    bound: Bound = "exact"
    set_aside: bool = False
    is_change: bool = False


def quantities(sentence: str) -> list[Quantity]:
    """All numbers of `sentence` with their units, in order; those that are part of a date or a time are left out.

    A range is one quantity.
    """
    return list(_read(sentence))


@lru_cache(maxsize=2_000)
def _read(sentence: str) -> tuple[Quantity, ...]:
    """The numbers of `sentence`; one question asks for those of the same sentence several times."""
    found = []
    for each in _with_ranges(sentence, _single_quantities(sentence)):
        unit = singular(each.unit or "")
        aside = is_set_aside(
            sentence[: each.start], sentence[each.end :], is_time=unit in _TIME_UNITS, is_length=unit in _LENGTH_UNITS
        )
        changed = is_change(sentence[: each.start], sentence[each.end :])
        found.append(replace(each, set_aside=aside, is_change=changed))
    return tuple(found)


def _single_quantities(sentence: str) -> list[Quantity]:
    found = list(_shares(sentence))
    taken = [match.span() for match in _DATE.finditer(sentence)] + [(each.start, each.end) for each in found]
    for match in _NUMBER.finditer(sentence):
        start, end = match.start(), match.end()
        qualifier = match["qualifier"]
        if qualifier and _HANDED.search(sentence[:start]) and qualifier.strip().lower() in ("over", "up to", "around"):
            start, qualifier = match.end("qualifier"), None
        if match["millions"] and not match["currency"]:
            end = match.start("millions")
        number_start = match.start("number")
        if any(first < match.end("number") and number_start < last for first, last in taken):
            continue
        scale = "million" if match["millions"] and match["currency"] else match["scale"]
        value = value_of(match["number"], scale)
        if value is None:
            continue
        start = match.start("currency") if match["currency"] and not qualifier else start
        start += len(sentence[start:end]) - len(sentence[start:end].lstrip())
        bound = _bound(qualifier)
        if match["percent"]:
            unit = "percentage points" if "point" in match["percent"] else "%"
            found.append(Quantity(start, end, value, unit, (*unit.split(), "percent"), bound=bound))
            continue
        before = sentence[: match.start("number")]
        if _IS_AGE.search(before) and not match["currency"] and before.rstrip().lower().endswith(_AGE_WORDS):
            found.append(Quantity(start, end, value, "years", ("years",), bound=bound))
            continue
        words, end = _unit_words(sentence, end)
        if match["number"].lower() == "one" and not words and not match["currency"]:
            continue  # "one of them", "the biggest one": a pronoun
        if match["currency"]:
            currency = _CURRENCIES.get(match["currency"].upper(), match["currency"])
            end = _with_sharing(sentence, match.end())
            found.append(Quantity(start, end, value, currency, (currency.lower(), *words), bound=bound))
            continue
        noun = words[-1] if words else None
        for word in words:
            if singular(word) in _CURRENCY_WORDS:
                noun = _CURRENCY_WORDS[singular(word)]
        found.append(Quantity(start, _with_sharing(sentence, end), value, noun, words, bound=bound))
    return sorted(found, key=lambda each: each.start)


def _shares(sentence: str) -> Iterator[Quantity]:
    """What is said as "three in five", as a percentage; "three in five days" is none."""
    for match in _SHARE.finditer(sentence):
        part, whole = value_of(match["part"]), value_of(match["whole"])
        words, _ = _unit_words(sentence, match.end())
        is_span = bool({singular(word) for word in words} & (_TIME_UNITS | _LENGTH_UNITS))
        if part and whole and part < whole and _is_round(whole) and not is_span:
            share = round(100 * part / whole, 4)
            yield Quantity(match.start(), match.end(), share, "%", ("%", "percent"), bound=_bound(match["qualifier"]))


def _is_round(number: float) -> bool:
    return number in (*range(2, 11), 12, 15, 20, 50) or (number >= 100 and math.log10(number).is_integer())


def dates(sentence: str) -> list[tuple[int, int]]:
    """The (start, end) of what says when something was or will be: dates, days, times, "last week"."""
    return [match.span("month") if match["month"] else match.span() for match in _DATE.finditer(sentence)]


def fits(quantity: Quantity, question: Question) -> bool:
    """Whether a number is of the kind that the question asks for, as far as its unit alone can tell."""
    unit = singular(quantity.unit or "")
    text = question.text.lower()
    if quantity.set_aside and not asks_for_what_is_set_aside(text):
        return False
    if question.asks == "percent":
        return quantity.unit == ("percentage points" if "point" in text else "%")
    if question.asks == "amount":
        if asks_for_change(question.text):
            return quantity.is_change and quantity.unit is not None and unit not in _TIME_UNITS
        if re.search(
            r"money|cost|price|pay|paid|budget|spen[dt]|salary|worth|fee|fine|earn|fund|raise|ticket|invest", text
        ):
            return quantity.unit in {*_CURRENCIES.values()}
        return quantity.unit is not None
    if question.asks == "measure":
        return _fits_measure(unit, quantity, text)
    if question.asks == "count":
        return (quantity.unit not in {"%", *_CURRENCIES.values()} and unit not in _TIME_UNITS | _LENGTH_UNITS) or (
            unit in {singular(word) for word in question.counted}
        )
    return False


def is_money(quantity: Quantity) -> bool:
    """Whether the number is a sum of money."""
    return quantity.unit in {*_CURRENCIES.values(), *_CURRENCY_WORDS.values()}


def counts_the_same(quantity: Quantity, question: Question) -> bool:
    """Whether the number counts, by the very word, what a "how many" asks for."""
    counted = {singular(word) for word in question.counted if not is_stop_word(word)}
    return bool(counted & {singular(word) for word in quantity.words})


def singular(word: str) -> str:
    """A plain English singular, enough to compare units: "prisoners" and "prisoner", "cities" and "city"."""
    word = word.lower()
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _fits_measure(unit: str, quantity: Quantity, text: str) -> bool:
    if re.search(r"\bhow\s+(?:long|soon|late|early)\b", text):
        return unit in _TIME_UNITS | _LENGTH_UNITS or any(singular(word) in _TIME_UNITS for word in quantity.words)
    if re.search(r"\bhow\s+old\b", text):
        return unit in {"", "year", "month"} or "old" in quantity.words
    if re.search(r"\bhow\s+(?:far|tall|high|deep|wide)\b", text):
        return unit in _LENGTH_UNITS
    return unit != ""


def _unit_words(sentence: str, end: int) -> tuple[tuple[str, ...], int]:
    """The words of the noun phrase after a number, in small letters, and where the phrase ends.

    A plural or a unit of measure ends it. With neither, the words may tell what is counted, but the number stands
    alone: "61,240 | saw Lorano win".
    """
    words: list[str] = []
    of_the = _OF_THE.match(sentence, end)
    position = of_the.end() - 1 if of_the else end
    while len(words) < _MOST_UNIT_WORDS and (match := _WORD.match(sentence, position)):
        word = match["word"].lower()
        if is_stop_word(word) or word in _ENDS_UNIT:
            break
        words.append(word)
        position = match.end()
        if _ends_noun_phrase(word):
            return tuple(words), position
    return tuple(words), end


def _ends_noun_phrase(word: str) -> bool:
    return (
        (word.endswith("s") and not word.endswith("ss"))
        or word in _IRREGULAR_PLURALS
        or singular(word) in _TIME_UNITS | _LENGTH_UNITS | _CURRENCY_WORDS.keys()
    )


def _with_sharing(sentence: str, end: int) -> int:
    for _ in range(2):  # "each on the first day"
        if match := _SHARING.match(sentence, end):
            end = match.end()
    return end


def _bound(qualifier: str | None) -> Bound:
    if not qualifier:
        return "exact"
    return next(bound for pattern, bound in _BOUNDS if re.match(pattern, qualifier.strip(), re.I))


def _with_ranges(sentence: str, found: Sequence[Quantity]) -> list[Quantity]:
    """`found`, with "40 to 60 homes", "between $3 and $5 million" and "two hours and 20 minutes" as one quantity each.

    A bare number gets the unit of the one before it where both stand for the same: "from five kilometres to nine".
    """
    merged: list[Quantity] = []
    for quantity in found:
        last = merged[-1] if merged else None
        if last is not None and (whole := _range(sentence, last, quantity) or _together(sentence, last, quantity)):
            merged[-1] = whole
        elif last is not None and _is_of_same_unit(sentence, last, quantity):
            merged.append(replace(quantity, unit=last.unit, words=last.words))
        else:
            merged.append(quantity)
    return merged


def _together(sentence: str, large: Quantity, small: Quantity) -> Quantity | None:
    """ "Three hours and 20 minutes", in hours; None when the two are not one length of time."""
    parts = _PARTS_OF_TIME.get((singular(large.unit or ""), singular(small.unit or "")))
    if parts is None or not re.fullmatch(r",?\s+(?:and\s+)?", sentence[large.end : small.start]):
        return None
    return replace(large, end=small.end, value=round(large.value + small.value / parts, 4))


def _is_of_same_unit(sentence: str, before: Quantity, quantity: Quantity) -> bool:
    """Whether a bare number is of the unit before it: "from five kilometres to nine", "120 votes to 98"."""
    joined = re.fullmatch(r"\s+to\s+", sentence[before.end : quantity.start]) is not None
    return joined and quantity.unit is None and before.unit is not None


def _range(sentence: str, lower: Quantity, upper: Quantity) -> Quantity | None:
    joint = sentence[lower.end : upper.start]
    between = _BETWEEN.search(sentence[: lower.start])
    joins = r"\s+and\s+" if between else r"\s+(?:to|or)\s+|\s?[-–]\s?"
    if not re.fullmatch(joins, joint) or lower.upper is not None or (lower.unit and lower.unit != upper.unit):
        return None
    if re.fullmatch(r"\s?[-–]\s?", joint) and upper.unit is None:
        return None  # a score
    if re.search(rf"{CHANGE}[^.;\d]{{0,50}}\b(?:from|by)\s+$", sentence[: lower.start], re.I):
        return None  # a change: "raised from 2 to 3 pounds", "fell by three to 11"
    value = lower.value
    scale = re.search(r"(thousand|million|billion|trillion|bn|m)\b", sentence[upper.start : upper.end], re.I)
    if scale and upper.value >= 1_000 and value < 1_000:
        value *= SCALES.get(scale[1].lower(), 1e6)  # "3 to 5 million"
    if value >= upper.value:
        return None
    start = between.start() if between else lower.start
    unit = upper.unit or lower.unit
    return Quantity(start, upper.end, value, unit, upper.words, upper=upper.value, bound=lower.bound)
