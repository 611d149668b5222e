"""Places that a plain ranking of stories gives."""

from datetime import date, timedelta

import numpy as np
import pytest

from index.finding.scoring import FEATURES
from index.finding.two_rankings import give_places, plain_scores

TODAY = date(2025, 5, 23)


def order(scores: object) -> list[int]:
    return [int(each) for each in np.argsort(-np.asarray(scores), kind="stable")]


def test_two_rankings_that_agree_change_nothing() -> None:
    fitted = np.array([0.9, 0.4, 0.6, 0.2])
    assert give_places(fitted, fitted * 2, ["a", "b", "c", "d"]) == pytest.approx(fitted)


def test_the_first_three_stay_and_the_plain_rankings_first_two_others_come_next() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
    plain = np.array([1.5, 0.5, 0.4, 0.2, 0.1, 1.9, 1.1])
    placed = give_places(fitted, plain, list("abcdefg"))
    assert order(placed) == [0, 1, 2, 5, 6, 3, 4]
    assert sorted(placed) == pytest.approx(sorted(fitted))  # the scores are given out anew, and no other ones


def test_what_is_first_in_both_takes_no_place_twice() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6])
    assert order(give_places(fitted, np.array([0.0, 0.0, 1.0, 2.0]), list("abcd"))) == [0, 1, 2, 3]


def test_the_passages_of_a_story_move_together() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2])
    plain = np.array([0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 1.9])
    many = give_places(fitted, plain, list("abcdeff"))
    assert many[5] == pytest.approx(0.6)
    assert many[6] / many[5] == pytest.approx(0.5)
    one = give_places(fitted, plain, ["a"] * 7)
    assert one == pytest.approx(fitted)


def test_stories_that_nothing_speaks_for_keep_their_nothing() -> None:
    assert give_places(np.zeros(2), np.zeros(2), ["a", "b"]) == pytest.approx([0.0, 0.0])


def test_nothing_found_is_given_no_place() -> None:
    assert give_places(np.empty(0), np.empty(0), []).shape == (0,)


def test_the_plain_score_is_the_mean_of_both_searches_and_newness() -> None:
    found = np.zeros((4, len(FEATURES)))
    found[:, FEATURES.index("near")] = 1.0
    found[0, FEATURES.index("worded")] = 0.5
    found[:, FEATURES.index("pairs")] = 1.0  # what is only in the fit
    days = [0, TODAY.toordinal(), (TODAY - timedelta(days=14)).toordinal(), (TODAY + timedelta(days=1)).toordinal()]
    assert plain_scores(found, days, now=TODAY) == pytest.approx([0.75, 1.5, 0.5 + np.exp(-1.0), 0.5])
