"""HOW ARE MANY RANDOM CONFIGURATIONS MADE? Draws and their encoded vectors for hundreds at once, without building the
configurations.

`encode_draws` gives, row by row, what `encode` gives for the configurations of `draw`, up to rounding. A search
compares the vectors of hundreds of candidates and builds only the few configurations that it needs.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, assert_never

import numpy as np
from numpy.typing import NDArray

from pure_hb.space.configuration import Configuration
from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal
from pure_hb.space.elementary import log
from pure_hb.space.encoding import dimension, encode, encode_value, slices, width
from pure_hb.space.grids import cardinality, nearest_entry, ordinal_scale, value_at
from pure_hb.space.keys import KEY_DIGITS
from pure_hb.space.sampling import draw_value
from pure_hb.space.scales import is_coarse
from pure_hb.space.space import Space

Vectors = NDArray[np.float64]

_SAME: Final = 1.01 * 10.0**-KEY_DIGITS
"""Coordinates of floats with equal match keys differ at most by so much: the last digit of the key, and rounding."""


def encode_draws(space: Space, uniforms: Vectors) -> Vectors:
    """The encoded vectors of the configurations that m rows of uniform numbers select: from (m, searched parameters),
    in order of declaration, to (m, dimension)."""
    places = slices(space)
    found = np.empty((len(uniforms), dimension(space)))
    for index, (name, domain) in enumerate(space.searched):
        start, stop = places[name]
        found[:, start:stop] = encode_draws_of(domain, uniforms[:, index])
    return found


def encode_draws_of(domain: Domain, u: Vectors) -> Vectors:
    """The encoded vectors for one domain: from uniform numbers of shape (m,) to (m, width)."""
    match domain:
        case Float() if is_coarse(domain):
            values = [draw_value(domain, one) for one in u.tolist()]
            return np.array([encode_value("", domain, value) for value in values]).reshape(-1, 1)
        case Float(low=low, high=high):
            return (u if low < high else np.zeros_like(u))[:, None]
        case Int(low=low, high=high, log=True):
            return _encoded_log(low, high, u)[:, None]
        case Int(low=low, high=high):
            count = high - low + 1
            return np.asarray((_index(u, count) + 0.5 - 1e-8) / (count - 2e-8))[:, None]
        case Ordinal(kind=kind) if kind != "equal":
            _, bottom, top = ordinal_scale(domain)
            return _vectors_at(domain, _nearest(domain, bottom + (top - bottom) * u))
        case Choice() if width(domain) > 1:
            found = np.zeros((len(u), width(domain)))
            found[np.arange(len(u)), _index(u, width(domain))] = 1.0
            return found
        case Choice() | Ordinal() | Finite():
            return _vectors_at(domain, _index(u, cardinality(domain) or 1))
        case Constant():
            return np.zeros((len(u), 0))
        case _:
            assert_never(domain)


def _encoded_log(low: int, high: int, u: Vectors) -> Vectors:
    value = np.rint(np.exp(log(low) + (log(high) - log(low)) * u))
    bottom, top = log(low - 0.5 + 1e-8), log(high + 0.5 - 1e-8)
    return np.asarray((np.log(np.clip(value, low, high)) - bottom) / (top - bottom))


def _index(u: Vectors, count: int) -> NDArray[np.intp]:
    return np.minimum((u * count).astype(np.intp), count - 1)


def _nearest(domain: Ordinal, on_scale: Vectors) -> NDArray[np.intp]:
    """The index of the entry nearest to each point of the scale, shape (m,)."""
    return np.array([nearest_entry(domain, point) for point in on_scale.tolist()], dtype=np.intp)


_LISTED: Final = 4096
"""The vectors of so many values are remembered; those of a larger domain are made when they are asked for."""


def _vectors_at(domain: Choice | Ordinal | Finite, index: NDArray[np.intp]) -> Vectors:
    """The vectors of the values at m indices, shape (m, width)."""
    if (cardinality(domain) or 1) <= _LISTED:
        return np.asarray(_table(domain)[index])
    return _encoded(domain, index.tolist())


@lru_cache(maxsize=256)
def _table(domain: Choice | Ordinal | Finite) -> Vectors:
    """The vectors of all values of a domain, (values, width)."""
    return _encoded(domain, range(cardinality(domain) or 1))


def _encoded(domain: Choice | Ordinal | Finite, indices: Iterable[int]) -> Vectors:
    vectors = [encode_value("", domain, value_at(domain, index)) for index in indices]
    return np.array(vectors, dtype=np.float64).reshape(-1, width(domain))


@lru_cache(maxsize=4)
def encoder(space: Space) -> Callable[[Configuration], tuple[float, ...]]:
    """`encode` with a tuple as result, and a cache of what it has encoded."""
    return lru_cache(maxsize=2**16)(lambda configuration: tuple(encode(space, configuration).tolist()))


# ---- which of many vectors may be a known configuration ------------------------------------------------------------


def possible_twins(space: Space, vectors: Vectors, known: Vectors) -> NDArray[np.bool_]:
    """Which of m vectors are so close to a known vector that their match keys may be equal, shape (m,); the keys of all
    others differ."""
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
    return _SAME if isinstance(domain, Float) and domain.low < domain.high else 1e-9
