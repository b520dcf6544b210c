"""HOW DOES A CURVE DECAY? Exponential decay at a random rate lambda, averaged over the rate, and its derivatives.

    kappa(t) = E[exp(-lambda t)] = (beta / (t + beta))^alpha,   beta = alpha / mean_lambda

for lambda ~ Gamma(alpha, beta), whose mean is mean_lambda (Swersky, Snoek and Adams, "Freeze-Thaw Bayesian
Optimization", 2014, section 3).

The value and its derivatives in alpha and mean_lambda are stacked in one array, so that one numpy call treats all
three: at these sizes the cost is the number of calls.
"""

import math
from functools import lru_cache

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, frozen_array
from pure_hb.surrogate.parameters import Parameter


def decay_parameters(unit: str = "1/R") -> tuple[Parameter, ...]:
    """alpha, mean_lambda and gamma of exponential decay.

    ``unit`` is the unit of mean_lambda, a rate: 1/R where resources are encoded to [0, 1]. At its lower bound gamma has
    almost no gradient, so the second start of a fit restarts with at least 0.1.
    """
    return (
        Parameter("alpha", 1.0, 1e-6, 250.0),
        Parameter("mean_lambda", 0.5, 1e-4, 50.0, unit=unit),
        Parameter("gamma", 0.5, 1e-4, 1.0, unit="target", again=(0.1, math.inf)),
    )


@frozen(eq=False)
class Decay:
    """kappa at some times t, and its derivatives in alpha and mean_lambda."""

    stacked: Array
    """Value, derivative in alpha, derivative in mean_lambda: shape (3, *t.shape)."""

    @property
    def value(self) -> Array:
        """kappa(t), of the shape of t."""
        found: Array = self.stacked[0]
        return found

    @property
    def by_alpha(self) -> Array:
        """The derivative of kappa(t) in alpha, of the shape of t."""
        found: Array = self.stacked[1]
        return found

    @property
    def by_mean_lambda(self) -> Array:
        """The derivative of kappa(t) in mean_lambda, of the shape of t."""
        found: Array = self.stacked[2]
        return found


def decay(t: Array, alpha: float, mean_lambda: float) -> Decay:
    """kappa(t) and its derivatives for t >= 0 of any shape; alpha and mean_lambda are positive."""
    z = t * (mean_lambda / alpha)
    log_part = np.log1p(z)
    z += 1.0
    shrunk = t / z
    stacked = np.empty((3, *t.shape))
    np.multiply(log_part, -alpha, out=stacked[0])
    np.exp(stacked[0], out=stacked[0])
    np.multiply(shrunk, mean_lambda / alpha, out=stacked[1])
    stacked[1] -= log_part
    np.negative(shrunk, out=stacked[2])
    stacked[1:] *= stacked[0]
    return Decay(stacked)


@frozen(eq=False)
class Curves:
    """The moments of a random exponential decay between times t, shape (k,), and t', shape (l,). The first axis of
    every array holds the value, the derivative in alpha and that in mean_lambda, as in a `Decay`."""

    left: Array
    """kappa(t), shape (3, k)."""
    right: Array
    """kappa(t'), shape (3, l)."""
    both: Array
    """kappa(t + t'), shape (3, k, l)."""
    between: Array
    """kappa(t + t') - kappa(t) kappa(t'), the covariance of two points of one curve of amplitude 1, shape (3, k, l)."""

    @property
    def covariance(self) -> Array:
        """The covariance without its derivatives, shape (k, l)."""
        found: Array = self.between[0]
        return found


def curves(left: Array, right: Array, alpha: float, mean_lambda: float) -> Curves:
    """The moments between times of shapes (k,) and (l,), all >= 0. The arrays are read-only and cached."""
    return _curves(left.tobytes(), right.tobytes(), alpha, mean_lambda)


@lru_cache(maxsize=4)
def _curves(left: bytes, right: bytes, alpha: float, mean_lambda: float) -> Curves:
    """Cached, because one evaluation asks twice: for the mean and for the covariance."""
    times = _times(left, right)
    k = len(left) // times.itemsize
    end = k + len(right) // times.itemsize
    at = decay(times, alpha, mean_lambda).stacked
    at.flags.writeable = False
    a, b, both = at[:, :k], at[:, k:end], at[:, end:].reshape(3, k, end - k)
    between = both - a[:, :, None] * b[0]
    between[1:] -= a[0][:, None] * b[1:, None, :]
    between.flags.writeable = False
    return Curves(a, b, both, between)


@lru_cache(maxsize=16)
def _times(left: bytes, right: bytes) -> Array:
    """t, t' and t + t', one behind the other; an optimiser asks a hundred times about the same few."""
    t, s = np.frombuffer(left), np.frombuffer(right)
    return frozen_array(np.concatenate((t, s, np.add.outer(t, s).ravel())), np.float64)
