"""Merges the fitted ranking of stories with a plain one, in which new stories that both searches find come first."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.finding.recency import freshness
from index.finding.scoring import weigh

_CONSTANT = 20
"""How slowly a place loses worth: the 22nd counts half as much as the first."""
_FITTED = 3.0
"""What the fitted ranking counts against one of the plain one."""
_PLAIN = {"near": 0.5, "worded": 0.5}


def plain_scores(found: NDArray[np.float64], published_days: Sequence[int], *, now: date) -> NDArray[np.float64]:
    """Scores (0..2) of the rows of `scoring.evidence`: the mean of both searches' scores, and how new the story is.

    `published_days` are the proleptic ordinals of their days, 0 for undated ones. Nothing in this is fitted.
    """
    new = [freshness(day, now=now) for day in published_days]
    scores: NDArray[np.float64] = weigh(found, _PLAIN) + np.array(new, dtype=np.float64)
    return scores


def merge(fitted: NDArray[np.float64], plain: NDArray[np.float64], story_of: Sequence[str]) -> NDArray[np.float64]:
    """The fitted scores of passages, (n,), given out anew by the order of their stories in both rankings.

    `plain` has the other ranking's scores, (n,), and `story_of` the story of each passage. In both a story has the
    place of its best passage; the places are added by reciprocal rank fusion (Cormack, Clarke, Büttcher, "Reciprocal
    Rank Fusion outperforms Condorcet and individual Rank Learning Methods", 2009). The first story then gets the best
    score that any had, the second the second best, and so on; its other passages keep their share of it.

    Where many stories tell of one event, those that the fit puts side by side resemble each other, and the one that is
    sought may be another; a ranking that goes by fewer things brings it forward.
    """
    if not len(fitted):
        return fitted
    stories, story = np.unique(np.asarray(story_of), return_inverse=True)
    best = _best(fitted, story, len(stories))
    worth = sum(
        weight / (_CONSTANT + 1 + _places(scores))
        for weight, scores in ((_FITTED, best), (1.0, _best(plain, story, len(stories))))
    )
    given = np.sort(best)[::-1][_places(np.asarray(worth))]
    shares = np.divide(fitted, best[story], out=np.ones_like(fitted), where=best[story] > 0)
    merged: NDArray[np.float64] = given[story] * shares
    return merged


def _best(scores: NDArray[np.float64], story: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Each story's best score, (count,)."""
    best = np.full(count, -np.inf)
    np.maximum.at(best, story, scores)
    return best


def _places(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """The place of each score, from 0 for the highest; of equal ones the first comes first."""
    places = np.empty(len(scores), dtype=np.intp)
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return places
