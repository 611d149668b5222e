"""One score for each passage found, out of all that speaks for it: a linear model fitted on questions."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from index.finding.fusion import best_others, fuse, shares
from index.finding.recency import Timing, recency
from index.finding.word_matches import pairs, rare_words
from index.shaping.words import all_words, stem
from index.stories import Finding

FEATURES = ("near", "worded", "supported", "rare_words", "pairs", "opening", "recency")
"""What speaks for a passage, each in 0..1.

`near` and `worded` are its cosine and BM25 score as shares of the best ones, `supported` both for its story's best
other passage; `rare_words` and `pairs` are of `word_matches`, `opening` says that the story begins with it.
"""
_FILE = "scoring.json"


def evidence(
    question: str, findings: Sequence[Finding], published_days: Sequence[int], *, timing: Timing
) -> NDArray[np.float64]:
    """What speaks for each finding, float64 of shape (len(findings), len(FEATURES)).

    `published_days` are the proleptic ordinals of their days, 0 for undated ones. The findings' scores do not matter.
    """
    ids = [finding.passage_id for finding in findings]
    cosines = {each.passage_id: each.vector_score for each in findings if each.vector_score is not None}
    word_scores = {each.passage_id: each.word_score for each in findings if each.word_score is not None}
    near, worded = shares(cosines), shares(word_scores)
    fused = fuse(cosines, word_scores)
    story_of = [finding.story_id for finding in findings]
    support = best_others({each: fused.get(each, 0.0) for each in ids}, dict(zip(ids, story_of, strict=True)))
    words = [[stem(word) for word in all_words(f"{each.title}\n{each.text}")] for each in findings]
    columns = (
        [near.get(each, 0.0) for each in ids],
        [worded.get(each, 0.0) for each in ids],
        [support[each] for each in ids],
        rare_words(question, words, story_of),
        pairs(question, words),
        [float(finding.start == 0) for finding in findings],
        [recency(day, timing=timing) for day in published_days],
    )
    return np.array(columns, dtype=np.float64).T


def weigh(found: NDArray[np.float64], weights: Mapping[str, float] | None = None) -> NDArray[np.float64]:
    """The score (0..1) of each row of `evidence`: the mean of what speaks for it, by `weights` (the shipped ones)."""
    weights = weights or shipped_weights()
    each = np.array([weights.get(name, 0.0) for name in FEATURES])
    scores: NDArray[np.float64] = found @ each / each.sum()
    return scores


@cache
def shipped_weights() -> dict[str, float]:
    """The weights in the package, by the names of `FEATURES`; made by `benchmarks/calibrate_finding.py`."""
    text = resources.files("index.finding").joinpath(_FILE).read_text(encoding="utf-8")
    return {name: float(weight) for name, weight in json.loads(text).items()}
