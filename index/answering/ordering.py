"""The order of the sentences, and of what the reader believes: linear models fitted on questions with known answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from math import log, log1p

import numpy as np

from index.answering.beliefs import (
    LEAST,
    Belief,
    beliefs,
    by_wording,
    in_headlines,
    passages_of,
    repeats,
    shares_of_belief,
    strengths,
    told,
    wording,
)
from index.answering.questions import Question
from index.answering.quoting import asks
from index.answering.sentences import Candidate, was_read
from index.shaping.words import stem, stems

_FILE = "ordering.json"
_TEMPERATURE = 5.0
_LEAST_SHARE = 1e-4

SENTENCE_FEATURES = (
    "coverage",
    "kind_fit",
    "passage_share",
    "asks",
    "figure",
    "cosine",
    "nearness",
    "title_words",
)
"""What orders sentences when nothing was read; `title_words` is the share of the title's words that stand in one."""
READ_SENTENCE_FEATURES = (*SENTENCE_FEATURES, "believed", "headline", "repeats", "told")
"""The same with what the reader believes.

`believed` is how much of all belief, in whatever sentence it was found, is in words that this one says (a logarithm),
`told` how many passages say the words that may be the answer (a logarithm too).
"""


@dataclass(frozen=True, slots=True)
class Ordering:
    """Weights of `READ_SENTENCE_FEATURES` (`SENTENCE_FEATURES` where nothing is read) and of `BELIEF_FEATURES`.

    Fitted listwise by `benchmarks/calibrate.py`: the probability, among all sentences of a question, of those that
    hold the answer is made as high as can be (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise
    Approach", 2007), and likewise of the right wordings.
    """

    sentence_weights: tuple[float, ...]
    belief_weights: tuple[float, ...] = ()


def ordered(question: Question, found: Sequence[Candidate], *, ordering: Ordering | None = None) -> list[Candidate]:
    """The sentences with their scores (0..1, the best 1), best first."""
    if not found:
        return []
    ordering = ordering or shipped_ordering(reads=was_read(found))
    logits = np.array([np.dot(row, ordering.sentence_weights) for row in sentence_features(question, found)])
    scores = np.exp((logits - logits.max()) / _TEMPERATURE)
    scored = [replace(candidate, score=float(score)) for candidate, score in zip(found, scores, strict=True)]
    return sorted(scored, key=lambda candidate: -candidate.score)


def believed(question: Question, found: Sequence[Candidate], *, ordering: Ordering | None = None) -> list[Belief]:
    """What the reader believes to be the answer, the likeliest first; `found` are ordered sentences."""
    if not was_read(found):
        return []
    weights = (ordering or shipped_ordering(reads=True)).belief_weights
    return beliefs(found, _stems(question), weights)


def sentence_features(question: Question, found: Sequence[Candidate]) -> list[list[float]]:
    """For each sentence what speaks for it, in the order of `READ_SENTENCE_FEATURES`, or of `SENTENCE_FEATURES`."""
    titles = {title: stems(title) for title in {candidate.finding.title for candidate in found}}
    rows = [
        [
            candidate.coverage,
            candidate.kind_fit,
            candidate.passage_share,
            float(asks(candidate.text)),
            float(candidate.figure is not None),
            candidate.cosine,
            candidate.nearness,
            _share(titles[candidate.finding.title], stems(candidate.text)),
        ]
        for candidate in found
    ]
    if not was_read(found):
        return rows
    believed, headlines = shares_of_belief(strengths(by_wording(found))), in_headlines(found)
    passages = passages_of(found)
    asked = _stems(question)
    for row, candidate in zip(rows, found, strict=True):
        words = f" {wording(candidate.text)} "
        row += [
            log(sum((share for key, share in believed.items() if f" {key} " in words), _LEAST_SHARE)),
            max((read for key, read in headlines.items() if f" {key} " in words), default=LEAST),
            float(repeats(candidate.span_text, asked)),
            log1p(told(candidate.span_text, passages)),
        ]
    return rows


@cache
def shipped_ordering(*, reads: bool = True) -> Ordering:
    """The weights in the package, for when passages are read or not; made by `benchmarks/calibrate.py`."""
    data = json.loads(resources.files("index.answering").joinpath(_FILE).read_text(encoding="utf-8"))
    fitted = data["read" if reads else "unread"]
    return Ordering(*(tuple(fitted[name]) for name in ("sentence_weights", "belief_weights") if name in fitted))


def _stems(question: Question) -> frozenset[str]:
    return frozenset(stem(word) for word in question.content)


def _share(words: frozenset[str], own: frozenset[str]) -> float:
    return len(words & own) / len(words) if words else 0.0
