"""WHICH PARAMETERS ARE LIKELY? Prior densities, each with the derivative of its negative logarithm.

The constants are those of the reference system, so that objectives can be compared number by number. The density
is taken in natural units whatever the optimiser works on: there is no Jacobian.
"""

import math
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array

_SMALLEST = 1e-12
"""The smallest argument of a logarithm."""


class Prior(Protocol):
    """A prior for each entry of a parameter."""

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """The negative log density summed over the entries, and its derivative, shaped like theta."""
        ...


@frozen
class Flat:
    """No prior term."""

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """Zero."""
        return 0.0, np.zeros_like(theta)


@frozen
class Uniform:
    """log(upper - lower) for each entry."""

    lower: float
    upper: float

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """A constant."""
        return theta.size * math.log(self.upper - self.lower), np.zeros_like(theta)


@frozen
class Normal:
    """(theta - mean)^2 / (2 deviation^2), without the constant."""

    mean: float
    deviation: float

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """See the class."""
        distance = (theta - self.mean) / self.deviation
        return 0.5 * float(np.sum(distance * distance)), distance / self.deviation


@frozen
class LogNormal:
    """log(deviation t) + (log t - mean)^2 / (2 deviation^2), without log sqrt(2 pi)."""

    mean: float
    deviation: float

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """See the class."""
        t = np.maximum(theta, _SMALLEST)
        distance = (np.log(t) - self.mean) / self.deviation
        value = np.sum(np.log(self.deviation * t) + 0.5 * distance * distance)
        return float(value), np.where(theta > _SMALLEST, (1.0 + distance / self.deviation) / t, 0.0)


@frozen
class Gamma:
    """With shape a and rate a / mean: (1 - a) log t + (a / mean) t + lgamma(a) - a log(a / mean)."""

    mean: float
    shape: float

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """See the class."""
        t = np.maximum(theta, _SMALLEST)
        rate = self.shape / self.mean
        constant = math.lgamma(self.shape) - self.shape * math.log(rate)
        value = np.sum((1.0 - self.shape) * np.log(t) + rate * t + constant)
        return float(value), np.where(theta > _SMALLEST, (1.0 - self.shape) / t + rate, 0.0)


@frozen
class OfNegative:
    """A prior for the negative of a parameter that is below zero."""

    prior: LogNormal | Gamma

    def penalty(self, theta: Array) -> tuple[float, Array]:
        """See the class."""
        value, derivative = self.prior.penalty(-theta)
        return value, -derivative


AnyPrior = Flat | Uniform | Normal | LogNormal | Gamma | OfNegative
