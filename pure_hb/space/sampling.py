"""WHICH CONFIGURATIONS COME FIRST, AND WHICH AT RANDOM? Initial points, uniform draws, enumeration of what is left."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import assert_never

from pure_hb.space.configuration import Configuration
from pure_hb.space.domains import (
    Choice,
    Constant,
    Domain,
    Finite,
    Float,
    Int,
    Ordinal,
    Value,
)
from pure_hb.space.elementary import exp, expm1, log, log1p
from pure_hb.space.errors import SpaceError
from pure_hb.space.grids import (
    cardinality,
    grid_value,
    nearest_entry,
    ordinal_scale,
    round_half_even,
    value_at,
)
from pure_hb.space.keys import match_key
from pure_hb.space.scales import clip, from_unit, is_narrow, scale_of, shortened
from pure_hb.space.showing import lines, shown
from pure_hb.space.space import Space, grid_size
from pure_hb.space.values import cast, default_configuration, default_value

Point = Mapping[str, object]
"""A configuration that a user wants to try. It may be partial, and its numbers are cast to the domains."""


def initial_points(space: Space, given: Sequence[Point] | None = None) -> tuple[Configuration, ...]:
    """The configurations to try first; without ``given``, the default one.

    Missing values are those of the default, numbers are cast to the domain, and unknown names are dropped. Of equal
    configurations (by match key) the first is kept.

    Raises:
        SpaceError: naming point, parameter, value and what is allowed.
    """
    if given is None:
        return (default_configuration(space),)
    if not isinstance(given, Sequence) or isinstance(given, str):
        example = f"[{shown(given)}]" if isinstance(given, Mapping) else "[{}]"
        raise SpaceError(f"points_to_evaluate is {shown(given)}; it is a list of configurations, for example {example}")
    found: list[str] = []
    points: dict[str, Configuration] = {}
    for number, point in enumerate(given):
        if not isinstance(point, Mapping):
            found.append(f"point {number} is a {type(point).__name__}; give a dictionary from names to values")
            continue
        values: dict[str, Value] = dict(space.constants)
        for name, domain in space.searched:
            try:
                values[name] = cast(domain, point[name]) if name in point else default_value(domain)
            except ValueError as error:
                found.append(f"point {number}, {name}: {error}")
        if not found:
            configuration = Configuration(values)
            points.setdefault(match_key(space, configuration), configuration)
    if found:
        raise SpaceError("points_to_evaluate cannot be used.\n" + lines(found))
    return tuple(points.values())


def unknown_names(space: Space, given: Sequence[Point] | None) -> tuple[str, ...]:
    """The names in initial points that the space does not have; most likely spelling mistakes."""
    if not isinstance(given, Sequence):
        return ()
    points = (point for point in given if isinstance(point, Mapping))
    return tuple(sorted({str(name) for point in points for name in point if name not in space}))


def draw(space: Space, uniform: Callable[[int], float]) -> Configuration:
    """A random configuration, uniform on the scale of each domain. ``uniform(i)`` is the number in [0, 1) for the i-th
    searched parameter in order of declaration."""
    values: dict[str, Value] = dict(space.constants)
    for index, (name, domain) in enumerate(space.searched):
        values[name] = draw_value(domain, uniform(index))
    return Configuration(values)


def draw_value(domain: Domain, u: float) -> Value:
    """The value that a uniform number u in [0, 1) selects: uniform on the scale of the domain, or over its entries or
    grid."""
    match domain:
        case Float(low=low, high=high) if is_narrow(domain):
            return from_unit(u, low, high, scale_of(domain))
        case Float(low=low, high=high, log=True):
            return shortened(clip(exp(_between(log(low), log(high), u)), low, high), domain)
        case Float(low=low, high=high, reverse_log=True):
            return clip(-expm1(-_between(-log1p(-low), -log1p(-high), u)), low, high)
        case Float(low=low, high=high):
            return shortened(clip(_between(low, high, u), low, high), domain)
        case Int(low=low, high=high, log=True):
            value = round_half_even(exp(_between(log(low), log(high), u)))
            return int(clip(value, low, high))
        case Int(low=low, high=high):
            return low + _index(u, high - low + 1)
        case Choice(values=values) | Ordinal(values=values, kind="equal"):
            return values[_index(u, len(values))]
        case Ordinal(values=values):
            _, bottom, top = ordinal_scale(domain)
            return values[nearest_entry(domain, _between(bottom, top, u))]
        case Finite(size=size):
            return grid_value(domain, _index(u, size))
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


def _between(low: float, high: float, u: float) -> float:
    return low + (high - low) * u


def _index(u: float, count: int) -> int:
    return min(int(u * count), count - 1)


def first_left(space: Space, excluded: Collection[str], u: float) -> Configuration | None:
    """A configuration of a finite space whose match key is not excluded; None if all are.

    The grid is walked from a start that u selects, in steps near the golden section of its size, which visit every
    point once. At most len(excluded) points are visited in vain, not counting those that rounding makes equal.
    """
    total = grid_size(space)
    if total is None:
        raise ValueError("a space with a continuous parameter cannot be enumerated")
    step = max(1, round(total * 0.6180339887498949))
    while math.gcd(step, total) != 1:
        step += 1
    position = _index(u, total)
    for _ in range(total):
        configuration = _at(space, position)
        if match_key(space, configuration) not in excluded:
            return configuration
        position = (position + step) % total
    return None


def _at(space: Space, position: int) -> Configuration:
    values: dict[str, Value] = dict(space.constants)
    for name, domain in space.searched:
        position, index = divmod(position, cardinality(domain) or 1)
        values[name] = value_at(domain, index)
    return Configuration(values)
