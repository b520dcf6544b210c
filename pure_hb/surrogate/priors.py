"""WHICH PARAMETERS ARE LIKELY? Prior densities of parameters. A fit adds their negative logarithm to its objective.

All priors here are sums of the same few terms (`Terms`), so that all parameters are evaluated in one call. Additive
constants are those of Syne Tune, so that objectives can be compared number by number. The density is that of theta in
natural units, without a Jacobian for the internal coordinates.
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
    """The coefficients of a negative log density

        log_weight log t + weight t + log_square (log t - log_centre)^2 + square (t - centre)^2 + constant

    with t = theta, or t = -theta if ``negated``.
    """

    log_weight: float = 0.0
    weight: float = 0.0
    log_square: float = 0.0
    log_centre: float = 0.0
    square: float = 0.0
    centre: float = 0.0
    constant: float = 0.0
    negated: bool = False


class Penalty:
    """The sum of the negative log densities of k entries, evaluated together: one row of an array for the terms in log
    t (which are left out where a prior has none), one for the terms in theta."""

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
        """The sum (nats) and its derivative, at theta of shape (k,). A logarithm is constant at or below 1e-12."""
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
    """A prior density, the same for each entry of a parameter."""

    @property
    def terms(self) -> Terms:
        """The coefficients of the negative log density of one entry."""
        ...


@frozen
class Flat:
    """The improper flat prior: no term."""

    @property
    def terms(self) -> Terms:
        """All coefficients 0."""
        return Terms()


@frozen
class Uniform:
    """The uniform density on [lower, upper]: log(upper - lower) for each entry. The bounds themselves are those of the
    `Parameter`."""

    lower: float
    upper: float

    @property
    def terms(self) -> Terms:
        """The constant log(upper - lower)."""
        return Terms(constant=math.log(self.upper - self.lower))


@frozen
class Normal:
    """The normal density: (theta - mean)^2 / (2 deviation^2), without the normalising constant."""

    mean: float
    deviation: float

    @property
    def terms(self) -> Terms:
        """The quadratic term."""
        return Terms(square=0.5 / self.deviation**2, centre=self.mean)


@frozen
class LogNormal:
    """The log-normal density: log(deviation t) + (log t - mean)^2 / (2 deviation^2), without log sqrt(2 pi)."""

    mean: float
    deviation: float

    @property
    def terms(self) -> Terms:
        """The terms in log t and the constant log(deviation)."""
        return Terms(
            log_weight=1.0, log_square=0.5 / self.deviation**2, log_centre=self.mean, constant=math.log(self.deviation)
        )


@frozen
class Gamma:
    """The gamma density with this mean and shape a: (1 - a) log t + (a / mean) t + lgamma(a) - a log(a / mean)."""

    mean: float
    shape: float

    @property
    def terms(self) -> Terms:
        """The terms in log t and t, and the constant."""
        rate = self.shape / self.mean
        constant = math.lgamma(self.shape) - self.shape * math.log(rate)
        return Terms(log_weight=1.0 - self.shape, weight=rate, constant=constant)


@frozen
class GammaOfNegative:
    """The density of theta < 0 whose negative -theta has a `Gamma` prior."""

    mean: float
    shape: float

    @property
    def terms(self) -> Terms:
        """Those of `Gamma`, in t = -theta."""
        of = Gamma(self.mean, self.shape).terms
        return Terms(of.log_weight, of.weight, constant=of.constant, negated=True)


AnyPrior = Flat | Uniform | Normal | LogNormal | Gamma | GammaOfNegative


def penalty(prior: AnyPrior, theta: Array) -> tuple[float, Array]:
    """The negative log density (nats) summed over the entries of theta, shape (k,), and its derivative, shape (k,)."""
    return Penalty([prior] * len(theta))(theta)
