"""WHAT DO PAIRED RUNS SAY? Regrets with a floor, log2 ratios, won less lost, and the time to another's result."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from _summaries import KEY, RESAMPLES, Interval
from attrs import frozen

import pure_hb as hb

FLOOR: Final = 1e-3
"""Smaller regrets count as this: beside a ratio, the last thousandth of the way to the optimum says nothing."""

Trajectory = Sequence[tuple[float, float]]
"""(simulated seconds, value of the configuration that was best so far), in the order of time."""


def value_at(trajectory: Trajectory, time: float) -> float | None:
    """The value of what was best up to a time; None: nothing had been found."""
    return next((value for when, value in reversed(trajectory) if when <= time), None)


@frozen
class Ruler:
    """What turns values of a problem into regrets: 0 is the best there is, 1 a median configuration."""

    goal: hb.Goal
    best: float
    median: float
    worst: float

    def regret(self, value: float | None) -> float:
        """The normalised regret of a value, at least `FLOOR`; nothing found counts as the worst value."""
        best, median = self.goal.to_minimise(self.best), self.goal.to_minimise(self.median)
        gap = self.goal.to_minimise(self.worst if value is None else value) - best
        return max(FLOOR, gap / (median - best)) if median > best else (FLOOR if gap <= 0.0 else math.inf)


def best_of(goal: hb.Goal, trajectories: Sequence[Trajectory]) -> float | None:
    """The best value in any of some trajectories: it stands for an optimum that is not known."""
    values = [value for trajectory in trajectories for _, value in trajectory if math.isfinite(value)]
    return min(values, key=goal.to_minimise, default=None)


@frozen
class Comparison:
    """A method beside another over pairs of runs (problem, seed)."""

    log2_ratio: Interval
    """Mean of log2(regret / regret of the other): -1 is half the regret."""
    won_less_lost: Interval
    """Share of pairs with the smaller regret less the share with the larger: from -1 to 1."""
    pairs: int


def compared(ours: Sequence[float], theirs: Sequence[float]) -> Comparison:
    """Regrets beside those of the other, pair by pair, with the 95% bootstrap interval over pairs.

    Raises:
        ValueError: if there are no pairs, or one side has more.
    """
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if len(a) != len(b) or not len(a):
        raise ValueError(f"{len(a)} regrets beside {len(b)}; each has its partner, and there is at least one pair")
    return Comparison(_mean(np.log2(a) - np.log2(b)), _mean(np.sign(b - a)), len(a))


def _mean(values: Any) -> Interval:
    places = np.random.default_rng(KEY).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[places].mean(axis=1), (2.5, 97.5))
    return Interval(float(values.mean()), float(low), float(high))


def time_to(trajectory: Trajectory, ruler: Ruler, target: float) -> float:
    """Simulated seconds until the regret is at most a target; infinite if it never is."""
    return next((when for when, value in trajectory if ruler.regret(value) <= target), math.inf)


def median_time(times: Sequence[float]) -> float:
    """The median of times, of which some may be infinite: infinite if half of them or more are."""
    ordered = sorted(times)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0
