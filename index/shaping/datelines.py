"""The day that a story's own first lines name: "By Ada Lind, Harbour Post, 6 May 2025", "OSLO, May 6, 2025 -"."""

import re

from index.shaping.calendar_names import MONTH, WEEKDAY
from index.shaping.paragraphs import paragraphs

_SAMPLE_CHARACTERS = 3_000
_FIRST_LINES = 8
_LONGEST_LINE = 140
"""Characters of a line that says no more than who wrote the story, where and when."""
_LONGEST_SUMMARY = 200
"""Characters of what may stand between the title and such a line; a longer one is where the text begins."""

_WEEKDAY = rf"(?:{WEEKDAY}|(?:mon|tue|wed|thu|fri|sat|sun)\b\.?)"
_DATE = (
    rf"(?:{_WEEKDAY},?\s+)?"
    rf"(?P<date>\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH},?\s+\d{{4}}|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{4}-\d\d-\d\d)(?!\d)"
)
_TIME = r"(?:[\s,]*(?:at\s+)?\d{1,2}[:.]\d\d(?:\s*[ap]\.?m\.?)?(?:\s+\(?[A-Z]{2,5}\)?)?)?"
_UPDATED = r"(?:[\s,;|·•—–-]*\(?(?:last\s+)?(?:updated|modified)\b.*)?"
_VERB = r"(?:(?:(?:first|last)\s+)?(?:published|posted|released|issued|updated)(?:\s+on)?|date)\s*:?\s*"
# What goes before the date is who wrote it and where: names, parted from the date and without numbers.
_LINE = re.compile(
    rf"(?:(?P<names>(?P<by>by\s)?[^\d!?]{{1,100}}?)(?:\s*[,;|·•—–(]\s*|\s+-\s+|(?(by)\s+|(?!))))?"
    rf"(?:{_VERB})?{_DATE}\)?{_TIME}{_UPDATED}",
    re.I,
)
# A place and a date before the first sentence, as agencies write: "OSLO, May 6, 2025 (Agency) - The ferry".
_BEFORE_TEXT = re.compile(
    rf"(?P<names>[^\W\d_][^\d!?()]{{1,60}}?)[\s,]+(?P<open>\()?{_DATE}(?(open)\))"
    r"\s*(?:\([^()]{1,40}\)|/[^/]{1,40}/)?\s*[-–—]{1,2}\s+\S",
    re.I,
)
_MARKS = re.compile(r"[*_`#>]+")
_SMALL = frozenset(
    "a an and by of our staff the news desk network wire reporter reports writer correspondent editor".split()
)
_SMALL_AFTER_BY = _SMALL | frozenset("at for from in on with".split())
"""Small words among names; "The Queen in London, 2 June 1953" is what a picture shows."""
_PREPOSITION = re.compile(r"(?:on|in|since|by|until|from|before|after|till)\b", re.I)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def date_in_opening(text: str) -> str | None:
    """The date that one of the first lines of a story gives as the day it was written, as it stands there.

    Such a line has nothing but names and the date, or is a place and the date before the first sentence. A day within
    a sentence or a heading ("The flood of 6 May 2025") is one the story tells of. None where there is none.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    for start, end in paragraphs(sample)[:_FIRST_LINES]:
        line = sample[start:end]
        if (found := _dateline(line) or _before_text(line)) is not None:
            return found["date"]
        if len(line) > _LONGEST_SUMMARY:
            break
    return None


def is_dateline(line: str) -> bool:
    """Whether a line says who wrote the story, where and when, and nothing else."""
    return _dateline(line) is not None


def _dateline(line: str) -> re.Match[str] | None:
    plain = _MARKS.sub("", line).strip()
    found = _LINE.fullmatch(plain.rstrip(". ")) if len(plain) <= _LONGEST_LINE else None
    if found is None:
        return None
    small = _SMALL_AFTER_BY if found["by"] else _SMALL
    return found if _are_names(found["names"] or "", small) else None


def _before_text(line: str) -> re.Match[str] | None:
    found = _BEFORE_TEXT.match(_MARKS.sub("", line[: 2 * _LONGEST_LINE]).strip())
    if found is None or _PREPOSITION.match(found["names"]):  # "On Sept. 5, 1882 - a Tuesday - ten thousand"
        return None
    return found if _are_names(found["names"], _SMALL) else None


def _are_names(text: str, small: frozenset[str]) -> bool:
    return all(word[0].isupper() or word.lower() in small for word in _WORD.findall(text))
