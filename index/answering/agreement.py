"""Which numbers of several stories tell of the same thing, which of them agree, and which is the newest.

Two numbers are compared only when they count the same: the same unit and noun, the same ones concerned (the killed, not
the injured), the same scope (each side, not both together), the same time and the same event. English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import floor, log10

from index.answering.changes import asks_for_change
from index.answering.circumstances import Circumstances, asked_period, asked_role, asked_scope, circumstances
from index.answering.events import same_event
from index.answering.figures import Quantity, counts_the_same, fits, is_money, singular
from index.answering.questions import Question
from index.shaping.words import is_stop_word, stem, stems

MOST_LINES = 4
_RELEVANT_SHARE = 0.7
"""A statement must score this share of the best one's score to decide what the others are compared with."""
_AGE_BEFORE = re.compile(r"\b[A-Z][^\W\d_]+,\s+$")  # "Halyna Marchenko, 51, a bookkeeper"
_WITHOUT = re.compile(r"\bwithout\s+(?:an?\s+|the\s+|any\s+)?[\w’'-]+", re.I)
# What every question for a change may say: it does not tell what changed.
_TELLS_CHANGE = stems(
    "rise rising increase grow growing climb jump surge soar spike fall drop decline decrease plunge go going up down "
    "change cheaper dearer higher lower more less expensive raise cut reduce price cost past last year month week"
)
_ROUNDING = 0.05
_DAY = len("2025-05-16")

_PEOPLE = frozenset("people person human soul individual citizen man woman resident inhabitant".split())
_SAME_NOUNS = tuple(
    frozenset(words.split())
    for words in (
        "people person human soul individual citizen", "home house dwelling household",
        "job post position worker employee staff workforce", "student pupil", "car vehicle", "ship boat vessel",
        "flight plane", "inmate prisoner captive detainee", "kid child children", "soldier troop serviceman",
        "spectator fan visitor attendee audience crowd", "resident inhabitant population", "vote ballot",
        "protester demonstrator marcher", "officer police policeman", "dose jab shot vaccine",
        "death fatality victim body dead", "migrant refugee", "mile kilometre kilometer km",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """A number in a sentence of a story. `context` is the story's title and the passage that the sentence is of.

    `score` says how well the sentence suits the question, higher is better; `read` whether the number was picked as
    what is asked for. `published_at` is ISO 8601.
    """

    quantity: Quantity
    sentence: str
    story_id: str
    title: str
    publisher: str | None
    published_at: str | None
    score: float
    context: str
    read: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A value with all that tell of it, the one to show first. `published_at` is the newest of their dates.

    `label` says what part of the matter the value is of ("on the second day", "in all") when its own words do not.
    """

    statements: tuple[Statement, ...]
    published_at: str | None
    label: str | None = None


def compare(question: Question, statements: Sequence[Statement]) -> tuple[Line, ...]:
    """The values that `statements` give for what `question` asks, newest first, one of each story; undated ones last.

    A number that agrees with another, as a rounded one does with an exact one, shares its line. At most `MOST_LINES`;
    the newest and the most relevant are always among them. Empty when no statement is about what is asked.
    """
    stated = sorted(_stated(question, statements), key=lambda each: -each.statement.score)
    if not stated:
        return ()
    main = _main(question, stated)
    compared = [each for each in stated if each is main or _same_thing(question, main, each)]
    lines = _lines(_one_a_story(compared, main))
    if len(lines) > MOST_LINES:
        relevant = sorted(lines[1:], key=lambda line: (main not in line, -max(each.statement.score for each in line)))
        kept = relevant[: MOST_LINES - 1]
        lines = [line for line in lines if line is lines[0] or any(line is each for each in kept)]
    return tuple(_shown(line) for line in lines)


def written(published_at: str | None) -> datetime | None:
    """The date as the publisher gave it, in the offset that they gave; None when there is none."""
    try:
        return datetime.fromisoformat(published_at) if published_at else None
    except ValueError:
        return None


def moment(published_at: str | None) -> datetime:
    """When a story was published, in UTC, to order by: a date without a time is its midnight; none is the oldest."""
    published = written(published_at) or datetime.combine(date.min, time.min)
    try:
        return published.astimezone(UTC) if published.tzinfo else published.replace(tzinfo=UTC)
    except OverflowError:  # the first or the last day of the calendar
        return published.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class _Stated:
    """A statement with what limits its number, and how exactly that suits the question: higher is better."""

    statement: Statement
    limits: Circumstances
    by_noun: bool
    suits: int


def _stated(question: Question, statements: Sequence[Statement]) -> list[_Stated]:
    """The statements whose numbers can be what is asked for."""
    suiting = []
    asked = stems(_WITHOUT.sub(" ", question.text))  # "without a car" asks for no car's price
    for statement in statements:
        quantity = statement.quantity
        if not fits(quantity, question):
            continue
        limits = circumstances(quantity, statement.sentence)
        role = asked_role(question.text, money=is_money(quantity))
        if role and limits.role and limits.role != role:
            continue
        by_noun = question.asks != "count" or _counts(question, statement, limits, role)
        if not by_noun and not statement.read:
            continue
        scope, period = asked_scope(question.text), asked_period(question.text)
        suits = (
            4 * by_noun
            + 2 * (role is not None and limits.role == role)
            + 2 * (scope is not None and limits.scope == scope)
            + 2 * (period is not None and limits.period == period)
            + 4 * (limits.for_whom is not None and stem(limits.for_whom) in asked)
            + statement.read
            + 2 * limits.replaces
            - 3 * limits.on_top
            - 3 * _is_of_another_year(question, statement, limits)
            - 2 * (scope is None and (limits.scope or "").startswith("per "))
            - (period is None and limits.period is not None)
        )
        suiting.append(_Stated(statement, limits, by_noun, suits))
    return suiting


def _counts(question: Question, statement: Statement, limits: Circumstances, role: str | None) -> bool:
    """Whether the number counts what a "how many" asks for, by its noun or, standing alone, by what it is said of."""
    quantity = statement.quantity
    if counts_the_same(quantity, question):
        return True
    if _AGE_BEFORE.search(statement.sentence[: quantity.start]) and statement.sentence[quantity.end :].startswith(","):
        return False
    counted = {singular(word) for word in question.counted if not is_stop_word(word)}
    own = {singular(word) for word in quantity.words}
    if any(counted & nouns and own & nouns for nouns in _SAME_NOUNS):
        return True
    if role is not None and limits.role == role and (_stands_alone(statement) or not own - _PEOPLE):
        return True
    counts_role = role is not None and asked_role(" ".join(quantity.words), money=False) == role
    if counts_role and counted & (_PEOPLE | {"death", "victim", "fatality"}):
        return True  # "40 injured", "14 deaths"
    told_of = {stem(word) for word in counted} & stems(statement.sentence)
    if _stands_alone(statement):
        return bool(told_of)
    return bool(own & _PEOPLE and ({stem(word) for word in counted} & stems(statement.context)))


def _stands_alone(statement: Statement) -> bool:
    """Whether the number has no noun of its own: "the toll is 11", "61,240 saw it"."""
    quantity = statement.quantity
    shown = statement.sentence[quantity.start : quantity.end].lower()
    return not quantity.words or quantity.words[0] not in shown


def _is_of_another_year(question: Question, statement: Statement, limits: Circumstances) -> bool:
    if limits.long_ago is None or limits.long_ago in question.text.lower():
        return False
    if limits.year is None:
        return True
    published = moment(statement.published_at).year
    return limits.year < published and str(limits.year) not in question.text


def _main(question: Question, stated: Sequence[_Stated]) -> _Stated:
    """What the others are compared with: among the most relevant statements the one that suits best."""
    best = stated[0].statement.score
    relevant = [each for each in stated if each.statement.score >= best - (1 - _RELEVANT_SHARE) * abs(best)]
    return max(relevant, key=lambda each: (each.suits, each.statement.score))


def _same_thing(question: Question, main: _Stated, other: _Stated) -> bool:
    """Whether `other` gives a value for what `main` gives one for."""
    one, two = main.statement, other.statement
    if main.limits.role and other.limits.role and main.limits.role != other.limits.role:
        return False
    if not _same_unit(question, main, other) or not _same_scope(main.limits.scope, other.limits.scope):
        return False
    if main.limits.on_top != other.limits.on_top:
        return False
    if asked_period(question.text) is not None and main.limits.period != other.limits.period:
        return False
    if main.limits.period != other.limits.period and two.score < _RELEVANT_SHARE * one.score:
        return False  # a part and the whole are no contradiction: the part is told only when it is to the point
    if _is_of_another_year(question, two, other.limits) and not _is_of_another_year(question, one, main.limits):
        return False
    return _same_subject(question, main, other) and same_event(question, one.context, two.context)


def _same_unit(question: Question, main: _Stated, other: _Stated) -> bool:
    one, two = main.statement.quantity, other.statement.quantity
    if question.asks == "count":
        both_counted = main.by_noun and other.by_noun
        return both_counted or _head(main.statement) == _head(other.statement)
    return singular(one.unit or "") == singular(two.unit or "")


def _head(statement: Statement) -> str:
    return "" if _stands_alone(statement) else singular(statement.quantity.unit or "")


def _same_scope(one: str | None, two: str | None) -> bool:
    """A rate is never a total; what says nothing of its scope may have any other."""
    if any(scope is not None and scope.startswith("per ") for scope in (one, two)):
        return one == two
    return one is None or two is None or one == two


def _same_subject(question: Question, main: _Stated, other: _Stated) -> bool:
    """Whether sums, shares and measures are of the same: a price for the same buyer, a share of the same whole."""
    if question.asks == "count":
        return True
    asked = {stem(word) for word in question.content}
    one, two = main.limits.for_whom, other.limits.for_whom
    sentence = stems(f"{other.statement.title}\n{other.statement.sentence}")
    if two and one != two and stem(two) not in asked and (one or question.asks == "amount"):
        return False
    if one and stem(one) in asked and two != one and stem(one) not in sentence:
        return False
    if other.limits.role is not None and other.limits.role == main.limits.role:
        return True
    subject = asked & stems(main.statement.sentence)
    if asks_for_change(question.text):  # all kinds of things rise in a year
        return bool((subject - _TELLS_CHANGE) & sentence)
    return not subject or bool(subject & sentence)


def _one_a_story(stated: Sequence[_Stated], main: _Stated) -> list[_Stated]:
    """Of each story the statement that is most like `main`: its other numbers are rarely what was asked for."""
    by_story: dict[str, _Stated] = {}
    for each in stated:
        kept = by_story.setdefault(each.statement.story_id, each)
        if kept is not main and (each is main or _likeness(each, main) > _likeness(kept, main)):
            by_story[each.statement.story_id] = each
    return list(by_story.values())


def _likeness(stated: _Stated, main: _Stated) -> tuple[bool, int, bool, float]:
    return (
        stated.limits.period == main.limits.period,
        stated.suits,
        stated.limits.updates,
        stated.statement.score,
    )


def _lines(stated: Sequence[_Stated]) -> list[list[_Stated]]:
    """The statements by value, the newest first, in each line and over all."""
    # On a day on which one story gives no hour, the hours of the others tell nothing about which is newer.
    hourless = {each.statement.published_at for each in stated if len(each.statement.published_at or "") == _DAY}

    def age(each: _Stated) -> tuple[datetime, bool, bool, float]:
        published = each.statement.published_at
        if published and published[:_DAY] in hourless:
            published = published[:_DAY]
        return (moment(published), each.limits.updates, each.statement.quantity.bound == "exact", each.statement.score)

    lines: list[list[_Stated]] = []
    for each in sorted(stated, key=age, reverse=True):
        for line in lines:
            first = line[0]
            if first.limits.period == each.limits.period and _agree(first.statement.quantity, each.statement.quantity):
                line.append(each)
                break
        else:
            lines.append([each])
    return lines


def _agree(one: Quantity, two: Quantity) -> bool:
    """Whether two numbers may be the same one, exactly given or rounded."""
    if (one.value, one.upper) == (two.value, two.upper):
        return True
    if one.upper is not None or two.upper is not None:
        return False
    rounded, exact = (one, two) if one.bound == "about" else (two, one)
    if rounded.bound != "about" or exact.bound == "about" or not rounded.value:
        return False
    unit = _last_digit(rounded.value)
    return abs(exact.value - rounded.value) <= min(unit / 2, _ROUNDING * rounded.value)


def _last_digit(value: float) -> float:
    """The place of the last digit that is not 0: 100 for 1200."""
    place = 10.0 ** floor(log10(value))
    while round(value / place, 6) != round(value / place):
        place /= 10
    return place


def _shown(line: Sequence[_Stated]) -> Line:
    """The line with the most relevant of those first that give the newest one's very number."""
    newest = line[0].statement
    number = (newest.quantity.value, newest.quantity.upper)
    same = [each for each in line if (each.statement.quantity.value, each.statement.quantity.upper) == number]
    first = max(same, key=lambda each: each.statement.score)
    others = sorted((each for each in line if each is not first), key=lambda each: -each.statement.score)
    return Line(
        statements=(first.statement, *(each.statement for each in others)),
        published_at=newest.published_at,
        label=first.limits.label,
    )
