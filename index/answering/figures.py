"""Numbers with their units, and dates, as they stand in a sentence. English."""

import re
from dataclasses import dataclass

from index.answering.questions import Question, is_stop_word

_SMALL = {
    word: value
    for value, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        ).split()
    )
}
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0, "bn": 1e9,
}  # fmt: skip
_WHOLE = "|".join([*_SMALL, *_TENS, "hundred", "thousand", "million", "billion", "dozen"])
_WORDED = (
    r"\b(?:(?:a|half\s+a)\s+(?:hundred|thousand|million|billion|dozen)"
    rf"|(?:{_WHOLE}))\b(?:(?:[\s-]|\s+and\s+)(?:{_WHOLE})\b)*"
)
_DIGITS = (
    r"(?<![\w.,/])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w/]|[.,]\d)"
    r"|(?<![\w.,/])\d+(?:\.\d+)?(?!\d|[.,/]\d|:\d|th\b|st\b|nd\b|rd\b)"
)
_NUMBER = re.compile(
    rf"""
    (?P<qualifier>\b(?:at\s+least|at\s+most|more\s+than|less\s+than|fewer\s+than|as\s+many\s+as|up\s+to|about|around|nearly
        |almost|roughly|over|under|some|approximately|just\s+over|just\s+under|an\s+estimated)\s+)?
    (?P<currency>(?:US|A|C|NZ)?\$|€|£|¥|₽|₴|₹)?\s?
    (?P<number>{_DIGITS}|{_WORDED})
    (?P<scale>[\s-]?(?:hundred|thousand|million|billion|trillion|dozen|bn)\b)?
    (?P<millions>m\b)?  # only after a currency, "£5m": elsewhere it is metres
    (?P<percent>\s?%|\s+per\s?cent\b|\s+percentage\s+points?\b)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CURRENCIES = {"$": "USD", "US$": "USD", "A$": "AUD", "C$": "CAD", "NZ$": "NZD", "€": "EUR", "£": "GBP", "¥": "JPY",
               "₽": "RUB", "₴": "UAH", "₹": "INR"}  # fmt: skip
_CURRENCY_WORDS = {"dollar": "USD", "euro": "EUR", "pound": "GBP", "yen": "JPY", "ruble": "RUB", "rouble": "RUB",
                   "hryvnia": "UAH", "rupee": "INR", "cent": "cent"}  # fmt: skip
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan\.|Feb\.|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept?\.|Oct\.|Nov\.|Dec\.)"
)
_DATE = re.compile(
    rf"""
      \b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+(?:1[5-9]|20)\d\d\b)?
    | \b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:\s+(?:1[5-9]|20)\d\d\b)?
    | \b{_MONTH}\s+(?:1[5-9]|20)\d\d\b
    | \b(?:in|since|by|until|of|from|during|before|after)\s+(?:early\s+|late\s+|mid-)?(?P<month>{_MONTH})(?=\W)
    | \b(?:1[5-9]|20)\d\ds?\b
    | \b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b
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
_SHARING = re.compile(
    r"\s+(?:each|apiece|per\s+\w+|a\s+(?:day|week|month|year|night|person|head)"
    r"|(?:from|on|by|for)\s+(?:each|either|both)\s+sides?)\b",
    re.I,
)
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
_MOST_UNIT_WORDS = 4
_OF_THE = re.compile(r"\s+of\s+(?:the|our|its|their|his|her|those|these|your|my)\s+", re.I)  # "1,000 of our people"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a sentence. `start` and `end` are its offsets with unit and qualifier; `words` the words after it.

    `value` is the number itself, scaled ("1.2 million" is 1200000.0); `unit` a currency code, "%", or the noun after
    the number in small letters, None when there is none.
    """

    start: int
    end: int
    value: float
    unit: str | None
    words: tuple[str, ...]


def quantities(sentence: str) -> list[Quantity]:
    """All numbers of `sentence` with their units, in order; those that are part of a date or a time are left out."""
    dates = [match.span() for match in _DATE.finditer(sentence)]
    found = []
    for match in _NUMBER.finditer(sentence):
        start, end = match.start(), match.end()
        if match["millions"] and not match["currency"]:
            end = match.start("millions")
        number_start = match.start("number")
        if any(first < match.end("number") and number_start < last for first, last in dates):
            continue
        scale = "million" if match["millions"] and match["currency"] else match["scale"]
        value = _value(match["number"], scale)
        if value is None:
            continue
        start = match.start("currency") if match["currency"] and not match["qualifier"] else start
        start += len(sentence[start:end]) - len(sentence[start:end].lstrip())
        if match["percent"]:
            found.append(Quantity(start, end, value, "%", ("percent",)))
            continue
        words, end = _unit_words(sentence, end)
        if match["number"].lower() == "one" and not words and not match["currency"]:
            continue  # "one of them", "the biggest one": a pronoun
        if match["currency"]:
            currency = _CURRENCIES.get(match["currency"].upper(), match["currency"])
            found.append(Quantity(start, match.end(), value, currency, (currency.lower(), *words)))
            continue
        unit = words[-1] if words else None
        for word in words:
            if singular(word) in _CURRENCY_WORDS:
                unit = _CURRENCY_WORDS[singular(word)]
        found.append(Quantity(start, _with_sharing(sentence, end), value, unit, words))
    return found


def dates(sentence: str) -> list[tuple[int, int]]:
    """The (start, end) of what says when something was or will be: dates, days, times, "last week"."""
    return [match.span("month") if match["month"] else match.span() for match in _DATE.finditer(sentence)]


def fits(quantity: Quantity, question: Question) -> bool:
    """Whether a number is of the kind that the question asks for, as far as its unit alone can tell."""
    unit = singular(quantity.unit or "")
    text = question.text.lower()
    if question.asks == "percent":
        return quantity.unit == "%"
    if question.asks == "amount":
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


def _value(number: str, scale: str | None) -> float | None:
    text = number.lower().replace(",", "")
    value = float(text) if re.fullmatch(r"[\d.]+", text) else _worded_value(text)
    if value is not None and scale:
        value *= _SCALES[scale.strip(" -").lower()]
    return value


def _worded_value(text: str) -> float | None:
    total, current = 0.0, 0.0
    words = [word for word in re.split(r"[\s-]+", text) if word not in ("and", "a")]
    for word in words:
        if word == "half":
            current = 0.5
        elif word in _SMALL:
            current += _SMALL[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word in ("hundred", "dozen"):
            current = (current or 1.0) * _SCALES[word]
        elif word in _SCALES:
            total += (current or 1.0) * _SCALES[word]
            current = 0.0
        else:
            return None
    return total + current


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
    match = _SHARING.match(sentence, end)
    return match.end() if match else end
