"""WHAT DO RUNS SAY TOGETHER? Budgets, interquartile means with bootstrap intervals, ranks and paired comparisons."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import frozen

import pure_hb as hb

RESAMPLES: Final = 10_000
KEY: Final = 2026
"""The key of the resampling: the same data have the same interval, in whatever order they are looked at."""


def time_limit(table: hb.Table) -> float:
    """T: simulated seconds in which four workers train 22, 12 or 10 configurations of median cost fully."""
    full_trainings = 22 if table.max_resource <= 30 else 12 if table.max_resource <= 60 else 10
    return full_trainings / 4 * float(np.median(table.seconds[:, -1]))


def interquartile_mean(values: Any) -> Any:
    """The mean without the lowest and the highest quarter, over the last axis; with fewer than four values, of all."""
    ordered = np.sort(np.asarray(values, dtype=float), axis=-1)
    count = ordered.shape[-1]
    return ordered[..., count // 4 : count - count // 4].mean(axis=-1)


@frozen
class Interval:
    """An interquartile mean and its 95% bootstrap interval: the 2.5% and 97.5% percentiles over resamples."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def _resampled(values: Any, generator: np.random.Generator, resamples: int = RESAMPLES) -> Any:
    given = np.asarray(values, dtype=float)
    return interquartile_mean(given[generator.integers(0, len(given), (resamples, len(given)))])


def interval(values: Sequence[float]) -> Interval:
    """The interquartile mean of some values."""
    low, high = np.percentile(_resampled(values, np.random.default_rng(KEY)), (2.5, 97.5))
    return Interval(float(interquartile_mean(values)), float(low), float(high))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How much larger the first interquartile mean is, of two samples that share nothing."""
    generator = np.random.default_rng(KEY)
    low, high = np.percentile(_resampled(ours, generator) - _resampled(theirs, generator), (2.5, 97.5))
    return Interval(float(interquartile_mean(ours) - interquartile_mean(theirs)), float(low), float(high))


def band(curves: Any, resamples: int = 1000) -> tuple[Any, Any, Any]:
    """Interquartile mean, low and high end for each column of an array (runs, times)."""
    given = np.asarray(curves, dtype=float)
    places = np.random.default_rng(KEY).integers(0, len(given), (resamples, len(given)))
    means = np.stack([interquartile_mean(column[places]) for column in given.T])
    low, high = np.percentile(means, (2.5, 97.5), axis=-1)
    return interquartile_mean(given.T), low, high


def mean_ranks(regrets: Any) -> Any:
    """Of an array (methods, ...) of regrets the ranks from 1 (the lowest), ties sharing their mean."""
    from scipy.stats import rankdata

    return rankdata(np.asarray(regrets, dtype=float), axis=0)


@frozen
class Paired:
    """The shares of pairs in which one is better than another, equal, worse."""

    better: float
    equal: float
    worse: float
    pairs: int

    def __str__(self) -> str:
        return f"{self.better:.2f} / {self.equal:.2f} / {self.worse:.2f}"


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Paired:
    """Regrets compared pair by pair."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    count = max(1, len(a))
    return Paired(float((a < b).sum()) / count, float((a == b).sum()) / count, float((a > b).sum()) / count, len(a))


def seed_range(text: str) -> range:
    """``20`` is 0 to 19, ``1000:1800`` is 1000 to 1799."""
    low, colon, high = text.partition(":")
    return range(int(low), int(high)) if colon else range(int(low))
