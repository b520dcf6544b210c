"""HOW PROMISING IS A CONFIGURATION? Acquisition functions: from predicted means and standard deviations to one number
to minimise.

There are m points, with one mean m_k for each of N fantasies (N = 1 without pending evaluations), one standard
deviation s for all of them, and an incumbent b_k for each fantasy (expected improvement: Mockus, Tiesis and Zilinskas,
1978; fantasies: Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012,
section 3.3):

    t_k = (b_k - m_k - xi) / s,   h(t) = t Phi(t) + phi(t),   EI = 1/N sum_k s h(t_k)

By default -log EI is minimised: in floating point EI itself is 0, and has no gradient, wherever t is below -38 (Ament
et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization", 2023, section 4).

Each is minus an expected utility, or minus the logarithm of one. So it is known what it becomes when the level is
random (``mixed``), and when a trial is lost with some probability (``unless_lost``).
"""

import math
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array

_SMALLEST_DEVIATION = 1e-10
_LOG_2_PI_HALF = 0.5 * math.log(2.0 * math.pi)
_LOG_PI_2_HALF = 0.5 * math.log(0.5 * math.pi)
_LEAST = -1e300
_FAR = -1e7
"""Below it 1 - |t| sqrt(pi/2) erfcx(|t| / sqrt 2) has no digits left, and is 1/t^2 to all of them."""


@frozen(eq=False)
class Acquired:
    """Acquisition values to be minimised, shape (m,), and their derivatives in the means, (m, N), and the deviations,
    (m,)."""

    value: Array
    by_mean: Array
    by_deviation: Array


@frozen(eq=False)
class Fated:
    """Acquisition values averaged over whether the trial is lost, and their derivatives in the value if it is not and
    in the chance that it is not, shape (m,) each."""

    value: Array
    by_value: Array
    by_chance: Array


class Acquisition(Protocol):
    """An acquisition function: a frozen value. All arguments are in units of the targets."""

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """The acquisition for means of shape (m, N), standard deviations (m,) and incumbents (N,) or (m, N)."""
        ...

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """The acquisition when the level is random: from its values at K levels, shape (K, m), and the probabilities of
        the levels, (K,), which sum to 1. Returns the mixture, (m,), and its derivative in each value, (K, m)."""
        ...

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """The acquisition when the trial is lost with probability 1 - ``chance``: from its values, shape (m,), if it is
        not, and the target ``worst`` of a lost one."""
        ...


@frozen
class LogExpectedImprovement:
    """-log EI, the default. ``xi``, in units of the targets, is the least improvement that counts."""

    xi: float = 0.0

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """-log EI, shape (m,), and its derivatives."""
        from scipy.special import log_ndtr

        s = np.maximum(deviation, _SMALLEST_DEVIATION)[:, None]
        t = (incumbent - mean - self.xi) / s
        log_terms = np.log(s) + log_h(t)
        total = _log_of_sum(log_terms, axis=1)
        fantasies = mean.shape[1]
        return Acquired(
            math.log(fantasies) - total,
            np.exp(log_ndtr(t) - total[:, None]),  # d(s h)/dm = -Phi(t)
            -np.exp(-0.5 * t * t - _LOG_2_PI_HALF - total[:, None]).sum(axis=1),  # d(s h)/ds = phi(t)
        )

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """-log of the mean EI over the levels."""
        return _log_mean(values, weights)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """-log(c EI): what is lost improves nothing."""
        return _log_share(value, chance)


@frozen
class ExpectedImprovement:
    """-EI. ``jitter`` is xi, in units of the targets; Syne Tune's default is 0.01 in units of the metric."""

    jitter: float = 0.01

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """-EI, shape (m,), and its derivatives."""
        from scipy.special import erfc

        s = np.maximum(deviation, _SMALLEST_DEVIATION)[:, None]
        t = (incumbent - mean - self.jitter) / s
        cumulative = 0.5 * erfc(-t / math.sqrt(2.0))
        density = np.exp(-0.5 * t * t - _LOG_2_PI_HALF)
        fantasies = mean.shape[1]
        return Acquired(
            -np.mean(s * (t * cumulative + density), axis=1), cumulative / fantasies, -np.mean(density, axis=1)
        )

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """The mean of -EI over the levels."""
        return _mean(values, weights)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """-c EI: what is lost improves nothing."""
        return Fated(chance * value, chance, value)


@frozen
class ProbabilityOfImprovement:
    """-log of the mean of Phi(t_k) (Kushner, "A New Method of Locating the Maximum Point of an Arbitrary Multipeak
    Curve in the Presence of Noise", 1964). ``xi``, in units of the targets, is the improvement that is asked for."""

    xi: float = 0.0

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """-log of the probability, shape (m,), and its derivatives."""
        from scipy.special import log_ndtr

        s = np.maximum(deviation, _SMALLEST_DEVIATION)[:, None]
        t = (incumbent - mean - self.xi) / s
        total = _log_of_sum(log_ndtr(t), axis=1)
        pull = np.exp(-0.5 * t * t - _LOG_2_PI_HALF - total[:, None]) / s  # phi(t) / s, of the sum of Phi
        return Acquired(math.log(mean.shape[1]) - total, pull, (pull * t).sum(axis=1))

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """-log of the mean probability over the levels."""
        return _log_mean(values, weights)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """-log(c P): what is lost improves nothing."""
        return _log_share(value, chance)


@frozen
class LowerConfidenceBound:
    """mean - kappa s (Srinivas et al., "Gaussian Process Optimization in the Bandit Setting", 2010). Incumbents are
    ignored."""

    kappa: float = 1.0

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """The mean over the fantasies minus kappa s, shape (m,), and its derivatives."""
        return Acquired(
            np.mean(mean, axis=1) - self.kappa * deviation,
            np.full_like(mean, 1.0 / mean.shape[1]),
            np.full_like(deviation, -self.kappa),
        )

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """The mean of the bounds over the levels."""
        return _mean(values, weights)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """The mean of the bound and the worst target: c LCB + (1 - c) w."""
        return Fated(chance * value + (1.0 - chance) * worst, chance, value - worst)


def _mean(values: Array, weights: Array) -> tuple[Array, Array]:
    return weights @ values, np.broadcast_to(weights[:, None], values.shape)


def _log_mean(values: Array, weights: Array) -> tuple[Array, Array]:
    """-log of the mean over the levels of what ``values`` are -log of, and its derivative in each value."""
    log_terms = np.log(weights)[:, None] - values
    total = _log_of_sum(log_terms, axis=0)
    return -total, np.exp(log_terms - total)


def _log_share(value: Array, chance: Array) -> Fated:
    """-log(c u) from the ``value`` -log u."""
    with np.errstate(divide="ignore"):
        return Fated(value - np.log(chance), np.ones_like(value), -1.0 / chance)


def _log_of_sum(log_terms: Array, axis: int) -> Array:
    """log sum exp along an axis; -inf where all terms are."""
    largest = np.maximum(log_terms.max(axis=axis, keepdims=True), _LEAST)
    with np.errstate(divide="ignore"):
        found: Array = np.log(np.exp(log_terms - largest).sum(axis=axis)) + largest.squeeze(axis)
    return found


def log_h(t: Array) -> Array:
    """log(t Phi(t) + phi(t)) for t of any shape, accurate at any t."""
    from scipy.special import erfc, erfcx

    far, near = t < _FAR, t > -1.0
    safe = np.where(near, t, 0.0)
    above = np.log(0.5 * safe * erfc(-safe / math.sqrt(2.0)) + np.exp(-0.5 * safe * safe - _LOG_2_PI_HALF))
    size = np.where(near | far, 1.0, -t)
    share = np.log(erfcx(size / math.sqrt(2.0)) * size) + _LOG_PI_2_HALF  # log of |t| Phi(t) / phi(t), below 0
    tail = np.where(far, -2.0 * np.log(np.where(far, -t, 1.0)), np.log(-np.expm1(share)))
    found: Array = np.where(near, above, -0.5 * t * t - _LOG_2_PI_HALF + tail)
    return found
