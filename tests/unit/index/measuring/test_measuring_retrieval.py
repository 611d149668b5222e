import pytest

from index.measuring.retrieval import rank_of_first, ranked_stories, score_retrieval
from index.stories import Finding


def finding(story_id: str, passage: int) -> Finding:
    return Finding(story_id, "", None, None, None, None, f"{story_id}-{passage}", 0, 0, "", 0.0, None, None)


def test_a_story_is_ranked_by_its_best_passage() -> None:
    assert ranked_stories([finding("b", 4), finding("a", 0), finding("b", 1), finding("c", 0)]) == ["b", "a", "c"]


def test_hits_and_reciprocal_ranks_are_those_of_the_first_relevant_story() -> None:
    others = [f"other-{number}" for number in range(20)]
    ranked = {
        "first": ["right", *others],
        "fourth": [*others[:3], "right", "right too"],
        "tenth": [*others[:9], "right"],
        "eleventh": [*others[:10], "right"],
        "nothing found": [],
    }
    relevant = {question: {"right", "right too"} for question in ranked}
    scores = score_retrieval(ranked, relevant)
    assert scores.n == 5
    assert scores.hit1.value == pytest.approx(1 / 5)
    assert scores.hit5.value == pytest.approx(2 / 5)
    assert scores.hit10.value == pytest.approx(3 / 5)
    assert scores.mrr10.value == pytest.approx((1 + 1 / 4 + 1 / 10) / 5)


def test_a_question_without_labels_does_not_count() -> None:
    scores = score_retrieval({"a": ["x"], "b": ["x"]}, {"a": {"x"}, "b": set()})
    assert (scores.n, scores.hit1.value) == (1, 1.0)


def test_without_any_question_there_is_nothing_to_measure() -> None:
    scores = score_retrieval({}, {})
    assert (scores.n, scores.hit1.value, scores.mrr10.value) == (0, None, None)


def test_the_rank_of_the_first_relevant_story() -> None:
    assert rank_of_first(["a", "b", "c"], {"c", "b"}) == 2
    assert rank_of_first(["a", "b"], {"c"}) is None
