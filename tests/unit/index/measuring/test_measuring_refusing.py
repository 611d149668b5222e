import random
from datetime import UTC, datetime

import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from index.measuring.datasets import Question
from index.measuring.refusing import (
    Certainty,
    calibration_error,
    risk_coverage,
    score_refusals,
    stories_with_answers,
)


def question(name: str, *answers: str) -> Question:
    return Question(name, "?", datetime(2025, 1, 1, tzinfo=UTC), answers=answers)


def certainties(*values: tuple[float, bool]) -> list[Certainty]:
    return [Certainty(confidence, confidence >= 0.5, right) for confidence, right in values]


def test_stories_that_hold_an_answer_as_whole_words_are_found_for_each_question() -> None:
    texts = [
        ("a", "It cost 48 million euros, said the Mayor."),
        ("b", "Some 148 million were spent."),
        ("c", "48, million by million"),
        ("d", "Ilse Brandt is the mayor of Tarn"),
    ]
    seen = []
    found = stories_with_answers(
        [
            question("cost", "48 million", "€48m"),
            question("who", "Mayor"),
            question("no word", "the"),
            question("none"),
        ],
        texts,
        on_story=lambda: seen.append(1),
    )
    assert found == {"cost": {"a", "c"}, "who": {"a", "d"}, "no word": set(), "none": set()}
    assert len(seen) == 4


def test_balanced_accuracy_is_the_mean_of_answered_and_refused() -> None:
    scores = score_refusals(
        certainties((0.9, True), (0.6, False), (0.5, True), (0.4, True)),
        certainties((0.7, False), (0.2, False)),
    )
    assert (scores.n, scores.n_answerable) == (2, 4)
    assert scores.answered.value == pytest.approx(3 / 4)
    assert scores.refused.value == pytest.approx(1 / 2)
    assert scores.balanced_accuracy.value == pytest.approx((3 / 4 + 1 / 2) / 2)
    # Of the 8 pairs the unanswerable 0.7 loses one and wins three, and 0.2 loses four.
    assert scores.auroc.value == pytest.approx(5 / 8)


def test_accuracy_and_area_are_those_of_scikit_learn_with_ties() -> None:
    chance = random.Random(3)
    yes = certainties(*((round(chance.betavariate(3, 2), 1), True) for _ in range(70)))
    no = certainties(*((round(chance.betavariate(2, 3), 1), False) for _ in range(45)))
    scores = score_refusals(yes, no)
    truth = [1] * len(yes) + [0] * len(no)
    assert scores.auroc.value == pytest.approx(roc_auc_score(truth, [each.confidence for each in yes + no]))
    answered = [each.answered for each in yes + no]
    assert scores.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(truth, answered))
    assert scores.auroc.low is not None
    assert scores.auroc.high is not None
    assert scores.auroc.low < scores.auroc.value < scores.auroc.high


def test_without_questions_to_refuse_there_is_nothing_to_measure() -> None:
    scores = score_refusals(certainties((0.9, True)), [])
    assert (scores.balanced_accuracy.value, scores.auroc.value, scores.answered.value) == (None, None, 1.0)


def test_calibration_compares_confidence_with_what_was_right_in_each_tenth() -> None:
    # 0.8 and 0.88 share a tenth: sure of 0.84, right in a half. 0.3 and 0.1 are always wrong.
    error = calibration_error({"a": certainties((0.8, True), (0.88, False), (0.3, False), (0.1, False))})
    assert error == pytest.approx(0.5 * abs(0.5 - 0.84) + 0.25 * 0.3 + 0.25 * 0.1)
    assert calibration_error({"a": certainties((1.0, True), (0.0, False))}) == 0
    assert calibration_error({"a": []}) is None


def test_each_kind_of_question_weighs_the_same_however_many_there_are() -> None:
    few = {"right": certainties((0.9, True)), "wrong": certainties((0.6, False)), "none": []}
    many = {"right": certainties((0.9, True)), "wrong": certainties(*[(0.6, False)] * 30)}
    assert calibration_error(few) == pytest.approx(0.5 * 0.1 + 0.5 * 0.6)
    assert calibration_error(many) == pytest.approx(calibration_error(few))
    curves = [risk_coverage(kinds) for kinds in (few, many)]
    assert [curve.points for curve in curves if curve] == [((0.5, 0.0), (1.0, 0.5))] * 2
    assert [curve.aurc for curve in curves if curve] == pytest.approx([0.25, 0.25])


def test_risk_is_the_share_of_wrong_answers_among_the_surest() -> None:
    curve = risk_coverage({"a": certainties((0.5, True), (0.9, True), (0.7, False), (0.2, False))})
    assert curve is not None
    assert curve.points == ((0.25, 0.0), (0.5, 0.5), (0.75, 0.3333), (1.0, 0.5))
    assert curve.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_answers_that_are_as_sure_as_each_other_are_given_together() -> None:
    values = [(0.9, True), (0.5, True), (0.5, False)]
    curves = [risk_coverage({"a": certainties(*order)}) for order in (values, values[::-1])]
    assert curves[0] == curves[1]
    assert curves[0] is not None
    assert [coverage for coverage, _ in curves[0].points] == [0.3333, 1.0]
    assert risk_coverage({}) is None


def test_a_curve_of_many_questions_keeps_its_ends() -> None:
    curve = risk_coverage({"a": certainties(*((number / 1000, number % 2 == 0) for number in range(1000)))})
    assert curve is not None
    assert len(curve.points) == 100
    assert curve.points[0][0] == 0.001
    assert curve.points[-1] == (1.0, 0.5)
