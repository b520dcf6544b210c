"""WHICH PARAMETERS ARE LIKELY? Prior densities; all of them have the same few terms in their negative logarithm.

The constants are those of the reference system, so that objectives can be compared number by number. The density
is taken in natural units whatever the optimiser works on: there is no Jacobian.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array

_SMALLEST = 1e-12
"""The smallest argument of a logarithm."""


@frozen
class Terms:
    """log_weight log t + weight t + log_square (log t - log_centre)^2 + square (t - centre)^2 + constant, with
    t = theta, or -theta if ``negated``."""

    log_weight: float = 0.0
    weight: float = 0.0
    log_square: float = 0.0
    log_centre: float = 0.0
    square: float = 0.0
    centre: float = 0.0
    constant: float = 0.0
    negated: bool = False


class Penalty:
    """The sum of the prior terms of many entries, evaluated together: of each entry the terms in log t, which are left
    out where its prior has none, and those in theta, two rows of one array."""

    def __init__(self, priors: Sequence["AnyPrior"]) -> None:
        terms = [prior.terms for prior in priors]
        signs = [-1.0 if one.negated else 1.0 for one in terms]
        has_log = [one.log_weight != 0.0 or one.log_square != 0.0 for one in terms]
        linear = [sign * one.weight for sign, one in zip(signs, terms, strict=True)]
        centres = [sign * one.centre for sign, one in zip(signs, terms, strict=True)]
        self._weights = np.array([[one.log_weight for one in terms], linear])
        self._squares = np.array([[one.log_square for one in terms], [one.square for one in terms]])
        self._centres = np.array([[one.log_centre for one in terms], centres])
        self._signs = np.array(signs) * has_log
        self._smallest = np.where(has_log, _SMALLEST, 1.0)
        self._constant = sum(one.constant for one in terms)

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """The sum and its derivative, shape (k,). At or below 1e-12 a logarithm is constant."""
        t = np.maximum(theta * self._signs, self._smallest)
        seen = np.empty((2, len(t)))
        np.log(t, out=seen[0])
        seen[1] = theta
        away = seen - self._centres
        slopes = self._squares * away
        value = np.vdot(self._weights, seen) + np.vdot(slopes, away) + self._constant
        slopes *= 2.0
        slopes += self._weights
        by_log = slopes[0] / t
        by_log *= self._signs * (t > self._smallest)
        return float(value), by_log + slopes[1]


class Prior(Protocol):
    """A prior for each entry of a parameter."""

    @property
    def terms(self) -> Terms:
        """Of the negative log density."""
        ...


@frozen
class Flat:
    """No prior term."""

    @property
    def terms(self) -> Terms:
        """None."""
        return Terms()


@frozen
class Uniform:
    """log(upper - lower) for each entry."""

    lower: float
    upper: float

    @property
    def terms(self) -> Terms:
        """A constant."""
        return Terms(constant=math.log(self.upper - self.lower))


@frozen
class Normal:
    """(theta - mean)^2 / (2 deviation^2), without the constant."""

    mean: float
    deviation: float

    @property
    def terms(self) -> Terms:
        """See the class."""
        return Terms(square=0.5 / self.deviation**2, centre=self.mean)


@frozen
class LogNormal:
    """log(deviation t) + (log t - mean)^2 / (2 deviation^2), without log sqrt(2 pi)."""

    mean: float
    deviation: float

    @property
    def terms(self) -> Terms:
        """See the class."""
        return Terms(
            log_weight=1.0, log_square=0.5 / self.deviation**2, log_centre=self.mean, constant=math.log(self.deviation)
        )


@frozen
class Gamma:
    """With shape a and rate a / mean: (1 - a) log t + (a / mean) t + lgamma(a) - a log(a / mean)."""

    mean: float
    shape: float

    @property
    def terms(self) -> Terms:
        """See the class."""
        rate = self.shape / self.mean
        constant = math.lgamma(self.shape) - self.shape * math.log(rate)
        return Terms(log_weight=1.0 - self.shape, weight=rate, constant=constant)


@frozen
class GammaOfNegative:
    """`Gamma` for the negative of a parameter that is below zero."""

    mean: float
    shape: float

    @property
    def terms(self) -> Terms:
        """See the class."""
        of = Gamma(self.mean, self.shape).terms
        return Terms(of.log_weight, of.weight, constant=of.constant, negated=True)


AnyPrior = Flat | Uniform | Normal | LogNormal | Gamma | GammaOfNegative


def penalty(prior: AnyPrior, theta: Array) -> tuple[float, Array]:
    """The negative log density summed over the entries of theta, shape (k,), and its derivative."""
    return Penalty([prior] * len(theta))(theta)
