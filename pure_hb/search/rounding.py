"""WHICH SCORE IS THE BEST? The smallest after rounding; among equal scores the first.

Scores come from linear algebra, whose last bits differ between processors. They are rounded to a quantum far above
these bits, so that all processors take the same decision. The quantum is the smallest power of two that is at least
2^-20 of the spread (best score to median score) and at least 2^-33 of the size of the best score. A score close to a
boundary between two multiples can still be rounded either way, with a probability of about error / quantum.
"""

import math
from typing import Final

import numpy as np

from pure_hb.surrogate.arrays import Array, Indices

_OF_SPREAD: Final = 2.0**-20
_OF_SIZE: Final = 2.0**-33
_END_DIGITS: Final = 4


def quantum(scores: Array) -> float:
    """The quantum for scores of shape (m,); 0 if every finite score is 0, or none is finite."""
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return 0.0
    best = float(finite.min())
    with np.errstate(over="ignore"):
        spread = float(np.quantile(finite, 0.5, method="lower")) * _OF_SPREAD - best * _OF_SPREAD
    least = max(spread, abs(best) * _OF_SIZE)
    return math.ldexp(1.0, math.ceil(math.log2(least))) if least > 0.0 else 0.0


def rounded(scores: Array) -> Array:
    """Scores of shape (m,), each finite one rounded to a multiple of their quantum."""
    step = quantum(scores)
    if step == 0.0:
        return scores
    with np.errstate(over="ignore", invalid="ignore"):
        multiples = np.rint(scores / step) * step
    found: Array = np.where(np.isfinite(multiples), multiples, scores)
    return found


def best_first(scores: Array) -> Indices:
    """The indices that sort scores of shape (m,) in increasing order; equal ones keep their order, NaN is last."""
    return np.argsort(rounded(scores), kind="stable")


def rounded_end(x: Array) -> Array:
    """The end point of a local optimisation, rounded to 4 digits. Under other kernels most ends differ by less than
    1e-6, some by 1e-5; what rounding costs, a few 1e-9 of expected improvement, is less than what the model knows."""
    return np.round(x, _END_DIGITS)


def logarithms(ratios: Array) -> Array:
    """The logarithms of ratios of shape (m,), which compares them by order of magnitude; -inf for 0."""
    with np.errstate(divide="ignore"):
        found: Array = np.log(ratios)
    return found
