"""WHAT WILL A CONFIGURATION COST? Expected improvement for each unit of cost, where reports say what was spent.

With a fixed budget the best suggestion is not the one that improves most, but the one that improves most for what it
costs: wide networks are often a little better, and several times as slow. So the criterion becomes

    -log EI(x) + w log c(x),

with w = ``cost_weight``, and c(x) the cost of one unit of resource that is expected of configuration x. With w = 1 this
is expected improvement per second (Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning
Algorithms", 2012, section 3.2, there with a Gaussian process of log durations).

Here log c is a sum of parabolas, one for each coordinate of the encoded configuration, fitted by ridge regression to
the trials whose reports have a cost, of which log(total cost / resource) is known. Costs are often products of powers
of the parameters, and a parameter on a logarithmic scale is then a straight line. Expected costs leave the range of
those that were seen by a factor of e at most. Nothing changes if no report has a cost, or if all costs are alike.
"""

import math
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Evidence, Figures
from pure_hb.search.acquisition import Criterion
from pure_hb.search.view import View
from pure_hb.space import encoder
from pure_hb.surrogate.arrays import Array

_ALIKE: Final = 0.01
"""Logarithms of costs that differ by less are the same cost."""
_BEYOND: Final = 1.0
"""How far log c may be outside of the range that was seen: parabolas go far where nothing holds them."""
_LARGEST: Final = math.log(np.finfo(np.float64).max)
_RIDGE: Final = 0.02
"""The variance of log c around the parabolas in units of the prior variance of their coefficients: 0.3^2 / 2^2."""


@frozen(eq=False)
class Costs:
    """log c(x), relative to the geometric mean of the costs that were seen; d coordinates."""

    middle: Array
    """The mean of the encoded configurations, shape (d,)."""
    spread: Array
    """Their variance in each coordinate, shape (d,)."""
    slopes: Array
    bends: Array
    """The coefficients of the distance from the middle and of its square less the variance, shape (d,) each."""
    lowest: float
    highest: float
    """The smallest and the largest that is believed."""
    mean: float
    """The logarithm of the geometric mean, in the unit of the reports."""
    trials: int

    def _parabolas(self, x: Array) -> Array:
        away = x - self.middle
        return np.asarray(away @ self.slopes + (away**2 - self.spread) @ self.bends)

    def logarithms(self, x: Array) -> Array:
        """log c at encoded configurations of shape (m, d), shape (m,)."""
        return np.clip(self._parabolas(x), self.lowest, self.highest)

    def gradient(self, x: Array) -> Array:
        """The derivative of log c at one configuration, both of shape (d,)."""
        if not self.lowest < self._parabolas(x) < self.highest:
            return np.zeros_like(x)
        return self.slopes + 2.0 * (x - self.middle) * self.bends


def costs_of(view: View) -> Costs | None:
    """The costs that are expected; None if no report had one, or all are alike."""
    priced = [(one.configuration, math.log(one.pace)) for one in view.known() if one.pace is not None]
    logs = np.array([log for _, log in priced])
    if not len(logs) or logs.max() - logs.min() < _ALIKE:
        return None
    encoded, mean = encoder(view.space), float(logs.mean())
    x = np.array([encoded(configuration) for configuration, _ in priced])
    middle, spread = x.mean(axis=0), x.var(axis=0)
    features = np.hstack((x - middle, (x - middle) ** 2 - spread))
    among = features.T @ features + _RIDGE * np.eye(features.shape[1])
    slopes, bends = np.split(np.linalg.solve(among, features.T @ (logs - mean)), 2)
    low, high = float(logs.min()) - mean - _BEYOND, float(logs.max()) - mean + _BEYOND
    return Costs(middle, spread, slopes, bends, low, high, mean, len(logs))


@frozen(eq=False)
class ForItsCost:
    """A criterion that is minus the logarithm of a utility, for each unit of cost to the power ``weight``."""

    criterion: Criterion
    costs: Costs
    weight: float

    def told(self, x: Array) -> tuple[Array, Array, Array]:
        """As `Criterion.told`; the value counts the cost."""
        mean, deviation, value = self.criterion.told(x)
        return mean, deviation, value + self.weight * self.costs.logarithms(x)

    def __call__(self, x: Array) -> Array:
        """The values, shape (m,)."""
        return self.criterion(x) + self.weight * self.costs.logarithms(x)

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The value at one configuration, and its gradient."""
        value, slope = self.criterion.with_gradient(x)
        added = self.weight * float(self.costs.logarithms(x[None, :])[0])
        return value + added, slope + self.weight * self.costs.gradient(x)

    def thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.thompson`: a draw of a value has no cost."""
        return self.criterion.thompson(x, draws)

    def mean_thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.mean_thompson`: a draw of a value has no cost."""
        return self.criterion.mean_thompson(x, draws)

    def said(self, x: Array) -> Figures:
        """The expected cost of one resource of a configuration, shape (d,), for evidence."""
        expected = math.exp(min(self.costs.mean + float(self.costs.logarithms(x[None, :])[0]), _LARGEST))
        numbers = (("expected", expected), ("typical", math.exp(self.costs.mean)), ("trials", float(self.costs.trials)))
        return Figures("cost of a resource", numbers)


def for_its_cost(criterion: Criterion, view: View, weight: float) -> Criterion:
    """The criterion with costs, if they are to count and are known."""
    costs = costs_of(view) if weight else None
    return criterion if costs is None else ForItsCost(criterion, costs, weight)


def cost_said(criterion: Criterion, x: Array) -> Evidence:
    """Evidence of the expected cost at a configuration, shape (d,), if costs counted."""
    return (criterion.said(x),) if isinstance(criterion, ForItsCost) else ()
