"""WHAT IS A MODEL FITTED TO, AND WHEN? At most ``max_size_data_for_model`` rows of the table; values or their ranks;
standardised. Whether a fit is due depends on counts alone.

**Rows.** A Gaussian process costs O(n^3) in its n observations. Rows are chosen by level, never by value. Syne Tune's
rule (`thinning`) keeps, from the highest level down, all observations of the trials that reached the level, as long as
there is room. The first group of trials without room loses its lowest levels, and of the level that fits in part a
uniform sample stays. By itself this may leave no trial that was stopped at the lowest level, and the model would know
good configurations only. So here each group (the trials with the same highest level; lost trials are groups of their
own) is sure of a quarter of an equal share of the room.

**Targets.** One value of 1e27 makes all others equal after standardisation. Two warpings avoid this, and keep order.

*Normal scores*: at each level a value counts by its rank only. With n the number of values at the level that has most,
the value of rank k (1 is the best; ties share their mean rank) becomes

    Phi^-1((k - 1/2) / n)

n is the same for all levels because trials that were stopped below a level count there as worse than all that reached
it, and those that were lost on the way keep their places. So the best of the few that were promoted is not mistaken for
the best of few that were not selected. Source of normal scores as targets: Salinas, Shen and Perrone, "A Quantile-based
Approach for Hyperparameter Transfer Learning", ICML 2020; of the rest: this library.

*Half-ranks*: the better half keeps its values. With median y~ and sigma^2 = mean of (y_i - y~)^2 over the better half,
a value of the worse half becomes

    y~ + sigma Phi^-1((k - 1/2) / n)

of its rank k among all n values. Source: Song et al., "The Vizier Gaussian Process Bandit Algorithm", 2024, output
warping.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import evolve, frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Counts, Learned
from pure_hb.surrogate.arrays import Array, Indices, Mask
from pure_hb.surrogate.points import DataError, Observations, observations
from pure_hb.surrogate.table import ObservationTable

# ---- rows ------------------------------------------------------------------------------------------------------------


@frozen
class Thinning:
    """The result of `thinning`: the rows ``kept`` for certain, and how many of the rows in ``pool`` are to be ``drawn``
    at random. Row numbers increase."""

    kept: tuple[int, ...]
    pool: tuple[int, ...] = ()
    drawn: int = 0


def thinning(trial: Indices, resource: Indices, limit: int) -> Thinning:
    """Which ``limit`` of n observations to keep, given the trial and resource of each, shape (n,); all if n <=
    ``limit``.

    Raises:
        ValueError: for a limit below 1.
    """
    _check(limit)
    if len(trial) <= limit:
        return Thinning(tuple(range(len(trial))))
    kept: list[int] = []
    done: set[int] = set()
    for level in sorted(set(resource.tolist()), reverse=True):
        members = {int(one) for one in trial[resource == level]} - done
        done |= members
        group = [row for row in range(len(trial)) if int(trial[row]) in members]
        room = limit - len(kept)
        if len(group) > room:
            return _thin(group, resource, kept, room)
        kept += group
    return Thinning(tuple(sorted(kept)))


def _check(limit: int) -> None:
    if limit < 1:
        raise ValueError(f"max_size_data_for_model is {limit}; give at least 1, or None for no limit")


def _thin(group: list[int], resource: Indices, kept: list[int], room: int) -> Thinning:
    """Cut levels from below until the rest leaves room; then part of the level that was cut last may stay."""
    rest = group
    for low in sorted({int(resource[row]) for row in group}):
        pool = [row for row in rest if resource[row] == low]
        rest = [row for row in rest if resource[row] > low]
        if len(rest) < room:
            return Thinning(tuple(sorted(kept + rest)), tuple(pool), room - len(rest))
    return Thinning(tuple(sorted(kept)))


def sparse(trial: Indices, resource: Indices, limit: int) -> tuple[int, ...]:
    """A deterministic first pass for curves with many levels (DyHPO), before `thinning`; returns the rows that stay.

    In each of the ranges [0, 1], (1, 3], (3, 9], ... a trial keeps its value of highest resource. Other values are
    removed from the highest resource down, until ``limit`` rows are left.
    """
    highest = int(resource.max()) if len(resource) else 0
    if len(trial) <= limit or highest <= 1:
        return tuple(range(len(trial)))
    edges = [1]
    while edges[-1] * 3 < highest:
        edges.append(edges[-1] * 3)
    edges.append(highest)
    order = sorted(range(len(trial)), key=lambda row: (-int(resource[row]), -int(trial[row])))
    occupied: set[tuple[int, int]] = set()
    surplus, kept = len(trial) - limit, []
    for row in order:
        place = int(trial[row]), int(np.searchsorted(edges, resource[row]))
        if surplus and place in occupied:
            surplus -= 1
            continue
        occupied.add(place)
        kept.append(row)
    return tuple(sorted(kept))


def rooms(sizes: Sequence[int], limit: int) -> tuple[int, ...]:
    """How many rows each group keeps, for groups of these sizes: min(size, a quarter of ``limit`` / groups) for
    certain; the rest of ``limit`` goes to the first groups first."""
    certain = [min(size, limit // (4 * len(sizes))) for size in sizes]
    left, found = limit - sum(certain), []
    for size, sure in zip(sizes, certain, strict=True):
        more = min(size - sure, left)
        found.append(sure + more)
        left -= more
    return tuple(found)


def _rows_of_groups(rows: ObservationTable, limit: int, draws: Draws) -> Indices:
    """The numbers of the rows that stay, increasing."""
    group_of: dict[int, tuple[int, bool]] = {}
    for trial, resource, lost in zip(rows.trial.tolist(), rows.resource.tolist(), rows.lost.tolist(), strict=True):
        highest, _ = group_of.get(trial, (0, False))
        group_of[trial] = max(highest, resource), lost > 0  # a loss is the last row of its trial
    kinds = sorted(set(group_of.values()), key=lambda kind: (-kind[0], kind[1]))
    number = {kind: place for place, kind in enumerate(kinds)}
    of_row = np.array([number[group_of[trial]] for trial in rows.trial.tolist()])
    groups = [np.flatnonzero(of_row == place) for place in range(len(kinds))]
    chosen, lot = set[int](), 0
    for group, room in zip(groups, rooms([len(one) for one in groups], limit), strict=True):
        if not room:
            continue
        rule = thinning(rows.trial[group], rows.resource[group], room)
        lots = sorted((draws.uniform(Purpose.SUBSAMPLE, lot + index), row) for index, row in enumerate(rule.pool))
        lot += len(rule.pool)
        chosen.update(group[[*rule.kept, *(row for _, row in lots[: rule.drawn])]].tolist())
    return np.array(sorted(chosen), dtype=np.intp)


def down_sample(table: ObservationTable, limit: int | None, draws: Draws, *, dense: bool = False) -> ObservationTable:
    """The table with at most ``limit`` observed rows, lost ones included (None: no limit). Pending rows stay.

    ``dense`` applies `sparse` first. The random choice is drawn for the purpose SUBSAMPLE.

    Raises:
        ValueError: for a limit below 1.
    """
    observed = np.flatnonzero(~table.pending)
    if limit is None or len(observed) <= limit:
        return table
    _check(limit)
    if dense:
        observed = observed[list(sparse(table.trial[observed], table.resource[observed], limit))]
    kept = observed[_rows_of_groups(table.rows(observed), limit, draws)]
    return table.rows(np.union1d(kept, np.flatnonzero(table.pending)))


# ---- targets ---------------------------------------------------------------------------------------------------------

SCORE_NOISE: Final = 1e-3
"""The smallest noise variance of a model of normal scores, in squared units of the targets.

Scores move with every value that comes: when a tenth more values have come, those in the middle have moved by about
0.36 / sqrt(n), which is this deviation, 0.03, at n = 128. A model without noise takes equal ranks at several levels for
one function. Once a trial overtakes others, parameters kept from before contradict the scores, and predictions are
hundreds of deviations off.
"""
VALUE_NOISE: Final = 1e-6
"""The smallest noise variance of a model of values, in squared units of the targets: a thousandth of their deviation.

With exact values, fits went to 1e-9, because of the pole of the prior at 0. There the covariance is nearly singular,
the optimiser ends where rounding stops it, and more fits missed the best optimum (docs/measurements/fits.md)."""


def level_scores(values: Array, resource: Indices, lost: Mask | None = None, trial: Indices | None = None) -> Array:
    """The normal scores of values, to be minimised, among the values of their level. All arrays have shape (n,); the
    rows of a trial stand in increasing order of resource.

    Rows that are ``lost`` take the last ranks. With ``trial`` given, a lost trial keeps its place among the others at
    that level and above: as many come before it as had better scores when it was last seen.
    """
    from scipy.special import ndtri

    gone = np.zeros(len(values), dtype=np.bool_) if lost is None else lost
    numbers = np.arange(len(values)) if trial is None else trial
    scores, seen, absent = np.empty(len(values)), dict[int, float](), list[float]()
    levels = np.unique(resource)
    most = max((np.sum(resource == one) + np.sum(gone & (resource < one)) for one in levels), default=0)
    for level in levels:
        told, missing = np.flatnonzero((resource == level) & ~gone), np.flatnonzero((resource == level) & gone)
        absent += [seen[one] for one in numbers[missing].tolist() if one in seen]
        ranks = _mean_ranks(values[told])
        if absent:
            before = np.sort([seen.get(one, math.inf) for one in numbers[told].tolist()])
            ranks += np.searchsorted(np.sort(np.searchsorted(before, absent)), ranks - 1.0, side="right")
        scores[told] = ndtri((ranks - 0.5) / most)
        scores[missing] = ndtri(1.0 - 0.5 * len(missing) / most)
        seen.update(zip(numbers[told].tolist(), scores[told].tolist(), strict=True))
    return scores


def half_scores(values: Array, resource: Indices, lost: Mask, trial: Indices) -> Array:
    """Values of which those that are not ``lost`` are warped by `half_ranked`; arguments as those of `level_scores`."""
    scores = values.copy()
    scores[~lost] = half_ranked(values[~lost])
    return scores


def half_ranked(values: Array) -> Array:
    """The values, to be minimised, with the worse half warped; shape (n,). Order and ties are kept. If the better half
    has no spread, the values are returned unchanged."""
    if len(values) < 2:
        return values
    from scipy.special import ndtri

    ordered = np.sort(values)
    middle = len(values) // 2
    low, high = float(ordered[-middle - 1]), float(ordered[middle])
    median = min(max(0.5 * low + 0.5 * high, low), high)  # halves of the smallest numbers are 0
    apart = values[values <= median] - median
    largest = float(np.max(np.abs(apart)))
    if not 0.0 < largest < math.inf:
        return values
    sigma = largest * math.sqrt(float(np.mean((apart / largest) ** 2)))
    with np.errstate(over="ignore"):
        warped = median + sigma * ndtri((_mean_ranks(values) - 0.5) / len(values))
    return np.where(values <= median, values, np.clip(warped, median, np.finfo(np.float64).max))


def _mean_ranks(values: Array) -> Array:
    """Ranks from 1, the smallest; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - 0.5 * (counts - 1))[place]
    return ranks


@frozen
class Standardisation:
    """The affine map from metric values y to targets z = (y - mean) / scale."""

    mean: float
    scale: float

    def back(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """From mean and variance of z to mean and standard deviation of y, clipped to the largest float."""
        with np.errstate(over="ignore"):  # values of 1e308 are finite: they are data
            y, deviation = self.mean + self.scale * mean, self.scale * np.sqrt(variance)
        return np.clip(y, -_LARGEST, _LARGEST), np.minimum(deviation, _LARGEST)


AS_THEY_ARE = Standardisation(0.0, 1.0)
"""The identity, for ``normalize_targets=False``."""
_SMALLEST_SCALE = float(np.finfo(np.float64).tiny)
_LARGEST = float(np.finfo(np.float64).max)


def standardisation(values: Array) -> Standardisation:
    """Mean and population standard deviation of all values together, shape (n,), whatever their resource.

    If all values are equal, scale is 1, so that z is exactly 0. Otherwise the scale is at least 1e-9 of the largest
    magnitude, and never subnormal.

    Raises:
        DataError: for a value that is not finite.
    """
    if not len(values):
        return AS_THEY_ARE
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"value {bad[0]} is {values[bad[0]]}; only finite values are data: standardisation(table.observed.value)"
        )
    largest = float(np.max(np.abs(values)))
    if float(np.min(values)) == float(np.max(values)):
        return Standardisation(float(values[0]), 1.0)
    shares = values / largest
    mean = float(np.mean(shares))
    deviation = math.sqrt(float(np.mean((shares - mean) ** 2)))
    return Standardisation(mean * largest, max(max(deviation, 1e-9) * largest, _SMALLEST_SCALE))


def standardised(table: ObservationTable, by: Standardisation) -> Observations:
    """The observed rows as `Observations`, with values mapped by the standardisation."""
    observed = ~table.pending
    halves = 0.5 * table.value[observed] - 0.5 * by.mean  # the difference of the largest floats is beyond them
    return observations(table.points(observed), halves / by.scale * 2.0)


# ---- when ------------------------------------------------------------------------------------------------------------


@frozen
class RefitOptions:
    """When a fit may be skipped. Always, a fit needs more values than the last one, by a share of at least
    ``opt_skip_growth``. From ``opt_skip_init_length`` values on it also needs the following: with
    ``opt_skip_num_max_resource``, one more trial observed at the maximum resource; otherwise, every
    ``opt_skip_period``-th growth of the data.

    Raises:
        ValueError: if a number is out of range.
    """

    opt_skip_init_length: int = 150
    opt_skip_period: int = 1
    opt_skip_num_max_resource: bool = False
    opt_skip_growth: float = 0.0

    def __attrs_post_init__(self) -> None:
        if not 0.0 <= self.opt_skip_growth < float("inf"):
            raise ValueError(f"opt_skip_growth is {self.opt_skip_growth}; give a number from 0 on, such as 0.1")
        for name, least in (("opt_skip_init_length", 0), ("opt_skip_period", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least {least}")


def due(options: RefitOptions, learned: Learned, observed: int, at_maximum: int) -> tuple[bool, Counts]:
    """Whether to fit the parameters to ``observed`` values now, and the updated counts. ``at_maximum`` is the number of
    trials with a value at the maximum resource.

    A fit is due if the data have grown enough since the last fit and nothing skips it. For the same number of values, a
    period gives the same answer again; ``opt_skip_num_max_resource`` allows one fit for each further trial at the
    maximum resource."""
    counts, skips = learned.counts, False
    if observed >= options.opt_skip_init_length:
        if options.opt_skip_num_max_resource:
            skips, counts = counts.at_maximum == at_maximum, evolve(counts, at_maximum=at_maximum)
        elif options.opt_skip_period > 1 and observed == counts.observed:
            skips = counts.skipped
        elif options.opt_skip_period > 1:
            skips = counts.growths % options.opt_skip_period != 0
            counts = Counts(observed, skips, counts.growths + 1, counts.at_maximum)
    growth = observed - learned.observed
    grown = growth != 0 and growth >= options.opt_skip_growth * learned.observed
    return grown and not skips, counts
