"""HOW DOES A MESSAGE SHOW WHAT IS WRONG, AND WHAT TO WRITE INSTEAD? The errors of a space, values as text, and the
calls that messages about domains propose.

A value appears as Python writes it, cut where it is long.
"""

from collections.abc import Iterable
from decimal import Decimal, DecimalException
from itertools import islice
from reprlib import Repr
from typing import Any, Final


class SpaceError(ValueError):
    """A space or a configuration that cannot be used. The message lists every fault with the way out."""


class CallError(SpaceError, TypeError):
    """A call with names or numbers of arguments that a domain or a space does not have. The message says what to write
    instead."""


# ---- values --------------------------------------------------------------------------------------------------------

MOST_SHOWN: Final = 20
"""The most values of a list, or faults of a space, that a message lists; of the others it says the number."""
_LONGEST: Final = 200
_WIDE: Final = 2**64
"""Larger ints are told by their size: Python refuses to print very long ones."""

_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = _LONGEST
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = _SHORT.maxfrozenset = MOST_SHOWN


def shown(value: Any) -> str:
    """A value as Python writes it, cut where it is long."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _WIDE:
        return f"an int of {value.bit_length()} bits"
    try:
        text = _SHORT.repr(value)
    except ValueError:  # a very long int inside of it
        return f"a {type(value).__name__}"
    return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST]}..."


def cut(text: str, width: int) -> str:
    """A text of at most ``width`` characters."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def printable(text: str) -> str:
    """Text without characters that control a terminal or change the direction of writing."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def listed(values: Iterable[Any], separator: str = ", ") -> str:
    """Values separated by ``separator``; if there are many, the first ones."""
    first = list(islice(values, MOST_SHOWN + 1))
    more = separator + "..." if len(first) > MOST_SHOWN else ""
    return separator.join(map(shown, first[:MOST_SHOWN])) + more


def lines(faults: Iterable[str]) -> str:
    """Faults, each on an indented line; if there are many, the first ones and a note that there are more."""
    first = list(islice(faults, MOST_SHOWN + 1))
    told = first[:MOST_SHOWN] + (["... and more of the same kind"] if len(first) > MOST_SHOWN else [])
    return "\n".join(f"  {fault}" for fault in told)


# ---- calls ---------------------------------------------------------------------------------------------------------

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
