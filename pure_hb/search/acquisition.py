"""HOW PROMISING IS A CONFIGURATION? Acquisition functions: from predicted means and standard deviations to one number
to minimise.

There are m points, with one mean m_k for each of N fantasies (N = 1 without pending evaluations), one standard
deviation s for all of them, and an incumbent b_k for each fantasy (expected improvement: Mockus, Tiesis and Zilinskas,
1978; fantasies: Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012,
section 3.3):

    t_k = (b_k - m_k - xi) / s,   h(t) = t Phi(t) + phi(t),   EI = 1/N sum_k s h(t_k)

By default -log EI is minimised: in floating point EI itself is 0, and has no gradient, wherever t is below -38 (Ament
et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization", 2023, section 4).

A `Criterion` is an acquisition of the surrogate's predictions at one level, or over several: with level r taken with
probability theta_r, expected improvement is the mean over the levels, each with its own incumbent b_r:

    EI(x) = sum_r theta_r EI(m_r(x), s_r(x); b_r)

MOBSTER judges at one level r_acq, which is a mixture of one.
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, choose_index, normals
from pure_hb.search.belief import Belief
from pure_hb.surrogate import Points, points
from pure_hb.surrogate.arrays import Array, Mask

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


class Acquisition(Protocol):
    """An acquisition function: a frozen value. All arguments are in units of the targets."""

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """The acquisition for means of shape (m, N), standard deviations (m,) and incumbents (N,) or (m, N)."""
        ...

    def mixed(self, values: Array, weights: Array) -> tuple[Array, Array]:
        """The acquisition when the level is random: from its values at K levels, shape (K, m), and the probabilities of
        the levels, (K,), which sum to 1. Returns the mixture, (m,), and its derivative in each value, (K, m)."""
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


def _mean(values: Array, weights: Array) -> tuple[Array, Array]:
    return weights @ values, np.broadcast_to(weights[:, None], values.shape)


def _log_mean(values: Array, weights: Array) -> tuple[Array, Array]:
    """-log of the mean over the levels of what ``values`` are -log of, and its derivative in each value."""
    log_terms = np.log(weights)[:, None] - values
    total = _log_of_sum(log_terms, axis=0)
    return -total, np.exp(log_terms - total)


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


# ---- what is minimised over configurations --------------------------------------------------------------------------


class Criterion(Protocol):
    """A function of encoded configurations to be minimised, in standardised units."""

    def moments(self, x: Array) -> tuple[Array, Array]:
        """Mean (over the fantasies) and standard deviation at configurations (m, d), shape (m,) each, for evidence."""
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
    scores: Array = np.mean(mean + deviation * z, axis=1)
    return scores


@frozen(eq=False)
class Mixture:
    """The criterion with a random level, r with probability ``weights[r]``."""

    belief: Belief
    weights: Mapping[int, float]
    """Level -> probability; they sum to 1."""
    incumbents: Mapping[int, Array]
    """Level -> one incumbent for each fantasy, shape (F,)."""
    acquisition: Acquisition

    def _at(self, x: Array) -> Points:
        """K rows for each configuration."""
        count, levels = len(x), list(self.weights)
        return points(np.repeat(x, len(levels), axis=0), np.tile(levels, count))

    def _levels(self, x: Array) -> tuple[Array, Array]:
        """Means (K, m, F) and deviations (K, m)."""
        count, levels = len(x), len(self.weights)
        found = self.belief.posterior.predict(self._at(x))
        mean = found.mean.reshape(count, levels, -1).transpose(1, 0, 2)
        return mean, np.sqrt(found.variance).reshape(count, levels).T

    def _judged(self, mean: Array, deviation: Array) -> tuple[list[Acquired], Array, Array]:
        """The acquisition at each level, the mixture (m,) and its derivative in each of them (K, m)."""
        found = [
            self.acquisition(m, s, self.incumbents[level])
            for level, m, s in zip(self.weights, mean, deviation, strict=True)
        ]
        values = np.array([one.value for one in found])
        return found, *self.acquisition.mixed(values, np.array(list(self.weights.values())))

    def moments(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the mixture distribution over the levels."""
        mean, deviation = self._levels(x)
        theta = np.array(list(self.weights.values()))[:, None]
        of_level = mean.mean(axis=2)
        total: Array = (theta * of_level).sum(axis=0)
        variance = (theta * (deviation**2 + (of_level - total) ** 2)).sum(axis=0)
        return total, np.sqrt(variance)

    def __call__(self, x: Array) -> Array:
        """The mixed acquisition, shape (m,)."""
        return self._judged(*self._levels(x))[1]

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The mixed acquisition at one configuration, and its gradient."""
        found, pull = self.belief.posterior.predict_and_pull(self._at(x[None, :]))
        deviation = np.sqrt(found.variance)
        judged, value, shares = self._judged(found.mean[:, None, :], deviation[:, None])
        on_mean = np.array([share * one.by_mean[0] for one, share in zip(judged, shares[:, 0], strict=True)])
        on_deviation = np.array([share * one.by_deviation[0] for one, share in zip(judged, shares[:, 0], strict=True)])
        return float(value[0]), pull(on_mean, 0.5 * on_deviation / deviation).sum(axis=0)

    def thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.thompson`; the level of each draw is drawn from the weights."""
        mean, deviation = self._levels(x)
        weights = tuple(self.weights.values())
        number = choose_index(draws.uniform(Purpose.THOMPSON, attempt=1), weights) if len(weights) > 1 else 0
        noise = self.belief.noise(list(self.weights)[number])
        z = normals(draws, Purpose.THOMPSON, len(x), 1)[:, 0]
        scores: Array = mean[number, :, 0] + np.sqrt(deviation[number] ** 2 + noise) * z
        return scores

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


# ---- incumbents ----------------------------------------------------------------------------------------------------


def incumbent_rows(belief: Belief, level: int) -> Mask:
    """Which rows can give the incumbent of a level, a mask of shape (rows,): those observed or pending at the level; if
    none, those at the highest level below that has any; if none, all. Lost rows count only if there is nothing else."""
    at, lost = belief.rows.resource, belief.rows.lost > 0
    sound = ~lost | lost.all()
    below = at[sound & (at <= level)]
    chosen: Mask = sound & (at == below.max()) if len(below) else sound
    return chosen


def rivals(belief: Belief, level: int, at: int | None = None) -> Points:
    """The points of `incumbent_rows` for a level, moved to the resource ``at`` (None: that level)."""
    rows = belief.rows
    chosen = np.flatnonzero(incumbent_rows(belief, level))
    x = rows.configurations[rows.configuration[chosen]]
    return points(x, level if at is None else at, rows.trial[chosen])


def incumbent(belief: Belief, level: int) -> Array:
    """The smallest posterior mean at a level among the rivals there, one for each fantasy, shape (F,). It is a
    prediction, never an observed value, so noise does not make it too small."""
    smallest: Array = belief.posterior.mean(rivals(belief, level)).min(axis=0)
    return smallest
