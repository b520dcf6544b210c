"""WILL IT GET THERE? The chance that the trial of a configuration is not lost on the way.

Beyond a cliff a value may look best of all until the trial diverges or fails. A surrogate of values is smooth and
cannot follow that: with losses as worst values it stays far from the edge, where the best may lie, or many values below
outvote a few losses. So it sees no losses, and losses are looked at by themselves. Of the trials that ran to a level
where any was lost, y = 1 is a loss and y = 0 a survivor. With the base kernel k of the surrogate (classification by
least squares: Rasmussen and Williams, 2006, section 6.5)

    y ~ N(pi, v [s k(X, X) + (1 - s) I]),   pi = (losses + 1) / (trials + 2),   v = pi (1 - pi).

The share s and the bandwidths are those that make the labels most likely, of a few: the bandwidths of the surrogate,
narrower ones, and those that tell how losses lie among all trials, `apart`. Where all were lost any wide kernel makes
that likely; then only the last are left. The chance c of a configuration is the product of 1 - E[y] over these levels,
each at least 1 / (labels + 2) and at most 1; of a known trial, over the levels that it has not reached. What a search
makes of it: `pure_hb.search.acquisition`. Where nothing was lost nothing changes.

**A limit.** If values improve up to the edge and beyond, a small chance of a large improvement wins again and again,
far beyond the edge. So a suggestion needs a chance of at least 1/2; and of 4/5 while more than a fifth of all n trials
are expected to be lost, sum_i (1 - c_i) > n / 5. With even odds an edge is found soonest, and the fifth is what may be
spent on that. Where trials are lost wherever they are, nobody has that chance; so the safest quarter is always allowed.
"""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

import numpy as np
from attrs import evolve, frozen

from pure_hb.protocol import Figures
from pure_hb.surrogate import (
    DensePosterior,
    ObservationTable,
    Points,
    observations,
    points,
)
from pure_hb.surrogate.arrays import Array, Indices, Mask, factorise
from pure_hb.surrogate.models.dense import KernelProcess, dense_posterior

_SHARES: Final = (0.1, 0.5, 0.8, 0.95)
_SHARPER: Final = (1.0, 2.0, 4.0)
"""A loss is a step, values are smooth: bandwidths that fit one may be too wide for the other."""
_LEAST_VARIANCE: Final = 1e-12
_SHARE: Final = 0.2
"""More expected losses than this share of all trials are too many."""
_EVEN, _SAFE = 0.5, 1.0 - _SHARE
"""The least chance of a suggestion as long as losses are not too many, and afterwards."""
_ALLOWED: Final = 0.25
"""The share of the candidates that is always allowed."""


# ---- what is known -------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Labels:
    """The trials that ran to a level where some were lost: their rows in ``configurations``, and y, shape (n,) each."""

    level: int
    configuration: Indices
    y: Array


@frozen(eq=False)
class Fates:
    """What happened to each trial of a table: lost or not, and where."""

    lost: Mapping[int, int]
    """Trial -> the level where it was lost."""
    reached: Mapping[int, int]
    """Trial -> the highest resource of its values."""
    labels: tuple[Labels, ...]
    """The labels of each level where a trial was lost, by increasing level."""
    trial: Indices
    """The number of each trial, shape (trials,)."""
    configurations: Indices
    """For each trial the row of its configuration, shape (trials,)."""

    @property
    def trials(self) -> int:
        """The number of trials."""
        return len(self.trial)


def fates(rows: ObservationTable) -> Fates:
    """The fates of all trials with a row that is not pending."""
    lost: dict[int, int] = {}
    reached: dict[int, int] = {}
    of: dict[int, int] = {}
    numbers = np.flatnonzero(rows.own)
    columns = (rows.trial, rows.configuration, rows.resource, rows.lost)
    for trial, configuration, resource, level in zip(*(one[numbers].tolist() for one in columns), strict=True):
        of[trial] = configuration
        if level:
            lost[trial] = level
        else:
            reached[trial] = max(resource, reached.get(trial, 0))
    found = []
    for level in sorted(set(lost.values())):
        known = [(of[trial], 1.0) for trial, where in lost.items() if where == level]
        known += [(of[trial], 0.0) for trial, highest in reached.items() if highest >= level]
        configurations, y = zip(*known, strict=True)
        found.append(Labels(level, np.array(configurations, dtype=np.intp), np.array(y)))
    trials, rows_of = (np.array(list(one), dtype=np.intp) for one in (of, of.values()))
    return Fates(lost, reached, tuple(found), trials, rows_of)


# ---- the chance ----------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Risk:
    """The estimated probability of a loss at one level."""

    level: int
    least: float
    """The floor of the probability to get past the level, 1 / (labels + 2)."""
    losses: DensePosterior
    """The posterior of the label y (1: lost) over configurations."""


Process = Callable[[float, float, Array], KernelProcess]
"""The base kernel of a surrogate as a process: from mean, scale and inverse bandwidths."""


def risk(labels: Labels, configurations: Array, everybody: Array, process: Process, fitted: Array) -> Risk:
    """The posterior of the labels of one level. ``everybody``: the encoded configurations of all trials, (trials, d);
    ``fitted``: the inverse bandwidths of the surrogate.

    Raises:
        SingularError: if the covariance has no Cholesky factor.
    """
    n, y, x = len(labels.y), labels.y, configurations[labels.configuration]
    prior = (float(y.sum()) + 1.0) / (len(everybody) + 2.0)
    variance, at = prior * (1.0 - prior), points(x, 1)
    scatter = apart(x[y > 0.0], everybody)
    widths = [scatter] if y.all() else [*(fitted * sharper for sharper in _SHARPER), scatter]
    best, least = (widths[0], _SHARES[0]), math.inf
    for width in widths:
        k = process(prior, 1.0, width).covariance(at, at).value
        for share in _SHARES:
            factor = factorise(share * variance * k, (1.0 - share) * variance)
            whitened = factor.solve(y - prior)
            unlikely = factor.half_log_determinant + 0.5 * float(whitened @ whitened)
            if unlikely < least:
                best, least = (width, share), unlikely
    width, share = best
    losses = dense_posterior(process(prior, share * variance, width), observations(at, y), (1.0 - share) * variance)
    return Risk(labels.level, 1.0 / (n + 2.0), losses)


def apart(lost: Array, everybody: Array) -> Array:
    """Inverse bandwidths, shape (d,), from how lost configurations, (n, d), are spread among all, (m, d): a coordinate
    matters as far as the losses are more concentrated there. It is the difference of the precisions, with one
    pseudo-loss that is spread like all."""
    n, overall = len(lost), np.maximum(everybody.var(axis=0), _LEAST_VARIANCE)
    variance = (n * lost.var(axis=0) + overall) / (n + 1.0)
    found: Array = np.sqrt(np.maximum(1.0 / variance - 1.0 / overall, 0.0))
    return found


# ---- predictions ---------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Survival:
    """The estimated probabilities of a loss at all levels."""

    risks: tuple[Risk, ...]
    fates: Fates
    trials: Points
    """All trials, each once."""
    attainable: float = 1.0
    """The chance that the safest quarter of the new configurations has."""

    @cached_property
    def expected(self) -> float:
        """The expected number of lost trials, those that are lost already included."""
        return float(np.sum(1.0 - self.chance(self.trials)))

    @property
    def least(self) -> float:
        """The chance that a suggestion needs."""
        return min(self.attainable, _EVEN if self.expected <= _SHARE * self.fates.trials else _SAFE)

    def among(self, candidates: Points) -> "Survival":
        """The same estimate for a choice among these candidates. What new configurations can attain counts: paused
        trials that are past the danger would shut them out."""
        new = candidates.trial < 0
        chance = self.chance(candidates)[new | ~new.any()]
        return evolve(self, attainable=float(np.quantile(chance, 1.0 - _ALLOWED, method="lower")))

    def chance(self, at: Points) -> Array:
        """The probability that the trial of each point is not lost, shape (m,)."""
        over_x = points(at.x, 1)
        passed = [self.passed(one, one.losses.mean(over_x)[:, 0], at) for one in self.risks]
        chance: Array = self.unlost(at) * np.prod(passed, axis=0)
        return chance

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The chance of a new trial at one configuration of shape (d,), and its gradient, shape (d,)."""
        at = points(x[None, :], 1)
        passed, slopes = [], []
        for one in self.risks:
            y, pull = one.losses.predict_and_pull(at)
            share = float(self.passed(one, y.mean[:, 0], at)[0])
            free = one.least < share < 1.0
            passed.append(share)
            slopes.append(pull(np.full((1, 1), -float(free)), np.zeros(1))[0])
        chance = math.prod(passed)
        return chance, chance * np.sum([slope / share for slope, share in zip(slopes, passed, strict=True)], axis=0)

    def said(self, at: Points) -> Figures:
        """The chance of one point as evidence, what it has to be, and why."""
        numbers = (("of this trial", float(self.chance(at)[0])), ("at least", self.least))
        return Figures("chance not to be lost", (*numbers, ("expected losses", self.expected)))

    def passed(self, one: Risk, y: Array, at: Points) -> Array:
        """The probability to get past one level, 1 - y within its bounds, shape (m,)."""
        return np.where(self.at_risk(one, at), np.clip(1.0 - y, one.least, 1.0), 1.0)

    def at_risk(self, one: Risk, at: Points) -> Mask:
        """Whether the trial of each point has not reached the level yet, shape (m,)."""
        reached = np.array([self.fates.reached.get(trial, 0) for trial in at.trial.tolist()])
        found: Mask = reached < one.level
        return found

    def unlost(self, at: Points) -> Array:
        """0 for points of lost trials, otherwise 1; shape (m,)."""
        return np.array([float(trial not in self.fates.lost) for trial in at.trial.tolist()])


def survival(
    rows: ObservationTable, process: Process, fitted: Array, everyone: ObservationTable | None = None
) -> Survival | None:
    """The estimate from these rows; None if no trial was lost. ``process`` and ``fitted`` as in `risk`. ``everyone``:
    the table that the rows were sampled from, whose trials are those that may be lost; None: they are the whole table.

    Raises:
        SingularError: if a covariance has no Cholesky factor.
    """
    known = fates(rows)
    if not known.lost:
        return None
    of, sample = rows.configurations, rows.configurations[known.configurations]
    risks = tuple(risk(labels, of, sample, process, fitted) for labels in known.labels)
    all_fates = known if everyone is None else fates(everyone)
    return Survival(risks, all_fates, points(of[all_fates.configurations], 1, all_fates.trial))
