from datetime import UTC, datetime
from typing import Any

import pytest

from index.measuring.answers import asks_for_something_short, is_sure, judge, latencies, score_answers
from index.measuring.datasets import Question
from index.stories import Answer, Citation, Figure

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def question(text: str = "How many boats were lost?", *answers: str) -> Question:
    return Question(text, text, NOW, answers=answers)


def citation(quote: str, story_id: str = "a") -> Citation:
    return Citation(story_id, "", None, None, None, "p", 0, len(quote), quote)


def answer(*citations: Citation, confidence: float = 0.9, **fields: Any) -> Answer:
    given = {"answered": True, "reason": None, "text": "", "citations": citations, "confidence": confidence}
    return Answer(question="", **(given | fields))


@pytest.mark.parametrize(
    "text",
    [
        "How many boats were lost?",
        "How much did the bridge cost?",
        "What percentage of the vote did she win?",
        "When was the bridge opened?",
        "Who is the harbour master?",
        "Where was the museum robbed?",
        "Which museum was robbed?",
        "In which town was a museum robbed?",
        "Two museums were robbed. Which one keeps clocks?",
        "The museum was robbed by thieves from which town?",
    ],
)
def test_questions_for_a_figure_a_day_or_a_name_ask_for_something_short(text: str) -> None:
    assert asks_for_something_short(text)


@pytest.mark.parametrize(
    "text",
    [
        "Why was the harbour closed?",
        "What did the mayor say?",
        "How was the museum, which keeps nothing but old clocks and watches, robbed?",
    ],
)
def test_other_questions_do_not(text: str) -> None:
    assert not asks_for_something_short(text)


def test_the_first_quote_counts_by_itself_and_a_fourth_one_not_at_all() -> None:
    asked = question("How many boats were lost?", "26", "twenty-six")
    quotes = [citation("The quay broke."), citation("In all 26 boats sank."), citation("No."), citation("No.")]
    second = judge(asked, answer(*quotes), relevant=(), threshold=0.5)
    assert (second.contains1, second.contains3) == (False, True)
    first = judge(asked, answer(*quotes[1:]), relevant=(), threshold=0.5)
    assert (first.contains1, first.contains3) == (True, True)
    fourth = judge(asked, answer(*[quotes[0]] * 3, quotes[1]), relevant=(), threshold=0.5)
    assert (fourth.contains1, fourth.contains3) == (False, False)


def test_an_answer_is_judged_however_unsure_it_is() -> None:
    judged = judge(question("?", "26"), answer(citation("26"), confidence=0.1), relevant=(), threshold=0.5)
    assert judged.contains3
    assert not judged.answered
    assert is_sure(answer(confidence=0.5), threshold=0.5)
    assert not is_sure(answer(confidence=0.49), threshold=0.5)


def test_a_refusal_is_wrong_and_cites_nothing_whatever_it_shows_as_nearest() -> None:
    refusal = answer(citation("26", "right"), answered=False, reason="not_answered", short="26")
    judged = judge(question("?", "26"), refusal, relevant={"right"}, threshold=0.5)
    assert not any((judged.answered, judged.contains1, judged.contains3, judged.exact, judged.cited, judged.f1))
    assert judged.short is None


def test_the_short_answer_comes_before_the_figure() -> None:
    figures = (Figure("26 boats", 26, "boats", None, (0,)), Figure("9 days", 9, "days", None, (0,)))
    asked = question("?", "26")
    with_figure = judge(asked, answer(figures=figures), relevant=(), threshold=0.5)
    assert (with_figure.short, with_figure.exact) == ("26 boats", False)
    assert with_figure.f1 == pytest.approx(2 / 3)
    with_both = judge(asked, answer(figures=figures, short="26"), relevant=(), threshold=0.5)
    assert (with_both.short, with_both.exact, with_both.f1) == ("26", True, 1.0)


def test_scores_of_three_answers() -> None:
    asked = question("How many boats were lost?", "26")
    open_question = question("Why were boats lost?", "the storm")
    judged = [
        judge(asked, answer(citation("26 boats"), citation("x", "b"), short="26"), relevant={"a"}, threshold=0.5),
        judge(asked, answer(citation("9 boats"), confidence=0.2), relevant={"b"}, threshold=0.5),
        judge(open_question, answer(citation("A big storm."), short="big storm"), relevant={"a"}, threshold=0.5),
    ]
    scores = score_answers(judged)
    assert scores.n == 3
    assert scores.contains1.value == pytest.approx(2 / 3)
    assert scores.answered.value == pytest.approx(2 / 3)
    assert scores.answered_contains3.value == pytest.approx(2 / 3)
    assert (scores.n_short_kinds, scores.given_short.value) == (2, 0.5)
    assert (scores.n_short, scores.exact_match.value) == (2, 0.5)
    assert scores.f1.value == pytest.approx((1 + 2 / 3) / 2)
    # Cited are a and b, a, a; known to hold the answers are a, b, a.
    assert scores.citation_precision.value == pytest.approx(2 / 4)


def test_a_story_that_is_cited_twice_counts_once() -> None:
    judged = judge(
        question("?", "x"), answer(citation("x"), citation("y"), citation("z", "b")), relevant={"a"}, threshold=0
    )
    assert (judged.cited, judged.cited_right) == (2, 1)


def test_without_answers_there_is_nothing_to_measure() -> None:
    scores = score_answers([])
    assert (scores.n, scores.contains1.value, scores.citation_precision.value) == (0, None, None)


def test_latencies_are_of_the_stages_that_each_answer_went_through() -> None:
    answers = [answer(elapsed_ms={"finding": float(ms), "total": 2.0 * ms}) for ms in range(1, 102)]
    answers.append(answer(elapsed_ms={"total": 0.0}))
    milliseconds = latencies(answers)
    assert milliseconds["finding"] == {"p50": 51.0, "p95": 96.0}
    assert milliseconds["total"]["p50"] == 101.0
