"""Numbers of several stories that tell of the same thing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answering.agreement import MOST_LINES, Line, Statement, compare, moment
from index.answering.circumstances import circumstances
from index.answering.events import same_event
from index.answering.figures import quantities
from index.answering.questions import understand

QUESTION = "How many people died in the Velby flood?"


def stated(sentence: str, *, story: str, day: str | None = "2025-05-01", score: float = 1.0) -> list[Statement]:
    context = f"Velby flood\n{sentence}"
    return [
        Statement(quantity, sentence, story, f"Flood in Velby, {story}", "Courier", day, score, context)
        for quantity in quantities(sentence)
    ]


def values(lines: Sequence[Line]) -> list[float]:
    return [line.statements[0].quantity.value for line in lines]


def test_a_newer_figure_is_shown_first_however_little_its_sentence_suits() -> None:
    old = stated("How many people died in the Velby flood: 14 people died.", story="old", day="2025-05-01", score=3.0)
    new = stated("In Velby 11 people died.", story="new", day="2025-05-09", score=0.1)

    lines = compare(understand(QUESTION), [*old, *new])
    assert values(lines) == [11, 14]
    assert [line.published_at for line in lines] == ["2025-05-09", "2025-05-01"]


def test_one_value_is_one_line_with_all_that_tell_it() -> None:
    (line,) = compare(
        understand(QUESTION),
        [
            *stated("In Velby about 1,200 people died.", story="a", day="2025-05-03"),
            *stated("In Velby 1,187 people died.", story="b", day="2025-05-02"),
            *stated("In Velby 1,200 people died.", story="c", day="2025-05-01"),
        ],
    )
    assert {statement.story_id for statement in line.statements} == {"a", "b", "c"}
    assert line.published_at == "2025-05-03"


def test_the_newest_and_the_most_relevant_stay_when_there_are_too_many() -> None:
    statements = [
        each
        for number in range(1, 9)
        for each in stated(
            f"In Velby {number * 10} people died.", story=str(number), day=f"2025-05-0{number}", score=9.0 - number
        )
    ]
    lines = compare(understand(QUESTION), statements)
    assert len(lines) == MOST_LINES
    assert values(lines)[0] == 80
    assert 10 in values(lines)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much is a ticket?", 24),
        ("How much is a ticket with a car?", 58),
        ("How much is a ticket without a car?", 24),
        ("How much does a ticket for children cost?", 9),
    ],
)
def test_a_price_is_that_of_those_who_are_asked_about(question: str, value: float) -> None:
    sentence = "A ticket costs £24, £58 with a car, or £9 for children."
    (line,) = compare(understand(question), stated(sentence, story="a"))
    assert line.statements[0].quantity.value == value


def test_changes_of_different_things_are_not_compared() -> None:
    asked = understand("How much have egg prices risen in the past year?")
    eggs = stated("Egg prices rose 70 percent in the past year.", story="a", day="2025-05-01", score=1.0)
    food = stated("Food prices rose 6 percent in the past year.", story="b", day="2025-05-09", score=0.9)
    later = stated("In a year egg prices rose 60 percent.", story="c", day="2025-05-05", score=0.9)
    assert values(compare(asked, [*eggs, *food, *later])) == [60, 70]


def test_a_day_without_an_hour_leaves_the_newer_to_what_corrects() -> None:
    lines = compare(
        understand(QUESTION),
        [
            *stated("At least 14 people died.", story="a", day="2025-05-01T20:00:00+02:00"),
            *stated("The toll was corrected: 11 people died.", story="b", day="2025-05-01"),
        ],
    )
    assert values(lines) == [11, 14]


@pytest.mark.parametrize(
    "other",
    [
        "In Velby 40 people were injured.",
        "In Velby 40 percent of people died.",
        "In Velby another 40 people died.",
        "In 1987 a flood in Velby killed 40 people.",
        "In Velby 40 people died every year.",
    ],
)
def test_a_number_of_something_else_is_no_disagreement(other: str) -> None:
    lines = compare(
        understand(QUESTION),
        [
            *stated("In the flood in Velby 14 people died.", story="a", score=2.0),
            *stated(other, story="b", day="2025-06-01"),
        ],
    )
    assert values(lines) == [14]


@pytest.mark.parametrize(
    ("sentence", "number", "expected"),
    [
        ("The blast killed 14 people and injured 40.", 0, {"role": "dead"}),
        ("The blast killed 14 people and injured 40.", 1, {"role": "hurt"}),
        ("At least 14 people died and three were missing.", 0, {"role": "dead"}),
        ("At least 14 people died and three were missing.", 1, {"role": "missing"}),
        ("The toll rose from 14 to 19.", 1, {"role": "dead", "replaces": True}),
        ("Each side freed 1,000 prisoners.", 0, {"scope": "each", "label": "Each side"}),
        ("They freed 1,000 prisoners each.", 0, {"scope": "each", "label": None}),
        ("In total 2,000 came.", 0, {"scope": "in all"}),
        ("It costs €3 a day.", 0, {"scope": "per day"}),
        ("On the second day 307 came, and 303 on the third day.", 0, {"period": "second day"}),
        ("On the second day 307 came, and 303 on the third day.", 1, {"period": "third day"}),
        (
            "They handed over 390 each on Friday, the first day of an exchange.",
            0,
            {"period": "first day", "label": "on the first day"},
        ),
        ("It sold 40 in May, the last month of the sale.", 0, {"period": "last month", "label": "in the last month"}),
        ("Friday, the first day they met, 12 came.", 0, {"period": None}),
        ("Another 610 are to follow.", 0, {"on_top": True}),
        ("The toll is €2 for cars and €5 for lorries.", 0, {"role": "price", "for_whom": "car"}),
        ("The toll is €2 for cars and €5 for lorries.", 1, {"role": None, "for_whom": "lorry"}),
    ],
)
def test_what_limits_a_number(sentence: str, number: int, expected: dict[str, object]) -> None:
    found = circumstances(quantities(sentence)[number], sentence)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("River bursts into Velby\nAt least 14 people died in Velby.", True),
        ("Fire in Velby\nThree people died in a fire in Velby.", False),
        ("Flood in Karsk\nFive people died in the flood in Karsk.", False),
    ],
)
def test_an_event_is_told_by_its_place_and_its_kind(other: str, same: bool) -> None:
    assert same_event(understand(QUESTION), "Toll lowered\nThe flood in Velby killed 11 people.", other) is same


def test_any_date_can_be_ordered() -> None:
    dates = [
        "9999-12-31T23:59:59-12:00",
        "2025-05-23T09:00:00Z",
        "2025-05-23T12:00:00+10:00",
        "2025-05-23",
        None,
        "soon",
    ]
    assert sorted(dates, key=moment, reverse=True) == dates
    assert moment("0001-01-01T00:00:00+14:00").year == 1


@given(st.lists(st.text(alphabet="1,0 people dieto–£%eachandnot.", max_size=80), max_size=5))
def test_any_sentences_can_be_compared(sentences: list[str]) -> None:
    statements = [each for index, text in enumerate(sentences) for each in stated(text, story=str(index))]
    lines = compare(understand(QUESTION), statements)
    assert len(lines) <= MOST_LINES
    shown = [statement.story_id for line in lines for statement in line.statements]
    assert len(shown) == len(set(shown))
