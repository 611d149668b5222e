"""Whether what cannot be answered is refused: balanced accuracy, AUROC, risk and coverage, calibration.

Risk and coverage are those of Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks" (2017), the
calibration error that of Guo et al., "On Calibration of Modern Neural Networks" (2017).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from index.measuring.datasets import Question
from index.measuring.intervals import Estimate, estimate
from index.measuring.matching import normalised_answer

MOST_LEFT_OUT = 0.6
"""A question is not asked without its answer when more than this share of the stories would have to go."""

_BINS = 10
_POINTS = 100


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure an answer was, whether that is sure enough, and whether the answer was right."""

    confidence: float
    answered: bool
    right: bool


@dataclass(frozen=True, slots=True)
class RefusalScores:
    """`n` questions that cannot be answered against `n_answerable` that can.

    `refused` is the share of the former, `answered` the share of the latter, `balanced_accuracy` the mean of both;
    `auroc` how well the confidence parts them whatever the threshold.
    """

    n: int
    n_answerable: int
    refused: Estimate
    answered: Estimate
    balanced_accuracy: Estimate
    auroc: Estimate


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The share of wrong answers (risk) among the surest ones, by the share of questions that are answered (coverage).

    `aurc` is the area under the curve. `points` are (coverage, risk), at most a hundred.
    """

    aurc: float
    points: tuple[tuple[float, float], ...]


def stories_with_answers(
    questions: Sequence[Question], texts: Iterable[tuple[str, str]], *, on_story: Callable[[], None]
) -> dict[str, set[str]]:
    """By question, the ids of the stories whose `texts` hold one of the answers as whole words, all normalised.

    `on_story` is called after each story.
    """
    asking: dict[str, list[str]] = defaultdict(list)
    for question in questions:
        for answer in dict.fromkeys(map(normalised_answer, question.answers)):
            if answer:
                asking[answer].append(question.id)
    by_word: dict[str, list[str]] = defaultdict(list)  # a story is looked at only for answers one of whose words it has
    for answer in asking:
        by_word[max(answer.split(), key=len)].append(answer)
    found: dict[str, set[str]] = {question.id: set() for question in questions}
    for story_id, text in texts:
        words = normalised_answer(text)
        padded = f" {words} "
        for word in by_word.keys() & set(words.split()):
            for answer in by_word[word]:
                if f" {answer} " in padded:
                    for question_id in asking[answer]:
                        found[question_id].add(story_id)
        on_story()
    return found


def score_refusals(answerable: Sequence[Certainty], unanswerable: Sequence[Certainty]) -> RefusalScores:
    """How well questions of the one kind are answered and those of the other are refused."""
    yes, no = [each.answered for each in answerable], [each.answered for each in unanswerable]
    return RefusalScores(
        n=len(unanswerable),
        n_answerable=len(answerable),
        refused=estimate(lambda answered, axis: 1 - answered.mean(axis=axis), no),
        answered=estimate(np.mean, yes),
        balanced_accuracy=estimate(_balanced_accuracy, yes, no),
        auroc=estimate(
            _area_under_curve,
            [each.confidence for each in answerable],
            [each.confidence for each in unanswerable],
        ),
    )


def _balanced_accuracy(yes: NDArray[np.float64], no: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    share: NDArray[np.float64] = (yes.mean(axis=axis) + 1 - no.mean(axis=axis)) / 2
    return share


def _area_under_curve(yes: NDArray[np.float64], no: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The area under the receiver operating characteristic: how often one of `yes` beats one of `no`, ties half."""
    beaten = mannwhitneyu(yes, no, axis=axis, method="asymptotic").statistic
    area: NDArray[np.float64] = beaten / (yes.shape[axis] * no.shape[axis])
    return area


def calibration_error(kinds: Mapping[str, Sequence[Certainty]]) -> float | None:
    """The expected calibration error over ten bins of equal width, each kind of question weighing the same in all.

    So it does not depend on how many questions of a kind there are. None when there is no question.
    """
    weights, confidences, right = _pooled(kinds)
    if not weights.size:
        return None
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights * (right - confidences), minlength=_BINS)
    return float(np.abs(gaps).sum())


def risk_coverage(kinds: Mapping[str, Sequence[Certainty]]) -> RiskCoverage | None:
    """The curve over all kinds together, each kind weighing the same in all. None when there is no question.

    Questions with the same confidence are answered together.
    """
    weights, confidences, right = _pooled(kinds)
    if not weights.size:
        return None
    order = np.argsort(-confidences, kind="stable")
    coverage = np.cumsum(weights[order])
    wrong = np.cumsum(weights[order] * (1 - right[order]))
    last_of_its_kind = np.append(np.diff(confidences[order]) != 0, True)
    coverage, wrong = coverage[last_of_its_kind], wrong[last_of_its_kind]
    risk = wrong / coverage
    steps = np.diff(coverage, prepend=0.0)
    shown = np.unique(np.linspace(0, len(coverage) - 1, min(_POINTS, len(coverage))).round().astype(int))
    points = tuple((round(float(coverage[i]), 4), round(float(risk[i]), 4)) for i in shown)
    return RiskCoverage(float((risk * steps).sum()), points)


def _pooled(
    kinds: Mapping[str, Sequence[Certainty]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights that sum to 1, confidences, and 1 for what was right."""
    given = [certainties for certainties in kinds.values() if certainties]
    weights = [1 / (len(given) * len(certainties)) for certainties in given for _ in certainties]
    every = [each for certainties in given for each in certainties]
    return (
        np.array(weights, dtype=np.float64),
        np.array([each.confidence for each in every], dtype=np.float64),
        np.array([each.right for each in every], dtype=np.float64),
    )
