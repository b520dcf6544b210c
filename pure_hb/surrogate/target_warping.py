"""WHICH TARGETS DOES A MODEL SEE? Values as they are say little about where good ones lie once training diverges.

One value of 1e27 would make all others equal after standardisation. Two warpings keep order and ties.

*Ranks*: at each level a value counts by its place only. With n_r values at level r and n at the level that has most,
the value of rank k (1 the best, ties sharing their mean) becomes the normal score

    Phi^-1((k - 1/2) / n)

Trials that were stopped below r count as worse than all that got there: that is why they were stopped. So a score means
the same at every level, and the best of few trials that were chosen is not taken for the best of few that were not.
Source of normal scores as targets: Salinas, Shen and Perrone, "A Quantile-based Approach for Hyperparameter Transfer
Learning", ICML 2020; of the missing trials: here.

*Half-ranks*: with median y~ and sigma^2 = mean of (y_i - y~)^2 over the better half, a value of the worse half becomes

    y~ + sigma Phi^-1((k - 1/2) / n)

of its rank among all n values; the better half keeps its values. Source: Song et al., "The Vizier Gaussian Process
Bandit Algorithm", 2024, output warping.
"""

import math

import numpy as np

from pure_hb.surrogate.arrays import Array, Indices, Mask


def level_scores(values: Array, resource: Indices, lost: Mask | None = None) -> Array:
    """The normal scores of values, to be minimised, at their levels; all of shape (n,). What is ``lost`` has the last
    places."""
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
    """The values, to be minimised, with the worse half warped; shape (n,). Order and ties are kept. Where the better
    half has no spread they stay as they are."""
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
