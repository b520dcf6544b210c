"""WHICH VALUES, AT WHICH DISTANCES? Scales, grids and counts of the domains: arithmetic that encoding, casting and
drawing share."""

import math
from functools import lru_cache
from itertools import pairwise
from typing import Final, assert_never

from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal, Value


def is_log(domain: Float | Int | Finite | Ordinal) -> bool:
    """Whether distances in the domain are those of logarithms."""
    return domain.kind == "nn-log" if isinstance(domain, Ordinal) else domain.log


def round_half_even(x: float) -> int:
    """The nearest integer, halves to the even one."""
    return round(x)


def clip(x: float, low: float, high: float) -> float:
    """The number of [low, high] nearest to x."""
    return min(max(x, low), high)


def grid_value(domain: Finite, index: int) -> float | int:
    """The value at an index 0 .. size - 1 of a finite range."""
    low, step = _grid(domain)
    on_scale = index * step + low
    value = clip(math.exp(on_scale) if domain.log else on_scale, domain.low, domain.high)
    return round_half_even(value) if domain.integer else value


def grid_position(domain: Finite, value: float) -> float:
    """Where a number lies on the grid, in steps, clipped to its ends; 0 for a grid without extent."""
    low, step = _grid(domain)
    if step == 0.0:
        return 0.0
    high = math.log(domain.high) if domain.log else domain.high
    on_scale = (math.log(value) if value > 0 else low) if domain.log else value
    return (clip(on_scale, low, high) - low) / step


def grid_index(domain: Finite, value: float) -> int:
    """The index of the grid value nearest to a number."""
    return round_half_even(grid_position(domain, value))


def _grid(domain: Finite) -> tuple[float, float]:
    low, high = (math.log(domain.low), math.log(domain.high)) if domain.log else (domain.low, domain.high)
    return low, (high - low) / (domain.size - 1) if domain.size > 1 else 0.0


@lru_cache(maxsize=1024)
def ordinal_scale(domain: Ordinal) -> tuple[tuple[float, ...], float, float]:
    """Of a nearest-neighbour ordinal: its values on the scale, and the interval widened by half the mean gap."""
    numbers = [float(value) for value in domain.values]
    points = [math.log(number) for number in numbers] if domain.kind == "nn-log" else numbers
    gaps = [b - a for a, b in pairwise(points)]
    half = 0.5 * (sum(gaps) / len(gaps))
    return tuple(points), points[0] - half, points[-1] + half


def nearest_entry(domain: Ordinal, on_scale: float) -> int:
    """The index of the entry nearest to a point of the scale; equal distances give the lower one."""
    points, _, _ = ordinal_scale(domain)
    return min(range(len(points)), key=lambda index: abs(points[index] - on_scale))


def cardinality(domain: Domain) -> int | None:
    """How many values the domain lists; None: a continuum."""
    match domain:
        case Float(low=low, high=high):
            return 1 if low == high else None
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


_COUNTED: Final = 4096
"""Larger grids of real numbers are taken to have no equal values."""


@lru_cache(maxsize=1024)
def distinct(domain: Domain) -> int | None:
    """How many *different* values the domain has: rounding can make grid values of ``Finite`` equal."""
    if isinstance(domain, Finite) and (domain.integer or domain.size <= _COUNTED):
        return len({grid_index(domain, grid_value(domain, index)) for index in range(domain.size)})
    return cardinality(domain)


def value_at(domain: Domain, index: int) -> Value:
    """The value number ``index`` of a domain with a cardinality."""
    match domain:
        case Float(low=low):
            return low
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
