"""WHAT IF EVERY LEVEL HAD ITS OWN PROCESS? Independent Gaussian processes, one for each rung level, `gp_independent`.

    f(., r) ~ GP(mu_r, c_r k(x, x')),   independent over the levels r

k is one Matern-5/2 kernel of scale 1 for all levels; each level has a mean and a scale of its own. There is one noise
variance, or one for each level. Source: Li et al., "Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale",
VLDB 2022, section 4.
"""

from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values, add
from pure_hb.surrogate.kernels import Base
from pure_hb.surrogate.kernels.base import distances, matern
from pure_hb.surrogate.layout import Cover, Layout, layout
from pure_hb.surrogate.models.dense import (
    DensePosterior,
    base_process,
    dense_posterior,
    joint_samples,
)
from pure_hb.surrogate.models.model import Evaluation, Likelihood, Prediction, Pull
from pure_hb.surrogate.pairs import Pairs, likelihood_weights
from pure_hb.surrogate.parameters import Specification
from pure_hb.surrogate.points import DataError, Inputs, Observations, Points, one_column
from pure_hb.surrogate.shared_parameters import LEAST_NOISE, constant_mean, covariance_scale, noise_variance


@frozen
class Independent:
    """The model gp_independent. Its levels are those of the `Inputs`, with or without data.
    ``separate_noise_variances``: one noise variance for each level. ``least_noise``: the smallest that a fit ends with,
    in squared units of the targets."""

    base: Base = Base()  # noqa: RUF009  # immutable
    separate_noise_variances: bool = False
    least_noise: float = LEAST_NOISE

    def specification(self, inputs: Inputs) -> Specification:
        """Noise, inverse bandwidths, warping exponents, and a scale and a mean for each level."""
        levels = tuple(str(level) for level in inputs.levels)
        each = (levels, "noise_variances") if self.separate_noise_variances else ()
        return Specification(
            (
                noise_variance(*each, least=self.least_noise),
                self.base.bandwidths(inputs),
                *self.base.warping_parameters(inputs),
                covariance_scale("covariance_scales", levels),
                constant_mean("means", levels),
            )
        )

    def likelihood(self, inputs: Inputs, data: Observations) -> Likelihood:
        """The likelihood of one column of targets: the sum over the levels.

        Raises:
            DataError: for a resource that is not a level.
        """
        _check_levels(inputs, data.points)
        targets, buffers, at = one_column(data), Buffers(), layout(data.points)
        x, groups, levels = at.points.configurations, _groups(inputs, at), len(inputs.levels)

        def evaluate(values: Values) -> Evaluation:
            features = self.base.features(values, x, inputs)
            apart = distances(features, at.distinct, values["inverse_bandwidths"], buffers, "k", "inverse_bandwidths")
            k = matern(apart.q, 1.0, buffers, "k")
            on_k = np.zeros(len(at.distinct))
            scales, means, noises = values["covariance_scales"], values["means"], self._noises(values, levels)
            on_scales, on_means, on_noises = np.zeros(levels), np.zeros(levels), np.zeros(levels)
            total, jitter = 0.0, 0.0
            for group in groups:
                level = group.number
                share, scale = group.cover.spread(k.value, group.buffers, "k"), float(scales[level])
                covariance = np.multiply(share, scale, out=group.buffers.empty("K", *share.shape))
                residuals = targets[group.rows] - means[level]
                weights = likelihood_weights(covariance, float(noises[level]), residuals, group.pairs, group.buffers)
                total, jitter = total + weights.value, max(jitter, weights.jitter)
                on_scales[level] = weights.on_covariance @ share
                on_means[level] = -weights.a.sum()
                on_noises[level] = weights.on_noise.sum()
                on_k += group.cover.gather(weights.on_covariance * scale)
            on_q, _ = k.pull(on_k)
            gradient: Gradient = {"covariance_scales": on_scales, "means": on_means}
            gradient[self._noise] = on_noises if self.separate_noise_variances else np.asarray(on_noises.sum())
            add(gradient, apart.pull(on_q))
            return Evaluation(total, gradient, jitter)

        return evaluate

    def posterior(self, inputs: Inputs, data: Observations, values: Values) -> "IndependentPosterior":
        """One posterior for each level at given parameters."""
        _check_levels(inputs, data.points)
        noises, by_level = self._noises(values, len(inputs.levels)).tolist(), {}
        for number, level in enumerate(inputs.levels):
            mean, scale = float(values["means"][number]), float(values["covariance_scales"][number])
            process = base_process(self.base, inputs, values, mean, scale)
            by_level[level] = dense_posterior(process, _at(data, level), noises[number])
        return IndependentPosterior(inputs, by_level)

    def _noises(self, values: Values, levels: int) -> Array:
        return np.broadcast_to(values[self._noise], (levels,))

    @property
    def _noise(self) -> str:
        return "noise_variances" if self.separate_noise_variances else "noise_variance"


@frozen(eq=False)
class IndependentPosterior:
    """The posteriors by level. At a level without data it is the prior."""

    inputs: Inputs
    by_level: Mapping[int, DensePosterior]

    @property
    def jitter(self) -> float:
        """The largest jitter of all levels."""
        return max(posterior.jitter for posterior in self.by_level.values())

    @property
    def columns(self) -> int:
        """F, the number of columns of targets."""
        return max(int(posterior.p.shape[1]) for posterior in self.by_level.values())

    def predict(self, at: Points) -> Prediction:
        """Mean and variance of f, each point by the process of its level."""
        mean, variance = np.empty((len(at), self.columns)), np.empty(len(at))
        for level, rows in self._split(at):
            prediction = self.by_level[level].predict(at.rows(rows))
            mean[rows], variance[rows] = prediction.mean, prediction.variance
        return Prediction(mean, variance)

    def mean(self, at: Points) -> Array:
        """The mean of f alone, shape (m, F)."""
        found = np.empty((len(at), self.columns))
        for level, rows in self._split(at):
            found[rows] = self.by_level[level].mean(at.rows(rows))
        return found

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """The prediction, and its derivative in x."""
        mean, variance = np.empty((len(at), self.columns)), np.empty(len(at))
        pulls: list[tuple[Indices, Pull]] = []
        for level, rows in self._split(at):
            prediction, pull = self.by_level[level].predict_and_pull(at.rows(rows))
            mean[rows], variance[rows] = prediction.mean, prediction.variance
            pulls.append((rows, pull))

        def pull_all(on_mean: Array, on_variance: Array) -> Array:
            by_x = np.empty((len(at), self.inputs.dimension))
            for rows, pull in pulls:
                by_x[rows] = pull(on_mean[rows], on_variance[rows])
            return by_x

        return Prediction(mean, variance), pull_all

    def covariance(self, at: Points) -> Array:
        """The joint covariance at m points, (m, m); 0 between levels."""
        joint = np.zeros((len(at), len(at)))
        for level, rows in self._split(at):
            joint[np.ix_(rows, rows)] = self.by_level[level].covariance(at.rows(rows))
        return joint

    def sample(self, at: Points, normals: Array) -> Array:
        """Joint samples of f, with shapes as in `Posterior.sample`; levels are independent."""
        return joint_samples(self.predict(at).mean, self.covariance(at), normals)

    def condition(self, more: Observations) -> "IndependentPosterior":
        """The posterior after more observations, each at its level."""
        if not len(more.points):
            return self
        _check_levels(self.inputs, more.points)
        columns = max(self.columns, more.targets.shape[1])
        extended = {
            level: posterior.condition(_at(more, level)).repeat(columns) for level, posterior in self.by_level.items()
        }
        return evolve(self, by_level=extended)

    def _split(self, at: Points) -> list[tuple[int, Indices]]:
        _check_levels(self.inputs, at)
        return [(int(level), np.flatnonzero(at.level == number)) for number, level in enumerate(at.levels)]


@frozen(eq=False)
class _Group:
    """The rows of one level."""

    number: int
    rows: Indices
    pairs: Pairs
    cover: Cover
    """From pairs of all configurations to pairs of the rows."""
    buffers: Buffers


def _groups(inputs: Inputs, at: Layout) -> tuple[_Group, ...]:
    groups = []
    for number, level in enumerate(inputs.levels):
        places = np.flatnonzero(at.points.resource == level)
        if len(places):
            pairs = Pairs(len(places))
            cover = Cover(len(at.distinct), pairs.places_among(at.points.configuration[places], at.distinct))
            groups.append(_Group(number, at.order[places], pairs, cover, Buffers()))
    return tuple(groups)


def _at(data: Observations, level: int) -> Observations:
    rows = np.flatnonzero(data.points.resource == level)
    return Observations(data.points.rows(rows), data.targets[rows])


def _check_levels(inputs: Inputs, at: Points) -> None:
    strange = sorted(set(at.levels.tolist()) - set(inputs.levels))
    if strange:
        raise DataError(
            f"resource {strange[0]} is no level of the independent processes ({', '.join(map(str, inputs.levels))}); "
            'hand over values at rung levels only (searcher_data="rungs"), or use model="gp_multitask"'
        )
    inputs.check(at)
