"""WHAT MAY BE SAID AT ALL? The conversions at the door of events and actions: numpy scalars become Python numbers,
another type is a `TypeError` that names the field. Values are judged later, by `choose`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pure_hb.space.domains import INT_LIMIT, is_text, plain

WHOLE_LIMIT: Final = 2**63


def whole(name: str, value: Any) -> int:
    """An int, or a numpy integer converted. A bool is none."""
    converted = plain(value)
    if isinstance(converted, bool) or not isinstance(converted, int):
        raise TypeError(f"{name} must be an int, got {value!r} of type {type(value).__name__}{_whole_hint(converted)}")
    if abs(converted) >= WHOLE_LIMIT:
        raise TypeError(f"{name} is an int of {converted.bit_length()} bits; it must fit into 64")
    return converted


def _whole_hint(value: object) -> str:
    return f"; write {int(value)}" if isinstance(value, float) and value.is_integer() else ""


def optional_whole(name: str, value: Any) -> int | None:
    """As `whole`, or None."""
    return None if value is None else whole(name, value)


def real(name: str, value: Any) -> float:
    """A float; an int or a numpy scalar is converted where that is exact. All NaNs become the one `math.nan`."""
    converted = plain(value)
    if isinstance(converted, bool) or not isinstance(converted, int | float):
        raise TypeError(
            f"{name} must be a number, got {type(value).__name__}; convert it first: float({name}) or {name}.item()"
        )
    if isinstance(converted, int) and abs(converted) > INT_LIMIT and not _exact(converted):
        raise TypeError(f"{name} is an int of {converted.bit_length()} bits, which no float holds exactly; rescale it")
    number = float(converted)
    return math.nan if number != number else number


def _exact(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def optional_real(name: str, value: Any) -> float | None:
    """As `real`, or None."""
    return None if value is None else real(name, value)


def text(name: str, value: Any) -> str:
    """A string that can be written as UTF-8."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {value!r} of type {type(value).__name__}; write str({name})")
    if not is_text(value):
        raise TypeError(f"{name} is {value!r}, which is no valid Unicode text; remove the lone surrogates")
    return value


def any_text(name: str, value: Any) -> str:
    """A string for people; what cannot be written as UTF-8 is escaped."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {type(value).__name__}; write str({name})")
    return value if is_text(value) else value.encode("utf-8", "backslashreplace").decode()


def pairs(name: str, value: Any) -> tuple[tuple[Any, Any], ...]:
    """Pairs of anything."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must list pairs, ((resource, value), ...), got {type(value).__name__}")
    found = tuple(value)
    for pair in found:
        if isinstance(pair, str | bytes) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise TypeError(f"{name} must list pairs, ((resource, value), ...), but has {pair!r}")
    return found


def flag(name: str, value: Any) -> bool:
    """A bool, or a numpy bool converted."""
    converted = plain(value)
    if not isinstance(converted, bool):
        raise TypeError(f"{name} must be True or False, got {value!r} of type {type(value).__name__}")
    return converted
