"""WHICH SCORE IS THE BEST? Scores are compared after rounding, and of equal ones the first is the best.

Scores come from linear algebra, whose last bits differ from one processor to another. Rounded to a quantum far above
these bits, scores which are equal but for them are equal. The quantum is a power of two, the first that is not below
2^-20 of the spread (from the best score to the median one) nor below 2^-33 of the size of the best score. A score next
to a boundary between two multiples can still fall on either side: the odds are about error / quantum for each score.
"""

import math
from typing import Final

import numpy as np

from pure_hb.surrogate.arrays import Array, Indices

_OF_SPREAD: Final = 2.0**-20
_OF_SIZE: Final = 2.0**-33
_END_DIGITS: Final = 6


def quantum(scores: Array) -> float:
    """What scores (m,) are rounded to a multiple of; 0 if all that are finite are 0, or none is."""
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return 0.0
    best = float(finite.min())
    with np.errstate(over="ignore"):
        spread = float(np.quantile(finite, 0.5, method="lower")) * _OF_SPREAD - best * _OF_SPREAD
    least = max(spread, abs(best) * _OF_SIZE)
    return math.ldexp(1.0, math.ceil(math.log2(least))) if least > 0.0 else 0.0


def rounded(scores: Array) -> Array:
    """Scores (m,), those that are finite as multiples of their quantum."""
    step = quantum(scores)
    if step == 0.0:
        return scores
    with np.errstate(over="ignore", invalid="ignore"):
        multiples = np.rint(scores / step) * step
    found: Array = np.where(np.isfinite(multiples), multiples, scores)
    return found


def best_first(scores: Array) -> Indices:
    """The numbers of scores (m,), the smallest first, equal ones in their order, NaN last."""
    return np.argsort(rounded(scores), kind="stable")


def rounded_end(x: Array) -> Array:
    """A vector of the unit cube where a descent ended, to 6 digits: it is not found more precisely."""
    return np.round(x, _END_DIGITS)


def logarithms(ratios: Array) -> Array:
    """Of ratios (m,) that are compared by their order of magnitude; -inf of 0."""
    with np.errstate(divide="ignore"):
        found: Array = np.log(ratios)
    return found
