"""Places that a plain ranking of stories gives."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from index.finding.scoring import FEATURES
from index.finding.two_rankings import give_places, plain_scores

TODAY = date(2025, 5, 23)


def placed(fitted: NDArray[np.float64], plain: NDArray[np.float64], stories: Sequence[str]) -> NDArray[np.float64]:
    return give_places(fitted, plain, list(stories), [TODAY.toordinal()] * len(stories), now=TODAY)


def order(scores: object) -> list[int]:
    return [int(each) for each in np.argsort(-np.asarray(scores), kind="stable")]


def test_two_rankings_that_agree_change_nothing() -> None:
    fitted = np.array([0.9, 0.4, 0.6, 0.2])
    assert placed(fitted, fitted * 2, "abcd") == pytest.approx(fitted)


def test_the_first_three_stay_and_the_plain_rankings_first_two_others_come_next() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
    plain = np.array([1.5, 0.5, 0.4, 0.2, 0.1, 1.9, 1.1])
    scores = placed(fitted, plain, "abcdefg")
    assert order(scores) == [0, 1, 2, 5, 6, 3, 4]
    assert sorted(scores) == pytest.approx(sorted(fitted))  # the scores are given out anew, and no other ones


def test_what_is_first_in_both_takes_no_place_twice() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6])
    assert order(placed(fitted, np.array([0.0, 0.0, 1.0, 2.0]), "abcd")) == [0, 1, 2, 3]


def test_the_passages_of_a_story_move_together() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2])
    plain = np.array([0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 1.9])
    many = placed(fitted, plain, "abcdeff")
    assert many[5] == pytest.approx(0.6)
    assert many[6] / many[5] == pytest.approx(0.5)
    one = placed(fitted, plain, "aaaaaaa")
    assert one == pytest.approx(fitted)


def test_stories_that_nothing_speaks_for_keep_their_nothing() -> None:
    assert placed(np.zeros(2), np.zeros(2), "ab") == pytest.approx([0.0, 0.0])


def test_nothing_found_is_given_no_place() -> None:
    assert placed(np.empty(0), np.empty(0), "").shape == (0,)


@pytest.mark.parametrize(("ages", "is_given"), [((0, 3, 14), True), ((0, 3, 15), False), ((0, -1, 3), False)])
def test_places_are_given_where_what_is_first_is_news(ages: tuple[int, ...], *, is_given: bool) -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    plain = np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    days = [TODAY.toordinal() - age for age in (*ages, 400, 0)]
    scores = give_places(fitted, plain, list("abcde"), days, now=TODAY)
    assert order(scores) == ([0, 1, 2, 4, 3] if is_given else [0, 1, 2, 3, 4])


def test_undated_stories_give_no_places() -> None:
    fitted, plain = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    assert order(give_places(fitted, plain, list("abcde"), [0] * 5, now=TODAY)) == [0, 1, 2, 3, 4]


def test_the_plain_score_is_the_mean_of_both_searches_and_newness() -> None:
    found = np.zeros((4, len(FEATURES)))
    found[:, FEATURES.index("near")] = 1.0
    found[0, FEATURES.index("worded")] = 0.5
    found[:, FEATURES.index("pairs")] = 1.0  # what is only in the fit
    days = [0, TODAY.toordinal(), (TODAY - timedelta(days=14)).toordinal(), (TODAY + timedelta(days=1)).toordinal()]
    assert plain_scores(found, days, now=TODAY) == pytest.approx([0.75, 1.5, 0.5 + np.exp(-1.0), 0.5])
