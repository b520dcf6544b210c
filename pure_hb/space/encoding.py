"""WHERE IS A CONFIGURATION IN THE UNIT CUBE, AND WHEN ARE TWO THE SAME? Encoding to a vector and back, and match keys.

Each parameter has one coordinate, except a choice of one value or of three and more, which is one-hot. Parameters are
sorted by name. For integers, indices and grids the interval is widened by half a step *before* the scaling, so that
every value has an equal share of the cube. The rules and their order of operations are those of Syne Tune.

Two configurations are the same if their match keys are equal: there is no other notion of equality. In a key a float is
represented by its place in the unit cube, so that a key is equally precise in a narrow range, or in one far from 0, as
in any other.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeGuard, assert_never

import numpy as np
from numpy.typing import NDArray

from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal, Value
from pure_hb.space.grids import grid_index, grid_value, nearest_entry, ordinal_scale
from pure_hb.space.scales import Interval, clip, shortened
from pure_hb.space.showing import listed, shown
from pure_hb.space.space import Configuration, Space, with_constants

Vector = NDArray[np.float64]
Vectors = NDArray[np.float64]

_MARGIN: Final = 1e-8
KEY_DIGITS: Final = 7
"""The number of digits of a coordinate in a key."""
_SAME: Final = 1.01 * 10.0**-KEY_DIGITS
"""Coordinates of floats with equal match keys differ at most by so much: the last digit of the key, and rounding."""


# ---- the vector ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def dimension(space: Space) -> int:
    """The number of coordinates of an encoded configuration."""
    return sum(width(domain) for _, domain in space.in_vector_order)


@lru_cache(maxsize=64)
def slices(space: Space) -> Mapping[str, tuple[int, int]]:
    """Parameter -> its coordinates [from, to), for all searched parameters in vector order."""
    found, start = {}, 0
    for name, domain in space.in_vector_order:
        found[name] = (start, start + width(domain))
        start += width(domain)
    return MappingProxyType(found)


@lru_cache(maxsize=64)
def bounds(space: Space) -> tuple[tuple[float, float], ...]:
    """The range of every coordinate: (0, 1), or a single point where a float or a choice has only one value."""
    return tuple(_bounds(domain) for _, domain in space.in_vector_order for _ in range(width(domain)))


def _bounds(domain: Domain) -> tuple[float, float]:
    if isinstance(domain, Choice) and len(domain.values) == 1:
        return (1.0, 1.0)
    if isinstance(domain, Float) and domain.low == domain.high:
        return (0.0, 0.0)
    return (0.0, 1.0)


def encode(space: Space, configuration: Mapping[str, Value]) -> Vector:
    """The vector of a configuration of the space, shape (dimension,), in [0, 1].

    Raises:
        KeyError: if a searched parameter is missing.
        ValueError: if a value is outside its domain by more than 1e-8, or not in its list.
    """
    codes = [code for name, domain in space.in_vector_order for code in encode_value(name, domain, configuration[name])]
    return np.array(codes, dtype=np.float64)


@lru_cache(maxsize=4)
def encoder(space: Space) -> Callable[[Configuration], tuple[float, ...]]:
    """`encode` for configurations with all names of the space, with a tuple as result. It remembers what it has
    encoded, by the values alone: a tuple of numbers and texts is looked up without a call of Python."""
    names = sorted(name for name, _ in space.domains)
    remembered = lru_cache(maxsize=2**16)(
        lambda settings: tuple(encode(space, dict(zip(names, settings, strict=True))).tolist())
    )
    return lambda configuration: remembered(configuration.settings)


def decode(space: Space, vector: Vector) -> Configuration:
    """The configuration nearest to a vector of shape (dimension,), constants included.

    Raises:
        ValueError: for another shape, or a coordinate outside [0, 1] by more than 1e-8.
    """
    if vector.shape != (dimension(space),):
        raise ValueError(f"the vector has shape {vector.shape}; this space needs ({dimension(space)},)")
    codes, places = vector.tolist(), slices(space)
    values = {name: _decode_value(name, domain, codes[slice(*places[name])]) for name, domain in space.in_vector_order}
    return with_constants(space, values)


# ---- one domain ----------------------------------------------------------------------------------------------------


def width(domain: Domain) -> int:
    """The number of coordinates of a domain."""
    return len(domain.values) if _is_one_hot(domain) else 1


def _is_one_hot(domain: Domain) -> TypeGuard[Choice]:
    return isinstance(domain, Choice) and len(domain.values) != 2


@lru_cache(maxsize=1024)
def interval(domain: Domain) -> Interval:
    """The interval that a domain of one coordinate takes: its numbers, or those of its indices 0, 1, ..."""
    match domain:
        case Float(low=low, high=high):
            return Interval(
                low + 0.0, high + 0.0, "reverse-log" if domain.reverse_log else "log" if domain.log else "linear"
            )
        case Int(low=low, high=high):
            return Interval(low - 0.5 + _MARGIN, high + 0.5 - _MARGIN, "log" if domain.log else "linear")
        case Ordinal(kind="nn" | "nn-log"):
            return Interval(*ordinal_scale(domain)[1:])
        case Choice(values=values) | Ordinal(values=values):
            return Interval(-0.5 + _MARGIN, len(values) - 0.5 - _MARGIN)
        case Finite(size=size):
            return Interval(-0.5 + _MARGIN, size - 0.5 - _MARGIN)
        case Constant():
            raise ValueError("a constant has no coordinate")
        case _:
            assert_never(domain)


def encode_value(name: str, domain: Domain, value: Value) -> list[float]:
    """The coordinates of one value, a list of length `width`; ``name`` is for messages."""
    x: float
    match domain:
        case Float() | Int():
            x = float(value)
        case Finite():
            x = grid_index(domain, float(value))
        case Choice() | Ordinal():
            position = domain.positions.get(value)
            if position is None:
                raise ValueError(f"{name}: {shown(value)} is not among {listed(domain.values)}")
            if _is_one_hot(domain):
                return [float(place == position) for place in range(width(domain))]
            is_scaled = isinstance(domain, Ordinal) and domain.kind != "equal"
            x = ordinal_scale(domain)[0][position] if is_scaled else position
        case Constant():
            return []
        case _:
            assert_never(domain)
    place = interval(domain)
    if not place.low - _MARGIN <= x <= place.high + _MARGIN:
        raise ValueError(f"{name}: {x!r} is outside [{place.low!r}, {place.high!r}]")
    return [place.to_unit(x)]


def _decode_value(name: str, domain: Domain, codes: list[float]) -> Value:
    if not all(-_MARGIN <= code <= 1.0 + _MARGIN for code in codes):
        raise ValueError(f"{name}: coordinates {shown(codes)} are outside [0, 1]; clip them first")
    if _is_one_hot(domain):
        return domain.values[codes.index(max(codes))]
    x = interval(domain).from_unit(codes[0])
    match domain:
        case Float():
            return shortened(x, domain)
        case Int(low=low, high=high):
            return int(clip(round(x), low, high))
        case Ordinal(values=values, kind="nn" | "nn-log"):
            return values[nearest_entry(domain, x)]
        case Choice(values=values) | Ordinal(values=values):
            return values[int(clip(round(x), 0, len(values) - 1))]
        case Finite(size=size):
            return grid_value(domain, int(clip(round(x), 0, size - 1)))
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


# ---- match keys ----------------------------------------------------------------------------------------------------


def match_key(space: Space, configuration: Mapping[str, Value]) -> str:
    """A text that is equal for equal configurations: ``name:part`` for each searched parameter, sorted by name. A part
    is, for a float, its place in the unit cube with seven digits; for an int, its decimal digits; for lists and grids,
    the index."""
    return ",".join([f"{begin}{part(configuration[name])}" for name, begin, part in _parts(space)])


@lru_cache(maxsize=64)
def _parts(space: Space) -> tuple[tuple[str, str, Callable[[Any], object]], ...]:
    """Of each searched parameter its name, how its part begins, and what makes the rest of a value."""
    return tuple((name, f"{name}:", _part(domain)) for name, domain in space.in_vector_order)


def _part(domain: Domain) -> Callable[[Any], object]:
    match domain:
        case Float(low=low, high=high):
            to_unit = interval(domain).to_unit
            return (lambda value: "0") if low == high else (lambda value: f"{abs(to_unit(value)):.{KEY_DIGITS}f}")
        case Int():
            return str
        case Choice() | Ordinal():
            return domain.positions.__getitem__
        case Finite():
            return lambda value: grid_index(domain, float(value))
        case Constant():
            return lambda value: ""
        case _:
            assert_never(domain)


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
    domains = [domain for _, domain in space.in_vector_order for _ in range(width(domain))]
    return np.array([_SAME if isinstance(one, Float) and one.low < one.high else 1e-9 for one in domains])
