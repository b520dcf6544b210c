"""WHAT IS A CONFIGURATION? An immutable mapping from parameter names to values, equal by its content."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache

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


@lru_cache(maxsize=256)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names as one object: the configurations of a space are many."""
    return names


@frozen(init=False, repr=False, eq=False)
class Configuration(Mapping[str, Value]):
    """Values of all parameters, constants included. It is read like a dictionary; ``dict(configuration)`` makes one.

    It equals every mapping with equal items in any order; NaN equals NaN. Its hash is its own: an equal mapping of
    another hashable class may have another hash, so do not mix the two in a set.
    """

    names: tuple[str, ...] = field()
    """The names of the parameters, sorted."""
    settings: tuple[Value, ...] = field()
    """The values, in the order of ``names``."""

    def __init__(self, mapping: Mapping[str, Value]) -> None:
        pairs = _pairs(mapping)
        self.__attrs_init__(_shared(tuple(name for name, _ in pairs)), tuple(value for _, value in pairs))

    @classmethod
    def of_sorted(cls, names: tuple[str, ...], settings: tuple[Value, ...]) -> "Configuration":
        """For whoever knows that the names are sorted, and that all values are of Python's own types and no NaN. Give
        all configurations of a space the same object for ``names``."""
        made = object.__new__(cls)
        made.__attrs_init__(names, settings)
        return made

    @property
    def pairs(self) -> tuple[tuple[str, Value], ...]:
        """(name, value), sorted by name."""
        return tuple(zip(self.names, self.settings, strict=True))

    def __getitem__(self, name: str) -> Value:
        names = self.names
        place = bisect_left(names, name) if isinstance(name, str) else len(names)
        if place == len(names) or names[place] != name:
            raise KeyError(name)
        return self.settings[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configuration):
            if not isinstance(other, Mapping):
                return NotImplemented
            try:
                other = Configuration(other)
            except TypeError:  # no configuration: other names or values
                return False
        return self.names == other.names and self.settings == other.settings

    def __hash__(self) -> int:
        return hash((self.names, self.settings))

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{_shown(name)}: {value!r}" for name, value in self.pairs) + "}"


def _shown(name: str) -> str:
    """A name as it is, or quoted if it could steer a terminal."""
    return name if name.isprintable() else repr(name)
