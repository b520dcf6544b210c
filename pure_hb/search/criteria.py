"""WHAT IS MINIMISED OVER CONFIGURATIONS? A `Criterion`: an acquisition of what the surrogate predicts.

With level r taken with probability theta_r, expected improvement is the mean over the levels, each with its own
incumbent b_r. MOBSTER judges at one level r_acq, which is a mixture of one:

    EI(x) = sum_r theta_r EI(m_r(x), s_r(x); b_r)

Where trials were lost, an improvement counts only if the trial is not: with c(x) the chance of that
(`pure_hb.search.survival`),

    c(x) EI(x)

as for any constraint that is known by trying only (Gelbart, Snoek and Adams, "Bayesian Optimization with Unknown
Constraints", UAI 2014). So a configuration beside a cliff is worth a try if what it promises is worth the risk.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, choose_index, normals
from pure_hb.search.acquisition import Acquired, Acquisition
from pure_hb.search.belief import Belief
from pure_hb.search.survival import Survival
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
        averaged: Array = chance * of_value + (1.0 - chance) * self.worst
        return averaged

    def moments(self, x: Array) -> tuple[Array, Array]:
        """The mean c m + (1 - c) w and the deviation c s."""
        (mean, deviation), chance = self.criterion.moments(x), self._chance(x)
        return self._average(mean, chance), chance * deviation

    def __call__(self, x: Array) -> Array:
        """The acquisition, shape (m,)."""
        return self.acquisition.unless_lost(self.criterion(x), self._chance(x), self.worst).value

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


def unless_lost(criterion: Criterion, belief: Belief, acquisition: Acquisition) -> Criterion:
    """The criterion averaged over whether the trial is lost; as it is if none ever was."""
    if belief.survival is None:
        return criterion
    return UnlessLost(criterion, acquisition, belief.survival, belief.worst)


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
