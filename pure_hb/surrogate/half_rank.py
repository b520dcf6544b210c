"""HOW MUCH WORSE IS BAD? Half-rank warping: values worse than the median are told apart by rank only.

One diverged training (1e27) would make all other values equal after standardisation, and how bad a bad value is says
little about where good ones lie. With median y~ and sigma^2 = mean of (y_i - y~)^2 over the better half, a value of
the worse half becomes

    y~ + sigma Phi^-1((rank - 1/2) / n)

ranks from 1, ties sharing their mean. The better half keeps its values. Source: Song et al., "The Vizier Gaussian
Process Bandit Algorithm", 2024, output warping.
"""

import math

import numpy as np

from pure_hb.surrogate.arrays import Array


def half_ranked(values: Array) -> Array:
    """The values, to be minimised, with the worse half warped; shape (n,). Order and ties are kept. Where the better
    half has no spread they stay as they are."""
    if len(values) < 2:
        return values
    from scipy.special import ndtri

    ordered = np.sort(values)
    middle = len(values) // 2
    median = float(0.5 * ordered[middle] + 0.5 * ordered[-middle - 1])
    apart = values[values <= median] - median
    largest = float(np.max(np.abs(apart)))
    if not 0.0 < largest < math.inf:
        return values
    sigma = largest * math.sqrt(float(np.mean((apart / largest) ** 2)))
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - 0.5 * (counts - 1)
    warped = median + sigma * ndtri((mean_rank[place] - 0.5) / len(values))
    return np.where(values <= median, values, np.maximum(warped, median))
