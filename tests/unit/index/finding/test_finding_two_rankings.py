"""The fitted and the plain ranking of stories as one."""

from datetime import date, timedelta

import numpy as np
import pytest

from index.finding.scoring import FEATURES
from index.finding.two_rankings import merge, plain_scores

TODAY = date(2025, 5, 23)


def order(scores: object) -> list[int]:
    return [int(each) for each in np.argsort(-np.asarray(scores), kind="stable")]


def test_two_rankings_that_agree_change_nothing() -> None:
    fitted = np.array([0.9, 0.4, 0.6, 0.2])
    assert merge(fitted, fitted * 2, ["a", "b", "c", "d"]) == pytest.approx(fitted)


def test_a_story_that_the_plain_ranking_has_first_comes_forward() -> None:
    fitted = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    plain = np.array([0.6, 0.5, 0.4, 0.2, 0.1, 1.9])
    merged = merge(fitted, plain, list("abcdef"))
    assert order(merged).index(5) < 5
    assert order(merged)[0] == 0  # the fitted ranking counts more
    assert sorted(merged) == pytest.approx(sorted(fitted))  # the scores are given out anew, and no other ones


def test_the_passages_of_a_story_move_together() -> None:
    fitted = np.array([0.8, 0.6, 0.4, 0.2])
    plain = np.array([0.1, 0.1, 1.5, 0.9])
    many = merge(fitted, plain, ["a", "b", "c", "c"])
    assert many[3] / many[2] == pytest.approx(0.5)
    one = merge(fitted, plain, ["a"] * 4)
    assert one == pytest.approx(fitted)


def test_stories_that_nothing_speaks_for_keep_their_nothing() -> None:
    assert merge(np.zeros(2), np.zeros(2), ["a", "b"]) == pytest.approx([0.0, 0.0])


def test_nothing_found_is_nothing_merged() -> None:
    assert merge(np.empty(0), np.empty(0), []).shape == (0,)


def test_the_plain_score_is_the_mean_of_both_searches_and_newness() -> None:
    found = np.zeros((4, len(FEATURES)))
    found[:, FEATURES.index("near")] = 1.0
    found[0, FEATURES.index("worded")] = 0.5
    found[:, FEATURES.index("pairs")] = 1.0  # what is only in the fit
    days = [0, TODAY.toordinal(), (TODAY - timedelta(days=14)).toordinal(), (TODAY + timedelta(days=1)).toordinal()]
    assert plain_scores(found, days, now=TODAY) == pytest.approx([0.75, 1.5, 0.5 + np.exp(-1.0), 0.5])
