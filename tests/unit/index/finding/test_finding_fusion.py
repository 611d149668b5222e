"""One score out of two searches and the calendar."""

import math
from datetime import date

import pytest

from index.finding.fusion import RECENCY_DAYS, RECENCY_WEIGHT, fuse, recency

TODAY = date(2025, 5, 23)


def test_scores_are_the_mean_of_both_legs_shares_of_their_best() -> None:
    fused = fuse({"a": 0.8, "b": 0.4, "c": 0.2}, {"b": 10.0, "c": 5.0, "d": 2.0})
    assert fused == pytest.approx(
        {
            "a": 0.5 * 0.8 / 0.8 + 0.5 * 0.0,
            "b": 0.5 * 0.4 / 0.8 + 0.5 * 10 / 10,
            "c": 0.5 * 0.2 / 0.8 + 0.5 * 5 / 10,
            "d": 0.5 * 0.0 + 0.5 * 2 / 10,
        }
    )
    assert sorted(fused, key=fused.__getitem__) == ["d", "c", "a", "b"]


def test_one_leg_alone_keeps_its_order() -> None:
    assert fuse({"a": 0.2, "b": 0.4}, {}) == pytest.approx({"a": 0.25, "b": 0.5})
    assert fuse({}, {"a": 3.0, "b": 1.5}) == pytest.approx({"a": 0.5, "b": 0.25})
    assert fuse({}, {}) == {}


def test_what_points_away_from_the_question_scores_nothing_rather_than_less() -> None:
    assert fuse({"a": -0.3, "b": 0.6}, {"a": 1.0}) == pytest.approx({"a": 0.5, "b": 0.5})
    assert fuse({"a": -0.3}, {}) == {"a": 0.0}


def test_a_story_of_today_gets_the_whole_weight_and_older_ones_less_and_less() -> None:
    added = [recency(TODAY.toordinal() - age, TODAY) for age in (0, 1, 10, 30, 365)]
    assert added == sorted(added, reverse=True)
    assert len(set(added)) == len(added)
    assert added[0] == RECENCY_WEIGHT
    assert added[2] == pytest.approx(RECENCY_WEIGHT * math.exp(-10 / RECENCY_DAYS))
    assert added[2] / added[0] == pytest.approx(0.5, abs=0.02)
    assert added[4] < 1e-6


@pytest.mark.parametrize("day", [0, TODAY.toordinal() + 1, TODAY.toordinal() + 365])
def test_undated_stories_and_those_from_later_get_nothing(day: int) -> None:
    assert recency(day, TODAY) == 0.0
