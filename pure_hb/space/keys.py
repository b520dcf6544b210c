"""WHEN ARE TWO CONFIGURATIONS THE SAME? When their match keys are equal: there is no other notion of equality.

A float is represented by its place in the unit cube, so that a key is equally precise in a narrow range, or in one far
from 0, as in any other.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, assert_never

from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal, Value
from pure_hb.space.elementary import log
from pure_hb.space.grids import grid_index
from pure_hb.space.scales import is_narrow, scale_of, to_unit
from pure_hb.space.space import Space

KEY_DIGITS: Final = 7
"""The number of digits of a coordinate in a key."""


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
        case Float():
            return _place(domain)
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


def _place(domain: Float) -> Callable[[float], str]:
    """What makes the digits of a place in the unit cube, by `to_unit` or, in a wide range, by the same in short."""
    low, high, scale = domain.low, domain.high, scale_of(domain)
    if low == high:
        return lambda value: "0"
    if scale == "reverse-log" or is_narrow(domain):
        return lambda value: _digits(to_unit(value, low, high, scale))
    if scale == "linear":
        width = high - low
        return lambda value: _digits((value - low) / width)
    begin = log(low)
    span = log(high) - begin
    return lambda value: _digits((log(value) - begin) / span)


def _digits(place: float) -> str:
    return f"{abs(place):.{KEY_DIGITS}f}"
