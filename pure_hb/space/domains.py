"""WHAT VALUES CAN A PARAMETER TAKE? The six domains as frozen values.

A domain is only *described* here. It is checked when it joins a space (`pure_hb.space.faults`), so that the message can
name the parameter. Encoding, sampling and casting are in the modules `encoding`, `sampling` and `values`.
"""

import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal, assert_never

import numpy as np
from attrs import field, frozen

from pure_hb.space.other_names import answers_other_names

Value = str | int | float | bool
"""The value of a parameter: str, int, float or bool."""

OrdinalKind = Literal["equal", "nn", "nn-log"]

GRID_LIMIT: Final = 2**20
"""The largest number of values of a `Finite`."""
LIST_LIMIT: Final = 2**17
"""The largest number of values of a `Choice` or an `Ordinal`."""
INT_LIMIT: Final = 2**53
"""Larger integers are not exact as floats, which the encoding needs."""


def plain(value: Any) -> Any:
    """The Python number of a numpy scalar; anything else unchanged."""
    return value.item() if isinstance(value, np.generic) else value


def _bound(value: float) -> float:
    converted = plain(value)  # what is no number is judged by `faults`
    is_integer = isinstance(converted, int) and not isinstance(converted, bool)
    return float(converted) if is_integer and abs(converted) <= INT_LIMIT else converted


def _typed(values: tuple[Value, ...]) -> tuple[object, ...]:
    """What tells lists apart: all values of one have one type, and True is no 1."""
    return (*map(type, values[:1]), values)


def _count(value: int) -> int:
    return int(plain(value)) if isinstance(value, np.integer) else value


@answers_other_names
@frozen(repr=False)
class Float:
    """A real number from ``low`` to ``high``, both included, in units of the parameter. It is searched linearly, in its
    logarithm (``log``, for positive numbers), or in -log(1 - x) (``reverse_log``, for numbers in [0, 1))."""

    low: float = field(converter=_bound)
    high: float = field(converter=_bound)
    log: bool = field(default=False, converter=plain)
    reverse_log: bool = field(default=False, converter=plain, kw_only=True)

    def __repr__(self) -> str:
        return written(self)


@answers_other_names
@frozen(repr=False)
class Int:
    """An integer from ``low`` to ``high``, both included, searched linearly or in its logarithm (``log``, for positive
    numbers)."""

    low: int = field(converter=_count)
    high: int = field(converter=_count)
    log: bool = field(default=False, converter=plain)

    def __repr__(self) -> str:
        return written(self)


@answers_other_names
@frozen(init=False, repr=False)
class Choice:
    """One of several ``values`` without an order: ``Choice("relu", "tanh")``."""

    values: tuple[Value, ...] = field(eq=_typed)

    def __init__(self, *values: Value) -> None:
        self.__attrs_init__(tuple(map(plain, values)))

    @cached_property
    def positions(self) -> Mapping[Value, int]:
        """Value -> its index in the list."""
        return MappingProxyType({value: index for index, value in enumerate(self.values)})

    @cached_property
    def _hash(self) -> int:  # remembered: there may be many values, and caches ask often
        return hash(self.values)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return written(self)


@answers_other_names
@frozen(init=False, repr=False)
class Ordinal:
    """One of several ``values`` in order. ``kind`` defines their distances: "equal" (indices in the list), "nn"
    (nearest neighbour among the numbers themselves) or "nn-log" (among their logarithms). The default is "nn" for an
    increasing list of numbers, otherwise "equal"."""

    values: tuple[Value, ...] = field(eq=_typed)
    kind: OrdinalKind

    def __init__(self, *values: Value, kind: OrdinalKind | None = None) -> None:
        entries = tuple(map(plain, values))
        default: OrdinalKind = "nn" if len(entries) >= 2 and increasing(entries) else "equal"
        self.__attrs_init__(entries, default if kind is None else plain(kind))

    @cached_property
    def positions(self) -> Mapping[Value, int]:
        """Value -> its index in the list."""
        return MappingProxyType({value: index for index, value in enumerate(self.values)})

    @cached_property
    def _hash(self) -> int:  # remembered: there may be many values, and caches ask often
        return hash(self.values)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return written(self)


@answers_other_names
@frozen(repr=False)
class Finite:
    """``size`` numbers from ``low`` to ``high``, both included, equally spaced (with ``log``, in their logarithm). With
    ``integer`` they are rounded."""

    low: float = field(converter=_bound)
    high: float = field(converter=_bound)
    size: int = field(converter=_count)
    log: bool = field(default=False, converter=plain)
    integer: bool = field(default=False, converter=plain, kw_only=True)

    def __repr__(self) -> str:
        return written(self)


@answers_other_names
@frozen(repr=False)
class Constant:
    """A ``value`` that every configuration contains and that is not searched."""

    value: Value = field(converter=plain, eq=lambda value: _typed((value,)))

    def __repr__(self) -> str:
        return written(self)


Domain = Float | Int | Choice | Ordinal | Finite | Constant
DOMAINS: Final = (Float, Int, Choice, Ordinal, Finite, Constant)


def is_number(value: object) -> bool:
    """Whether a value is an int or a float, and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def increasing(entries: Sequence[Any]) -> bool:
    """Whether entries are numbers in strictly increasing order."""
    if not all(isinstance(entry, int | float) for entry in entries):
        return False
    return all(a < b for a, b in itertools.pairwise(entries))


def is_text(text: str) -> bool:
    """Whether text can be written as UTF-8 (it has no lone surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def written(domain: Domain) -> str:
    """The call that makes a domain, without arguments that have their default."""
    match domain:
        case Float() | Int():
            given = [repr(domain.low), repr(domain.high)]
        case Finite():
            given = [repr(domain.low), repr(domain.high), repr(domain.size)]
        case Choice():
            given = [repr(value) for value in domain.values]
        case Ordinal():
            given = [*(repr(value) for value in domain.values), f"kind={domain.kind!r}"]
        case Constant():
            given = [repr(domain.value)]
        case _:
            assert_never(domain)
    flags = (name for name in ("log", "reverse_log", "integer") if getattr(domain, name, False) is not False)
    return f"{type(domain).__name__}({', '.join([*given, *(f'{name}={getattr(domain, name)!r}' for name in flags)])})"
