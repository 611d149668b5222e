"""How much something changed: which questions ask for that, and which numbers of a sentence tell it. English."""

import re
from functools import lru_cache

_MOVES = (
    r"r[oi]se[ns]?|rising|increas\w+|gr[eo]wn?|growing|climb\w*|jump\w*|soar\w*|surg\w+|spik\w+|swell\w*|swollen"
    r"|fell|fall\w*|drop\w*|declin\w+|decreas\w+|plung\w+|plummet\w*|slump\w*|tumbl\w+|shr[aiu]nk\w*|doubl\w+"
)
_IS_MOVED = r"rais\w+|cut|cuts|lower\w*|reduc\w+|slash\w*"
"""What rises or falls, and what is raised or cut by somebody."""
CHANGE = (
    rf"\b(?:{_MOVES}|{_IS_MOVED}|went|gone|goes|go|widen\w*|narrow\w*|expand\w*|revis\w+|chang\w+|correct\w+|mov\w+"
    r"|up|down|higher|more|fewer)\b"
)
"""A pattern, to be used without regard to case, of the words that tell of a change."""
_PRICES = (
    r"(?:prices?|fares?|fees?|tax(?:es)?|rates?|wages?|pay|rents?|bills?|salar(?:y|ies)|pensions?|premiums?|tariffs?"
    r"|budgets?|emissions|output|tolls?)"
)
# "How much has it risen", not "how much rain fell", nor "how much did the walk raise".
_ASKS_FOR_CHANGE = re.compile(
    r"\bhow\s+much\s+(?:"
    r"(?:ha[sd]|have|did|do(?:es)?|will|would|could|can|is|are|was|were)\b.*"
    rf"\b(?:{_MOVES}|(?:go|going|goes|gone)\s+(?:up|down)|changed?|(?:{_IS_MOVED})\b.*\b{_PRICES})"
    r"|cheaper|dearer|higher|lower|more|less)\b",
    re.I,
)
_BEFORE = re.compile(rf"{CHANGE}[^.;]{{0,60}}$", re.I)
_FROM_TO = re.compile(rf"{CHANGE}[^.;\d]{{0,50}}\bfrom\s[^.;]{{1,40}}\bto(?:\s+(?:an?|the|record))*\s*$", re.I)
_END = re.compile(r"\b(?:to|from|at)(?:\s+(?:an?|the|record))*\s*$", re.I)
_AFTER = re.compile(
    r"[^.;,\d]{0,25}\b(?:more|less|fewer|higher|lower|up|down|dearer|cheaper|increases?|rises?|raises?|hikes?|jumps?"
    r"|surges?|gains?|growth|cuts?|drops?|falls?|declines?|decreases?|reductions?)\b(?!\s+to\b)"
    r"|[^.;\d]{0,25}\b(?:up|down)\s+from\b",
    re.I,
)
_AROUND = 120
"""Characters before and after a number that are looked at."""


@lru_cache(maxsize=100)
def asks_for_change(question: str) -> bool:
    """Whether a question is for how much something changed: "how much have prices risen"."""
    return _ASKS_FOR_CHANGE.search(question) is not None


def is_change(before: str, after: str) -> bool:
    """Whether what stands before and after a number tells how something changed.

    It does for "rose by 14", for "14 more", and for the 14 of "rose from 9 to 14" and of "14, up from 9"; "rose to 14"
    alone does not say by how much.
    """
    before, after = before[-_AROUND:], after[:_AROUND]
    if _AFTER.match(after) or _FROM_TO.search(before):
        return True
    return _BEFORE.search(before) is not None and _END.search(before) is None
