"""Words that can be the answer of the kind that is asked for, and words that cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answering.kinds import fits_kind, is_somebody_else
from index.answering.questions import understand

SENTENCE = (
    "On May 6, 2025 Ilse Brandvold paid €84 million in Velmora, where 1,200 people, 45 percent of them nurses, waited "
    "three hours under the bridge for the police."
)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "How many people waited?",
            ["1,200", "1,200 people", "hundreds"],
            ["Velmora", "May 6, 2025", "€84 million", "45"],
        ),
        ("How much money was paid?", ["€84 million", "nothing"], ["1,200 people", "Ilse Brandvold", "45 percent"]),
        ("What percent were nurses?", ["45 percent", "half", "two thirds"], ["1,200", "Velmora", "May 6"]),
        ("How long did they wait?", ["three hours", "1961 to 1972"], ["1,200 people", "€84 million", "2025"]),
        (
            "When did they wait?",
            ["May 6, 2025", "after lunch", "Friday"],
            ["Velmora", "1,200 people", "the bridge", "three hours"],
        ),
        ("What year was it?", ["2025", "last year"], ["May", "Velmora"]),
        ("Who paid?", ["Ilse Brandvold", "the police", "a nurse"], ["2025", "May", "Monday", "€84 million", "1,200"]),
        (
            "Where did they wait?",
            ["Velmora", "under the bridge", "at home"],
            ["May 6", "1,200", "Monday", "three hours"],
        ),
        ("Which countries paid?", ["Velmora", "Norway and Velmora"], ["Four", "Twenty-five", "1,200", "May"]),
        ("Which city was it?", ["Velmora"], ["May", "1,200", "under the bridge", "the police"]),
        ("What company paid?", ["Halden"], ["1,200", "2025", "the police"]),
        ("What is the name of the ship?", ["Northern Tern", "the tern"], ["1,200", "May 6, 2025"]),
        ("Why did they wait?", ["for the police", "1,200"], ["", " … "]),
    ],
)
def test_a_wrong_type_is_never_an_answer(question: str, right: list[str], wrong: list[str]) -> None:
    asked = understand(question)
    assert [text for text in right if not fits_kind(asked, text, sentence=SENTENCE)] == []
    assert [text for text in wrong if fits_kind(asked, text, sentence=SENTENCE)] == []


@pytest.mark.parametrize(
    ("text", "sentence", "says_when"),
    [
        ("nine years", "The first night ferry in nine years left at 9:15 p.m. on Friday.", False),
        ("in nine years", "The first night ferry in nine years left at 9:15 p.m. on Friday.", False),
        ("in ten years", "It was the worst flood in ten years.", False),
        ("18-month", "It ended an 18-month contest.", False),
        ("three hours", "They waited three hours.", False),
        ("two weeks", "The ferry will sail in two weeks.", True),
        ("within two and a half weeks", "The ferry will sail within two and a half weeks.", True),
        ("two weeks ago", "The ferry sailed two weeks ago.", True),
        ("three days later", "The ferry sailed three days later.", True),
        ("nine years", "", False),
    ],
)
def test_a_length_of_time_does_not_say_when(text: str, sentence: str, *, says_when: bool) -> None:
    assert fits_kind(understand("When does the ferry run?"), text, sentence=sentence) is says_when


def test_what_is_counted_by_its_own_word_is_not_passed_over_for_another_number() -> None:
    sentence = "Around 8,700 people from six villages were taken away, nine of them by boat."
    villages, prisoners = understand("How many villages were cleared?"), understand("How many prisoners were freed?")
    assert fits_kind(villages, "six villages", sentence=sentence)
    assert not fits_kind(villages, "8,700 people", sentence=sentence)
    assert not fits_kind(villages, "nine", sentence=sentence)
    assert fits_kind(prisoners, "8,700 people", sentence=sentence)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("mayor for eight years", False),
        ("Brackton's mayor", False),
        ("Ms. Ruiz, a former principal", True),
        ("Elena Ruiz", True),
    ],
)
def test_who_somebody_is_is_not_told_by_somebody_else(text: str, *, other: bool) -> None:
    assert is_somebody_else(understand("Who is Peter Langford?"), text) is other
    assert not is_somebody_else(understand("Who won?"), "Elena Ruiz")


@pytest.mark.parametrize(
    ("question", "asks", "wanted"),
    [
        ("which country won the cup", "where", ("country",)),
        ("what company built it", "which", ("company",)),
        ("which insurance company paid?", "which", ("insurance", "company")),
        ("which bus line is cut?", "which", ("bus", "line")),
        ("what year did it open", "when", ("year",)),
        ("what is the name of the ship?", "which", ("name",)),
        ("what happened when the levee broke", "other", ()),
        ("what did the woman who drove say", "other", ()),
        ("who was mayor when the levee broke", "who", ()),
        ("what was the turnout?", "percent", ()),
        ("what was the share price?", "amount", ()),
    ],
)
def test_what_kind_of_thing_is_wanted(question: str, asks: str, wanted: tuple[str, ...]) -> None:
    asked = understand(question)
    assert (asked.asks, asked.wanted) == (asks, wanted)


@given(st.text(max_size=80), st.text(max_size=200))
def test_any_words_can_be_held_against_any_kind(text: str, sentence: str) -> None:
    for question in ("how many?", "how many boats", "when", "who", "where", "which city", "what percent", "how much"):
        assert fits_kind(understand(question), text, sentence=sentence) in (True, False)


@pytest.mark.parametrize(
    ("question", "sentence", "fits"),
    [
        ("How many islands lost power?", "All 31,000 homes on the Skerrow islands lost power.", False),
        ("How many homes lost power?", "All 31,000 homes on the Skerrow islands lost power.", True),
        ("How many islands lost power?", "On 31,000 of the islands the lights went out.", True),
        ("How many schools were hit?", "Some 31,000 were hit, most of them schools.", True),
    ],
)
def test_a_number_of_what_is_in_or_on_a_thing_does_not_count_the_thing(
    question: str, sentence: str, fits: bool
) -> None:
    assert fits_kind(understand(question), "31,000", sentence=sentence) is fits
