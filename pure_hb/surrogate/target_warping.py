"""WHICH TARGETS DOES A MODEL SEE? Values or their ranks. When training diverges, one value of 1e27 makes all others
equal after standardisation. Two warpings avoid this; both keep order and ties.

*Normal scores*: at each level a value counts by its rank only. With n the number of values at the level that has most,
the value of rank k (1 is the best; ties share their mean rank) becomes

    Phi^-1((k - 1/2) / n)

n is the same for all levels because trials that were stopped below a level count there as worse than all that reached
it. So a score means the same at every level, and the best of the few that were promoted is not mistaken for the best of
few that were not selected. Source of normal scores as targets: Salinas, Shen and Perrone, "A Quantile-based Approach
for Hyperparameter Transfer Learning", ICML 2020; of counting stopped trials as worse: this library.

*Half-ranks*: the better half keeps its values. With median y~ and sigma^2 = mean of (y_i - y~)^2 over the better half,
a value of the worse half becomes

    y~ + sigma Phi^-1((k - 1/2) / n)

of its rank k among all n values. Source: Song et al., "The Vizier Gaussian Process Bandit Algorithm", 2024, output
warping.
"""

import math

import numpy as np

from pure_hb.surrogate.arrays import Array, Indices, Mask


def level_scores(values: Array, resource: Indices, lost: Mask | None = None) -> Array:
    """The normal scores of values, to be minimised, among the values of their level; all arrays have shape (n,). Rows
    that are ``lost`` take the last ranks."""
    from scipy.special import ndtri

    if not len(values):
        return values
    scores = np.empty(len(values))
    levels, place, counts = np.unique(resource, return_inverse=True, return_counts=True)
    most = counts.max()
    told = np.ones(len(values), dtype=np.bool_) if lost is None else ~lost
    for number in range(len(levels)):
        here = place == number
        scores[here & told] = ndtri((_mean_ranks(values[here & told]) - 0.5) / most)
        scores[here & ~told] = ndtri(1.0 - 0.5 * np.count_nonzero(here & ~told) / most)
    return scores


def half_ranked(values: Array) -> Array:
    """The values, to be minimised, with the worse half warped; shape (n,). Order and ties are kept. If the better half
    has no spread, the values are returned unchanged."""
    if len(values) < 2:
        return values
    from scipy.special import ndtri

    ordered = np.sort(values)
    middle = len(values) // 2
    low, high = float(ordered[-middle - 1]), float(ordered[middle])
    median = min(max(0.5 * low + 0.5 * high, low), high)  # halves of the smallest numbers are 0
    apart = values[values <= median] - median
    largest = float(np.max(np.abs(apart)))
    if not 0.0 < largest < math.inf:
        return values
    sigma = largest * math.sqrt(float(np.mean((apart / largest) ** 2)))
    with np.errstate(over="ignore"):
        warped = median + sigma * ndtri((_mean_ranks(values) - 0.5) / len(values))
    return np.where(values <= median, values, np.clip(warped, median, np.finfo(np.float64).max))


def _mean_ranks(values: Array) -> Array:
    """Ranks from 1, the smallest; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - 0.5 * (counts - 1))[place]
    return ranks
