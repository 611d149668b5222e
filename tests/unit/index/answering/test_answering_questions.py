"""What a question asks for, and what is no question to the stories."""

import json
from pathlib import Path

import pytest

from index.answering.questions import MAX_CHARACTERS, RESIDENTS, no_question_for_stories, understand

FIXTURES = Path(__file__).parents[3] / "fixtures"


def special_questions() -> list[tuple[str, str | None]]:
    lines = (FIXTURES / "questions_special.jsonl").read_text(encoding="utf-8").splitlines()
    return [(record["question"], record["reason"]) for record in map(json.loads, lines)]


def ordinary_questions() -> list[str]:
    return [
        json.loads(line)["question"]
        for name in ("questions_samples.jsonl", "questions_other.jsonl")
        for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.parametrize(("question", "reason"), special_questions())
def test_what_is_no_question_to_the_stories_is_told_from_look_alikes(question: str, reason: str | None) -> None:
    assert no_question_for_stories(question) == reason


@pytest.mark.parametrize("question", ordinary_questions())
def test_an_ordinary_question_is_let_through(question: str) -> None:
    assert no_question_for_stories(question) is None


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t", "?!", "🎉🎉", "123 456", "\u200b"])
def test_a_message_without_a_letter_is_not_a_question(nothing: str) -> None:
    assert no_question_for_stories(nothing) == "not_a_question"


def test_the_longest_question_is_let_through_and_a_longer_one_is_not() -> None:
    longest = "why " * (MAX_CHARACTERS // 4)
    assert no_question_for_stories(longest) is None
    assert no_question_for_stories(longest + "y") == "too_long"
    assert no_question_for_stories("x" * 5_000) == "too_long"


def test_who_lived_through_something_are_no_residents() -> None:
    assert understand("How many people lived through it?").counted != RESIDENTS
    assert understand("How many people lived there?").counted == RESIDENTS


@pytest.mark.parametrize("question", ["Сколько пленных обменяют?", "囚犯交换了多少人？", "Où se sont-ils rencontrés ?"])
def test_other_alphabets_are_questions_too(question: str) -> None:
    assert no_question_for_stories(question) is None


@pytest.mark.parametrize(
    ("question", "asks", "counted"),
    [
        ("how many prisoners are being exchanged", "count", ("prisoners",)),
        ("How many of the Ukrainian soldiers were freed?", "count", ("ukrainian", "soldiers")),
        ("what was the number of votes?", "count", ("votes",)),
        ("what is the population of Kyiv", "count", ("population", "inhabitants", "residents")),
        ("how many people live in Kyiv", "count", ("population", "inhabitants", "residents")),
        ("how many people are missing", "count", ("people",)),
        ("what is the corrected death toll?", "count", ("people",)),
        ("How much does the ticket cost?", "amount", ()),
        ("what is the price of a ticket", "amount", ()),
        ("what percent of staff will go", "percent", ()),
        ("What percentage of voters turned out?", "percent", ()),
        ("How long a truce do they advocate?", "measure", ()),
        ("how old is the oldest soldier", "measure", ()),
        ("When did the levee break?", "when", ()),
        ("what year was it built", "when", ()),
        ("Where did they meet?", "where", ()),
        ("in which city did they meet", "where", ()),
        ("Who said so?", "who", ()),
        ("what does Moscow demand", "other", ()),
        ("ferry timetable", "other", ()),
    ],
)
def test_what_is_asked_for(question: str, asks: str, counted: tuple[str, ...]) -> None:
    understood = understand(question)
    assert (understood.asks, understood.counted) == (asks, counted)
    assert understood.asks_for_figure == (asks in ("count", "amount", "percent", "measure"))
