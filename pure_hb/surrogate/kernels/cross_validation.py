"""cross-validation: the resource is a number of folds, and a value is the mean over the residuals of the folds so far.

    m(r) = mu
    k    = k_x(x, x') + k_res(x, x') / max(rho, rho'),   rho = R r~ + 1/2

rho equals r up to 1e-8, so the variance of the residual part falls as 1/r. k_res is a second Matern-5/2 kernel over
configurations, never warped, with one inverse bandwidth and a scale of its own. Source: Syne Tune. Parameters: those of
k_x, residual_covariance_scale, residual_inverse_bandwidth, mean. Experimental, for comparison.
"""

from typing import ClassVar

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Indices, Values
from pure_hb.surrogate.kernels.base import ConfigurationParts, Features, Matrices, matern_part
from pure_hb.surrogate.kernels.kernel import Combined, Parts, ResourceKernel
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs, encoded_resource
from pure_hb.surrogate.shared_parameters import covariance_scale, inverse_bandwidths

_SCALE, _BANDWIDTH = "residual_covariance_scale", "residual_inverse_bandwidth"


@frozen
class CrossValidation(ResourceKernel):
    """The kernel cross-validation with the base kernel k_x."""

    name: ClassVar[str] = "cross-validation"
    after: ClassVar[tuple[Parameter, ...]] = (covariance_scale(_SCALE), inverse_bandwidths(None, _BANDWIDTH))
    itself: ClassVar[tuple[str | float, ...]] = ("covariance_scale", _SCALE)

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The two matrices k_x and k_res, between configurations or within a set."""
        k = super().of_configurations(values, left, right, inputs, buffers)
        not_warped = right if isinstance(right, Pairs) else Features(right)
        residual = matern_part(values, Features(left), not_warped, buffers, _SCALE, _BANDWIDTH)
        return ConfigurationParts(
            (*k.matrices, *residual.matrices),
            lambda weights: k.pull(weights[:1]) | residual.pull(weights[1:]),
            lambda weights: k.pull_x(weights[:1]) + residual.pull_x(weights[1:]),
        )

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The matrix 1 / max(rho, rho'), shape (L, K); it has no parameters."""
        rho, other = (inputs.max_resource * encoded_resource(one, inputs.max_resource) + 0.5 for one in (left, right))
        return Parts((1.0 / np.maximum(rho[:, None], other[None, :]),), lambda weights: {})

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k = k_x + k_res / max(rho, rho')."""
        total = buffers.product("k", x[1], r[0])
        total += x[0]
        return Combined(total, lambda weights: ((weights, buffers.product("k.x", weights, r[0])), (), {}))
