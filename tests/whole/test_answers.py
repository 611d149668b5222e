"""What the real model answers from the sample stories, and from stories that nothing was fitted on."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.settings import IndexSettings
from index.stories import Answer

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parent.parent / "fixtures"
NUMBER = re.compile(r"\d[\d,.]*\d|\d")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine.open(IndexSettings(home=tmp_path_factory.mktemp("home"))) as engine:
        assert engine.add_samples()
        results = list(engine.add([FIXTURES / "stories"]))
        assert {result.status for result in results} == {"added"}
        yield engine


@pytest.fixture(scope="module")
def answers(engine: Engine) -> list[tuple[dict[str, Any], Answer]]:
    """Each question about the stories in `fixtures`, with what was answered."""
    lines = (FIXTURES / "questions_other.jsonl").read_text(encoding="utf-8").splitlines()
    return [(record, engine.ask(record["question"])) for record in map(json.loads, lines)]


def test_the_prisoner_exchange_is_answered_with_its_figure(engine: Engine) -> None:
    answer = engine.ask("how many prisoners are being exchanged", library="samples")

    assert answer.answered
    assert answer.text.startswith("1,000 prisoners each")
    assert 1000.0 in {figure.value for figure in answer.figures}
    assert "1,000 prisoners each" in answer.citations[0].quote
    assert answer.citations[0].publisher
    assert answer.citations[0].published_at


def test_a_corrected_figure_stands_before_the_old_one_with_both_dates(engine: Engine) -> None:
    answer = engine.ask("how many people died in the Velmora flood?", library="samples")

    assert [figure.value for figure in answer.figures] == [11.0, 14.0]
    dates = [figure.published_at or "" for figure in answer.figures]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many people were evacuated from Mount Sarunga?", "Around 8,700 people"),
        ("How many villages were evacuated from Mount Sarunga?", "six villages"),
        ("How long does the ferry crossing take?", "three hours and 20 minutes"),
        ("How many votes did Peter Langford get?", "23,874"),
        ("How many people live in Brackton?", "110,000"),
        ("How many people live on Corra?", "2,300 residents"),
    ],
)
def test_of_several_numbers_the_one_of_what_is_asked_for_is_shown(engine: Engine, question: str, said: str) -> None:
    assert engine.ask(question, library="samples").figures[0].text == said


def test_what_is_no_day_and_nobody_that_was_asked_for_is_not_shown_in_front(engine: Engine) -> None:
    when = engine.ask("When does the ferry run?", library="samples")
    who = engine.ask("Who is Peter Langford?", library="samples")
    assert when.short != "nine years"
    assert who.short is None or "Ruiz" not in who.short


def test_what_a_page_repeats_is_cited_once(engine: Engine) -> None:
    answer = engine.ask("how much is a single ticket to Corra with a car?", library="samples")

    assert answer.answered
    quotes = [" ".join(citation.quote.casefold().split()) for citation in answer.citations]
    assert len(quotes) == len(set(quotes)) == 1
    assert not any("newsletter" in finding.text for finding in engine.find("newsletter sign up", library="samples"))


@pytest.mark.parametrize(
    "question",
    [
        "who won the world cup",
        "what is the population of Velmora?",
        "how many children were injured in the Velmora flood",
        "how old is Rustem Umerov",
        "How much did Kestrel Bay pay for Idris Malone?",
    ],
)
def test_what_the_stories_do_not_say_is_refused(engine: Engine, question: str) -> None:
    answer = engine.ask(question, library="samples")

    assert (answer.answered, answer.reason, answer.figures) == (False, "not_answered", ())


def test_most_questions_to_unseen_stories_are_answered_rightly(answers: list[tuple[dict[str, Any], Answer]]) -> None:
    wrong = [
        (record["question"], answer.text)
        for record, answer in answers
        if record["kind"] == "answerable"
        and not (answer.answered and any(each.lower() in answer.text.lower() for each in record["answer"]))
    ]
    of_all = sum(record["kind"] == "answerable" for record, _ in answers)
    assert len(wrong) <= 0.4 * of_all, wrong


def test_most_questions_that_unseen_stories_do_not_answer_are_refused(
    answers: list[tuple[dict[str, Any], Answer]],
) -> None:
    answered = [
        (record["question"], answer.text)
        for record, answer in answers
        if record["kind"] == "left_out" and answer.answered
    ]
    of_all = sum(record["kind"] == "left_out" for record, _ in answers)
    assert len(answered) <= 0.4 * of_all, answered


def test_every_quote_stands_in_its_story_and_every_number_in_a_quote(
    engine: Engine, answers: list[tuple[dict[str, Any], Answer]], tmp_path: Path
) -> None:
    checked = 0
    for _, answer in answers:
        for citation in answer.citations:
            assert engine.story(citation.story_id).text[citation.start : citation.end] == citation.quote
            checked += 1
        if answer.answered:
            quoted = {number for citation in answer.citations for number in NUMBER.findall(citation.quote)}
            days = {date.fromisoformat(each.published_at[:10]) for each in answer.citations if each.published_at}
            dated = {str(number) for day in days for number in (day.day, day.year)}  # beside figures that differ
            assert set(NUMBER.findall(answer.text)) <= quoted | dated
    assert checked > len(answers) / 2
