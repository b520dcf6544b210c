"""matern52-res-warp: matern52 with a resource that is warped first.

    q = 5 [sum_k b_k^2 (x_k - x'_k)^2 + b_r^2 (w(r~) - w(r~'))^2]

with Kumaraswamy's w (`pure_hb.surrogate.warping`) and two exponents of the resource's own. Source: the reference
system. Parameters: those of matern52, resource_warping_a and resource_warping_b. For comparison.
"""

from pure_hb.surrogate.kernels.base import Base
from pure_hb.surrogate.kernels.matern52 import Matern52


def matern52_res_warp(base: Base) -> Matern52:
    """See the module."""
    return Matern52(base, warped=True)
