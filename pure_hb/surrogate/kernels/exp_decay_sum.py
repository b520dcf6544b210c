"""exp-decay-sum: all configurations share one decay, and each has an asymptote of its own. The default.

    m(r) = mu + gamma kappa(r)
    k    = k_x(x, x') + gamma^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: Klein et al., "Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020, appendix; Syne
Tune, delta = 0. Parameters: alpha, mean_lambda, gamma, those of k_x, mean.
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
    """The kernel exp-decay-sum with the base kernel k_x."""

    base: Base = Base()  # noqa: RUF009  # immutable

    @property
    def name(self) -> str:
        """Always "exp-decay-sum", the value of ``gp_resource_kernel``."""
        return "exp-decay-sum"

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
        """The covariance k_x of configurations."""
        return base_part(self.base, values, left, right, inputs, buffers)

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The covariance gamma^2 [kappa(r + r') - kappa(r) kappa(r')] of the common decay, shape (L, K)."""
        return curve_parts(values, left, right, inputs)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k: the sum of both parts."""
        total = np.add(x[0], r[0], out=buffers.empty("k", *x[0].shape))
        return Combined(total, lambda weights: ((weights,), (weights,), {}))

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """The prior variance c + gamma^2 [kappa(2r) - kappa(r)^2] at resources of shape (L,)."""
        (summand,) = self.of_resources(values, resource, resource, inputs).matrices
        return values["covariance_scale"] + np.diagonal(summand)
