"""WHERE DO GOOD VALUES LIE? Kernel density estimates of good and of bad configurations, for asynchronous BOHB.

A density of n configurations X_j in d coordinates has bandwidth h_i = max(1.06 std_i n^(-1/(4 + d)), minimum) in
coordinate i, and is

    p(x) = 1 / n sum_j prod_i k_i(X_ji, x_i)
    continuous:  exp(-(X - x)^2 / (2 h^2)) / (h sqrt(2 pi))
    ordered:     1 - h if X = x, else (1 - h) h^|X - x| / 2
    unordered:   1 - h if X = x, else h / (c - 1),   c categories

BOHB minimises the ratio of the bad to the good density, as the tree-structured Parzen estimator does. Source: Falkner,
Klein and Hutter, "BOHB: Robust and Efficient Hyperparameter Optimization at Scale", ICML 2018, sections 3.1 and 4.1;
kernels and bandwidths are those of Syne Tune.
"""

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import assert_never

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Indices

_ROOT_2_PI = math.sqrt(2.0 * math.pi)
_SMALLEST_DENSITY = 1e-32
_LARGEST_DENSITY = 1e200
"""A density of hundreds of coordinates can be larger than floats go: from here on it is all the same."""


class Kind(Enum):
    """The kind of a coordinate, which determines its kernel."""

    CONTINUOUS = "continuous"
    ORDERED = "ordered"
    UNORDERED = "unordered"


@frozen(eq=False)
class Density:
    """A kernel density estimate over d coordinates."""

    data: Array
    """The configurations, shape (n, d) with n >= 1."""
    kinds: tuple[Kind, ...]
    categories: tuple[int, ...]
    """The number of categories of each unordered coordinate; ignored for others."""
    bandwidths: Array
    """The bandwidth h_i of each coordinate, shape (d,)."""

    def __call__(self, x: Array) -> Array:
        """The density at points of shape (m, d): shape (m,)."""
        product = np.ones((len(x), len(self.data)))
        for i, (kind, h) in enumerate(zip(self.kinds, self.bandwidths, strict=True)):
            apart = np.abs(x[:, None, i] - self.data[None, :, i])
            product *= _kernel(kind, apart, float(h), self.categories[i])
            np.clip(product, -_LARGEST_DENSITY, _LARGEST_DENSITY, out=product, where=np.isfinite(product))
        return np.asarray(product.sum(axis=1) / len(self.data))


def density(data: Array, kinds: Sequence[Kind], categories: Sequence[int], minimum: float) -> Density:
    """The density of data of shape (n, d), with bandwidths by the rule of thumb above, at least ``minimum``."""
    n, d = data.shape
    bandwidths = np.maximum(1.06 * data.std(axis=0) * n ** (-1.0 / (4.0 + d)), minimum)
    return Density(data, tuple(kinds), tuple(categories), bandwidths)


def _kernel(kind: Kind, apart: Array, h: float, categories: int) -> Array:
    match kind:
        case Kind.CONTINUOUS:
            return np.exp(-0.5 * (apart / h) ** 2) / (_ROOT_2_PI * h)
        case Kind.ORDERED:
            return np.where(apart == 0.0, 1.0 - h, 0.5 * (1.0 - h) * h**apart)
        case Kind.UNORDERED:
            elsewhere = h / (categories - 1) if categories > 1 else math.inf  # a value that is no category
            return np.where(apart == 0.0, 1.0 - h, elsewhere)
        case _:
            assert_never(kind)


def good_count(count: int, fewest: int, top_percent: float) -> int:
    """The number of good values among ``count``: ``top_percent`` of them, at least ``fewest``."""
    return max(fewest, math.floor(top_percent * count / 100))


def usable_level(
    counts: Mapping[int, int], parameters: int, fewest: int, top_percent: float, lost: Mapping[int, int] | None = None
) -> int | None:
    """The highest level where the good and the bad set both have more members than there are parameters; None if there
    is none. ``counts`` are values by level, of which ``lost`` belong to lost trials; these are never good."""

    def enough(level: int, count: int) -> bool:
        good = good_count(count, fewest, top_percent)
        return min(good, count - good) > parameters and count - (lost or {}).get(level, 0) >= good

    return max((level for level, count in counts.items() if enough(level, count)), default=None)


def split(values: Array, fewest: int, top_percent: float) -> tuple[Indices, Indices]:
    """The indices of the good values, best first, and of the bad ones; equal values keep their order."""
    order = np.argsort(values, kind="stable")
    count = good_count(len(values), fewest, top_percent)
    return order[:count], order[count:]


def ratio(good: Array, bad: Array) -> Array:
    """The ratio of bad to good density, which is minimised; both are floored at 1e-32."""
    return np.maximum(bad, _SMALLEST_DENSITY) / np.maximum(good, _SMALLEST_DENSITY)
