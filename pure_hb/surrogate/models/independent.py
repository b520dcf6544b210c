"""WHAT IF EVERY LEVEL HAD ITS OWN PROCESS? Independent Gaussian processes, `gp_independent`.

    f(., r) ~ GP(mu_r, c_r k(x, x')),   independent over the levels r

with one Matern-5/2 kernel k of scale 1 for all levels, a mean and a scale for each, and one noise variance, or one for
each level. Source: Li et al., "Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale", VLDB 2022, section 4.2.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from attrs import evolve, frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values, add
from pure_hb.surrogate.kernels import Base
from pure_hb.surrogate.kernels.base import distances, matern
from pure_hb.surrogate.models.base_process import BaseProcess
from pure_hb.surrogate.models.dense import (
    DensePosterior,
    dense_posterior,
    joint_samples,
    likelihood_weights,
)
from pure_hb.surrogate.models.model import DataError, Evaluation, Likelihood, Observations, Prediction, Pull, one_column
from pure_hb.surrogate.parameters import Specification, constant_mean, covariance_scale, noise_variance
from pure_hb.surrogate.points import Inputs, Layout, Points, layout


@frozen
class Independent:
    """The model and its options. The levels are those of the inputs, with or without data."""

    base: Base = Base()  # noqa: RUF009  # immutable
    separate_noise_variances: bool = False

    def specification(self, inputs: Inputs) -> Specification:
        """Noise, bandwidths (and warping), and a scale and a mean for each level."""
        levels = tuple(str(level) for level in inputs.levels)
        noise = noise_variance(levels, "noise_variances") if self.separate_noise_variances else noise_variance()
        return Specification(
            (
                noise,
                self.base.bandwidths(inputs),
                *self.base.warping_parameters(inputs),
                covariance_scale("covariance_scales", levels),
                constant_mean("means", levels),
            )
        )

    def likelihood(self, inputs: Inputs, data: Observations) -> Likelihood:
        """See `Model`."""
        _check_levels(inputs, data.points)
        targets, buffers, at = one_column(data), Buffers(), _nested(data.points)
        groups, levels, x, n = tuple(_groups(inputs, at)), len(inputs.levels), at.configurations, len(at.configurations)

        def evaluate(values: Values) -> Evaluation:
            features = self.base.features(values, x, inputs)
            apart = distances(features, features, values["inverse_bandwidths"], buffers.empty("q", n, n))
            k = matern(apart.q, 1.0, buffers)
            on_k = buffers.empty("on_k", n, n)
            on_k.fill(0.0)
            scales, means, noises = values["covariance_scales"], values["means"], self._noises(values, levels)
            on_scales, on_means, on_noises = np.zeros(levels), np.zeros(levels), np.zeros(levels)
            total, jitter = 0.0, 0.0
            for group in groups:
                level = group.number
                share, scale = group.pick(k.value), float(scales[level])
                covariance = np.multiply(share, scale, out=group.buffers.empty("K", *share.shape))
                residuals = targets[group.rows] - means[level]
                weights = likelihood_weights(covariance, float(noises[level]), residuals, group.buffers)
                total, jitter = total + weights.value, max(jitter, weights.jitter)
                on_scales[level] = np.vdot(weights.on_covariance, share)
                on_means[level] = -weights.a.sum()
                on_noises[level] = np.trace(weights.on_covariance)
                group.add(on_k, weights.on_covariance, scale)
            on_q, _ = k.pull(on_k)
            gradient: Gradient = {"covariance_scales": on_scales, "means": on_means}
            gradient[self._noise] = on_noises if self.separate_noise_variances else np.asarray(on_noises.sum())
            add(gradient, apart.pull(on_q))
            return Evaluation(total, gradient, jitter)

        return evaluate

    def posterior(self, inputs: Inputs, data: Observations, values: Values) -> "IndependentPosterior":
        """See `Model`."""
        _check_levels(inputs, data.points)
        return IndependentPosterior(
            inputs,
            {
                level: dense_posterior(self._process(inputs, values, number), _at(data, level))
                for number, level in enumerate(inputs.levels)
            },
        )

    def _process(self, inputs: Inputs, values: Values, number: int) -> BaseProcess:
        mean, scale = values["means"][number], values["covariance_scales"][number]
        noise = self._noises(values, len(inputs.levels))[number]
        return BaseProcess(self.base, inputs, values, float(mean), float(scale), float(noise))

    def _noises(self, values: Values, levels: int) -> Array:
        return np.broadcast_to(values[self._noise], (levels,))

    @property
    def _noise(self) -> str:
        return "noise_variances" if self.separate_noise_variances else "noise_variance"


@frozen(eq=False)
class IndependentPosterior:
    """One posterior a level. At a level without data it is the prior."""

    inputs: Inputs
    by_level: Mapping[int, DensePosterior]

    @property
    def jitter(self) -> float:
        """The largest of all levels."""
        return max(posterior.jitter for posterior in self.by_level.values())

    @property
    def columns(self) -> int:
        """F."""
        return max(int(posterior.p.shape[1]) for posterior in self.by_level.values())

    def predict(self, at: Points) -> Prediction:
        """See `Posterior`."""
        mean, variance = np.empty((len(at), self.columns)), np.empty(len(at))
        for level, rows in self._split(at):
            prediction = self.by_level[level].predict(at.rows(rows))
            mean[rows], variance[rows] = prediction.mean, prediction.variance
        return Prediction(mean, variance)

    def mean(self, at: Points) -> Array:
        """See `Posterior`."""
        found = np.empty((len(at), self.columns))
        for level, rows in self._split(at):
            found[rows] = self.by_level[level].mean(at.rows(rows))
        return found

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """See `Posterior`."""
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
        """See `Posterior`; 0 between levels."""
        joint = np.zeros((len(at), len(at)))
        for level, rows in self._split(at):
            joint[np.ix_(rows, rows)] = self.by_level[level].covariance(at.rows(rows))
        return joint

    def sample(self, at: Points, normals: Array) -> Array:
        """See `Posterior`; level by level."""
        return joint_samples(self.predict(at).mean, self.covariance(at), normals)

    def condition(self, more: Observations) -> "IndependentPosterior":
        """See `Posterior`."""
        if not len(more):
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
    """In the order of the layout."""
    configurations: Indices
    """Numbers of the distinct configurations, in the order of the layout."""
    arrangement: Layout
    buffers: Buffers

    def pick(self, matrix: Array) -> Array:
        """The level's part of a matrix over all configurations, spread to its rows."""
        block = self._leading
        part = matrix[block, block] if block else matrix.take(self.configurations, 0).take(self.configurations, 1)
        return self.arrangement.spread(part, self.buffers, "k")

    def add(self, matrix: Array, weights: Array, scale: float) -> None:
        """Add weights on the rows, times a scale, back to a matrix over all configurations."""
        part = self.arrangement.gather(weights, self.buffers, "gather")
        part = np.multiply(part, scale, out=self.buffers.empty("scaled", *part.shape))
        block = self._leading
        matrix[(block, block) if block else np.ix_(self.configurations, self.configurations)] += part

    @cached_property
    def _leading(self) -> slice | None:
        """The first configurations, if the level has exactly those: a block instead of picked rows and columns."""
        count = len(self.configurations)
        return slice(0, count) if (self.configurations == np.arange(count)).all() else None


def _nested(at: Points) -> Points:
    """The same points with the configurations in another order, those at most levels first: what got to a level has
    been at those below, so that each level has the first of them."""
    order = np.argsort(-np.bincount(at.configuration, minlength=len(at.configurations)), kind="stable")
    place = np.argsort(order)
    return evolve(at, configurations=at.configurations[order], configuration=place[at.configuration])


def _groups(inputs: Inputs, at: Points) -> list[_Group]:
    groups = []
    for number, level in enumerate(inputs.levels):
        rows = np.flatnonzero(at.resource == level)
        if len(rows):
            arrangement = layout(at.rows(rows))
            ordered = rows[arrangement.order]
            configurations = at.configuration[ordered][: arrangement.sizes[0]]
            groups.append(_Group(number, ordered, configurations, arrangement, Buffers()))
    return groups


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
