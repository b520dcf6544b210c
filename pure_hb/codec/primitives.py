"""HOW ARE NUMBERS, TEXTS, LISTS AND CONFIGURATIONS READ FROM JSON, AND WRITTEN? Strictly, so that nothing is taken for
something else: a flag is no number, a text no list.
"""

import math
from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import Any, Final, TypeVar, get_args, get_origin

from cattrs import Converter

from pure_hb.codec.text import shown
from pure_hb.space import Configuration

T = TypeVar("T")

FLOATS: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""The texts that stand for numbers which JSON does not have."""
_TEXTS: Final = {math.inf: "inf", -math.inf: "-inf"}
_LONG: Final = 100
"""The most values of one row."""


def strict(kind: type[T]) -> Callable[[Any, Any], T]:
    """Reads values of exactly this type, which JSON has too; others are a `ValueError`."""

    def structure(data: Any, _: Any) -> T:
        if type(data) is not kind:
            raise ValueError(f"{shown(data)} is no {kind.__name__}")
        return data

    return structure


def is_list_of(kind: Any) -> bool:
    """Whether a type is a tuple of any length."""
    return get_origin(kind) is tuple and EllipsisType in map(type, get_args(kind))


def list_reader(kind: Any, converter: Converter) -> Callable[[Any, Any], tuple[Any, ...]]:
    """Reads a tuple from a list, and from nothing else: a text or an object can be iterated, too."""
    of: Any = list[get_args(kind)[0]]  # type: ignore[misc]  # a type made at run time
    read = converter.get_structure_hook(of)
    of_rows = get_origin(get_args(kind)[0]) is tuple and not is_list_of(get_args(kind)[0])

    def structure(data: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(data, list | tuple):
            raise ValueError(f"{shown(data)} is no list")
        for row in data if of_rows else ():  # the converter would say all that stands in a row that is too long
            if isinstance(row, list) and len(row) > _LONG:
                raise ValueError(f"{shown(row)} has too many values: {len(row)}")
        return tuple(read(data, of))

    return structure


def float_from_json(data: Any, _: Any) -> float:
    """A number, or one of the texts "nan", "inf" and "-inf"; anything else is a `ValueError`."""
    if isinstance(data, str) and data in FLOATS:
        return FLOATS[data]
    if type(data) not in (float, int):
        raise ValueError(f"{shown(data)} is no number")
    return float(data)


def float_to_json(value: float) -> float | str:
    """The number; "nan", "inf" or "-inf" for what JSON does not have."""
    return value if math.isfinite(value) else _TEXTS.get(value, "nan")


def configuration_from_json(data: Any, _: Any) -> Configuration:
    """A value that is not finite stands as ``{"float": "nan"}``: the text alone could be a value too."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{shown(data)} is no configuration")
    return Configuration({name: _value_from_json(value) for name, value in data.items()})


def _value_from_json(data: Any) -> Any:
    return float_from_json(data["float"], float) if isinstance(data, Mapping) and set(data) == {"float"} else data


def configuration_to_json(configuration: Configuration) -> dict[str, Any]:
    """The values by name; `configuration_from_json` reads them."""
    return {name: _value_to_json(value) for name, value in configuration.pairs}


def _value_to_json(value: Any) -> Any:
    return {"float": float_to_json(value)} if isinstance(value, float) and not math.isfinite(value) else value
