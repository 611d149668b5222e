"""Numbers that a sentence gives as a former state, as a difference or as the age of a record."""

import re

from index.answering.changes import CHANGE

_SAID = (
    r"\b(?:said|reported|reports?|put|given|announced|counted|counts?|estimated?|stated|feared|thought|believed|planned"
    r"|budgeted|priced|prices?|set|charged|cost|paid|was|were|been|tolls?|figures?|versions?|totals?|fares?|fees?)\b"
)
_EARLIER = (
    r"\b(?:earlier|previous(?:ly)?|initial(?:ly)?|original(?:ly)?|formerly|first|wrongly|mistakenly|preliminary|old)\b"
)
_MORE_THAN_OTHERS = (
    r"\b(?:tall|high|low|long|short|deep|wide|broad|narrow|old|young|fast|slow|great|small|cheap|rich|poor|strong|weak|warm"
    r"|cold|big|hott|heavi|larg|thick|thinn|clos|near|lat|earli)(?:e?r|e?st)\b"
)
_SET_ASIDE_BEFORE = re.compile(
    rf"""
      (?:\bnot|\brather\s+than|\binstead\s+of|\b(?:up|down)\s+from|\bcompared\s+(?:with|to))(?:\s+the)?\s*$
    | {CHANGE}[^.;\d]{{0,50}}\b(?:from(?:\s+the)?|by)\s*$
    | \b(?:wins?|won|los[et]s?|beat\w*|defeat\w*|leads?|led|leading|trail\w*|ahead|behind)\b[^.;\d]{{0,80}}\bby\s*$
    | {_EARLIER}[^.;\d]{{0,40}}{_SAID}[^.;,\d]{{0,25}}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BY_A_DIFFERENCE = re.compile(
    rf"{_MORE_THAN_OTHERS}[^.;\d]{{0,80}}\bby(?:\s+(?:a\s+(?:good|full|clear)|some|almost|nearly|about))?\s*$", re.I
)
_SET_ASIDE_AFTER = re.compile(
    rf"[^.;:,\d]{{0,25}},?\s*(?:(?:as|that|had|has|was|were|been|it|they|officials|police)\s+){{0,4}}{_EARLIER}\s+{_SAID}",
    re.I,
)
# Questions for what is no longer so, for a difference, or for the time since a record.
_ASKS_FOR_IT = re.compile(
    r"\b(?:earlier|previous(?:ly)?|initial(?:ly)?|original(?:ly)?|formerly|at\s+first|used\s+to|(?<!how\s)old|before|more|fewer|less)\b"
    r"|\b(?:margin|majority|difference|lead|ahead)\b|\b(?:win|won|lose|lost|beat)\b.*\bby\b"
    r"|\bhow\s+long\b.*\b(?:since|been|without|last|first)\b"
    rf"|\bby\s+how\b|\b(?:how\s+much|percent\w*|per\s*cent|points?)\b.*{CHANGE}",
    re.I,
)
_RECORD_IN = re.compile(
    r"\b(?:first|only|worst|best|most|least|biggest|largest|greatest|highest|lowest|deadliest|heaviest|strongest|longest"
    r"|fastest|steepest|fewest|smallest|hottest|coldest|wettest|driest)\b[^.;\d]{0,80}\bin(?:\s+the\s+last)?\s*$",
    re.I,
)
_AROUND = 120
"""Characters before and after a number that are looked at."""


def is_set_aside(before: str, after: str, *, is_time: bool, is_length: bool = False) -> bool:
    """Whether what stands before and after a number says that it does not hold: "not 14", "up from 49", "fell by 3".

    `is_time` tells that it is a length of time, "the first ferry in nine years" sails no nine years, and `is_length`
    that it is one of space: who is "the tallest by two inches" has no two inches.
    """
    before, after = before[-_AROUND:], after[:_AROUND]
    if is_time and _RECORD_IN.search(before):
        return True
    if (is_time or is_length) and _BY_A_DIFFERENCE.search(before):
        return True
    return bool(_SET_ASIDE_BEFORE.search(before) or _SET_ASIDE_AFTER.match(after))


def asks_for_what_is_set_aside(question: str) -> bool:
    """Whether a question (in small letters) is for what is no longer so, a difference or the time since a record."""
    return _ASKS_FOR_IT.search(question) is not None
