"""WHERE IS A CONFIGURATION IN THE UNIT CUBE? Encoding to a vector and back.

Each parameter has one coordinate, except a choice of one value or of three and more, which is one-hot. Parameters are
sorted by name. For integers, indices and grids the interval is widened by half a step *before* the scaling, so that
every value has an equal share of the cube. The rules and their order of operations are those of Syne Tune.
"""

from collections.abc import Mapping
from typing import Final, assert_never

import numpy as np
from numpy.typing import NDArray

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
from pure_hb.space.grids import (
    grid_index,
    grid_value,
    nearest_entry,
    ordinal_scale,
    round_half_even,
)
from pure_hb.space.scales import Scale, clip, from_unit, scale_of, shortened, to_unit
from pure_hb.space.showing import listed, shown
from pure_hb.space.space import Space

Vector = NDArray[np.float64]

_MARGIN: Final = 1e-8


def dimension(space: Space) -> int:
    """The number of coordinates of an encoded configuration."""
    return sum(width(domain) for _, domain in space.in_vector_order)


def slices(space: Space) -> dict[str, tuple[int, int]]:
    """Parameter -> its coordinates [from, to), for all searched parameters in vector order."""
    found, start = {}, 0
    for name, domain in space.in_vector_order:
        found[name] = (start, start + width(domain))
        start += width(domain)
    return found


def bounds(space: Space) -> tuple[tuple[float, float], ...]:
    """The range of every coordinate: (0, 1), or a single point where a float or a choice has only one value."""
    return tuple(_bounds(domain) for _, domain in space.in_vector_order for _ in range(width(domain)))


def encode(space: Space, configuration: Mapping[str, Value]) -> Vector:
    """The vector of a configuration of the space, shape (dimension,), in [0, 1].

    Raises:
        KeyError: if a searched parameter is missing.
        ValueError: if a value is outside its domain by more than 1e-8, or not in its list.
    """
    codes = [code for name, domain in space.in_vector_order for code in encode_value(name, domain, configuration[name])]
    return np.array(codes, dtype=np.float64)


def decode(space: Space, vector: Vector) -> Configuration:
    """The configuration nearest to a vector of shape (dimension,), constants included.

    Raises:
        ValueError: for another shape, or a coordinate outside [0, 1] by more than 1e-8.
    """
    if vector.shape != (dimension(space),):
        raise ValueError(f"the vector has shape {vector.shape}; this space needs ({dimension(space)},)")
    codes = vector.tolist()
    values: dict[str, Value] = dict(space.constants)
    for (name, domain), (start, stop) in zip(space.in_vector_order, slices(space).values(), strict=True):
        values[name] = _decode(name, domain, codes[start:stop])
    return Configuration(values)


def width(domain: Domain) -> int:
    """The number of coordinates of a domain."""
    return len(domain.values) if isinstance(domain, Choice) and _one_hot(domain) else 1


def _one_hot(domain: Choice) -> bool:
    return len(domain.values) != 2


def _bounds(domain: Domain) -> tuple[float, float]:
    if isinstance(domain, Choice) and len(domain.values) == 1:
        return (1.0, 1.0)
    if isinstance(domain, Float) and domain.low == domain.high:
        return (0.0, 0.0)
    return (0.0, 1.0)


# ---- one domain ----------------------------------------------------------------------------------------------------


def encode_value(name: str, domain: Domain, value: Value) -> list[float]:
    """The coordinates of one value, a list of length `width`; ``name`` is for messages."""
    match domain:
        case Float(low=low, high=high):
            return [to_unit(_inside(name, float(value), low, high), low, high, scale_of(domain))]
        case Int(low=low, high=high):
            return [_integer_to_unit(name, float(value), low, high, scale_of(domain))]
        case Finite(size=size):
            return [_integer_to_unit(name, grid_index(domain, float(value)), 0, size - 1)]
        case Ordinal(values=values, kind="equal"):
            return [_integer_to_unit(name, _position(name, domain, value), 0, len(values) - 1)]
        case Ordinal():
            points, low, high = ordinal_scale(domain)
            return [to_unit(points[_position(name, domain, value)], low, high, "linear")]
        case Choice(values=values):
            position = _position(name, domain, value)
            if _one_hot(domain):
                codes = [0.0] * len(values)
                codes[position] = 1.0
                return codes
            return [_integer_to_unit(name, position, 0, 1)]
        case Constant():
            return []
        case _:
            assert_never(domain)


def _decode(name: str, domain: Domain, codes: list[float]) -> Value:
    if not all(-_MARGIN <= code <= 1.0 + _MARGIN for code in codes):
        raise ValueError(f"{name}: coordinates {shown(codes)} are outside [0, 1]; clip them first")
    match domain:
        case Float(low=low, high=high):
            return shortened(from_unit(codes[0], low, high, scale_of(domain)), domain)
        case Int(low=low, high=high):
            return _integer_from_unit(codes[0], low, high, scale_of(domain))
        case Finite(size=size):
            return grid_value(domain, _integer_from_unit(codes[0], 0, size - 1))
        case Ordinal(values=values, kind="equal"):
            return values[_integer_from_unit(codes[0], 0, len(values) - 1)]
        case Ordinal(values=values):
            _, low, high = ordinal_scale(domain)
            return values[nearest_entry(domain, from_unit(codes[0], low, high, "linear"))]
        case Choice(values=values):
            if _one_hot(domain):
                return values[codes.index(max(codes))]
            return values[_integer_from_unit(codes[0], 0, 1)]
        case Constant(value=value):
            return value
        case _:
            assert_never(domain)


def _position(name: str, domain: Choice | Ordinal, value: Value) -> int:
    found = domain.positions.get(value)
    if found is None:
        raise ValueError(f"{name}: {shown(value)} is not among {listed(domain.values)}")
    return found


# ---- one interval --------------------------------------------------------------------------------------------------


def _inside(name: str, x: float, low: float, high: float) -> float:
    if not low - _MARGIN <= x <= high + _MARGIN:
        raise ValueError(f"{name}: {x!r} is outside [{low!r}, {high!r}]")
    return x


def _integer_to_unit(name: str, x: float, low: int, high: int, scale: Scale = "linear") -> float:
    bottom, top = low - 0.5 + _MARGIN, high + 0.5 - _MARGIN
    return to_unit(_inside(name, x, bottom, top), bottom, top, scale)


def _integer_from_unit(u: float, low: int, high: int, scale: Scale = "linear") -> int:
    value = from_unit(u, low - 0.5 + _MARGIN, high + 0.5 - _MARGIN, scale)
    return int(clip(round_half_even(value), low, high))
