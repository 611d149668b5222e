"""What limits a number in its sentence: whom it concerns, each side or all, which day, on top of what. English."""

import re
from dataclasses import dataclass
from functools import lru_cache

from index.answering.figures import PART, PARTY, PERIOD, Quantity, is_money, quantities, singular
from index.shaping.words import is_stop_word

_ROLES = {
    "dead": r"kill(?:ed|s|ing)?|die[sd]?|dying|dead|deaths?|fatalit(?:y|ies)|perish\w*|drown\w*|bodies|victims"
    r"|los[est]+ (?:of life|their lives)|lives",
    "hurt": r"injur\w+|wound\w+|hurt",
    "missing": r"missing|unaccounted",
    "displaced": r"fle[de]\w*|evacu\w+|displac\w+|homeless|(?:left|leave|leaving) their homes",
    "arrested": r"arrest\w*|detain\w*|custody",
    "rescued": r"rescu\w+|saved|pulled (?:alive|out|from)|survivors?",
    "ill": r"infect\w*|ill|sick\w*|cases",
    "destroyed": r"destroy\w*|burn\w*|levelled|leveled|gutted|collaps\w+|pulled down|demolish\w*",
    "damaged": r"damag\w+|flooded",
    "without power": r"without (?:power|electricity)|no (?:power|electricity)|lost power",
    "lost jobs": r"lay(?:ing)?[- ]?offs?|laid off|redundan\w*|cut(?:s|ting)?|los[et] their jobs|sack\w*|dismiss\w*",
    "new jobs": r"hir(?:e|es|ed|ing)|creat(?:e|es|ed|ing)|recruit\w*|new jobs",
    "vaccinated": r"vaccinat\w+|inoculat\w+",
}
_MONEY_ROLES = {
    "damage": r"damages?|damaged|loss(?:es)?",
    "fine": r"fine[ds]?|penalt(?:y|ies)",
    "raised": r"raised|donat\w+|collected|appeal",
    "aid": r"aid|grants?|pledg\w+|promis\w+|subsid\w+|compensation|relief",
    "wage": r"salar(?:y|ies)|wages?|earns?|earned",
    "stolen": r"stolen|stole|steal\w*|robb\w+|thieves|theft",
    "profit": r"profits?|earnings",
    "revenue": r"revenues?|sales|turnover|takings",
    "price": r"costs?|prices?|priced|fares?|fees?|tolls?|tickets?|pays?|budget\w*|bill|charg\w+|spend\w*|spent|bought",
}
_ROLE_PATTERNS = {name: re.compile(rf"\b(?:{words})\b", re.I) for name, words in _ROLES.items()}
_MONEY_PATTERNS = {name: re.compile(rf"\b(?:{words})\b", re.I) for name, words in _MONEY_ROLES.items()}
_DEATH_TOLL = re.compile(r"\b(?<!a )tolls?\b", re.I)  # of people it is the dead, of money a price

_EACH = re.compile(
    rf"\b(?:each(?!\s+other)(?:\s+{PARTY})?|apiece|(?:from|on|by|for|per)\s+(?:each\s+|either\s+|both\s+)?{PARTY}"
    rf"|either\s+{PARTY})\b",
    re.I,
)
_IN_ALL = re.compile(
    r"\b(?:in\s+all|in\s+total|altogether|combined|all\s+told|total\s+of|between\s+them|overall)\b", re.I
)
_RATE = re.compile(r"\b(?:an?|per|every|each)\s+(?P<unit>second|minute|hour|day|night|week|month|year)\b", re.I)
_EVERY = re.compile(
    r"\b(?:per|every|each)\s+(?P<unit>second|minute|hour|day|night|week|month|year)\b"
    r"|\b(?P<adverb>daily|weekly|monthly|yearly)\b",
    re.I,
)
_ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
# "on the first day", and "on Friday, the first day of an exchange".
_PERIOD = re.compile(rf"\b{PERIOD}\b|(?<=,\s)the\s+{PART}(?=\s+of\b)", re.I)
_OF_A_DAY = re.compile(r"\b(?:day|night|evening|morning|weekend)$", re.I)
_LONG_AGO = re.compile(
    r"\b(?:last\s+(?:year|season|summer|winter|spring|autumn)|(?:the\s+)?previous\s+(?:year|season|decade)"
    r"|(?:the|an?|one|two|three|four|five|six|seven|eight|nine|ten|\d+)\s+(?:years?|seasons?|decades?)"
    r"\s+(?:ago|earlier|before)|(?:in|of|for|during|the)\s+(?P<year>(?:1[5-9]|20)\d\d))\b",
    re.I,
)
_ON_TOP_BEFORE = re.compile(
    r"\b(?:another|(?:a\s+)?further|(?:an\s+)?additional|an\s+extra|the\s+(?:other|remaining|last|rest)|remaining)\s+$",
    re.I,
)
_ON_TOP_AFTER = re.compile(r"\s+(?:\w+\s+)?(?:more|others|extra)\b(?!\s+than)", re.I)
_UPDATES = re.compile(
    r"\b(?:correct(?:ed|s|ion)|revis\w+|updat\w+|now|rose|risen|climbed|fell|fallen|lower(?:ed|s)|raise[sd]|recount|final)\b",
    re.I,
)
_NEW_PART = re.compile(r"[,;:—]|\b(?:and|but|while|as|with)\b", re.I)
_TO_NEXT = re.compile(r"(?:[,;:—]|\b(?:and|but|while|as|with)\b)(?:\W+\w+){0,3}\W*$", re.I)
_NEW_STATE = re.compile(
    r"\bfrom\s[^;]{0,40}\sto\s+$|\bnot\s[^;]{0,30}\sbut\s+$"
    r"|\b(?:r[oi]se[ns]?|climb\w*|fell|fallen|jump\w*|raised|lowered|revised|corrected|cut|reduced|grown|up|down)\s+to\s+$"
    r"|\b(?:reached|stands?\s+at|stood\s+at|bringing\s[^;,]{0,40}\sto)\s+$",
    re.I,
)
_FOR_WHOM = re.compile(
    r"\s*(?:for|with|per|without)\s+(?:an?\s+|the\s+|each\s+|every\s+|all\s+|one\s+)?(?P<noun>[^\W\d_]+)", re.I
)
_PER_WHOM = re.compile(r"\bper\s+(?P<noun>[^\W\d_]+)$", re.I)
_OF_WHOM = re.compile(r"\s+of\s+(?:all\s+)?(?:the\s+|its\s+|their\s+)?(?P<noun>[^\W\d_]+)", re.I)
_NOT_WHOM = frozenset(
    "second minute hour day night week weekend month year first time next last example instance cent".split()
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What limits a number.

    `role` names what became of those it counts, or what the money is ("dead", "damage"); `scope` is "each", "in all"
    or "per day"; `period` the part it is of ("second day"). `long_ago` are the words that put it in another year, and
    `year` that year when they name it. `on_top` is true of "another 40", `replaces` of "rose to 40", `updates` of a
    sentence that brings a new state. `for_whom` is the noun of "€2 for cars" or of "12 percent of men", `label` the
    words for scope and period that stand apart from the number.
    """

    role: str | None
    scope: str | None
    period: str | None
    long_ago: str | None
    year: int | None
    on_top: bool
    replaces: bool
    updates: bool
    for_whom: str | None
    label: str | None


def circumstances(quantity: Quantity, sentence: str) -> Circumstances:
    """What `sentence` says of the number in it."""
    period = _nearest(_PERIOD, quantity, sentence)
    scope, scope_match = _scope(quantity, sentence)
    long_ago = _nearest(_LONG_AGO, quantity, sentence)
    apart = [match for match in (scope_match, period) if match is not None and _stands_apart(match, quantity)]
    role = _role(quantity, sentence)
    return Circumstances(
        role=role,
        scope=scope,
        period=_kind_of_period(period.group()) if period else None,
        long_ago=long_ago.group().lower() if long_ago else None,
        year=int(long_ago["year"]) if long_ago and long_ago["year"] else None,
        on_top=_is_on_top(quantity, sentence),
        replaces=_NEW_STATE.search(sentence[: quantity.start]) is not None,
        updates=bool(_UPDATES.search(sentence)),
        for_whom=_for_whom(quantity, sentence, role=role),
        label=" ".join(dict.fromkeys(_label(match.group()) for match in sorted(apart, key=lambda match: match.start())))
        or None,
    )


def asked_role(question: str, *, money: bool) -> str | None:
    """The role that a question names, None when it names none or several."""
    patterns = _MONEY_PATTERNS if money else _ROLE_PATTERNS
    found = {name for name, pattern in patterns.items() if pattern.search(question)}
    if not money and not found and _DEATH_TOLL.search(question):
        found = {"dead"}
    if len(found) > 1:
        found -= {"price", "damaged", "destroyed"}  # their words tell of the event as often: "killed in the burning of"
    return found.pop() if len(found) == 1 else None


def asked_scope(question: str) -> str | None:
    """The scope that a question names."""
    if _EACH.search(question):
        return "each"
    if _IN_ALL.search(question):
        return "in all"
    rate = _RATE.search(question) or _EVERY.search(question)
    return _rate(rate) if rate else None


def asked_period(question: str) -> str | None:
    """The part that a question names, such as "second day"."""
    match = _PERIOD.search(question)
    return _kind_of_period(match.group()) if match else None


def _label(words: str) -> str:
    if not words.lower().startswith("the "):
        return words
    return f"{'on' if _OF_A_DAY.search(words) else 'in'} {words}"


def _kind_of_period(words: str) -> str:
    return " ".join(words.lower().split()[-2:])


@lru_cache(maxsize=1_000)
def _spans(sentence: str) -> tuple[tuple[int, int], ...]:
    return tuple((each.start, each.end) for each in quantities(sentence))


def _neighbours(quantity: Quantity, sentence: str) -> tuple[int | None, int | None]:
    """Where the number before this one ends and where the next one starts, in the same part of the sentence."""
    before = [end for start, end in _spans(sentence) if end <= quantity.start]
    after = [start for start, end in _spans(sentence) if start >= quantity.end]
    return (max(before) if before else None, min(after) if after else None)


def _nearest(pattern: re.Pattern[str], quantity: Quantity, sentence: str) -> re.Match[str] | None:
    """The match that belongs to this number: after it if there is one, else before it, never one of another number."""
    previous, following = _neighbours(quantity, sentence)
    first = max(previous or 0, sentence.rfind(";", 0, quantity.start) + 1)
    last = sentence.find(";", quantity.end)
    last = min(len(sentence) if last < 0 else last, len(sentence) if following is None else following)
    matches = [match for match in pattern.finditer(sentence) if first <= match.start() and match.end() <= last]
    for match in matches:
        if match.end() <= quantity.start:
            continue
        if match.start() < quantity.end or following is None or _words_between(sentence, match.end(), following) > 1:
            return match
    for match in reversed(matches):
        if match.end() <= quantity.start and (
            previous is None or _words_between(sentence, match.end(), quantity.start) <= 3
        ):
            return match
    return None


def _words_between(sentence: str, start: int, end: int) -> int:
    return len(sentence[start:end].split())


def _scope(quantity: Quantity, sentence: str) -> tuple[str | None, re.Match[str] | None]:
    text = sentence[quantity.start : quantity.end]
    if rate := _RATE.search(text):
        return _rate(rate), None
    if every := _nearest(_EVERY, quantity, sentence):
        return _rate(every), None
    for name, pattern in (("each", _EACH), ("in all", _IN_ALL)):
        if match := _nearest(pattern, quantity, sentence):
            return name, match
    after = _RATE.match(sentence[quantity.end :].lstrip())
    return (_rate(after), None) if after else (None, None)


def _rate(match: re.Match[str]) -> str:
    unit = match["unit"] or _ADVERBS[match["adverb"].lower()]
    return f"per {unit.lower()}"


def _stands_apart(match: re.Match[str], quantity: Quantity) -> bool:
    return match.start() >= quantity.end or match.end() <= quantity.start


def _role(quantity: Quantity, sentence: str) -> str | None:
    """The role whose word stands nearest: in the number's own words, right before it, after it, or before it."""
    money = is_money(quantity)
    previous, following = _neighbours(quantity, sentence)
    own = sentence[quantity.start : quantity.end] + " " + " ".join(quantity.words)
    replaces = _NEW_STATE.search(sentence[: quantity.start]) is not None
    before = sentence[0 if replaces else previous or 0 : quantity.start]
    after = sentence[quantity.end : following]
    if following is not None:
        after = _TO_NEXT.sub("", after)  # what leads to the next number is that one's: "14 dead and injured 40"
    near = _NEW_PART.split(before)[-1]
    near = " ".join(near.split()[-3:])
    for text, last in ((own, False), (near, True), (re.split(r"[;:]", after)[0], False), (before, True)):
        if (role := _first_role(text, money=money, last=last)) is not None:
            return role
    return None


def _first_role(text: str, *, money: bool, last: bool) -> str | None:
    patterns = _MONEY_PATTERNS if money else _ROLE_PATTERNS
    found = [(match.start(), name) for name, pattern in patterns.items() for match in pattern.finditer(text)]
    if not money:
        found += [(match.start(), "dead") for match in _DEATH_TOLL.finditer(text)]
    if not found:
        return None
    return (max(found) if last else min(found))[1]


def _is_on_top(quantity: Quantity, sentence: str) -> bool:
    if _ON_TOP_BEFORE.search(sentence[: quantity.start]):
        return True
    own = sentence[quantity.start : quantity.end].split()
    return "more" in [word.lower() for word in own[1:] if own[0].lower() not in ("more", "no", "not")] or bool(
        _ON_TOP_AFTER.match(sentence[quantity.end :])
    )


def _for_whom(quantity: Quantity, sentence: str, *, role: str | None) -> str | None:
    if quantity.unit == "%":
        whole = _OF_WHOM.match(sentence[quantity.end :])
        return singular(whole["noun"]) if whole and not is_stop_word(whole["noun"].lower()) else None
    if not is_money(quantity) or role not in ("price", None):
        return None  # "fined €3 million for the leak"
    match = _PER_WHOM.search(sentence[quantity.start : quantity.end]) or _FOR_WHOM.match(sentence[quantity.end :])
    noun = singular(match["noun"]) if match else ""
    return noun if noun and noun not in _NOT_WHOM and not is_stop_word(noun) else None
