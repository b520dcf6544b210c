"""HOW DOES A VALUE APPEAR IN A MESSAGE? As Python writes it, cut where it is long."""

from collections.abc import Iterable
from itertools import islice
from reprlib import Repr
from typing import Any, Final

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
