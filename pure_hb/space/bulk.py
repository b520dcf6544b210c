"""WHERE ARE MANY RANDOM CONFIGURATIONS? Draws and their vectors for hundreds at once, without building any of them.

Row for row, `encode_draws` gives what `encode` gives of what `draw` draws, up to rounding: a search looks at the
vectors of hundreds of candidates and builds the few configurations that it needs.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from pure_hb.space.configuration import Configuration
from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal
from pure_hb.space.encoding import dimension, encode, encode_value, slices, width
from pure_hb.space.grids import cardinality, ordinal_scale, value_at
from pure_hb.space.space import Space

Vectors = NDArray[np.float64]

_SAME_DIGITS = 1e-6
"""Floats with equal match keys differ at most by so much, relatively."""


def encode_draws(space: Space, uniforms: Vectors) -> Vectors:
    """The vectors of the configurations that m rows of uniform numbers draw: shape (m, searched parameters as declared)
    to (m, dimension)."""
    places = slices(space)
    found = np.empty((len(uniforms), dimension(space)))
    for index, (name, domain) in enumerate(space.searched):
        start, stop = places[name]
        found[:, start:stop] = encode_draws_of(domain, uniforms[:, index])
    return found


def encode_draws_of(domain: Domain, u: Vectors) -> Vectors:
    """The same for one domain: shape (m,) to (m, width)."""
    match domain:
        case Float(low=low, high=high):
            return (u if low < high else np.zeros_like(u))[:, None]
        case Int(low=low, high=high, log=True):
            return _encoded_log(low, high, u)[:, None]
        case Int(low=low, high=high):
            count = high - low + 1
            return np.asarray((_index(u, count) + 0.5 - 1e-8) / (count - 2e-8))[:, None]
        case Ordinal(kind=kind) if kind != "equal":
            points, bottom, top = ordinal_scale(domain)
            apart = np.abs(np.asarray(points)[None, :] - (bottom + (top - bottom) * u)[:, None])
            return np.asarray(_table(domain)[apart.argmin(axis=1)])
        case Choice() | Ordinal() | Finite():
            return np.asarray(_table(domain)[_index(u, cardinality(domain) or 1)])
        case Constant():
            return np.zeros((len(u), 0))
        case _:
            assert_never(domain)


def _encoded_log(low: int, high: int, u: Vectors) -> Vectors:
    value = np.rint(np.exp(math.log(low) + (math.log(high) - math.log(low)) * u))
    bottom, top = math.log(low - 0.5 + 1e-8), math.log(high + 0.5 - 1e-8)
    return np.asarray((np.log(np.clip(value, low, high)) - bottom) / (top - bottom))


def _index(u: Vectors, count: int) -> NDArray[np.intp]:
    return np.minimum((u * count).astype(np.intp), count - 1)


@lru_cache(maxsize=256)
def _table(domain: Choice | Ordinal | Finite) -> Vectors:
    """The vectors of all values of a domain, (values, width)."""
    values = range(cardinality(domain) or 1)
    return np.array([encode_value("", domain, value_at(domain, index)) for index in values]).reshape(-1, width(domain))


@lru_cache(maxsize=4)
def encoder(space: Space) -> Callable[[Configuration], tuple[float, ...]]:
    """`encode` to a tuple, which remembers what it has encoded."""
    return lru_cache(maxsize=2**16)(lambda configuration: tuple(encode(space, configuration).tolist()))


# ---- which of many vectors may be a known configuration ------------------------------------------------------------


def possible_twins(space: Space, vectors: Vectors, known: Vectors) -> NDArray[np.bool_]:
    """Which of m vectors are so close to one of the known ones that their match keys can be equal; all others
    differ."""
    if not len(known) or not len(vectors):
        return np.zeros(len(vectors), dtype=np.bool_)
    reach = _reach(space)
    # A sum with uneven weights tells vectors apart in one number; few pairs are left to compare in full.
    weights = np.sqrt(np.arange(2.0, 2.0 + vectors.shape[1]))
    sums, order = vectors @ weights, np.argsort(known @ weights)
    sorted_sums, slack = (known @ weights)[order], float(reach @ weights)
    first = np.searchsorted(sorted_sums, sums - slack)
    last = np.searchsorted(sorted_sums, sums + slack, side="right")
    found = np.zeros(len(vectors), dtype=np.bool_)
    for row in np.flatnonzero(last > first):
        others = known[order[first[row] : last[row]]]
        found[row] = bool((np.abs(others - vectors[row]) <= reach).all(axis=1).any())
    return found


@lru_cache(maxsize=4)
def _reach(space: Space) -> Vectors:
    """How far the vectors of two configurations with equal match keys can be apart in each coordinate."""
    return np.array([_of_domain(domain) for _, domain in space.in_vector_order for _ in range(width(domain))])


def _of_domain(domain: Domain) -> float:
    if not isinstance(domain, Float) or domain.low == domain.high:
        return 1e-9
    low, high = domain.low, domain.high
    if domain.log:
        return min(1.0, 2 * _SAME_DIGITS / math.log(high / low))
    if domain.reverse_log:
        span = math.log1p(-low) - math.log1p(-high)
        return min(1.0, 2 * _SAME_DIGITS * high / ((1.0 - high) * span)) if high < 1.0 else 1.0
    return min(1.0, 2 * _SAME_DIGITS * max(abs(low), abs(high)) / (high - low))
