"""matern52: one Matern-5/2 kernel over configuration and resource together.

    m(r) = mu
    q    = 5 [sum_k b_k^2 (x_k - x'_k)^2 + b_r^2 (r~ - r~')^2]
    k    = c (1 + B + q/3) exp(-B),   B = sqrt(q + 1e-9)

with r~ in [0, 1] the encoded resource; without ARD b_r is the same b as for all coordinates. Source: Rasmussen and
Williams, "Gaussian Processes for Machine Learning", 2006, eq. 4.17. Parameters: those of the base kernel, with the
inverse bandwidth of the resource as the last one; mean. Experimental, for comparison.
"""

from typing import ClassVar

from attrs import frozen

from pure_hb.surrogate.kernels.kernel import ResourceKernel


@frozen
class Matern52(ResourceKernel):
    """The kernel matern52: k_x alone, which sees the resource."""

    name: ClassVar[str] = "matern52"
    sees_resource: ClassVar[bool] = True
