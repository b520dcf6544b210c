"""matern52 and what matern52-res-warp shares with it: one Matern-5/2 kernel over configuration and resource together.

    m(r) = mu
    q    = 5 [sum_k b_k^2 (x_k - x'_k)^2 + b_r^2 (r~ - r~')^2]
    k    = c (1 + B + q/3) exp(-B),   B = sqrt(q + 1e-9)

with r~ in [0, 1] the encoded resource; without ARD b_r is the same b as for all coordinates. Source: Rasmussen and
Williams, "Gaussian Processes for Machine Learning", 2006, eq. 4.17. Parameters: those of the base kernel, with the
inverse bandwidth of the resource as the last one; mean. Experimental, for comparison.
"""

from typing import ClassVar

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Values
from pure_hb.surrogate.kernels.base import Bend, ConfigurationParts, Features, Matrices, matern_part
from pure_hb.surrogate.kernels.kernel import Combined, ResourceKernel
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter, constant_mean, covariance_scale, warping
from pure_hb.surrogate.points import Inputs
from pure_hb.surrogate.warping import warp

_EXPONENTS = ("resource_warping_a", "resource_warping_b")


@frozen
class Matern52(ResourceKernel):
    """The kernel matern52, or matern52-res-warp if the resource is ``warped``."""

    name: ClassVar[str] = "matern52"
    sees_resource: ClassVar[bool] = True
    warped: ClassVar[bool] = False

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """covariance_scale, the inverse bandwidths of coordinates and resource, the warping exponents, mean."""
        own = tuple(warping(name, None) for name in _EXPONENTS) if self.warped else ()
        return (
            covariance_scale(),
            self.base.bandwidths(inputs, ("resource",)),
            *self.base.warping_parameters(inputs),
            *own,
            constant_mean(),
        )

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The covariance k itself, of configurations with r~ as the last coordinate."""
        from_left = self._features(values, left, inputs)
        to_right = right if isinstance(right, Pairs) else self._features(values, right, inputs)
        parts = matern_part(values, from_left, to_right, buffers)
        if not self.warped:
            return parts

        def pull(weights: Matrices) -> Gradient:
            gradient = parts.pull(weights)
            for name in _EXPONENTS:  # of one coordinate
                gradient[name] = gradient[name].reshape(())
            return gradient

        return ConfigurationParts(parts.matrices, pull, parts.pull_x)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """The only part, which is k already."""
        return Combined(x[0], lambda weights: ((weights,), (), {}))

    def _features(self, values: Values, rows: Array, inputs: Inputs) -> Features:
        x = self.base.features(values, rows[:, :-1], inputs)
        if not self.warped:
            return Features(np.column_stack((x.u, rows[:, -1])) if x.bends else rows, x.bends)
        r = warp(rows[:, -1:], *(values[name][None] for name in _EXPONENTS))
        bend = Bend(np.array([inputs.dimension]), r, _EXPONENTS)
        return Features(np.column_stack((x.u, r.value)), (*x.bends, bend))
