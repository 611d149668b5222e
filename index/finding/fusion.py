"""One score for each passage, out of what the two searches say of it and of its story."""

from collections import defaultdict
from collections.abc import Mapping

SUPPORT = 0.4
"""How much of its story's best other passage a passage's score gains."""


def fuse(cosines: Mapping[str, float], word_scores: Mapping[str, float]) -> dict[str, float]:
    """Scores in 0..1 for all passages named in either mapping; higher is better.

    Each leg's scores are divided by their maximum and averaged: a convex combination of normalised scores (Bruch,
    Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023). A passage that a leg did not find
    scores 0 in it.
    """
    best_cosine = max(cosines.values(), default=0.0)
    best_words = max(word_scores.values(), default=0.0)
    return {
        passage_id: 0.5 * _share(cosines.get(passage_id, 0.0), best_cosine)
        + 0.5 * _share(word_scores.get(passage_id, 0.0), best_words)
        for passage_id in cosines.keys() | word_scores.keys()
    }


def supported(scores: Mapping[str, float], story_of: Mapping[str, str]) -> dict[str, float]:
    """Scores in 0..1 that also count the best other passage of the same story: two that match say more than one."""
    best: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for passage_id, score in scores.items():
        best[story_of[passage_id]].append((score, passage_id))
    for found in best.values():
        found.sort(reverse=True)
    whole = {}
    for passage_id, score in scores.items():
        other = next((each for each, other_id in best[story_of[passage_id]][:2] if other_id != passage_id), 0.0)
        whole[passage_id] = (score + SUPPORT * other) / (1.0 + SUPPORT)
    return whole


def _share(score: float, best: float) -> float:
    return max(score, 0.0) / best if best > 0 else 0.0
