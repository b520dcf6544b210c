"""matern52-res-warp: the kernel matern52 with a warped resource.

    q = 5 [sum_k b_k^2 (x_k - x'_k)^2 + b_r^2 (w(r~) - w(r~'))^2]

with Kumaraswamy's w (`pure_hb.surrogate.kernels.base`), which has two exponents for the resource. Source: Syne Tune.
Parameters: those of matern52, resource_warping_a and resource_warping_b. The default.
"""

from typing import ClassVar

from attrs import frozen

from pure_hb.surrogate.kernels.matern52 import Matern52
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.shared_parameters import warping


@frozen
class Matern52ResWarp(Matern52):
    """The kernel matern52-res-warp: matern52 with two exponents for the resource."""

    name: ClassVar[str] = "matern52-res-warp"
    exponents: ClassVar[tuple[str, str] | None] = ("resource_warping_a", "resource_warping_b")
    after: ClassVar[tuple[Parameter, ...]] = (warping("resource_warping_a", None), warping("resource_warping_b", None))
