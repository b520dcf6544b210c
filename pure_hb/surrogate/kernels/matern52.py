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

from pure_hb.surrogate.arrays import Array, Values
from pure_hb.surrogate.kernels.base import Features
from pure_hb.surrogate.kernels.kernel import ResourceKernel
from pure_hb.surrogate.points import Inputs


@frozen
class Matern52(ResourceKernel):
    """The kernel matern52; with two ``exponents``, by name, that warp the resource, matern52-res-warp."""

    name: ClassVar[str] = "matern52"
    sees_resource: ClassVar[bool] = True
    exponents: ClassVar[tuple[str, str] | None] = None

    def features(self, values: Values, rows: Array, inputs: Inputs) -> Features:
        """The coordinates x, warped as in the base kernel, and after them r~ or w(r~)."""
        x = self.base.features(values, rows[:, :-1], inputs)
        both = Features(np.column_stack((x.u, rows[:, -1])), x.bends)
        return both if self.exponents is None else both.warped(inputs.resource_column, values, self.exponents)
