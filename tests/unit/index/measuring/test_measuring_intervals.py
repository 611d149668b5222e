import numpy as np
import pytest

from index.measuring.intervals import NOTHING, Estimate, estimate, mean, ratio


def test_the_interval_of_a_share_is_about_as_wide_as_the_normal_approximation_says() -> None:
    share = mean([1.0] * 60 + [0.0] * 140)
    assert share.value == pytest.approx(0.3)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 200)
    assert share.low == pytest.approx(0.3 - half, abs=0.015)
    assert share.high == pytest.approx(0.3 + half, abs=0.015)


def test_the_same_values_give_the_same_interval() -> None:
    assert mean([0.1, 0.5, 0.9, 0.3]) == mean([0.1, 0.5, 0.9, 0.3])


def test_one_question_has_a_value_and_no_interval_and_none_has_neither() -> None:
    assert mean([0.5]) == Estimate(0.5)
    assert mean([]) == NOTHING


def test_questions_that_agree_have_an_interval_without_width() -> None:
    assert mean([1.0, 1.0, 1.0]) == Estimate(1.0, 1.0, 1.0)


def test_a_ratio_is_of_the_sums_and_resamples_both_together() -> None:
    share = ratio([1, 0, 3], [1, 2, 3])
    assert share.value == pytest.approx(4 / 6)
    assert ratio([2, 1, 4], [4, 2, 8]) == Estimate(0.5, 0.5, 0.5)  # as each question has just half
    assert ratio([0, 0], [0, 0]) == NOTHING


def test_two_samples_are_resampled_each_by_itself() -> None:
    difference = estimate(lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis), [1, 1, 1], [0.0] * 8)
    assert difference == Estimate(1.0, 1.0, 1.0)
