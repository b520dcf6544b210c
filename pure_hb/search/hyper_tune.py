"""Hyper-Tune: a level is trusted as far as it ranks configurations as the highest informative level does.

theta_r is the weight of level r: how often it ranks the configurations of the highest supported level r_* best. X_* are
the configurations observed there, and y_* their values. Posterior samples of each level at X_* are compared with y_* by
the share of pairs that they order differently. theta weights the levels in the acquisition, and the brackets.

Level r is taken with probability theta_r, so expected improvement is the mean over the levels (`Mixture`). What Syne
Tune does instead is `WeightedSum`: one Gaussian with mean sum_r theta_r m_r and variance sum_r theta_r^2 s_r^2, as of a
sum of independent variables, and one incumbent.

Source: Li et al., "Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale", VLDB 2022, section 4. The
cross-validation at r_* itself and the weights of the brackets are those of Syne Tune.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, normals
from pure_hb.protocol import Evidence, Figures, Learned, Share, Theta
from pure_hb.search import mobster
from pure_hb.search.acquisition import Acquisition, Criterion, thompson_scores
from pure_hb.search.belief import Belief, Situation, rivals
from pure_hb.search.mobster import Task, acquisition_of, at_levels, judged
from pure_hb.search.searches import HyperTune
from pure_hb.search.view import Lesson, Suggestion, View
from pure_hb.surrogate import Observations, ObservationTable, observations, points
from pure_hb.surrogate.arrays import Array, factorise

SUPPORTED: Final = 6
"""The number of observations from which a level counts as supported, for Hyper-Tune."""
SAMPLING_NOISE: Final = 1e-5
"""The variance added to the diagonal of a covariance before samples are drawn."""
_MOST_FOLDS: Final = 5
_ENSEMBLE_CUT: Final = 0.01
_NOTHING: Final = 1e-14


def suggest(search: HyperTune, view: View, draws: Draws) -> Suggestion | None:
    """The next initial point, a random configuration while too little is known, then the model's choice; None if
    nothing is left of the space."""
    judge = partial(judge_over_levels, weighted_sum=search.ensemble == "weighted_sum")
    estimate = partial(estimate_theta, search)
    return mobster.suggest(search, view, draws, judge, odds, estimate)


def learn(search: HyperTune, view: View, draws: Draws) -> Lesson | None:
    """A fit made beside training, with an estimate of theta; None if none is due."""
    return mobster.learn(search, view, draws, partial(estimate_theta, search))


def judge_over_levels(task: Task, *, weighted_sum: bool) -> tuple[Criterion, Evidence]:
    """Hyper-Tune's criterion: the acquisition over the levels with weights theta; the lowest level before the first
    estimate."""
    estimate = task.learned.theta
    if estimate is None:
        lowest = min(task.view.levels, default=task.view.max_resource)
        weights, said = {lowest: 1.0}, Evidence()
    else:
        weights = ensemble(estimate.weights(), renormalise=not weighted_sum)
        said = _theta_said(estimate)
    if not weighted_sum:
        return at_levels(task, weights, said)
    acquisition = acquisition_of(task.options, task.belief.scale)
    best = incumbent_of_sum(task.belief, weights, task.level)
    criterion = WeightedSum(task.belief, weights, best, acquisition)
    return judged(task, criterion, acquisition, {task.level: best}, said)


def _theta_said(estimate: Theta) -> Evidence:
    return (
        Figures(f"theta up to level {estimate.supported}", tuple((str(s.level), s.theta) for s in estimate.shares)),
        Figures("mean ranking loss", tuple((str(s.level), s.loss) for s in estimate.shares)),
    )


def odds(view: View, learned: Learned) -> tuple[float, ...]:
    """The probabilities of the brackets under theta: the default ones, with the share of the supported levels divided
    by theta_r / r."""
    if learned.theta is None:
        return view.odds
    levels = (*view.levels, view.max_resource)
    return adapted(view.odds, learned.theta.weights(), levels, learned.theta.supported)


# ---- theta --------------------------------------------------------------------------------------------------------


def highest_supported(counts: Mapping[int, int], levels: Sequence[int]) -> int | None:
    """r_*: the highest level (the maximum resource included) with at least six observations. None if that is the lowest
    level or there is none: then there is nothing to compare."""
    found = [level for level in levels[1:] if counts.get(level, 0) >= SUPPORTED]
    return max(found, default=None)


def estimate_theta(
    search: HyperTune,
    now: Situation,
    rows: ObservationTable,
    data: Observations,
    learned: Learned,
    draws: Draws,
) -> Theta | None:
    """theta from the ranking losses of all levels up to r_*, the highest level with six values. None if only the lowest
    has as many, or nothing has changed there since the last estimate.

    Levels below r_* are judged by posterior samples at the configurations of r_*; r_* itself by cross-validation.
    """
    levels = now.surrogate.inputs.levels
    highest = highest_supported(now.counts, levels)
    if highest is None or (search.theta_from == "r_max" and highest != levels[-1]):
        return None
    seen = rows.observed
    at_highest = np.flatnonzero(seen.resource == highest)
    before = learned.theta
    if len(at_highest) < 2 or (before and (before.supported, before.observed) == (highest, now.counts[highest])):
        return None
    x, y = seen.configurations[seen.configuration[at_highest]], data.targets[at_highest, 0]
    values = now.surrogate.values(learned.parameters)
    posterior = now.surrogate.model.posterior(now.surrogate.inputs, data, values)
    samples, half = search.hypertune_distribution_num_samples, search.ties == "half"
    losses: dict[int, Array] = {}
    for number, level in enumerate(level for level in levels if level < highest):
        z = normals(draws, Purpose.THETA, len(x), samples, attempt=number)
        losses[level] = ranking_loss(posterior.sample(points(x, level), z), y, half_ties=half)
    losses[highest] = _loss_at_highest(now, learned, highest, x, y, samples, draws, half=half)
    shares = theta(losses)
    found = tuple(Share(level, shares[level], float(np.mean(loss))) for level, loss in losses.items())
    return Theta(highest, now.counts[highest], found)


def _loss_at_highest(
    now: Situation, learned: Learned, highest: int, x: Array, y: Array, samples: int, draws: Draws, *, half: bool
) -> Array:
    """The loss of r_* itself: each fold is predicted from the other folds, and from nothing else."""
    values, at = now.surrogate.values(learned.parameters), points(x, highest)
    nothing = observations(points(x[:0], []), y[:0])
    prior = now.surrogate.model.posterior(now.surrogate.inputs, nothing, values)
    noise = now.noise(values, highest)
    z = [normals(draws, Purpose.SPLIT, size, samples, attempt=number) for number, size in enumerate(fold_sizes(len(y)))]
    found = list(folds(prior.covariance(at), prior.predict(at).mean[:, 0], noise, y, z))
    return cross_validated_loss(found, half_ties=half)


def ranking_loss(samples: Array, values: Array, *, half_ties: bool = False) -> Array:
    """The share of pairs that a sample orders differently from the values: samples (m, S), values (m,), losses (S,).

    Comparisons are strict, so the loss of a tie depends on the order of rows, as in Syne Tune. With ``half_ties`` a
    pair that is tied on one side only counts one half.
    """
    m = len(values)
    first, second = np.triu_indices(m, k=1)
    if half_ties:
        apart = np.sign(samples[first] - samples[second]) - np.sign(values[first] - values[second])[:, None]
        return np.asarray(np.abs(apart).sum(axis=0) / (m * (m - 1)))
    differs = (samples[first] < samples[second]) != (values[first] < values[second])[:, None]
    loss: Array = 2.0 / (m * (m - 1)) * np.count_nonzero(differs, axis=0)
    return loss


def fold_sizes(count: int) -> tuple[int, ...]:
    """The sizes of at most five folds of at least two rows each; the last folds are larger by one if need be."""
    folds = min(count // 2, _MOST_FOLDS)
    size, rest = divmod(count, folds)
    return tuple(size + int(number >= folds - rest) for number in range(folds))


@frozen(eq=False)
class Fold:
    """A held-out fold, predicted from the other folds: its values, joint mean and covariance, and samples, (rows,
    S)."""

    values: Array
    mean: Array
    covariance: Array
    samples: Array


def folds(covariance: Array, mean: Array, noise: float, values: Array, normals: Sequence[Array]) -> Iterator[Fold]:
    """Cross-validation at one level: the prior covariance (m, m) and mean (m,) at its rows, the noise variance, the
    values, and standard normal numbers of shape (rows, S) for each fold.

    Raises:
        SingularError: if a covariance has no Cholesky factor.
    """
    start = 0
    for size, z in zip(fold_sizes(len(values)), normals, strict=True):
        held = np.arange(start, start + size)
        rest = np.setdiff1d(np.arange(len(values)), held)
        start += size
        factor = factorise(covariance[np.ix_(rest, rest)], noise)
        solved = factor.solve(covariance[np.ix_(rest, held)])
        centre = mean[held] + solved.T @ factor.solve(values[rest] - mean[rest])
        around = covariance[np.ix_(held, held)] - solved.T @ solved
        spread = factorise(around, SAMPLING_NOISE).lower @ z
        yield Fold(values[held], centre, around, centre[:, None] + spread)


def cross_validated_loss(found: Sequence[Fold], *, half_ties: bool = False) -> Array:
    """The mean of the ranking losses of all folds, shape (S,)."""
    loss: Array = np.mean([ranking_loss(one.samples, one.values, half_ties=half_ties) for one in found], axis=0)
    return loss


def theta(losses: Mapping[int, Array]) -> dict[int, float]:
    """For each level the share of the samples in which it has the smallest loss. Every level that attains the minimum
    of a sample counts; the shares sum to 1."""
    table = np.array(list(losses.values()))
    wins = np.count_nonzero(table == table.min(axis=0), axis=1)
    return {level: float(count) / float(wins.sum()) for level, count in zip(losses, wins, strict=True)}


def ensemble(weights: Mapping[int, float], *, renormalise: bool = True) -> dict[int, float]:
    """The levels with a weight above 0.01, with weights that sum to 1 again unless ``renormalise`` is false."""
    kept = {level: weight for level, weight in weights.items() if weight > _ENSEMBLE_CUT}
    total = sum(kept.values()) if renormalise else 1.0
    return {level: weight / total for level, weight in kept.items()}


def bracket_weights(
    weights: Mapping[int, float], levels: Sequence[int], brackets: int, highest: int
) -> tuple[float, ...]:
    """Weights theta_r / r, which sum to 1, for the brackets that start at a level r up to ``highest``. If theta is 0 at
    all of these levels, the lowest bracket has weight 1."""
    count = min(sum(level <= highest for level in levels), brackets)
    shares = [weights.get(level, 0.0) / level for level in levels[:count]]
    total = sum(shares)
    if total <= _NOTHING:
        return (1.0, *([0.0] * (count - 1)))
    return tuple(share / total for share in shares)


def adapted(
    default: Sequence[float], weights: Mapping[int, float], levels: Sequence[int], highest: int
) -> tuple[float, ...]:
    """P(s): the default probabilities of the brackets, where the brackets that start at supported levels share their
    part by `bracket_weights`. The default is unchanged if theta is 0 at all of their levels."""
    supported = bracket_weights(weights, levels, len(default), highest)
    if sum(weights.get(level, 0.0) / level for level in levels[: len(supported)]) <= _NOTHING:
        return tuple(default)
    mass = sum(default[: len(supported)])
    return (*(share * mass for share in supported), *default[len(supported) :])


# ---- the weighted sum ---------------------------------------------------------------------------------------------


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

    def told(self, x: Array) -> tuple[Array, Array, Array]:
        """Mean and standard deviation of the weighted sum, and its acquisition."""
        mean, deviation = self._sum(x)
        return mean.mean(axis=1), deviation, self.acquisition(mean, deviation, self.incumbent).value

    def __call__(self, x: Array) -> Array:
        """The acquisition of the weighted sum, shape (m,)."""
        return self.told(x)[2]

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


def incumbent_of_sum(belief: Belief, weights: Mapping[int, float], level: int) -> Array:
    """The smallest mean of the weighted sum among the rivals at a level, shape (F,)."""
    means = [theta * belief.posterior.mean(rivals(belief, level, r)) for r, theta in weights.items()]
    smallest: Array = np.sum(means, axis=0).min(axis=0)
    return smallest
