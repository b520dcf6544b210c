"""HOW DO ALL RESOURCES SHARE ONE PROCESS? The multi-task Gaussian process over (x, r), `gp_multitask`.

y_i = f(x_i, r_i) + noise, where f is a Gaussian process with a resource kernel (`pure_hb.surrogate.kernels`), and the
noise has one variance. Source: Swersky, Snoek and Adams, "Multi-Task Bayesian Optimization", 2013; Klein et al.,
"Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020.
"""

from functools import lru_cache

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Values, add
from pure_hb.surrogate.kernels import ResourceKernel
from pure_hb.surrogate.kernels.exp_decay_sum import ExpDecaySum
from pure_hb.surrogate.layout import layout
from pure_hb.surrogate.models.dense import CrossCovariance, DensePosterior, dense_posterior, likelihood_weights
from pure_hb.surrogate.models.model import Evaluation, Likelihood
from pure_hb.surrogate.parameters import LEAST_NOISE, Specification, noise_variance
from pure_hb.surrogate.points import Inputs, Observations, Points, gather, one_column, spread, with_resource


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
        at = layout(seen(kernel, data.points, inputs))
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
        return dense_posterior(MultiTaskProcess(self.kernel, inputs, values), data)


@frozen(eq=False)
class MultiTaskProcess:
    """The prior over (x, r) at given parameters."""

    kernel: ResourceKernel
    inputs: Inputs
    values: Values

    def mean(self, at: Points) -> Array:
        """The prior mean m(r) at each point, shape (n,)."""
        return self.kernel.mean(self.values, at.levels, self.inputs).values[at.level]

    def variance(self, at: Points) -> Array:
        """The prior variance at each point, shape (n,)."""
        return self.kernel.variance(self.values, at.levels, self.inputs)[at.level]

    def noise(self, at: Points) -> Array:
        """The noise variance, the same at each point, shape (n,)."""
        return np.full(len(at), float(self.values["noise_variance"]))

    def covariance(self, left: Points, right: Points, buffers: Buffers | None = None) -> CrossCovariance:
        """k((x, r), (x', r')) between n and m points."""
        room, values, inputs = buffers or Buffers(), self.values, self.inputs
        inputs.check(right)
        asked, is_itself = right, left is right
        right = seen(self.kernel, right, inputs)
        left = right if is_itself else seen(self.kernel, left, inputs)
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
            return unseen(right, asked, over_x.pull_x(tuple(gather(matrix, left, right) for matrix in on_x)))

        return CrossCovariance(combined.value, pull_x)


def seen(kernel: ResourceKernel, at: Points, inputs: Inputs) -> Points:
    """The points with r~ as a coordinate of the configuration, if the kernel `sees_resource`; otherwise the points
    themselves."""
    return with_resource(at, inputs) if kernel.sees_resource else at


def unseen(seen_as: Points, at: Points, by_x: Array) -> Array:
    """The derivative in the configurations of ``at``, (N, d), from that in the configurations of ``seen_as``: the
    inverse of `seen` for derivatives."""
    if seen_as is at:
        return by_x
    of = np.empty(len(by_x), dtype=np.intp)
    of[seen_as.configuration] = at.configuration
    total = np.zeros_like(at.configurations)
    np.add.at(total, of, by_x[:, : total.shape[1]])
    return total
