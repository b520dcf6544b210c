"""WHICH VALUES, AT WHICH DISTANCES? Scales, grids and counts of the domains: the arithmetic that encoding, casting and
sampling share."""

import math
import struct
from bisect import bisect_left
from decimal import Context, Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Final, assert_never

import numpy as np

from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal, Value
from pure_hb.space.scales import clip, exp, log

FEW_FLOATS: Final = 2**16
"""A range with at most this many floats counts as a list of them: it can be exhausted, and enumerated."""


def is_log(domain: Float | Int | Finite | Ordinal) -> bool:
    """Whether distances in the domain are distances of logarithms."""
    return domain.kind == "nn-log" if isinstance(domain, Ordinal) else domain.log


def grid_value(domain: Finite, index: int) -> float | int:
    """The value at an index 0 .. size - 1 of a `Finite`.

    The bounds are taken as the decimals that they are written as, and the value is the float nearest to the exact one:
    ``Finite(0.1, 0.9, 9)`` contains 0.7. With ``integer`` it is the integer nearest to the value in floating point.
    """
    if domain.integer:
        low, step = _grid(domain)
        on_scale = index * step + low
        return round(clip(exp(on_scale) if domain.log else on_scale, domain.low, domain.high))
    if index == 0 or domain.size == 1:
        return domain.low
    if index == domain.size - 1:
        return domain.high
    return _log_value(domain, index) if domain.log else _linear_value(domain, index)


def _linear_value(domain: Finite, index: int) -> float:
    low, width, denominator = _as_integers(domain.low, domain.high)
    steps = domain.size - 1
    return (low * steps + width * index) / (denominator * steps)


@lru_cache(maxsize=1024)
def _as_integers(low: float, high: float) -> tuple[int, int, int]:
    """low and high - low, as the decimals that they are written as, over one denominator."""
    (a, b), (c, d) = Decimal(repr(low)).as_integer_ratio(), Decimal(repr(high)).as_integer_ratio()
    denominator = math.lcm(b, d)
    first, last = a * (denominator // b), c * (denominator // d)
    return first, last - first, denominator


_PRECISE: Final = Context(prec=40)
"""Twice the digits that a float needs, and some for differences."""


def _log_value(domain: Finite, index: int) -> float:
    low, step = _log_grid(domain)
    return clip(float(_PRECISE.exp(_PRECISE.add(low, _PRECISE.multiply(step, index)))), domain.low, domain.high)


@lru_cache(maxsize=1024)
def _log_grid(domain: Finite) -> tuple[Decimal, Decimal]:
    low, high = (_PRECISE.ln(Decimal(repr(bound))) for bound in (domain.low, domain.high))
    return low, _PRECISE.divide(_PRECISE.subtract(high, low), Decimal(domain.size - 1))


def grid_position(domain: Finite, value: float) -> float:
    """The position of a number on the grid, in steps, clipped to [0, size - 1]; 0 for a grid whose bounds are equal."""
    low, step = _grid(domain)
    if step == 0.0:
        return 0.0
    high = log(domain.high) if domain.log else domain.high
    on_scale = (log(value) if value > 0 else low) if domain.log else value
    return (clip(on_scale, low, high) - low) / step


def grid_index(domain: Finite, value: float) -> int:
    """The index of the grid value nearest to a number."""
    return round(grid_position(domain, value))


def _grid(domain: Finite) -> tuple[float, float]:
    low, high = (log(domain.low), log(domain.high)) if domain.log else (domain.low, domain.high)
    return low, (high - low) / (domain.size - 1) if domain.size > 1 else 0.0


@lru_cache(maxsize=1024)
def ordinal_scale(domain: Ordinal) -> tuple[tuple[float, ...], float, float]:
    """For a nearest-neighbour ordinal: its values on the scale, and the interval widened by half the mean gap at each
    end."""
    numbers = [float(value) for value in domain.values]
    points = [log(number) for number in numbers] if domain.kind == "nn-log" else numbers
    gaps = [b - a for a, b in pairwise(points)]
    half = 0.5 * (sum(gaps) / len(gaps))
    return tuple(points), points[0] - half, points[-1] + half


def nearest_entry(domain: Ordinal, on_scale: float) -> int:
    """The index of the entry nearest to a point of the scale; of two equally near the lower one."""
    points, _, _ = ordinal_scale(domain)
    above = bisect_left(points, on_scale)
    nearby = range(max(above - 1, 0), min(above + 1, len(points)))
    return min(nearby, key=lambda index: abs(points[index] - on_scale))


def cardinality(domain: Domain) -> int | None:
    """The number of values that the domain lists; None for a continuum. A `Float` range of few floats counts as a
    list."""
    match domain:
        case Float(low=low, high=high):
            count = _rank(high) - _rank(low) + 1
            return count if count <= FEW_FLOATS else None
        case Int(low=low, high=high):
            return high - low + 1
        case Choice(values=values) | Ordinal(values=values):
            return len(values)
        case Finite(size=size):
            return size
        case Constant():
            return 1
        case _:
            assert_never(domain)


@lru_cache(maxsize=1024)
def distinct(domain: Domain) -> int | None:
    """The number of *different* values of the domain: rounding to integers can make grid values of a ``Finite``
    equal."""
    if not isinstance(domain, Finite):
        return cardinality(domain)
    if not domain.integer:
        return domain.size if domain.low < domain.high else 1
    low, step = _grid(domain)
    if step == 0.0:
        return 1
    on_scale = np.arange(domain.size) * step + low
    values = np.array(list(map(exp, on_scale.tolist()))) if domain.log else on_scale
    whole = np.unique(np.rint(np.clip(values, domain.low, domain.high)))
    points = np.array([log(max(value, domain.low)) for value in whole.tolist()]) if domain.log else whole
    high = log(domain.high) if domain.log else domain.high
    return len(np.unique(np.rint((np.clip(points, low, high) - low) / step)))


def value_at(domain: Domain, index: int) -> Value:
    """The value at index ``index`` of a domain with a cardinality."""
    match domain:
        case Float(low=low):
            rank = _rank(low) + index
            (found,) = struct.unpack("<d", struct.pack("<q", abs(rank)))
            return float(math.copysign(found, rank)) if rank else 0.0
        case Int(low=low):
            return low + index
        case Choice(values=values) | Ordinal(values=values):
            return values[index]
        case Finite():
            return grid_value(domain, index)
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


def _rank(x: float) -> int:
    """The place of a float among all of them; 0.0 has 0, and so has -0.0."""
    (bits,) = struct.unpack("<q", struct.pack("<d", abs(x)))
    return int(bits) if x > 0 else -int(bits)
