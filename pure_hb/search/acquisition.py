"""HOW PROMISING IS A CONFIGURATION? Acquisition functions, from predicted means and standard deviations to one number
to minimise; and a `Criterion`, which is an acquisition of what the surrogate predicts for a configuration.

There are m points, with one mean m_k for each of N fantasies (N = 1 without pending evaluations), one standard
deviation s for all of them, and an incumbent b_k for each fantasy (expected improvement: Mockus, Tiesis and Zilinskas,
1978; fantasies: Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012,
section 3.3):

    t_k = (b_k - m_k - xi) / s,   h(t) = t Phi(t) + phi(t),   EI = 1/N sum_k s h(t_k)

By default -log EI is minimised: in floating point EI itself is 0, and has no gradient, wherever t is below -38 (Ament
et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization", 2023, section 4).

Each is minus an expected utility, or minus the logarithm of one. So it is known what it becomes when the level is
random (``mixed``): the mean over the levels, EI(x) = sum_r theta_r EI(m_r(x), s_r(x); b_r), each with its own incumbent
b_r. MOBSTER judges at one level r_acq, a mixture of one. It is also known what it becomes when a trial is lost with
some probability (``unless_lost``): c(x) EI(x), with c(x) the chance that the trial is not lost
(`pure_hb.search.survival`), as for any constraint that is known by trying only (Gelbart, Snoek and Adams, "Bayesian
Optimization with Unknown Constraints", UAI 2014).
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, choose_index, normals
from pure_hb.search.belief import Belief
from pure_hb.search.survival import Survival
from pure_hb.surrogate import points
from pure_hb.surrogate.arrays import Array

SMALLEST_DEVIATION = 1e-10
LOG_2_PI_HALF = 0.5 * math.log(2.0 * math.pi)
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


class InLogarithms:
    """What acquisitions share that are -log u of a utility u, such as expected improvement."""

    __slots__ = ()

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """-log of the mean of u over the levels."""
        log_terms = np.log(weights)[:, None] - values
        total = log_of_sum(log_terms, axis=0)
        return -total, np.exp(log_terms - total)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """-log(c u): what is lost improves nothing."""
        with np.errstate(divide="ignore"):
            return Fated(value - np.log(chance), np.ones_like(value), -1.0 / chance)


@frozen
class LogExpectedImprovement(InLogarithms):
    """-log EI, the default. ``xi``, in units of the targets, is the least improvement that counts."""

    xi: float = 0.0

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """-log EI, shape (m,), and its derivatives."""
        from scipy.special import log_ndtr

        s = np.maximum(deviation, SMALLEST_DEVIATION)[:, None]
        t = (incumbent - mean - self.xi) / s
        log_terms = np.log(s) + log_h(t)
        total = log_of_sum(log_terms, axis=1)
        fantasies = mean.shape[1]
        return Acquired(
            math.log(fantasies) - total,
            np.exp(log_ndtr(t) - total[:, None]),  # d(s h)/dm = -Phi(t)
            -np.exp(-0.5 * t * t - LOG_2_PI_HALF - total[:, None]).sum(axis=1),  # d(s h)/ds = phi(t)
        )


@frozen
class ExpectedImprovement:
    """-EI. ``jitter`` is xi, in units of the targets; Syne Tune's default is 0.01 in units of the metric."""

    jitter: float = 0.01

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """-EI, shape (m,), and its derivatives."""
        from scipy.special import erfc

        s = np.maximum(deviation, SMALLEST_DEVIATION)[:, None]
        t = (incumbent - mean - self.jitter) / s
        cumulative = 0.5 * erfc(-t / math.sqrt(2.0))
        density = np.exp(-0.5 * t * t - LOG_2_PI_HALF)
        fantasies = mean.shape[1]
        return Acquired(
            -np.mean(s * (t * cumulative + density), axis=1), cumulative / fantasies, -np.mean(density, axis=1)
        )

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """The mean of -EI over the levels."""
        return weights @ values, np.broadcast_to(weights[:, None], values.shape)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """-c EI: what is lost improves nothing."""
        return Fated(chance * value, chance, value)


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
        return weights @ values, np.broadcast_to(weights[:, None], values.shape)

    def unless_lost(self, value: Array, chance: Array, worst: float) -> Fated:
        """The mean of the bound and the worst target: c LCB + (1 - c) w."""
        return Fated(chance * value + (1.0 - chance) * worst, chance, value - worst)


def log_of_sum(log_terms: Array, axis: int) -> Array:
    """log sum exp along an axis; -inf where all terms are."""
    largest = np.maximum(log_terms.max(axis=axis, keepdims=True), _LEAST)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(log_terms - largest).sum(axis=axis)) + largest.squeeze(axis))


def log_h(t: Array) -> Array:
    """log(t Phi(t) + phi(t)) for t of any shape, accurate at any t."""
    from scipy.special import erfc, erfcx

    far, near = t < _FAR, t > -1.0
    safe = np.where(near, t, 0.0)
    above = np.log(0.5 * safe * erfc(-safe / math.sqrt(2.0)) + np.exp(-0.5 * safe * safe - LOG_2_PI_HALF))
    size = np.where(near | far, 1.0, -t)
    share = np.log(erfcx(size / math.sqrt(2.0)) * size) + _LOG_PI_2_HALF  # log of |t| Phi(t) / phi(t), below 0
    tail = np.where(far, -2.0 * np.log(np.where(far, -t, 1.0)), np.log(-np.expm1(share)))
    return np.where(near, above, -0.5 * t * t - LOG_2_PI_HALF + tail)


# ---- criteria --------------------------------------------------------------------------------------------------------


class Criterion(Protocol):
    """A function of encoded configurations to be minimised, in standardised units."""

    def told(self, x: Array) -> tuple[Array, Array, Array]:
        """Mean (over the fantasies), standard deviation and value at configurations (m, d), shape (m,) each, for
        evidence."""
        ...

    def __call__(self, x: Array) -> Array:
        """The values at configurations of shape (m, d), shape (m,)."""
        ...

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The value at one configuration of shape (d,), and its gradient, shape (d,)."""
        ...

    def thompson(self, x: Array, draws: Draws) -> Array:
        """For each configuration a draw of the value that its training would report, noise included, under the first
        fantasy, shape (m,). Draws are independent: this is not a joint sample of a function."""
        ...

    def mean_thompson(self, x: Array, draws: Draws) -> Array:
        """For each configuration the mean over the fantasies of a draw of f, without noise, shape (m,)."""
        ...


def thompson_scores(mean: Array, deviation: Array, z: Array) -> Array:
    """The mean over the fantasies of m + s z, from means (m, F), deviations (m, F) or (m, 1) and standard normal z
    (m, F): shape (m,)."""
    return np.asarray(np.mean(mean + deviation * z, axis=1))


@frozen(eq=False)
class Mixture:
    """The criterion with a random level, r with probability ``weights[r]``."""

    belief: Belief
    weights: Mapping[int, float]
    """Level -> probability; they sum to 1."""
    incumbents: Mapping[int, Array]
    """Level -> one incumbent for each fantasy, shape (F,)."""
    acquisition: Acquisition

    def _levels(self, x: Array) -> tuple[Array, Array]:
        """Means (K, m, F) and deviations (K, m)."""
        count, levels = len(x), len(self.weights)
        found = self.belief.posterior.predict(points(np.repeat(x, levels, axis=0), np.tile(list(self.weights), count)))
        mean = found.mean.reshape(count, levels, -1).transpose(1, 0, 2)
        return mean, np.sqrt(found.variance).reshape(count, levels).T

    def told(self, x: Array) -> tuple[Array, Array, Array]:
        """Mean and standard deviation of the mixture distribution over the levels, and the mixed acquisition."""
        mean, deviation = self._levels(x)
        (levels, count, fantasies), weights = mean.shape, np.array(list(self.weights.values()))
        best = np.repeat([self.incumbents[level] for level in self.weights], count, axis=0)
        judged = self.acquisition(mean.reshape(-1, fantasies), deviation.ravel(), best)
        value, _ = self.acquisition.mixed(judged.value.reshape(levels, count), weights)
        theta, of_level = weights[:, None], mean.mean(axis=2)
        total: Array = (theta * of_level).sum(axis=0)
        variance = (theta * (deviation**2 + (of_level - total) ** 2)).sum(axis=0)
        return total, np.sqrt(variance), value

    def __call__(self, x: Array) -> Array:
        """The mixed acquisition, shape (m,)."""
        return self.told(x)[2]

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The mixed acquisition at one configuration, and its gradient."""
        levels = list(self.weights)
        found, pull = self.belief.posterior.predict_and_pull(points(np.repeat(x[None, :], len(levels), axis=0), levels))
        deviation, best = np.sqrt(found.variance), np.array([self.incumbents[level] for level in levels])
        judged = self.acquisition(found.mean, deviation, best)
        value, shares = self.acquisition.mixed(judged.value[:, None], np.array(list(self.weights.values())))
        on_deviation = shares[:, 0] * judged.by_deviation
        return float(value[0]), pull(shares * judged.by_mean, 0.5 * on_deviation / deviation).sum(axis=0)

    def thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.thompson`; the level of each draw is drawn from the weights."""
        mean, deviation = self._levels(x)
        weights = tuple(self.weights.values())
        number = choose_index(draws.uniform(Purpose.THOMPSON, attempt=1), weights) if len(weights) > 1 else 0
        noise = self.belief.noise(list(self.weights)[number])
        z = normals(draws, Purpose.THOMPSON, len(x), 1)[:, 0]
        return np.asarray(mean[number, :, 0] + np.sqrt(deviation[number] ** 2 + noise) * z)

    def mean_thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.mean_thompson`; each fantasy uses one level, drawn from the weights, for all configurations. So
        an offset of a whole level does not change the choice."""
        mean, deviation = self._levels(x)
        fantasies = mean.shape[2]
        weights = tuple(self.weights.values())
        if len(weights) > 1:
            lots = draws.uniforms(Purpose.THOMPSON, fantasies, attempt=1)
            chosen = np.array([choose_index(u, weights) for u in lots.tolist()])
        else:
            chosen = np.zeros(fantasies, dtype=np.intp)
        z = normals(draws, Purpose.THOMPSON, len(x), fantasies)
        return thompson_scores(mean[chosen, :, np.arange(fantasies)].T, deviation[chosen].T, z)


@frozen(eq=False)
class UnlessLost:
    """A criterion averaged over whether the trial is lost. What is lost counts as worst."""

    criterion: Criterion
    """Of trials that are not lost."""
    acquisition: Acquisition
    survival: Survival
    worst: float
    """The target w of a lost trial."""

    def _chance(self, x: Array) -> Array:
        return self.survival.chance(points(x, 1))

    def _average(self, of_value: Array, chance: Array) -> Array:
        return np.asarray(chance * of_value + (1.0 - chance) * self.worst)

    def told(self, x: Array) -> tuple[Array, Array, Array]:
        """The mean c m + (1 - c) w, the deviation c s, and the acquisition."""
        (mean, deviation, value), chance = self.criterion.told(x), self._chance(x)
        fated = self.acquisition.unless_lost(value, chance, self.worst)
        return self._average(mean, chance), chance * deviation, fated.value

    def __call__(self, x: Array) -> Array:
        """The acquisition, shape (m,)."""
        return self.told(x)[2]

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The acquisition at one configuration, and its gradient."""
        value, slope = self.criterion.with_gradient(x)
        chance, slope_of_chance = self.survival.with_gradient(x)
        fated = self.acquisition.unless_lost(np.array([value]), np.array([chance]), self.worst)
        return float(fated.value[0]), fated.by_value * slope + fated.by_chance * slope_of_chance

    def thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.thompson`, averaged over the fate of the trial."""
        return self._average(self.criterion.thompson(x, draws), self._chance(x))

    def mean_thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.mean_thompson`, averaged over the fate of the trial."""
        return self._average(self.criterion.mean_thompson(x, draws), self._chance(x))
