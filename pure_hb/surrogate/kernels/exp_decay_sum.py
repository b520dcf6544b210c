"""exp-decay-sum: the decay is the same for all configurations, the asymptote is theirs. The default.

    m(r) = mu + gamma kappa(r)
    k    = k_x(x, x') + gamma^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: the reference system's delta = 0 (Tiao et al., "Model-based Asynchronous Hyperparameter and Neural
Architecture Search", 2020, appendix). Parameters: alpha, mean_lambda, gamma, those of k_x, mean.
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Indices, Values
from pure_hb.surrogate.kernels.base import Base, base_part
from pure_hb.surrogate.kernels.decay_kernels import curve_parts, decaying_mean
from pure_hb.surrogate.kernels.kernel import Combined, ConfigurationParts, Matrices, Mean, Parts
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter, constant_mean, decay_parameters
from pure_hb.surrogate.points import Inputs


@frozen
class ExpDecaySum:
    """See the module."""

    base: Base = Base()  # noqa: RUF009  # immutable

    @property
    def name(self) -> str:
        """exp-decay-sum."""
        return "exp-decay-sum"

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
        """k_x."""
        return base_part(self.base, values, left, right, inputs, buffers)

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """gamma^2 [kappa(r + r') - kappa(r) kappa(r')]."""
        return curve_parts(values, left, right, inputs)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """The sum: both parts have its weights."""
        total = np.add(x[0], r[0], out=buffers.empty("k", *x[0].shape))
        return Combined(total, lambda weights: ((weights,), (weights,), {}))

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """c + gamma^2 [kappa(2r) - kappa(r)^2]."""
        (summand,) = self.of_resources(values, resource, resource, inputs).matrices
        return values["covariance_scale"] + np.diagonal(summand)
