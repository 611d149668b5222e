"""Gives two of the first five places to stories that a plain ranking has first: new ones that both searches find."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.finding.recency import freshness
from index.finding.scoring import weigh

_FIRST, _GIVEN = 3, 2
"""So many stories keep the first places, and so many of the plain ranking's have the next ones."""
_PLAIN = {"near": 0.5, "worded": 0.5}


def plain_scores(found: NDArray[np.float64], published_days: Sequence[int], *, now: date) -> NDArray[np.float64]:
    """Scores (0..2) of the rows of `scoring.evidence`: the mean of both searches' scores, and how new the story is.

    `published_days` are the proleptic ordinals of their days, 0 for undated ones. Nothing in this is fitted.
    """
    new = [freshness(day, now=now) for day in published_days]
    scores: NDArray[np.float64] = weigh(found, _PLAIN) + np.array(new, dtype=np.float64)
    return scores


def give_places(
    fitted: NDArray[np.float64], plain: NDArray[np.float64], story_of: Sequence[str]
) -> NDArray[np.float64]:
    """The fitted scores of passages, (n,), given out anew by the places of their stories: what to order them by.

    `plain` has the other ranking's scores, (n,), and `story_of` the story of each passage; a story has the place of its
    best passage. The first three of the fitted ranking stay, then come the first two others of the plain one, then the
    rest as they were. The first story gets the best score that any had, the second the second best, and so on; its
    other passages keep their share of it.

    Where many stories tell of one event, those that the fit puts side by side resemble each other, and the one that is
    sought may be another; a ranking that goes by fewer things brings it forward.
    """
    if not len(fitted):
        return fitted
    stories, story = np.unique(np.asarray(story_of), return_inverse=True)
    best = _best(fitted, story, len(stories))
    order = _order(best)
    first = order[:_FIRST]
    given = [each for each in _order(_best(plain, story, len(stories))) if each not in first][:_GIVEN]
    rest = [each for each in order[_FIRST:] if each not in given]
    new = np.empty(len(stories))
    new[[*first, *given, *rest]] = best[order]
    shares = np.divide(fitted, best[story], out=np.ones_like(fitted), where=best[story] > 0)
    placed: NDArray[np.float64] = new[story] * shares
    return placed


def _best(scores: NDArray[np.float64], story: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Each story's best score, (count,)."""
    best = np.full(count, -np.inf)
    np.maximum.at(best, story, scores)
    return best


def _order(scores: NDArray[np.float64]) -> list[int]:
    """The indexes of the scores, the highest first; of equal ones the first comes first."""
    return [int(each) for each in np.argsort(-scores, kind="stable")]
