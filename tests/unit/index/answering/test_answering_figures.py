"""Numbers with their units, and dates, in sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answering.figures import counts_the_same, dates, fits, quantities, singular
from index.answering.questions import understand


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Both agreed to exchange 1,000 prisoners each amid talks.", [("1,000 prisoners each", 1000, "prisoners")]),
        ("a swap of 1,000 prisoners from each side", [("1,000 prisoners from each side", 1000, "prisoners")]),
        ("a comprehensive 30-day truce", [("30-day", 30, "day")]),
        ("to free 1,000 of our people", [("1,000 of our people", 1000, "people")]),
        ("At least 74 people have died.", [("At least 74 people", 74, "people")]),
        ("about €84 million was lost", [("about €84 million", 84e6, "EUR")]),
        ("a fine of £5m", [("£5m", 5e6, "GBP")]),
        ("US$1.2bn in aid", [("US$1.2bn", 1.2e9, "USD")]),
        ("a wall 5 m high", [("5 m", 5, "m")]),
        ("4.5 percent of staff and 12% of beds", [("4.5 percent", 4.5, "%"), ("12%", 12, "%")]),
        (
            "two dozen boats and twenty-five buses",
            [("two dozen boats", 24, "boats"), ("twenty-five buses", 25, "buses")],
        ),
        ("half a million dollars", [("half a million dollars", 500_000, "USD")]),
        ("three hundred and ten homes", [("three hundred and ten homes", 310, "homes")]),
        ("The crowd of 61,240 saw Lorano win.", [("61,240", 61240, "win")]),
        ("one of them, the biggest one", []),
        ("one boat", [("one", 1, "boat")]),
        ("nothing to count here", []),
    ],
)
def test_numbers_with_their_units(sentence: str, expected: list[tuple[str, float, str]]) -> None:
    found = [(sentence[each.start : each.end], each.value, each.unit) for each in quantities(sentence)]
    assert found == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "On May 6, 2025 they met.",
        "It broke at 3:40 a.m. there.",
        "In 1954 it rained.",
        "The 19th battalion came.",
        "v1.2.3",
    ],
)
def test_dates_times_and_ordinals_are_not_counted(sentence: str) -> None:
    assert quantities(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It opens on May 23, 2025 at noon.", ["May 23, 2025", "noon"]),
        ("on 23 May", ["23 May"]),
        ("They left on Friday, two days ago.", ["Friday", "two days ago"]),
        ("It fell in March and rose last week.", ["March", "last week"]),
        ("at 3:40 a.m. in 1954", ["3:40 a.m.", "1954"]),
        ("They may march on.", []),
    ],
)
def test_what_says_when(sentence: str, expected: list[str]) -> None:
    assert [sentence[start:end] for start, end in dates(sentence)] == expected


@pytest.mark.parametrize(
    ("question", "sentence", "fitting"),
    [
        ("how many prisoners are exchanged", "1,000 prisoners came in 3 hours for $5", ["1,000 prisoners"]),
        ("how much does a ticket cost", "62 cars fit, a ticket costs £24", ["£24"]),
        ("how much rain fell", "162 millimetres fell", ["162 millimetres"]),
        ("what percent of staff", "96 jobs, 4.5 percent of staff", ["4.5 percent"]),
        ("how long is the truce", "30-day truce for 1,000 people", ["30-day"]),
        ("how tall is the tower", "90 metres and 4 hours", ["90 metres"]),
        ("how old is she", "she is 59 and has 3 sons", ["59"]),
    ],
)
def test_which_numbers_suit_a_question(question: str, sentence: str, fitting: list[str]) -> None:
    asked = understand(question)
    assert [sentence[each.start : each.end] for each in quantities(sentence) if fits(each, asked)] == fitting


def test_the_same_thing_is_counted_by_its_word_in_singular_or_plural() -> None:
    asked = understand("how many cities were flooded?")
    assert [counts_the_same(each, asked) for each in quantities("one city, 20 cities, 20 towns")] == [True, True, False]
    assert [singular(word) for word in ("prisoners", "cities", "bus", "boss", "crisis")] == [
        "prisoner",
        "city",
        "bus",
        "boss",
        "crisis",
    ]


@given(st.text(max_size=200))
def test_any_text_can_be_searched_for_numbers(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert quantity.value >= 0
    for start, end in dates(text):
        assert 0 <= start < end <= len(text)
