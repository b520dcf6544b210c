"""WHAT VALUES CAN A PARAMETER TAKE? The six domains as frozen values, and all that can be wrong with one.

A domain is only *described* here. It is judged when it joins a space (`faults`), so that the message can name the
parameter. Encoding, drawing and casting are in the files of these names.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final, Literal, assert_never

import numpy as np
from attrs import field, frozen

Value = str | int | float | bool
"""What a parameter of a configuration can be."""

OrdinalKind = Literal["equal", "nn", "nn-log"]

GRID_LIMIT: Final = 2**20
"""The most values that a `Finite` lists."""
INT_LIMIT: Final = 2**53
"""Integers beyond this size are not exact as floats, which the encoding needs."""


def plain(value: Any) -> Any:
    """The Python number of a numpy scalar; anything else unchanged."""
    return value.item() if isinstance(value, np.generic) else value


def _bound(value: float) -> float:
    converted = plain(value)  # what is no number is judged by `faults`
    is_integer = isinstance(converted, int) and not isinstance(converted, bool)
    return float(converted) if is_integer and abs(converted) <= INT_LIMIT else converted


def _count(value: int) -> int:
    return int(plain(value)) if isinstance(value, np.integer) else value


@frozen
class Float:
    """A real number in [low, high], searched linearly, in its logarithm, or in -log(1 - x) (``reverse_log``)."""

    low: float = field(converter=_bound)
    high: float = field(converter=_bound)
    log: bool = False
    reverse_log: bool = field(default=False, kw_only=True)


@frozen
class Int:
    """An integer from low to high, both included, searched linearly or in its logarithm."""

    low: int = field(converter=_count)
    high: int = field(converter=_count)
    log: bool = False


@frozen(init=False)
class Choice:
    """One of several values without order: ``Choice("relu", "tanh")``."""

    values: tuple[Value, ...]

    def __init__(self, *values: Value) -> None:
        self.__attrs_init__(tuple(plain(value) for value in values))


@frozen(init=False)
class Ordinal:
    """One of several values in order.

    ``kind`` says what is near: "equal" (positions in the list), "nn" (the numbers themselves) or "nn-log" (their
    logarithms). Not given, it is "nn" for an increasing list of numbers and "equal" otherwise.
    """

    values: tuple[Value, ...]
    kind: OrdinalKind

    def __init__(self, *values: Value, kind: OrdinalKind | None = None) -> None:
        entries = tuple(plain(value) for value in values)
        default: OrdinalKind = "nn" if len(entries) >= 2 and _increasing(entries) else "equal"
        self.__attrs_init__(entries, default if kind is None else kind)


@frozen
class Finite:
    """``size`` numbers from low to high, equally spaced (in the logarithm with ``log``), rounded with ``integer``."""

    low: float = field(converter=_bound)
    high: float = field(converter=_bound)
    size: int = field(converter=_count)
    log: bool = False
    integer: bool = field(default=False, kw_only=True)


@frozen
class Constant:
    """A value that every configuration carries and nobody searches."""

    value: Value = field(converter=plain)


Domain = Float | Int | Choice | Ordinal | Finite | Constant
DOMAINS: Final = (Float, Int, Choice, Ordinal, Finite, Constant)


def is_number(value: object) -> bool:
    """Whether value is an int or a float, and no bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _increasing(entries: Sequence[Any]) -> bool:
    if not all(isinstance(entry, int | float) for entry in entries):
        return False
    return all(a < b for a, b in itertools.pairwise(entries))


# ---- all that can be wrong -----------------------------------------------------------------------------------------


def faults(domain: Domain) -> tuple[str, ...]:
    """All faults of a domain, each with the value, the limit and the way out. Empty: it is sound."""
    match domain:
        case Float():
            return tuple(_float_faults(domain))
        case Int():
            return tuple(_int_faults(domain))
        case Choice():
            return tuple(_entry_faults("Choice", domain.values))
        case Ordinal():
            return tuple(_ordinal_faults(domain))
        case Finite():
            return tuple(_finite_faults(domain))
        case Constant():
            return tuple(_value_faults("a constant", domain.value))
        case _:
            assert_never(domain)


def _range_faults(name: str, low: Any, high: Any) -> list[str]:
    found = []
    for side, bound in (("low", low), ("high", high)):
        if not is_number(bound):
            found.append(f"{name}: {side} is {bound!r}, which is no number; give a number")
        elif isinstance(bound, int) and abs(bound) > INT_LIMIT:
            found.append(
                f"{name}: {side} is {bound}, beyond {INT_LIMIT} (2**53), where floats stop being exact; rescale"
            )
        elif not math.isfinite(bound):
            found.append(f"{name}: {side} is {bound!r}; bounds are finite, give the largest value you would try")
    if not found and low > high:
        found.append(f"{name}: low {low!r} is above high {high!r}; swap them: {name}({high!r}, {low!r})")
    return found


def _positive_fault(name: str, low: float) -> list[str]:
    if low > 0:
        return []
    return [f"{name}: low is {low!r}, but log=True needs low > 0; raise low (for example to 1e-6) or leave log out"]


def _float_faults(domain: Float) -> list[str]:
    found = _range_faults("Float", domain.low, domain.high)
    if found:
        return found
    if domain.log and domain.reverse_log:
        return ["Float: log and reverse_log are both True; choose one"]
    if domain.log:
        return _positive_fault("Float", domain.low)
    if domain.reverse_log and not 0.0 <= domain.low <= domain.high < 1.0:
        return [
            f"Float: reverse_log=True needs 0 <= low <= high < 1, got low {domain.low!r}, high {domain.high!r}; "
            "for a momentum use for example Float(0.5, 0.999, reverse_log=True)"
        ]
    return []


def _int_faults(domain: Int) -> list[str]:
    for side, bound in (("low", domain.low), ("high", domain.high)):
        if not isinstance(bound, int) or isinstance(bound, bool):
            return [f"Int: {side} is {bound!r}, which is no int; use an int, or Float for real numbers"]
    found = _range_faults("Int", domain.low, domain.high)
    return found or (_positive_fault("Int", domain.low) if domain.log else [])


def _finite_faults(domain: Finite) -> list[str]:
    found = _range_faults("Finite", domain.low, domain.high)
    if not isinstance(domain.size, int) or isinstance(domain.size, bool) or not 1 <= domain.size <= GRID_LIMIT:
        found.append(
            f"Finite: size is {domain.size!r}; it is the number of values, an int of at least 1 and "
            f"at most {GRID_LIMIT} "
            "(for more, use Float or Int)"
        )
    if not found and domain.log:
        found += _positive_fault("Finite", domain.low)
    return found


def _ordinal_faults(domain: Ordinal) -> list[str]:
    found = _entry_faults("Ordinal", domain.values)
    if domain.kind not in ("equal", "nn", "nn-log"):
        return [*found, f'Ordinal: kind is {domain.kind!r}; it is "equal", "nn" or "nn-log"']
    if found or domain.kind == "equal":
        return found
    if len(domain.values) < 2 or not _increasing(domain.values):
        return [
            f'Ordinal: kind "{domain.kind}" needs at least two strictly increasing numbers, got {domain.values!r}; '
            'sort them, or use kind="equal"'
        ]
    if domain.kind == "nn-log" and domain.values[0] <= 0:  # type: ignore[operator]  # increasing numbers
        return [f'Ordinal: kind "nn-log" needs positive numbers, got {domain.values[0]!r}; use kind="nn"']
    return []


def _entry_faults(name: str, entries: tuple[Value, ...]) -> list[str]:
    if not entries:
        return [f'{name}: has no values; list them: {name}("a", "b")']
    if len(entries) == 1 and isinstance(entries[0], list | tuple | set):
        return [f"{name}: got one {type(entries[0]).__name__}; give its values one by one: {name}(*values)"]
    found = [fault for entry in entries for fault in _value_faults(f"{name}: a value", entry)]
    if found:
        return found
    types = sorted({type(entry).__name__ for entry in entries})
    if len(types) > 1:
        return [f"{name}: values have the types {' and '.join(types)}; give all of them one type"]
    twice = sorted({repr(entry) for entry in entries if entries.count(entry) > 1})
    return [f"{name}: {', '.join(twice)} is listed twice; list each value once"] if twice else []


def _value_faults(name: str, value: object) -> list[str]:
    if isinstance(value, str):
        if not is_text(value):
            return [f"{name} is {value!r}, which is no valid Unicode text; remove the lone surrogates"]
        return []
    if isinstance(value, float):
        return [] if math.isfinite(value) else [f"{name} is {value!r}; values are finite"]
    if isinstance(value, int):
        if abs(value) > INT_LIMIT:
            return [f"{name} is {value}, beyond 2**53; use a string"]
        return []
    return [
        f"{name} is {value!r} of type {type(value).__name__}; values are str, int, float or bool (use a name for it)"
    ]


def is_text(text: str) -> bool:
    """Whether text can be written as UTF-8 (it has no lone surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
