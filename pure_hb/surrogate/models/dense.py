"""HOW DO ALL RESOURCES SHARE ONE PROCESS, AND HOW IS IT CONDITIONED? The multi-task Gaussian process over (x, r),
`gp_multitask`; and the posterior of any Gaussian process over points, which the other models use too.

y_i = f(x_i, r_i) + noise, where f is a Gaussian process with a resource kernel (`pure_hb.surrogate.kernels`), and the
noise has one variance. With A = K + sigma^2 I = L L^T, residuals e = t - m and a = A^-1 e, the posterior at a point
with covariances k to the data has mean m + k^T a and variance k(x, x) - |L^-1 k|^2 (Rasmussen and Williams, "Gaussian
Processes for Machine Learning", 2006, algorithm 2.1). Source of the model: Swersky, Snoek and Adams, "Multi-Task
Bayesian Optimization", 2013; Klein et al., "Model-based Asynchronous Hyperparameter and Neural Architecture Search",
2020.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from attrs import evolve, frozen

from pure_hb.surrogate.arrays import SMALLEST_VARIANCE, Array, Buffers, Factor, Values, add, extend, factorise
from pure_hb.surrogate.kernels import Base, ResourceKernel
from pure_hb.surrogate.kernels.exp_decay_sum import ExpDecaySum
from pure_hb.surrogate.layout import layout
from pure_hb.surrogate.models.model import Evaluation, Likelihood, Prediction, Pull
from pure_hb.surrogate.pairs import likelihood_weights
from pure_hb.surrogate.parameters import Specification
from pure_hb.surrogate.points import (
    DataError,
    Inputs,
    Observations,
    Points,
    gather,
    one_column,
    spread,
    together,
    with_resource,
)
from pure_hb.surrogate.shared_parameters import LEAST_NOISE, noise_variance

_BLOCK = 128
"""At most so many points are predicted together."""


@frozen(eq=False)
class CrossCovariance:
    """The covariance between n and m points, and its derivative in x."""

    value: Array
    """Shape (n, m)."""
    pull_x: Callable[[Array], Array]
    """From weights on the covariance, (n, m), to the derivative in the configurations of the m points, (M, d)."""


@frozen(eq=False)
class KernelProcess:
    """The Gaussian process prior over (x, r) by a resource kernel, at given parameters."""

    kernel: ResourceKernel
    inputs: Inputs
    values: Values

    def mean(self, at: Points) -> Array:
        """The prior mean m(r) at each point, shape (n,)."""
        return self.kernel.mean(self.values, at.levels, self.inputs).values[at.level]

    def variance(self, at: Points) -> Array:
        """The prior variance at each point, shape (n,)."""
        return self.kernel.variance(self.values, at.levels, self.inputs)[at.level]

    def covariance(self, left: Points, right: Points, buffers: Buffers | None = None) -> CrossCovariance:
        """k((x, r), (x', r')) between n and m points; it lies in the buffers, if given."""
        room, values, inputs = buffers or Buffers(), self.values, self.inputs
        inputs.check(right)
        asked = right
        if self.kernel.sees_resource:
            left, right = with_resource(left, inputs), with_resource(right, inputs)
        over_x = self.kernel.of_configurations(values, left.configurations, right.configurations, inputs, room)
        over_r = self.kernel.of_resources(values, left.levels, right.levels, inputs)
        x = tuple(
            spread(matrix, left.configuration, right.configuration, room, f"spread.x{i}")
            for i, matrix in enumerate(over_x.matrices)
        )
        r = tuple(
            spread(matrix, left.level, right.level, room, f"spread.r{i}") for i, matrix in enumerate(over_r.matrices)
        )
        combined = self.kernel.combine(values, x, r, room)

        def pull_x(weights: Array) -> Array:
            on_x, _, _ = combined.pull(weights)
            by_seen = over_x.pull_x(tuple(gather(matrix, left, right) for matrix in on_x))
            if right is asked:
                return by_seen
            of = np.empty(len(by_seen), dtype=np.intp)  # back from what the kernel sees to the configurations asked for
            of[right.configuration] = asked.configuration
            by_x = np.zeros_like(asked.configurations)
            np.add.at(by_x, of, by_seen[:, : by_x.shape[1]])
            return by_x

        return CrossCovariance(combined.value, pull_x)


def base_process(base: Base, inputs: Inputs, values: Values, mean: float, scale: float) -> KernelProcess:
    """The prior GP(mean, scale k) over configurations, whatever their resources, where k is the base kernel of scale 1;
    in standardised units. ``values``: the other parameters."""
    own = {"mean": np.asarray(mean), "covariance_scale": np.asarray(scale)}
    return KernelProcess(ResourceKernel(base), inputs, {**values, **own})


@frozen(eq=False)
class DensePosterior:
    """The posterior of a process after n observations with F columns of targets."""

    process: KernelProcess
    points: Points
    factor: Factor
    p: Array
    """L^-1 (T - m), shape (n, F), with targets T and prior mean m."""
    a: Array
    """L^-T p = A^-1 (T - m), shape (n, F)."""
    noise: Array | float
    """The noise variance of an observation, also of further ones; or that of each of the n points, shape (n,)."""

    @property
    def jitter(self) -> float:
        """What was added to the diagonal of the covariance; 0 if nothing."""
        return self.factor.jitter

    def predict(self, at: Points) -> Prediction:
        """Mean and variance of f at m points, in blocks of at most 128."""
        buffers = Buffers()
        found = [self._predict(block, buffers)[0] for block in _blocks(at)]
        return Prediction(
            np.concatenate([block.mean for block in found]), np.concatenate([block.variance for block in found])
        )

    def mean(self, at: Points) -> Array:
        """The mean of f alone, shape (m, F), without a triangular solve."""
        buffers = Buffers()
        pulled = [self.process.covariance(self.points, block, buffers).value.T @ self.a for block in _blocks(at)]
        found: Array = self.process.mean(at)[:, None] + np.concatenate(pulled)
        return found

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """The prediction, and its derivative in x.

        Each point counts as a configuration of its own, moved by one unit in the last place. So a candidate that moves
        along a gradient does not count as a training configuration when it passes one (freeze-thaw)."""
        x = at.x
        moved = np.nextafter(x, np.where(x < 0.75, 1.0, 0.0))
        alone = evolve(at, configurations=moved, configuration=np.arange(len(at)))
        prediction, cross, solved = self._predict(alone, Buffers())
        above_floor = prediction.variance > SMALLEST_VARIANCE

        def pull(on_mean: Array, on_variance: Array) -> Array:
            weights = self.a @ on_mean.T
            weights -= self.factor.solve(solved, transposed=True) * (2.0 * np.where(above_floor, on_variance, 0.0))
            return cross.pull_x(weights)

        return prediction, pull

    def covariance(self, at: Points) -> Array:
        """The joint posterior covariance at m points, shape (m, m)."""
        solved = self.factor.solve(self.process.covariance(self.points, at).value)
        joint: Array = self.process.covariance(at, at).value - solved.T @ solved
        return joint

    def sample(self, at: Points, normals: Array) -> Array:
        """Joint samples of f, with shapes as in `Posterior.sample`."""
        prediction, _, solved = self._predict(at, Buffers())
        return joint_samples(prediction.mean, self.process.covariance(at, at).value - solved.T @ solved, normals)

    def condition(self, more: Observations, noise: Array | None = None) -> "DensePosterior":
        """The posterior after m more observations with the noise variance of those before, or with noise variances
        ``noise``, shape (m,)."""
        if not len(more.points):
            return self
        cross = self.process.covariance(self.points, more.points).value
        corner = self.process.covariance(more.points, more.points).value.copy()
        corner[np.diag_indices_from(corner)] += self.noise if noise is None else noise
        factor = extend(self.factor, cross, corner)
        p, targets = same_columns(self.p, more.targets)
        n = len(self.points)
        residuals = targets - self.process.mean(more.points)[:, None]
        tail = Factor(factor.lower[n:, n:]).solve(residuals - factor.lower[n:, :n] @ p)
        p = np.vstack((p, tail))
        return evolve(
            self, points=together(self.points, more.points), factor=factor, p=p, a=factor.solve(p, transposed=True)
        )

    def repeat(self, columns: int) -> "DensePosterior":
        """The same posterior with its columns of targets repeated up to this number."""
        times = columns // self.p.shape[1]
        if times == 1:
            return self
        return evolve(self, p=np.repeat(self.p, times, axis=1), a=np.repeat(self.a, times, axis=1))

    def _predict(self, at: Points, buffers: Buffers) -> tuple[Prediction, CrossCovariance, Array]:
        cross = self.process.covariance(self.points, at, buffers)
        solved = self.factor.solve(cross.value)
        mean = self.process.mean(at)[:, None] + cross.value.T @ self.a
        variance = self.process.variance(at) - np.einsum("ij,ij->j", solved, solved)
        return Prediction(mean, np.maximum(variance, SMALLEST_VARIANCE)), cross, solved


def _blocks(at: Points) -> list[Points]:
    """The points in parts of about the same size, small enough that their matrices stay in the processor's cache."""
    parts = np.array_split(np.arange(len(at)), max(1, math.ceil(len(at) / _BLOCK)))
    return [at] if len(parts) == 1 else [at.rows(rows) for rows in parts]


def dense_posterior(process: KernelProcess, data: Observations, noise: Array | float) -> DensePosterior:
    """The posterior of a process given data, factorised from scratch. ``noise``: the noise variance of an observation,
    or of each, shape (n,).

    Raises:
        SingularError: if the covariance has no Cholesky factor.
    """
    factor = factorise(process.covariance(data.points, data.points).value, noise)
    p = factor.solve(data.targets - process.mean(data.points)[:, None])
    return DensePosterior(process, data.points, factor, p, factor.solve(p, transposed=True), noise)


def same_columns(old: Array, new: Array) -> tuple[Array, Array]:
    """Both arrays with the same number of columns: one column is repeated as often as the other array has columns.

    Raises:
        DataError: if both have several columns, and not equally many.
    """
    f, g = old.shape[1], new.shape[1]
    if f != g and 1 not in (f, g):
        raise DataError(f"the posterior has {f} columns of targets and the new ones have {g}; give one column or {f}")
    return np.repeat(old, max(f, g) // f, axis=1), np.repeat(new, max(f, g) // g, axis=1)


def joint_samples(mean: Array, covariance: Array, normals: Array) -> Array:
    """Gaussian samples for a mean of shape (m, F), a covariance (m, m) and standard normal numbers (m, S): shape (m, S)
    for F = 1, else (m, F, S).

    Raises:
        ValueError: for normals of another shape.
        SingularError: if the covariance has no Cholesky factor.
    """
    if normals.ndim != 2 or len(normals) != len(mean):
        raise ValueError(f"the normal numbers have shape {normals.shape}; it takes ({len(mean)}, samples)")
    lower = np.sqrt(np.maximum(covariance, 0.0)) if len(mean) == 1 else factorise(covariance, 0.0).lower
    spread = lower @ normals
    return mean + spread if mean.shape[1] == 1 else mean[:, :, None] + spread[:, None, :]


# ---- the model -------------------------------------------------------------------------------------------------------


@frozen
class MultiTask:
    """The model gp_multitask with its resource kernel. ``least_noise``: the smallest noise variance that a fit ends
    with, in squared units of the targets."""

    kernel: ResourceKernel = ExpDecaySum()  # noqa: RUF009  # immutable
    least_noise: float = LEAST_NOISE

    @lru_cache(maxsize=32)  # noqa: B019  # keeps alive 32 small values at most
    def specification(self, inputs: Inputs) -> Specification:
        """noise_variance, then the parameters of the kernel."""
        return Specification((noise_variance(least=self.least_noise), *self.kernel.parameters(inputs)))

    def likelihood(self, inputs: Inputs, data: Observations) -> Likelihood:
        """The likelihood of one column of targets under the joint process over (x, r)."""
        inputs.check(data.points)
        kernel, buffers = self.kernel, Buffers()
        at = layout(with_resource(data.points, inputs) if kernel.sees_resource else data.points)
        x, r, level = at.points.configurations, at.points.levels, at.points.level
        targets = one_column(data)[at.order]

        def evaluate(values: Values) -> Evaluation:
            over_x = kernel.of_configurations(values, x, at.distinct, inputs, buffers)
            over_r = kernel.of_resources(values, r, r, inputs)
            mean = kernel.mean(values, r, inputs)
            spread_x = tuple(
                at.by_configuration.spread(part, buffers, f"spread.x{i}") for i, part in enumerate(over_x.matrices)
            )
            spread_r = tuple(at.spread_levels(part, buffers, f"spread.r{i}") for i, part in enumerate(over_r.matrices))
            combined = kernel.combine(values, spread_x, spread_r, buffers)
            residuals = targets - mean.values[level]
            weights = likelihood_weights(combined.value, float(values["noise_variance"]), residuals, at.pairs, buffers)
            on_x, on_r, gradient = combined.pull(weights.on_covariance)
            gradient["noise_variance"] = np.asarray(weights.on_noise.sum())
            add(gradient, over_x.pull(tuple(at.by_configuration.gather(part) for part in on_x)))
            add(gradient, over_r.pull(tuple(at.gather_levels(part) for part in on_r)))
            add(gradient, mean.pull(-at.sums_by_level(weights.a)))
            return Evaluation(weights.value, gradient, weights.jitter)

        return evaluate

    def posterior(self, inputs: Inputs, data: Observations, values: Values) -> DensePosterior:
        """The posterior over (x, r) at given parameters."""
        return dense_posterior(KernelProcess(self.kernel, inputs, values), data, float(values["noise_variance"]))
