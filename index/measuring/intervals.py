"""Estimates with their 95 % confidence intervals, by the percentile bootstrap over questions (Efron, 1979)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

_RESAMPLES = 2_000
_SEED = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with the interval that holds 95 % of what resampled questions give.

    `value` is None when there is nothing to measure, the interval when there are too few questions for one.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


NOTHING = Estimate(None)
Statistic = Callable[..., Any]


def mean(values: Sequence[float]) -> Estimate:
    """The mean of one value a question."""
    return estimate(np.mean, values)


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate:
    """The sum of `parts` over the sum of `wholes`, one of each a question."""
    if not any(wholes):
        return NOTHING

    def statistic(part: NDArray[np.float64], whole: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        shares: NDArray[np.float64] = part.sum(axis=axis) / np.maximum(whole.sum(axis=axis), 1e-12)
        return shares

    return estimate(statistic, parts, wholes, paired=True)


def estimate(statistic: Statistic, *samples: Sequence[float], paired: bool = False) -> Estimate:
    """What `statistic(*samples, axis=...)` gives, each sample resampled by itself, or the samples together if `paired`.

    No value when a sample is empty, no interval when one has a single element.
    """
    arrays = [np.asarray(sample, dtype=np.float64) for sample in samples]
    if not all(array.size for array in arrays):
        return NOTHING
    value = float(statistic(*arrays, axis=0))
    if any(array.size < 2 for array in arrays):
        return Estimate(value)
    interval = bootstrap(
        arrays,
        statistic,
        paired=paired,
        vectorized=True,
        n_resamples=_RESAMPLES,
        batch=100,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))
