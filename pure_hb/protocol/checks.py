"""WHICH TYPES ARE ALLOWED? Conversions in the constructors of events and actions: numbers of other libraries become
Python numbers, and a wrong type is a `TypeError` that names the field. Whether a value makes sense is checked later, by
`choose`."""

import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from pure_hb.space.domains import INT_LIMIT, is_text, plain

WHOLE_LIMIT: Final = 2**63
_SHOWN: Final = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 200
_SHOWN.maxlevel = 2


def shown(value: object) -> str:
    """A value as messages show it: its repr, cut if it is long, also if its ``__repr__`` raises."""
    try:
        return _SHOWN.repr(value)
    except Exception:  # that of a stranger
        return f"<{type(value).__name__} without a repr>"


def _scalar(value: Any) -> Any:
    """The Python number that a value of another library stands for; anything else unchanged. Arrays of numpy are none
    unless they have no dimension."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value
    item = getattr(value, "item", None)
    try:
        if callable(item):
            value = plain(item())
        return float(value) if hasattr(value, "__float__") and not isinstance(value, bool | int) else value
    except Exception:  # that of a stranger
        return value


def whole(name: str, value: Any) -> int:
    """``value`` as an int. Integers of numpy, or of a library whose scalars have ``item()``, are converted; a bool is
    refused.

    Raises:
        TypeError: naming the field.
    """
    converted = plain(value)
    if not isinstance(converted, int | float) and hasattr(converted, "item"):
        converted = _scalar(converted)
    if isinstance(converted, bool) or not isinstance(converted, int):
        raise TypeError(
            f"{name} must be an int, got {shown(value)} of type {type(value).__name__}{_whole_hint(converted)}"
        )
    if abs(converted) >= WHOLE_LIMIT:
        raise TypeError(f"{name} is an int of {converted.bit_length()} bits; it must fit into 64")
    return converted


def _whole_hint(value: object) -> str:
    return f"; write {int(value)}" if isinstance(value, float) and value.is_integer() else ""


def optional_whole(name: str, value: Any) -> int | None:
    """As `whole`, but None is allowed."""
    return None if value is None else whole(name, value)


def real(name: str, value: Any) -> float:
    """``value`` as a float. Converted are ints where that is exact, scalars of numpy, and whatever has ``item()`` or
    ``__float__`` (torch and jax arrays without a dimension, decimals, fractions). Every NaN becomes `math.nan`.

    Raises:
        TypeError: naming the field.
    """
    converted = plain(value)
    if not isinstance(converted, int | float):
        converted = _scalar(converted)
    if isinstance(converted, bool) or not isinstance(converted, int | float):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}{_real_hint(name, value)}")
    if isinstance(converted, int) and abs(converted) > INT_LIMIT and not _exact(converted):
        raise TypeError(f"{name} is an int of {converted.bit_length()} bits, which no float holds exactly; rescale it")
    number = float(converted)
    return math.nan if number != number else number


def _real_hint(name: str, value: object) -> str:
    """The way out for what is no number."""
    shape = getattr(value, "shape", None)
    if value is None:
        return '; give float("nan") where there is no number'
    if isinstance(shape, tuple) and shape:
        return f" of shape {shown(shape)}; give one number, such as {name}.mean()"
    if isinstance(value, str | bytes | bool | np.bool_):
        return f"; convert it first: float({name})"
    return "; give one number, a float"


def _exact(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def optional_real(name: str, value: Any) -> float | None:
    """As `real`, but None is allowed."""
    return None if value is None else real(name, value)


def text(name: str, value: Any) -> str:
    """``value`` as a string that can be encoded as UTF-8.

    Raises:
        TypeError: naming the field.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {shown(value)} of type {type(value).__name__}; write str({name})")
    if not is_text(value):
        raise TypeError(f"{name} is {shown(value)}, which is no valid Unicode text; remove the lone surrogates")
    return value


def any_text(name: str, value: Any) -> str:
    """``value`` as a string for people; what cannot be encoded as UTF-8 is escaped."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {type(value).__name__}; write str({name})")
    return value if is_text(value) else value.encode("utf-8", "backslashreplace").decode()


def pairs(name: str, value: Any) -> tuple[tuple[Any, Any], ...]:
    """``value`` as a tuple of pairs; their members are not checked."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must list pairs, ((resource, value), ...), got {type(value).__name__}")
    found = tuple(value)
    for pair in found:
        if isinstance(pair, str | bytes) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise TypeError(f"{name} must list pairs, ((resource, value), ...), but has {shown(pair)}")
    return found


def flag(name: str, value: Any) -> bool:
    """``value`` as a bool; a numpy bool is converted."""
    converted = plain(value)
    if not isinstance(converted, bool):
        raise TypeError(f"{name} must be True or False, got {shown(value)} of type {type(value).__name__}")
    return converted
