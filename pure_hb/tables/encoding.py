"""WHERE DOES A CONFIGURATION LIE IN A TABLE? Its natural numbers, its match key, and its coordinates in the unit cube.

*Natural numbers* are in the columns of a table; the *match key* finds the row of the same configuration; *coordinates*
measure the distance of rows. Coordinates are those of the recorded tables, *not* the encoding of `pure_hb.space`:
choices are one-hot, also those of two values, and the interval of an int is widened by a half on both sides before the
logarithm. Grids and ordered lists are encoded as the ints that number them; an `Ordinal` of kind "nn" or "nn-log" as
its numbers or their logarithms, with the interval widened by half their mean gap.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from pure_hb.space import Choice, Domain, Finite, Float, Int, Ordinal, Space, Value, match_key
from pure_hb.space.domains import is_number, plain
from pure_hb.space.grids import grid_index, grid_position, grid_value, ordinal_scale
from pure_hb.space.scales import clip
from pure_hb.tables.errors import TableError

_MARGIN: Final = 1e-8
_NEAR: Final = 0.01
"""What lies within this share of a step from a grid value is that value: files may have fewer digits."""


def natural_number(name: str, domain: Domain, config: Mapping[str, Value]) -> float:
    """The number that represents a parameter's value in the table's columns.

    Raises:
        TableError: if the parameter is missing, a number is not a number, or a value of a list is not in it.
    """
    if name not in config:
        raise TableError(f"{name} is missing in {config!r}; the table needs a value for it")
    value = plain(config[name])
    if isinstance(domain, Choice | Ordinal):
        if value not in domain.values:
            raise TableError(f"{name} is {value!r}; in the table it is one of {', '.join(map(repr, domain.values))}")
        return float(domain.positions[value])
    if not is_number(value) or math.isnan(value):
        raise TableError(f"{name} is {value!r}; in the table it is a number")
    return float(value)


# ---- the match key -------------------------------------------------------------------------------------------------


def key(space: Space, natural: tuple[float, ...]) -> str | None:
    """The match key of the configuration that natural numbers describe; None if it is not in the space."""
    values = [_value(domain, number) for (_, domain), number in zip(space.domains, natural, strict=True)]
    named = {name: value for (name, _), value in zip(space.domains, values, strict=True) if value is not None}
    return match_key(space, named) if len(named) == len(values) else None


def _value(domain: Domain, number: float) -> Value | None:
    match domain:
        case Choice(values=entries) | Ordinal(values=entries):
            return entries[int(number)]
        case Int(low=low, high=high):
            return int(number) if low <= number <= high and number == int(number) else None
        case Float(low=low, high=high):
            return number if low <= number <= high else None
        case Finite():
            return number if on_grid(domain, number) else None
        case _:
            raise TypeError(f"{type(domain).__name__} has no place in a table")


@lru_cache(maxsize=2**14)
def on_grid(domain: Finite, number: float) -> bool:
    """Whether a number is a value of the grid, up to the digits that a file may lack."""
    if not math.isfinite(number):
        return False
    index = grid_index(domain, number)
    places = range(max(index - 1, 0), min(index + 2, domain.size))  # rounded to integers, a neighbour may be nearer
    values = sorted({float(grid_value(domain, place)) for place in places}, key=lambda value: abs(value - number))
    step = min((abs(other - values[0]) for other in values[1:]), default=abs(values[0]))
    return abs(number - values[0]) <= _NEAR * step


# ---- coordinates ---------------------------------------------------------------------------------------------------


def coordinates(space: Space, natural: tuple[float, ...]) -> list[float]:
    """The coordinates of a configuration in the unit cube; numbers outside the space are moved to its border."""
    pairs = zip(space.domains, natural, strict=True)
    return [code for (_, domain), number in pairs for code in _coordinates(domain, number)]


def _coordinates(domain: Domain, number: float) -> list[float]:
    match domain:
        case Choice(values=entries):
            return [1.0 if index == number else 0.0 for index in range(len(entries))]
        case Int(low=low, high=high, log=log):
            return [_to_unit(number, low - 0.5 + _MARGIN, high + 0.5 - _MARGIN, log)]
        case Float(low=low, high=high, log=log):
            return [_to_unit(number, low, high, log)]
        case Ordinal(kind="equal"):
            return [_among(number, len(domain.values))]
        case Ordinal():
            points, low, high = ordinal_scale(domain)
            return [(points[int(number)] - low) / (high - low)]
        case Finite(size=size):
            return [_among(grid_position(domain, number), size)]
        case _:
            raise TypeError(f"{type(domain).__name__} has no place in a table")


def _among(place: float, count: int) -> float:
    """The coordinate of a place in a list, as that of an int from 0 to count - 1."""
    return _to_unit(place, -0.5 + _MARGIN, count - 0.5 - _MARGIN, False)


def _to_unit(number: float, low: float, high: float, log: bool) -> float:
    inside = clip(number, low, high)
    if log:
        low, high, inside = math.log(low), math.log(high), math.log(inside)
    return clip((inside - low) / (high - low), 0.0, 1.0) if low < high else 0.0
