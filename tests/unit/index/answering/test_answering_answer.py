"""Answers made of quotes, and refusals with their reasons."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.answering import answer_question
from index.answering.confidence import FEATURES, READ_FEATURES, Calibration, shipped_calibration
from index.stories import Answer, Finding

NOTHING = tuple(0.0 for _ in FEATURES)
SURE = Calibration(NOTHING, 0.0, NOTHING, 0.0, threshold=0.0, fitted_with="a test")
NEVER_SURE = Calibration(NOTHING, 0.0, NOTHING, 0.0, threshold=1.0, fitted_with="a test")


def finding(text: str, *, story: str = "a", published_at: str | None = "2025-05-16", **fields: Any) -> Finding:
    values = {
        "story_id": story,
        "title": f"Title of {story}",
        "url": None,
        "publisher": "The Harbour Post",
        "published_at": published_at,
        "language": "en",
        "passage_id": f"{story}-{len(text)}",
        "start": 100,
        "end": 100 + len(text),
        "text": text,
        "score": 1.0,
        "vector_score": 0.5,
        "word_score": 5.0,
    }
    return Finding(**(values | fields))


@pytest.fixture
def ask(embedder: Any) -> Any:
    def ask(question: str, findings: Sequence[Finding], *, calibration: Calibration = SURE) -> Answer:
        return answer_question(
            question,
            has_stories=lambda: True,
            search=lambda text, limit: list(findings)[:limit],
            embed_tokens=embedder.embed_tokens,
            calibration=calibration,
        )

    return ask


def test_the_figure_that_was_asked_for_comes_first_with_the_sentence_it_stands_in(ask: Any) -> None:
    text = "Talks took two days. Both sides agreed to exchange 1,000 prisoners each. A truce of 30 days was refused."
    answer = ask("How many prisoners are being exchanged?", [finding(text)])

    assert answer.answered
    assert answer.reason is None
    assert answer.text == "1,000 prisoners each: Both sides agreed to exchange 1,000 prisoners each."
    (figure,) = answer.figures
    assert (figure.text, figure.value, figure.unit) == ("1,000 prisoners each", 1000.0, "prisoners")
    assert figure.published_at == "2025-05-16"
    assert [answer.citations[index].quote for index in figure.citations] == [
        "Both sides agreed to exchange 1,000 prisoners each."
    ]


def test_a_quote_knows_where_it_stands_in_the_story(ask: Any) -> None:
    passage = finding("The levee broke at night. The river flooded the town.")
    (citation, *_) = ask("what did the river flood", [passage]).citations

    assert passage.text[citation.start - passage.start : citation.end - passage.start] == citation.quote
    assert citation.quote == "The river flooded the town."
    assert citation.passage_id == passage.passage_id


def test_different_figures_of_stories_are_all_shown_newest_first(ask: Any) -> None:
    answer = ask(
        "how many people died in the flood",
        [
            finding("The flood killed 14 people, the city said.", story="old", published_at="2024-09-18"),
            finding("In the flood 11 people died, the coroner said.", story="new", published_at="2024-09-26"),
            finding("The flood killed 14 people in all.", story="copy", published_at="2024-09-19"),
        ],
    )
    assert [(figure.value, figure.published_at) for figure in answer.figures] == [
        (11.0, "2024-09-26"),
        (14.0, "2024-09-19"),
    ]
    cited = {answer.citations[index].story_id for index in answer.figures[1].citations}
    assert cited == {"old", "copy"}


def test_a_repeated_sentence_is_cited_once(ask: Any) -> None:
    twice = "Delegations met in Turkey. Delegations met in Turkey."
    answer = ask("where did delegations meet", [finding(twice), finding("DELEGATIONS met in  Turkey.", story="b")])

    assert [citation.quote for citation in answer.citations] == ["Delegations met in Turkey."]


def test_an_answer_has_at_most_three_sentences(ask: Any) -> None:
    text = " ".join(f"The mayor spoke about the plan for bridge {name}." for name in ("A", "B", "C", "D", "E"))
    answer = ask("what did the mayor speak about", [finding(text)])

    assert 1 <= len(answer.citations) <= 3
    assert answer.text == " ".join(citation.quote for citation in answer.citations)


def test_an_unsure_answer_is_refused_and_names_the_nearest_stories(ask: Any) -> None:
    answer = ask(
        "who won the cup",
        [finding("The levee broke.", story=name) for name in ("a", "b", "c", "d")],
        calibration=NEVER_SURE,
    )
    assert not answer.answered
    assert answer.reason == "not_answered"
    assert answer.figures == ()
    assert answer.text.startswith("The stories do not say")
    assert 1 <= len({citation.story_id for citation in answer.citations}) == len(answer.citations) <= 3


def test_a_question_in_another_language_is_refused_and_told_which_the_stories_are_in(ask: Any) -> None:
    question = "Wie viele Häuser wurden in diesem Sommer von dem Hochwasser an der Küste zerstört?"
    answer = ask(question, [finding("The levee broke.")])
    assert (answer.answered, answer.reason, answer.stories_language) == (False, "not_answered", "en")
    assert "English" in answer.text
    assert ask("who won the cup", [finding("It rained.")], calibration=NEVER_SURE).stories_language is None


def test_nothing_found_is_refused(ask: Any) -> None:
    answer = ask("who won the cup?", [])
    assert (answer.answered, answer.reason, answer.citations) == (False, "nothing_found", ())


def test_a_question_in_another_language_is_told_which_one_is_understood(ask: Any) -> None:
    answer = ask("Wie viele Gefangene werden zwischen den beiden Ländern ausgetauscht?", [finding("1,000 prisoners.")])
    assert answer.reason == "not_answered"
    assert "English" in answer.text


def test_a_question_in_the_stories_own_language_is_answered(ask: Any) -> None:
    german = finding("Es werden 1000 Gefangene ausgetauscht.", language="de")
    assert ask("Wie viele Gefangene werden zwischen den beiden Ländern ausgetauscht?", [german]).answered


def test_what_is_no_question_is_refused_before_anything_is_searched() -> None:
    def unexpected(*arguments: Any) -> Any:
        raise AssertionError(f"searched for {arguments}")

    for question, reason in {
        "hello": "not_a_question",
        "who are you?": "about_the_bot",
        "x" * 5_000: "too_long",
    }.items():
        answer = answer_question(question, has_stories=unexpected, search=unexpected, embed_tokens=unexpected)
        assert (answer.question, answer.reason, answer.answered) == (question, reason, False)
        assert answer.text.endswith(".")
        assert "total" in answer.elapsed_ms


def test_an_empty_library_is_refused_without_a_search() -> None:
    def unexpected(*arguments: Any) -> Any:
        raise AssertionError(f"searched for {arguments}")

    answer = answer_question(
        "how many prisoners?", has_stories=lambda: False, search=unexpected, embed_tokens=unexpected
    )
    assert answer.reason == "no_stories"


NUMBER = re.compile(r"\d[\d,.]*\d|\d")


@given(st.lists(st.text(alphabet="prisoners 1,0each. $%2killed3", min_size=5, max_size=120), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_number_is_shown_that_does_not_stand_in_a_quote(embedder: Any, texts: list[str]) -> None:
    answer = answer_question(
        "how many prisoners were killed?",
        has_stories=lambda: True,
        search=lambda text, limit: [finding(text, story=str(index)) for index, text in enumerate(texts)],
        embed_tokens=embedder.embed_tokens,
        calibration=SURE,
    )
    quoted = {number for citation in answer.citations for number in NUMBER.findall(citation.quote)}
    if answer.answered:
        assert set(NUMBER.findall(answer.text)) <= quoted | {"16", "2025"}  # the day that differing figures are of


@pytest.mark.parametrize(("reads", "names"), [(True, READ_FEATURES), (False, FEATURES)])
def test_the_shipped_calibration_has_a_weight_for_each_feature(reads: bool, names: tuple[str, ...]) -> None:
    shipped = shipped_calibration(reads=reads)
    assert len(shipped.figure_weights) == len(shipped.other_weights) == len(names)
    assert 0.0 < shipped.threshold < 1.0
    assert (shipped.short_threshold < 1.0) is reads


def test_dates_of_figures_are_dates(ask: Any) -> None:
    (figure,) = ask(
        "how many boats came", [finding("Seven boats came.", published_at="2025-05-16T10:00:00+02:00")]
    ).figures
    assert figure.published_at is not None
    assert date.fromisoformat(figure.published_at[:10]) == date(2025, 5, 16)
