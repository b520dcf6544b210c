"""HOW IS AN OPTION WRITTEN? In one place: the field of a frozen class is its name, type, default, range and sentence.

    num_candidates: int = whole(64, "The number of candidates.")

The refusal of a value that is out of range, and the tables of options in the docs (`docs/make_options.py`), are made
from the field. A numpy scalar is taken for the number that it holds.
"""

from typing import Any

from attrs import field

from pure_hb.rungs.levels import SetupError, whole_number
from pure_hb.space.domains import INT_LIMIT, is_number, plain

SAYS, ALLOWED = "says", "allowed"
"""Keys in the metadata of a field: what the option means, and which values it takes, for people."""


def whole(default: int | None, says: str, low: int = 1, high: int = INT_LIMIT, *, none: bool = False) -> Any:
    """An option that is an integer from ``low`` to ``high``; ``none``: or None."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not (none and value is None):
            whole_number(attribute.name, value, low, high)

    limits = f"from {low} to {high}" if high < INT_LIMIT else f"from {low} on"
    return _option(default, says, f"an integer {limits}{_or_none(none)}", check, plain)


def real(default: float | None, says: str, low: float, high: float, *, none: bool = False) -> Any:
    """An option that is a number from ``low`` to ``high``, stored as a float, so that it looks the same in JSON however
    it was given; ``none``: or None."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not (none and value is None) and not (is_number(value) and low <= value <= high):
            raise SetupError(f"{attribute.name} is {value!r}; it is a number from {low:g} to {high:g}")

    return _option(default, says, f"a number from {low:g} to {high:g}{_or_none(none)}", check, as_float)


def flag(default: bool, says: str) -> Any:
    """An option that is True or False."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not isinstance(value, bool):
            raise SetupError(f"{attribute.name} is {value!r}; it is True or False")

    return _option(default, says, "True or False", check, plain)


def choice(default: str | None, says: str, allowed: tuple[str, ...], *, none: bool = False) -> Any:
    """An option that is one of some texts; ``none``: or None."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not (none and value is None) and value not in allowed:
            raise SetupError(f"{attribute.name} is {value!r}; it is one of {', '.join(allowed)}")

    texts = ", ".join(f'"{text}"' for text in allowed)
    return _option(default, says, f"{texts}{_or_none(none)}", check, None)


def names(default: tuple[str, ...] | None, says: str) -> Any:
    """An option that is a list of names, stored as a tuple, or None."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if value is not None and not (isinstance(value, tuple) and all(isinstance(one, str) for one in value)):
            raise SetupError(f"{attribute.name} is {value!r}; it is a list of names, as in ['rate']")

    return _option(default, says, "a list of names or None", check, _listed)


def _listed(value: Any) -> Any:
    """A list as a tuple; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def other(default: Any, says: str, allowed: str) -> Any:
    """An option that is examined elsewhere; ``allowed`` says which values it takes."""
    return _option(default, says, allowed, None, None)


def as_float(value: Any) -> Any:
    """A number as a float; anything else as it is."""
    number = plain(value)
    return float(number) if is_number(number) else number


def _option(default: Any, says: str, allowed: str, check: Any, converter: Any) -> Any:
    return field(default=default, validator=check, converter=converter, metadata={SAYS: says, ALLOWED: allowed})


def _or_none(none: bool) -> str:
    return " or None" if none else ""
