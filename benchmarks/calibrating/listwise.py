"""Listwise logistic models of the sentences and of the wordings: which weights put the right ones first?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from calibrating.gathering import Row
from index.answering.answer import with_further
from index.answering.beliefs import BELIEF_FEATURES, belief_features, by_wording
from index.answering.ordering import (
    READ_SENTENCE_FEATURES,
    SENTENCE_FEATURES,
    Ordering,
    ordered,
    sentence_features,
)
from index.answering.short import SHORT_KINDS
from index.measuring.matching import contains_answer, exact_match
from index.shaping.words import stem

Group = tuple[NDArray[np.float64], NDArray[np.bool_], float]
"""What is chosen from: features of shape (choices, features), which are right, and what the question weighs."""

PENALTY = 3.0
WEIGHTS = {"answerable": 1.0, "samples": 0.3, "squad": 0.15}


def fit_ordering(rows: Sequence[Row], *, reads: bool) -> dict[str, list[float]]:
    """Fit the order of the sentences first, then that of the wordings by these sentences' scores."""
    kept = [row for row in rows if row.kind in WEIGHTS and any(row.holds)]
    sentences = [
        (np.array(sentence_features(row.question, row.found)), np.array(row.holds), WEIGHTS[row.kind]) for row in kept
    ]
    names = READ_SENTENCE_FEATURES if reads else SENTENCE_FEATURES
    fitted = {"sentence_weights": fit(sentences, names)}
    if reads:
        ordering = Ordering(tuple(fitted["sentence_weights"]))
        wordings = [group for row in kept if (group := _wordings(row, ordering)) is not None]
        fitted["belief_weights"] = fit(wordings, BELIEF_FEATURES)
    return fitted


def _wordings(row: Row, ordering: Ordering) -> Group | None:
    """The wordings that a short answer is chosen from; None when none of them is right."""
    if row.question.asks not in SHORT_KINDS:
        return None
    found = ordered(row.question, row.found, ordering=ordering)
    saying = by_wording(found)
    if not saying:
        return None
    asked = frozenset(stem(word) for word in row.question.content)
    right = np.array([exact_match(sentences[0].span_text, row.answers) for sentences in saying.values()])
    features = np.array(belief_features(found, saying, asked))
    return (features, right, WEIGHTS[row.kind]) if right.any() else None


def fit(
    groups: Sequence[Group], names: Sequence[str], *, penalty: float = PENALTY, positive: bool = False
) -> list[float]:
    """Weights that make the right choices' probability highest, shrunk towards 0 in units of each feature's spread.

    With `positive` none is below 0.
    """
    spread = np.concatenate([features for features, _, _ in groups]).std(axis=0) + 1e-9

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = 0.5 * penalty * float(weights @ weights), penalty * weights
        for features, right, weight in groups:
            scaled = features / spread
            logits = scaled @ weights
            odds = np.exp(logits - logits.max())
            shares = odds / odds.sum()
            hit = np.where(right, shares, 0.0)
            value -= weight * float(np.log(max(hit.sum(), 1e-12)))
            slope = slope - weight * (scaled.T @ (hit / max(hit.sum(), 1e-12)) - scaled.T @ shares)
        return value, slope

    bounds = [(0.0, None)] * len(names) if positive else None
    found: Any = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return [round(float(weight), 4) for weight in found.x / spread]


def cross_validated(rows: Sequence[Row], *, reads: bool, folds: int = 8) -> None:
    """Print how often the right sentence is first, or among three, for questions not fitted on: with every feature,
    and without each of them."""
    names = READ_SENTENCE_FEATURES if reads else SENTENCE_FEATURES
    groups = [
        (row, np.array(sentence_features(row.question, row.found)), np.array(row.holds))
        for row in rows
        if row.kind == "answerable" and row.found
    ]
    # A question that was asked of two libraries is fitted on with both or with neither.
    questions = list(dict.fromkeys(row.question.text for row, _, _ in groups))
    order = np.random.default_rng(0).permutation(len(questions))
    fold_of = {questions[index]: place % folds for place, index in enumerate(order)}
    print("| not fitted on: sentences ordered by | first right | of three, one right |")
    for left_out in (None, *names):
        columns = [index for index, name in enumerate(names) if name != left_out]
        first, three = [], []
        for fold in range(folds):
            held = [group for group in groups if fold_of[group[0].question.text] == fold]
            learned = [group for group in groups if fold_of[group[0].question.text] != fold]
            chosen = [(features[:, columns], right, 1.0) for _, features, right in learned if right.any()]
            weights = fit(chosen, [names[index] for index in columns])
            for row, features, _ in held:
                ranked = [row.found[index] for index in np.argsort(-(features[:, columns] @ weights))]
                scored = [replace(each, score=1.0) for each in ranked]
                quotes = [contains_answer(each.text, row.answers) for each in with_further(scored[:1], scored)]
                first.append(quotes[0])
                three.append(any(quotes))
        print(f"| all but {left_out or 'nothing'} | {np.mean(first):.3f} | {np.mean(three):.3f} |")
