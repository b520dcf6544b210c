"""freeze-thaw: each configuration has an asymptote and a decaying curve of its own.

    m(r) = mu + gamma kappa(r)
    k    = k_x(x, x') + gamma^2 [x = x'] [kappa(r + r') - kappa(r) kappa(r')]

[x = x'] is 1 if the encoded configurations agree in every bit, otherwise 0; so a prediction for a training
configuration follows its curve. In derivatives with respect to x the indicator is a constant. Source: Swersky, Snoek
and Adams, "Freeze-Thaw Bayesian Optimization", 2014. Parameters: those of exp-decay-sum.
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
    """The kernel freeze-thaw with the base kernel k_x."""

    base: Base = Base()  # noqa: RUF009  # immutable

    @property
    def name(self) -> str:
        """Always "freeze-thaw", the value of ``gp_resource_kernel``."""
        return "freeze-thaw"

    @property
    def sees_resource(self) -> bool:
        """False: the kernel is put together from parts over configurations and parts over resources."""
        return False

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """alpha, mean_lambda, gamma, those of the base kernel, mean."""
        return (*decay_parameters(), *self.base.parameters(inputs), constant_mean())

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """m(r) = mu + gamma kappa(r) at resources of shape (L,)."""
        return decaying_mean(values, resource, inputs, 0.0)

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The covariance k_x of configurations, and the indicator [x = x'] of the same shape."""
        k = base_part(self.base, values, left, right, inputs, buffers)
        same = right.identity if isinstance(right, Pairs) else _same(left, right)
        return ConfigurationParts((*k.matrices, same), k.pull, k.pull_x)

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The covariance gamma^2 [kappa(r + r') - kappa(r) kappa(r')] within one curve, shape (L, K)."""
        return curve_parts(values, left, right, inputs)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k = k_x + [x = x'] times the covariance within a curve."""
        total = np.multiply(x[1], r[0], out=buffers.empty("k", *x[0].shape))
        total += x[0]

        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            on_curves = np.multiply(weights, x[1], out=buffers.empty("k.r", *weights.shape))
            return (weights,), (on_curves,), {}

        return Combined(total, pull)

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """The prior variance c + gamma^2 [kappa(2r) - kappa(r)^2] at resources of shape (L,)."""
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
