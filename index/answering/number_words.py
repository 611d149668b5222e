"""The value of a number as it is written: in digits, in words, with a scale like "million". English."""

import re

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
SCALES = {
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
NUMBER = rf"(?:{_DIGITS}|{_WORDED})"
"""A pattern, to be used without regard to case, of what `value_of` reads."""


def value_of(number: str, scale: str | None = None) -> float | None:
    """The value of a number, times that of its scale if it has one; None when it is none."""
    text = number.lower().replace(",", "")
    value = float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else _worded_value(text)
    if value is not None and scale:
        value *= SCALES[scale.strip(" -").lower()]
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
            current = (current or 1.0) * SCALES[word]
        elif word in SCALES:
            total += (current or 1.0) * SCALES[word]
            current = 0.0
        else:
            return None
    return total + current
