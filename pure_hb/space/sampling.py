"""WHICH CONFIGURATIONS COME FIRST, AND WHICH AT RANDOM? Initial points, uniform draws, enumeration of what is left.

A search compares hundreds of random candidates. `encode_draws` gives their vectors without building the configurations:
row by row, up to rounding, what `encode` gives for the configurations of `draw`.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, assert_never

import numpy as np
from numpy.typing import NDArray

from pure_hb.space.domains import Choice, Constant, Domain, Finite, Float, Int, Ordinal, Value
from pure_hb.space.encoding import Vectors, dimension, encode_value, interval, match_key, slices, width
from pure_hb.space.grids import cardinality, grid_index, grid_value, nearest_entry, ordinal_scale, value_at
from pure_hb.space.scales import clip, exp, expm1, log, log1p, shortened
from pure_hb.space.showing import SpaceError, lines, shown
from pure_hb.space.space import Configuration, Space, default_configuration, grid_size, with_constants
from pure_hb.space.values import cast, default_value

BELOW_ONE: Final = 1.0 - 2.0**-53
"""The largest uniform number."""
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
        values: dict[str, Value] = {}
        for name, domain in space.searched:
            try:
                values[name] = cast(domain, point[name]) if name in point else default_value(domain)
            except ValueError as error:
                found.append(f"point {number}, {name}: {error}")
        if not found:
            configuration = with_constants(space, values)
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


# ---- one at random -------------------------------------------------------------------------------------------------


def draw(space: Space, uniform: Callable[[int], float]) -> Configuration:
    """A random configuration, uniform on the scale of each domain. ``uniform(i)`` is the number in [0, 1) for the i-th
    searched parameter in order of declaration."""
    values = {name: draw_value(domain, uniform(index)) for index, (name, domain) in enumerate(space.searched)}
    return with_constants(space, values)


def draw_value(domain: Domain, u: float) -> Value:
    """The value that a uniform number u in [0, 1) selects: uniform on the scale of the domain, or over its entries or
    grid."""
    match domain:
        case Float(low=low, high=high, reverse_log=True) if interval(domain).relative_width is None:
            begin = -log1p(-low)
            return clip(-expm1(-(begin + (-log1p(-high) - begin) * u)), low, high)
        case Float():
            return shortened(interval(domain).from_unit(u), domain)
        case Int(low=low, high=high, log=True):
            return int(clip(round(exp(log(low) + (log(high) - log(low)) * u)), low, high))
        case Int(low=low, high=high):
            return low + min(int(u * (high - low + 1)), high - low)
        case Ordinal(values=values, kind="nn" | "nn-log"):
            _, bottom, top = ordinal_scale(domain)
            return values[nearest_entry(domain, bottom + (top - bottom) * u)]
        case Choice(values=values) | Ordinal(values=values):
            return values[min(int(u * len(values)), len(values) - 1)]
        case Finite(size=size):
            return grid_value(domain, min(int(u * size), size - 1))
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


def uniform_of(domain: Domain, value: Value) -> float:
    """A uniform number in [0, 1) that selects a value of the domain, as `draw_value` does: the middle of those that
    select it, or its place on the scale. Floats come back up to rounding.

    Raises:
        ValueError: for a constant, which is not drawn.
    """
    match domain:
        case Int(low=low, high=high, log=True):
            begin, length = log(low), log(high) - log(low)
            u = (log(int(value)) - begin) / length if length else 0.0
        case Int(low=low, high=high):
            u = (int(value) - low + 0.5) / (high - low + 1)
        case Float() | Ordinal(kind="nn" | "nn-log"):
            (u,) = encode_value("", domain, value)
        case Choice() | Ordinal():
            u = (domain.positions[value] + 0.5) / len(domain.values)
        case Finite(size=size):
            u = (grid_index(domain, float(value)) + 0.5) / size
        case Constant():
            raise ValueError("a constant is not drawn")
        case _:
            assert_never(domain)
    return min(u, BELOW_ONE)


def gap(domain: Domain, value: Value) -> float:
    """How far `uniform_of` of the nearest other value is from that of a value; 0 for a `Float`, which has values at any
    distance, for a `Choice`, whose entries are at none, and where there is no other value."""
    match domain:
        case Int(low=low, high=high):
            others: list[Value] = [one for one in (int(value) - 1, int(value) + 1) if low <= one <= high]
        case Ordinal(values=values):
            place = domain.positions[value]
            others = [*values[max(place - 1, 0) : place], *values[place + 1 : place + 2]]
        case Finite(size=size):
            place = grid_index(domain, float(value))
            others = [grid_value(domain, one) for one in (place - 1, place + 1) if 0 <= one < size]
        case Float() | Choice() | Constant():
            others = []
        case _:
            assert_never(domain)
    here = uniform_of(domain, value) if others else 0.0
    return min((abs(uniform_of(domain, one) - here) for one in others), default=0.0)


# ---- many at random ------------------------------------------------------------------------------------------------

_FINEST: Final = 1e-9
_LISTED: Final = 4096
"""The vectors of so many values are remembered; those of a larger domain are made when they are asked for."""


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
        case Float() if _is_coarse(domain):
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
            nearest = [nearest_entry(domain, point) for point in (bottom + (top - bottom) * u).tolist()]
            return _vectors_at(domain, np.array(nearest, dtype=np.intp))
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


@lru_cache(maxsize=1024)
def _is_coarse(domain: Float) -> bool:
    """Whether floats are so far apart that the place of a drawn value in the unit cube differs from the uniform
    number."""
    low, high = domain.low, domain.high
    if low == high:
        return False
    if interval(domain).relative_width is not None:
        return True
    if domain.log:
        return math.ulp(low) > _FINEST * low  # subnormal
    if domain.reverse_log:
        return _FINEST * (1.0 - high) < 2.0**-53
    return max(math.ulp(low), math.ulp(high)) > _FINEST * (high - low)


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


# ---- what is left --------------------------------------------------------------------------------------------------


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
    position = min(int(u * total), total - 1)
    for _ in range(total):
        configuration = _at(space, position)
        if match_key(space, configuration) not in excluded:
            return configuration
        position = (position + step) % total
    return None


def _at(space: Space, position: int) -> Configuration:
    values: dict[str, Value] = {}
    for name, domain in space.searched:
        position, index = divmod(position, cardinality(domain) or 1)
        values[name] = value_at(domain, index)
    return with_constants(space, values)
