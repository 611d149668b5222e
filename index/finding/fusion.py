"""One score for each passage, out of what the two searches and the calendar say of it."""

import math
from collections.abc import Mapping
from datetime import date

RECENCY_WEIGHT = 0.15
RECENCY_DAYS = 14.0


def fuse(cosines: Mapping[str, float], word_scores: Mapping[str, float]) -> dict[str, float]:
    """Scores in about 0..1 for all passages named in either mapping; higher is better.

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


def recency(published_day: int, now: date) -> float:
    """What a story's age adds to its passages' scores: falls by half in ten days; nothing if undated or from later."""
    age = now.toordinal() - published_day
    if not published_day or age < 0:
        return 0.0
    return RECENCY_WEIGHT * math.exp(-age / RECENCY_DAYS)


def _share(score: float, best: float) -> float:
    return max(score, 0.0) / best if best > 0 else 0.0
