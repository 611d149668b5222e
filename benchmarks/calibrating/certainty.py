"""How sure an answer is, by logistic regression on its features, and how sure it must be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from calibrating.gathering import Row
from index.answering.answer import with_further
from index.answering.confidence import features, is_of_one_story, suiting
from index.answering.ordering import Ordering, believed, ordered
from index.answering.sentences import was_read
from index.answering.short import SHORT_KINDS
from index.measuring.matching import contains_answer, exact_match

SHARE_GIVEN = 0.7
"""Of the questions that ask for a name, figure, place or time, the share that is to get a short answer."""
WEIGHTS = {"answerable": 1.0, "elsewhere": 1.0, "left out": 1.0, "samples": 0.5}
"""What each kind of question counts. The samples' are few: to count them more did not make new ones like them surer."""
_NEIGHBOURS = 2
"""A threshold is judged with so many hundredths on either side of it: the very best one is chance."""


@dataclass(frozen=True)
class Judged:
    """What the confidence is computed from, and whether the answer and its short form were right."""

    kind: str
    answerable: bool
    with_figure: bool
    values: list[float]
    right: bool
    short: tuple[float, float, bool] | None = None
    of_one_story: bool = False
    suiting: float = 1.0


def judge(row: Row, ordering: Ordering) -> Judged | None:
    """Answer a row as an engine with these weights would; None when nothing was found."""
    found = ordered(row.question, row.found, ordering=ordering)
    if not found:
        return None
    beliefs = believed(row.question, found, ordering=ordering) if was_read(found) else None
    first = beliefs[0] if beliefs and row.question.asks in SHORT_KINDS else None
    quotes = [candidate.text for candidate in with_further(found[:1], found)]
    short = None
    if first is not None:
        short = (first.strength / 10, first.probability, exact_match(first.text, row.answers))
    return Judged(
        row.kind,
        bool(row.answers),
        row.question.asks_for_figure,
        features(row.question, found, beliefs),
        any(contains_answer(quote, row.answers) for quote in quotes),
        short,
        is_of_one_story(found),
        suiting(row.question, found, beliefs),
    )


def fit(rows: Sequence[Judged], names: Sequence[str]) -> dict[str, Any]:
    """The weights, the threshold, and those of short answers."""
    single = [row for row in rows if row.kind.startswith("squad")]
    rows = [row for row in rows if row.kind in WEIGHTS]
    counts = {kind: sum(row.kind == kind for row in rows) for kind in WEIGHTS}
    weights = np.array([200 * WEIGHTS[row.kind] / counts[row.kind] for row in rows])
    fitted: dict[str, Any] = {}
    for name, with_figure in (("figure", True), ("other", False)):
        chosen = [index for index, row in enumerate(rows) if row.with_figure == with_figure]
        model = LogisticRegression(C=1.0, max_iter=5_000)
        model.fit(
            [rows[index].values for index in chosen],
            [rows[index].right for index in chosen],
            sample_weight=weights[chosen],
        )
        fitted[f"{name}_weights"] = [round(float(weight), 4) for weight in model.coef_[0]]
        fitted[f"{name}_intercept"] = round(float(model.intercept_[0]), 4)
        print(name, dict(zip(names, fitted[f"{name}_weights"], strict=True)))
    fitted["threshold"] = best_threshold(rows, fitted)
    fitted |= _fit_single(single, fitted["threshold"])
    given = [row.short for row in rows if row.short is not None and row.kind == "answerable"]
    if given:
        fitted |= _fit_short(given)
    fitted["fitted_with"] = "all-MiniLM-L6-v2" + (", storydesk-reader-2" if given else "")
    return fitted


def _fit_single(rows: Sequence[Judged], threshold: float) -> dict[str, Any]:
    """Whether one story alone says it, shifted so that even odds come out as `threshold`."""
    model = LogisticRegression(C=0.1, max_iter=5_000, class_weight="balanced")
    model.fit([row.values for row in rows], [row.answerable for row in rows])
    shift = float(np.log(threshold / (1 - threshold)))
    return {
        "single_weights": [round(float(weight), 4) for weight in model.coef_[0]],
        "single_intercept": round(float(model.intercept_[0]) + shift, 4),
    }


def _fit_short(given: Sequence[tuple[float, float, bool]]) -> dict[str, Any]:
    values, right = np.array([each[:2] for each in given]), np.array([each[2] for each in given])
    model = LogisticRegression(C=1.0, max_iter=5_000)
    model.fit(values, right)
    sure = model.predict_proba(values)[:, 1]
    threshold = round(float(np.quantile(sure, 1 - SHARE_GIVEN)), 3)
    print(f"short answers: {(sure >= threshold).mean():.2f} given, exact match {right[sure >= threshold].mean():.3f} "
          f"of {right.mean():.3f}")  # fmt: skip
    return {
        "short_weights": [round(float(weight), 4) for weight in model.coef_[0]],
        "short_intercept": round(float(model.intercept_[0]), 4),
        "short_threshold": threshold,
    }


def confidences(rows: Sequence[Judged], fitted: dict[str, Any]) -> NDArray[np.float64]:
    """The confidence of each row."""
    logits = []
    for row in rows:
        name = "figure" if row.with_figure else "other"
        if row.of_one_story and "single_weights" in fitted:
            name = "single"
        logits.append(float(np.dot(fitted[f"{name}_weights"], row.values)) + fitted[f"{name}_intercept"])
    return np.array([row.suiting for row in rows]) / (1.0 + np.exp(-np.array(logits)))


def best_threshold(rows: Sequence[Judged], fitted: dict[str, Any]) -> float:
    """The confidence with the best sum, by `WEIGHTS`, of the balanced accuracies: against each kind that is to be
    refused, and of the samples' questions, for a library of a dozen stories."""
    scores = confidences(rows, fitted)
    kinds = np.array([row.kind for row in rows])
    answerable = np.array([row.answerable for row in rows])
    of_samples = kinds == "samples"

    def share(chosen: NDArray[np.bool_], threshold: float) -> float:
        return float((scores[chosen] >= threshold).mean())

    def worth(threshold: float) -> float:
        refused = sum(share(kinds == kind, threshold) for kind in ("elsewhere", "left out"))
        samples = share(of_samples & answerable, threshold) - share(of_samples & ~answerable, threshold)
        return 2 * share(kinds == "answerable", threshold) - refused + WEIGHTS["samples"] * samples

    grid = np.linspace(0.1, 0.8, 71)
    window = np.ones(2 * _NEIGHBOURS + 1)
    around = np.convolve([worth(float(threshold)) for threshold in grid], window, mode="valid")
    return round(float(grid[_NEIGHBOURS + int(around.argmax())]), 3)


def show(name: str, rows: Sequence[Judged], fitted: dict[str, Any]) -> None:
    """How often each kind is answered, and what that comes to."""
    scores = confidences(rows, fitted)
    answered = scores >= fitted["threshold"]
    kinds = np.array([row.kind for row in rows])
    right = np.array([row.right for row in rows])
    answerable = np.array([row.answerable for row in rows])
    for yes, no in (("answerable", "elsewhere"), ("answerable", "left out"), ("squad", "squad, no answer"),
                    ("samples", "samples")):  # fmt: skip
        chosen = ((kinds == yes) & answerable) | ((kinds == no) & ~answerable)
        if len(set(answerable[chosen])) == 2:
            accuracy = balanced_accuracy_score(answerable[chosen], answered[chosen])
            area = roc_auc_score(answerable[chosen], scores[chosen])
            print(f"{name}: {yes} against {no}: balanced accuracy {accuracy:.3f}, AUROC {area:.3f}, "
                  f"right {right[chosen & answerable].mean():.3f}")  # fmt: skip
    print(f"{name}: threshold {fitted['threshold']}, AUROC of right answers {roc_auc_score(right, scores):.3f}")
