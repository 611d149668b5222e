"""What two searches say of passages, and those of a story of each other, on one scale."""

import pytest

from index.finding.fusion import best_others, fuse


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


def test_a_passage_is_supported_by_its_storys_best_other_passage() -> None:
    scores = {"a1": 0.9, "a2": 0.5, "a3": 0.1, "b1": 0.95}
    assert best_others(scores, {"a1": "a", "a2": "a", "a3": "a", "b1": "b"}) == {
        "a1": 0.5,
        "a2": 0.9,
        "a3": 0.9,
        "b1": 0.0,
    }


def test_of_two_passages_that_match_as_well_each_supports_the_other() -> None:
    assert best_others({"a1": 0.6, "a2": 0.6}, {"a1": "a", "a2": "a"}) == {"a1": 0.6, "a2": 0.6}
