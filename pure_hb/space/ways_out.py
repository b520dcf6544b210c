"""WHAT TO WRITE INSTEAD? The calls that messages about ranges propose, as text."""

from decimal import Decimal, DecimalException
from typing import Any, Final

MOST_VALUES: Final = 2**20
_EXAMPLES: Final = {
    "Float": "Float(0.0, 1.0)",
    "Int": "Int(1, 9)",
    "Finite": "Finite(0.0, 1.0, 5)",
    "Choice": "Choice('relu', 'tanh')",
    "Ordinal": "Ordinal(16, 32, 64)",
    "Constant": "Constant(3)",
}


def example(kind: str) -> str:
    """A valid call of a domain."""
    return _EXAMPLES[kind]


def entries(kind: str, given: Any, most: int) -> str:
    """The call of a `Choice` or an `Ordinal` for the values in a list; ``*values`` stands for long or unusual lists."""
    values = given.tolist() if hasattr(given, "tolist") else given
    found = sorted(values, key=repr) if isinstance(values, set | frozenset) else values
    if not isinstance(found, list | tuple | range | dict) or not 0 < len(found) <= most:
        return f"{kind}(*values)"
    kinds = {type(one) for one in found}
    sound = len(kinds) == 1 and kinds <= {str, int, float, bool} and len(set(found)) == len(found)
    return f"{kind}({', '.join(map(repr, found))})" if sound else f"{kind}(*values)"


def on_a_scale(low: float, high: float, *, log: bool, integer: bool) -> str | None:
    """The call of a range of floats or integers; None if there is none, because a logarithm needs positive numbers."""
    if log and low <= 0:
        return None
    numbers = f"{_number(low, integer=integer)}, {_number(high, integer=integer)}"
    return f"{'Int' if integer else 'Float'}({numbers}{', log=True' if log else ''})"


def in_steps(low: float, high: float, step: float, *, integer: bool) -> str | None:
    """The call of a grid from low in these steps up to high; None if steps are not positive, too large, or too many."""
    if integer and step == 1:
        return on_a_scale(low, high, log=False, integer=True)
    try:
        first, by = Decimal(repr(low)), Decimal(repr(step))
        count = int((Decimal(repr(high)) - first) // by) + 1 if by > 0 else 0
        last = float(first + (count - 1) * by)
    except (DecimalException, OverflowError, ValueError):
        return None
    if not 2 <= count <= MOST_VALUES or last > high or (integer and step != round(step)):
        return None
    numbers = f"{_number(low, integer=integer)}, {_number(last, integer=integer)}, {count}"
    return f"Finite({numbers}{', integer=True' if integer else ''})"


def in_values(low: float, high: float, count: int, *, log: bool, integer: bool) -> str | None:
    """The call of a grid with ``count`` values; None if there cannot be so many."""
    if not 2 <= count <= MOST_VALUES or not low < high or (log and low <= 0):
        return None
    flags = f"{', log=True' if log else ''}{', integer=True' if integer else ''}"
    return f"Finite({_number(low, integer=integer)}, {_number(high, integer=integer)}, {count}{flags})"


def _number(value: float, *, integer: bool) -> str:
    return repr(int(value)) if integer and value == int(value) else repr(value)
