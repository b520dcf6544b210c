"""WHAT IS MINIMISED OVER CONFIGURATIONS? An acquisition of the surrogate's predictions at one level, or over several.

MOBSTER judges at one level r_acq. Hyper-Tune does not know which level is the most informative, and takes level r with
probability theta_r (Li et al., "Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale", VLDB 2022, section
4.2). Here expected improvement is the mean over the levels, each with its own incumbent b_r:

    EI(x) = sum_r theta_r EI(m_r(x), s_r(x); b_r)

One level is a mixture of one. `WeightedSum` is what Syne Tune does instead: one Gaussian with mean sum_r theta_r m_r
and variance sum_r theta_r^2 s_r^2, as of a sum of independent variables, and one incumbent.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, choose_index, normals
from pure_hb.search.acquisition import Acquired, Acquisition
from pure_hb.search.modelling import Belief
from pure_hb.surrogate import Points, points
from pure_hb.surrogate.arrays import Array, Mask


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


@frozen(eq=False)
class WeightedSum:
    """The criterion of Syne Tune's ensemble: the acquisition of the weighted sum of the levels."""

    belief: Belief
    weights: Mapping[int, float]
    """Level -> weight; they need not sum to 1."""
    incumbent: Array
    """The incumbent of the weighted sum, one for each fantasy, shape (F,)."""
    acquisition: Acquisition

    def _sum(self, x: Array) -> tuple[Array, Array]:
        levels = list(self.weights)
        found = self.belief.posterior.predict(points(np.repeat(x, len(levels), axis=0), np.tile(levels, len(x))))
        mean, variance = summed(self.weights, found.mean, found.variance)
        return mean, np.sqrt(variance)

    def moments(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the weighted sum."""
        mean, deviation = self._sum(x)
        return mean.mean(axis=1), deviation

    def __call__(self, x: Array) -> Array:
        """The acquisition of the weighted sum, shape (m,)."""
        return self.acquisition(*self._sum(x), self.incumbent).value

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        """The acquisition of the weighted sum at one configuration, and its gradient."""
        levels = list(self.weights)
        found, pull = self.belief.posterior.predict_and_pull(points(np.repeat(x[None, :], len(levels), axis=0), levels))
        mean, variance = summed(self.weights, found.mean, found.variance)
        deviation = np.sqrt(variance)
        one = self.acquisition(mean, deviation, self.incumbent)
        theta = np.array(list(self.weights.values()))
        on_variance = theta**2 * (0.5 * one.by_deviation[0] / deviation[0])
        return float(one.value[0]), pull(theta[:, None] * one.by_mean, on_variance).sum(axis=0)

    def thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.thompson`, for the weighted sum."""
        mean, deviation = self._sum(x)
        noise = sum(theta**2 * self.belief.noise(level) for level, theta in self.weights.items())
        z = normals(draws, Purpose.THOMPSON, len(x), 1)[:, 0]
        scores: Array = mean[:, 0] + np.sqrt(deviation**2 + noise) * z
        return scores

    def mean_thompson(self, x: Array, draws: Draws) -> Array:
        """As `Criterion.mean_thompson`, for the weighted sum."""
        mean, deviation = self._sum(x)
        return thompson_scores(mean, deviation[:, None], normals(draws, Purpose.THOMPSON, *mean.shape))


def summed(weights: Mapping[int, float], mean: Array, variance: Array) -> tuple[Array, Array]:
    """From K rows for each configuration, means (m K, F) and variances (m K,), to mean and variance of the weighted
    sum, (m, F) and (m,)."""
    theta = np.array(list(weights.values()))
    count = len(theta)
    total = np.einsum("k,mkf->mf", theta, mean.reshape(-1, count, mean.shape[1]))
    spread: Array = variance.reshape(-1, count) @ theta**2
    return total, spread


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


def incumbent_of_sum(belief: Belief, weights: Mapping[int, float], level: int) -> Array:
    """The smallest mean of the weighted sum among the rivals at a level, shape (F,)."""
    means = [theta * belief.posterior.mean(rivals(belief, level, r)) for r, theta in weights.items()]
    smallest: Array = np.sum(means, axis=0).min(axis=0)
    return smallest
