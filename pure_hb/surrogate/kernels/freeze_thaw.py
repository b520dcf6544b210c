"""freeze-thaw: each configuration has an asymptote and a decaying curve of its own.

    m(r) = mu + gamma kappa(r)
    k    = k_x(x, x') + gamma^2 [x = x'] [kappa(r + r') - kappa(r) kappa(r')]

[x = x'] is 1 iff the encoded configurations agree in every bit, so a prediction for a training configuration follows
its curve. Source: Swersky, Snoek and Adams, "Freeze-Thaw Bayesian Optimization", 2014. Parameters: those of
exp-decay-sum. In derivatives with respect to x the indicator is a constant.
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.kernels.base import Base, base_part
from pure_hb.surrogate.kernels.decay_kernels import curve_parts, decaying_mean
from pure_hb.surrogate.kernels.kernel import Combined, ConfigurationParts, Matrices, Mean, Parts
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter, constant_mean, decay_parameters
from pure_hb.surrogate.points import Inputs


@frozen
class FreezeThaw:
    """See the module."""

    base: Base = Base()  # noqa: RUF009  # immutable

    @property
    def name(self) -> str:
        """freeze-thaw."""
        return "freeze-thaw"

    @property
    def sees_resource(self) -> bool:
        """No."""
        return False

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """alpha, mean_lambda, gamma, those of the base kernel, mean."""
        return (*decay_parameters(), *self.base.parameters(inputs), constant_mean())

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """mu + gamma kappa(r)."""
        return decaying_mean(values, resource, inputs, 0.0)

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """k_x and [x = x']."""
        k = base_part(self.base, values, left, right, inputs, buffers)
        same = right.identity if isinstance(right, Pairs) else _same(left, right)
        return ConfigurationParts((*k.matrices, same), k.pull, k.pull_x)

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """gamma^2 [kappa(r + r') - kappa(r) kappa(r')]."""
        return curve_parts(values, left, right, inputs)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k_x, and within a configuration its curve. The indicator has no derivative."""
        total = np.multiply(x[1], r[0], out=buffers.empty("k", *x[0].shape))
        total += x[0]

        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            on_curves = np.multiply(weights, x[1], out=buffers.empty("k.r", *weights.shape))
            return (weights,), (on_curves,), {}

        return Combined(total, pull)

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """c + gamma^2 [kappa(2r) - kappa(r)^2]."""
        (summand,) = self.of_resources(values, resource, resource, inputs).matrices
        return values["covariance_scale"] + np.diagonal(summand)


def _same(left: Array, right: Array) -> Array:
    rows = {row.tobytes(): number for number, row in enumerate(left)}
    same = np.zeros((len(left), len(right)))
    for column, row in enumerate(right):
        found = rows.get(row.tobytes())
        if found is not None:
            same[found, column] = 1.0
    return same
