"""WHAT IS A CONFIGURATION? An immutable mapping from parameter names to values, equal by its content."""

import math
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from pure_hb.space.domains import Value, is_text, plain


def _pairs(mapping: object) -> tuple[tuple[str, Value], ...]:
    if not isinstance(mapping, Mapping):
        raise TypeError(f"a configuration is a mapping from names to values, got {type(mapping).__name__}")
    return tuple(sorted((_name(name), _value(name, value)) for name, value in mapping.items()))


def _name(name: object) -> str:
    if not isinstance(name, str) or not is_text(name):
        raise TypeError(f"names of parameters are text, got {name!r}")
    return name


def _value(name: str, value: object) -> Value:
    converted = plain(value)
    if isinstance(converted, str):
        return _name(converted)
    if isinstance(converted, int | float):
        return math.nan if converted != converted else converted  # one NaN object, so that equal means equal
    raise TypeError(f"parameter {name!r} is a {type(value).__name__}; values are str, int, float or bool")


@frozen(init=False, repr=False, eq=False)
class Configuration(Mapping[str, Value]):
    """Values of all parameters, constants included. Reads like a dictionary; ``dict(configuration)`` makes one."""

    pairs: tuple[tuple[str, Value], ...] = field()
    """(name, value), sorted by name."""

    def __init__(self, mapping: Mapping[str, Value]) -> None:
        self.__attrs_init__(_pairs(mapping))

    def __getitem__(self, name: str) -> Value:
        for key, value in self.pairs:
            if key == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __eq__(self, other: object) -> bool:
        return self.pairs == other.pairs if isinstance(other, Configuration) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {value!r}" for name, value in self.pairs) + "}"
