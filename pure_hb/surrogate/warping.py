"""HOW IS AN INPUT WARPED? By Kumaraswamy's distribution function, so that a stationary kernel can model a function that
varies faster in one part of a coordinate than in another.

    w(u) = 1 - (1 - u'^a)^b,   u' = (1 - 2e-9) u + 1e-9

maps [0, 1] to itself; with a = b = 1 it is u' (Snoek et al., "Input warping for Bayesian optimization of non-stationary
functions", ICML 2014, with Kumaraswamy's distribution instead of the Beta distribution).
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array

_MARGIN = 1e-9


@frozen(eq=False)
class Warped:
    """Warped coordinates w(u) and their derivatives in u, a and b, all of shape (n, k)."""

    value: Array
    by_u: Array
    by_a: Array
    by_b: Array


def warp(u: Array, a: Array, b: Array) -> Warped:
    """Warp u of shape (n, k), in [0, 1], with positive exponents a and b of shape (k,)."""
    shrink = 1.0 - 2.0 * _MARGIN
    inner = shrink * u + _MARGIN
    log_inner = np.log(inner)
    power = np.exp(a * log_inner)  # u'^a
    rest = -np.expm1(a * log_inner)  # 1 - u'^a
    log_rest = np.log(rest)
    survival = np.exp(b * log_rest)
    slope = b * np.exp((b - 1.0) * log_rest)  # d w / d u'^a
    return Warped(
        1.0 - survival,
        slope * a * power / inner * shrink,
        slope * power * log_inner,
        -survival * log_rest,
    )
