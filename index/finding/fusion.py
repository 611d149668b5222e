"""Puts what the vectors and the words say of passages on one scale."""

from collections import defaultdict
from collections.abc import Mapping


def shares(scores: Mapping[str, float]) -> dict[str, float]:
    """Each score as a share (0..1) of the best one; negative ones count as 0."""
    best = max(scores.values(), default=0.0)
    return {passage_id: max(score, 0.0) / best if best > 0 else 0.0 for passage_id, score in scores.items()}


def fuse(cosines: Mapping[str, float], word_scores: Mapping[str, float]) -> dict[str, float]:
    """Scores in 0..1 for all passages named in either mapping; higher is better.

    The mean of both legs' shares: a convex combination of normalised scores (Bruch, Gai, Ingber, "An Analysis of Fusion
    Functions for Hybrid Retrieval", 2023). A passage that a leg did not find scores 0 in it.
    """
    near, worded = shares(cosines), shares(word_scores)
    return {
        passage_id: 0.5 * near.get(passage_id, 0.0) + 0.5 * worded.get(passage_id, 0.0)
        for passage_id in near.keys() | worded.keys()
    }


def best_others(scores: Mapping[str, float], story_of: Mapping[str, str]) -> dict[str, float]:
    """For each passage the score of the best other one of its story, 0 when it is alone: two that match say more."""
    ranked: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for passage_id, score in scores.items():
        ranked[story_of[passage_id]].append((score, passage_id))
    for found in ranked.values():
        found.sort(reverse=True)
    return {
        passage_id: next((score for score, other in ranked[story_of[passage_id]][:2] if other != passage_id), 0.0)
        for passage_id in scores
    }
