"""WHEN IS A VALUE LEGAL? Casting, default and membership of the values of one domain.

The rules are those of Syne Tune 0.13 (`config_space`), with one exception: a categorical value must be an entry
exactly.
"""

import math
from collections.abc import Callable
from typing import Any, Final, assert_never

from pure_hb.space.domains import (
    Choice,
    Constant,
    Domain,
    Finite,
    Float,
    Int,
    Ordinal,
    Value,
    is_number,
    plain,
)
from pure_hb.space.grids import (
    grid_index,
    grid_position,
    grid_value,
    is_log,
    nearest_entry,
)
from pure_hb.space.scales import clip, exp, log, shortened
from pure_hb.space.showing import listed, shown

_NUMBERS: Final = (int, float)
_ON_GRID: Final = 1e-6
"""How far, in steps, an observed value may lie from a grid value and still be that one."""


# ---- the default ---------------------------------------------------------------------------------------------------


def default_value(domain: Domain) -> Value:
    """The midpoint of a range on its scale (reverse-log: the arithmetic one), cast to the domain; the first entry of a
    choice; the upper middle entry of an ordinal of kind "equal"."""
    match domain:
        case Choice(values=values):
            return values[0]
        case Ordinal(values=values, kind="equal"):
            return values[len(values) // 2]
        case Ordinal(values=values):
            return cast(domain, _midpoint(domain, float(values[0]), float(values[-1])))
        case Float(low=low, high=high):
            return shortened(clip(_midpoint(domain, low, high), low, high), domain)
        case Int(low=low, high=high):
            return int(clip(round(_midpoint(domain, low, high)), low, high))
        case Finite(low=low, high=high):
            nearest = grid_value(domain, grid_index(domain, _midpoint(domain, low, high)))
            return int(clip(nearest, round(low), round(high))) if domain.integer else nearest
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


def _midpoint(domain: Float | Int | Finite | Ordinal, low: float, high: float) -> float:
    return exp(0.5 * (log(high) + log(low))) if is_log(domain) else 0.5 * high + 0.5 * low


# ---- casting -------------------------------------------------------------------------------------------------------


def cast(domain: Domain, given: object) -> Value:
    """The value of the domain that a user means by ``given``; numbers are rounded, or moved to the grid.

    Raises:
        ValueError: for what is not a number, outside the range, or not in the list; the text says what is allowed.
    """
    match domain:
        case Float(low=low, high=high):
            return _inside(_number(given), low, high)
        case Int(low=low, high=high):
            return int(_inside(round(_number(given)), low, high))
        case Finite(low=low, high=high):
            value = grid_value(domain, grid_index(domain, _number(given)))
            return _inside(value, low, high) if domain.integer else value
        case Ordinal(values=values, kind="nn" | "nn-log"):
            number = _number(given)
            if is_log(domain):
                return values[nearest_entry(domain, log(number))] if number > 0 else values[0]
            return values[nearest_entry(domain, number)]
        case Choice() | Ordinal():
            return _entry(domain, given)
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


def _number(given: object) -> float:
    value = plain(given)
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{shown(given)} is no finite number")
    return number


def _inside(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"{value!r} is outside [{low!r}, {high!r}]")
    return value


def _entry(domain: Choice | Ordinal, given: object) -> Value:
    value = plain(given)
    position = domain.positions.get(value) if isinstance(value, str | int | float) else None
    if position is None or isinstance(value, bool) != isinstance(domain.values[0], bool):
        raise ValueError(f"{shown(given)} is not among {listed(domain.values)}")
    return domain.values[position]


# ---- membership ----------------------------------------------------------------------------------------------------


def check(domain: Domain) -> Callable[[Any], bool]:
    """What says quickly that a value is certainly one of the domain."""
    match domain:
        case Float(low=low, high=high):
            return lambda value: type(value) is float and low <= value <= high
        case Int(low=low, high=high):
            return lambda value: type(value) is int and low <= value <= high
        case Finite():
            return lambda value: type(value) in _NUMBERS and _is_on_grid(domain, value)
        case Choice() | Ordinal():
            known = frozenset((type(value), value) for value in domain.values)
            return lambda value: (type(value), value) in known
        case Constant(value=fixed):
            return lambda value: value == fixed
        case _:
            assert_never(domain)


def _is_on_grid(domain: Finite, value: float) -> bool:
    return domain.low <= value <= domain.high and grid_value(domain, grid_index(domain, value)) == value


def member(domain: Domain, value: Value) -> Value:
    """A value that is one of the domain, as the domain writes it: numbers are not rounded, but for the last digits of
    the values of a grid.

    Raises:
        ValueError: for any other value; the text says what is allowed.
    """
    match domain:
        case Float():
            return cast(domain, _really_number(value))
        case Int():
            number = _really_number(value)
            if number != round(number):
                raise ValueError(f"{value!r} is no integer")
            return cast(domain, number)
        case Finite():
            number = _really_number(value)
            position = grid_position(domain, _inside(number, domain.low, domain.high) if not domain.integer else number)
            index = round(position)
            if abs(position - index) > _ON_GRID and number != grid_value(domain, index):
                raise ValueError(f"{value!r} is not on the grid; the nearest value is {grid_value(domain, index)!r}")
            return grid_value(domain, index)
        case Choice() | Ordinal():
            return _entry(domain, value)
        case Constant():
            return domain.value
        case _:
            assert_never(domain)


def _really_number(value: Value) -> float:
    if not is_number(value):
        raise ValueError(f"{shown(value)} is no number")
    return _number(value)
