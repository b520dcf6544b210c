"""WHAT CAN BE WRONG WITH A DOMAIN? All its faults, each with the value, the limit, and a way out that works."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar, assert_never

import attrs
import numpy as np

from pure_hb.space.domains import (
    GRID_LIMIT,
    INT_LIMIT,
    LIST_LIMIT,
    Choice,
    Constant,
    Domain,
    Finite,
    Float,
    Int,
    Ordinal,
    Value,
    increasing,
    is_number,
    is_text,
    written,
)
from pure_hb.space.scales import log
from pure_hb.space.showing import MOST_SHOWN, entries, in_steps, in_values, listed, on_a_scale, shown

_ROOM: Final = 8
"""Values of a grid are at least so many floats apart, so that rounding can neither merge nor exchange them."""
_YES: Final = ("true", "yes", "on", "1", "y", "t", "log", "log10", "loguniform", "log-uniform", "logarithmic")


Range = Float | Int | Finite
AnyRange = TypeVar("AnyRange", Float, Int, Finite, Range)


def _changed(domain: AnyRange, **changes: Any) -> AnyRange:
    return attrs.evolve(domain, **changes)


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


# ---- ranges --------------------------------------------------------------------------------------------------------


def _range_faults(domain: Range) -> list[str]:
    name, low, high = type(domain).__name__, domain.low, domain.high
    found = []
    for side, bound in (("low", low), ("high", high)):
        if not is_number(bound):
            found.append(f"{name}: {side} is {shown(bound)}, which is no number; give a number")
        elif isinstance(bound, int) and abs(bound) > INT_LIMIT:
            found.append(
                f"{name}: {side} is {shown(bound)}, beyond {INT_LIMIT} (2**53), where floats stop being exact; rescale"
            )
        elif not math.isfinite(bound):
            found.append(f"{name}: {side} is {bound!r}; bounds are finite, give the largest value you would try")
    if not found and low > high:
        swapped = _changed(domain, low=high, high=low)
        way = swapped if not faults(swapped) else type(domain)(*_arguments(swapped))
        found.append(f"{name}: low {low!r} is above high {high!r}; swap them: {written(way)}")
    elif not found and not math.isfinite(high - low):
        half = written(type(domain)(*_arguments(_changed(domain, low=low / 2, high=high / 2))))
        found.append(
            f"{name}: from low {low!r} to high {high!r} is further than floats go, 1.8e308; rescale, or search half "
            f"of it: {half}"
        )
    return found


def _arguments(domain: Range) -> tuple[Any, ...]:
    """What a range is without flags; a size that can be none is 5."""
    if not isinstance(domain, Finite):
        return domain.low, domain.high
    return domain.low, domain.high, domain.size if type(domain.size) is int and 1 <= domain.size <= GRID_LIMIT else 5


def _positive_fault(domain: Range) -> list[str]:
    if domain.low > 0:
        return []
    whole = isinstance(domain, Int) or (isinstance(domain, Finite) and domain.integer)
    least: float = 1 if whole else min(1e-6, domain.high / 1000)
    raised = written(_changed(domain, low=least if isinstance(domain, Int) else float(least)))
    raise_it = f"raise low, for example {raised}, or " if 0 < least <= domain.high else ""
    return [
        f"{type(domain).__name__}: low is {domain.low!r}, but log=True needs low > 0; {raise_it}leave log out: "
        f"{written(_changed(domain, log=False))}"
    ]


def _flag_faults(domain: Range, *names: str) -> list[str]:
    found = []
    for name in names:
        value = getattr(domain, name)
        if not isinstance(value, bool):
            ways = _instead(domain, name, value)
            found.append(f"{type(domain).__name__}: {name} is {shown(value)}; it is True or False{ways}")
    return found


def _instead(domain: Range, name: str, value: Any) -> str:
    """The calls that may be meant by something else than a flag, as the end of a sentence."""
    ways = []
    for meant, says in ((True, "with it"), (False, "without it")):
        if _may_mean(value, meant=meant):
            call = _changed(domain, **{name: meant})
            ways += [f"{says} {written(call)}"] if not faults(call) else []
    if name == "log" and is_number(value) and not isinstance(domain, Finite):
        ways += _numbers_instead(domain, value)
    return f": {'; '.join(ways)}" if ways else ""


def _may_mean(value: Any, *, meant: bool) -> bool:
    if value is None:
        return not meant
    if isinstance(value, str):
        return (value.strip().lower() in _YES) == meant
    return True


def _numbers_instead(domain: Float | Int, value: float) -> list[str]:
    """A number in the place of ``log`` may be a step, or how many values there are."""
    low, high, whole = domain.low, domain.high, isinstance(domain, Int)
    if not abs(value) < INT_LIMIT or _range_faults(domain):
        return []
    step = in_steps(low, high, value, integer=whole)
    is_count = not (whole and value > high - low + 1)
    count = in_values(low, high, value, log=False, integer=whole) if isinstance(value, int) and is_count else None
    return [
        *(
            [f"in steps of {value!r} {step}"]
            if step and step != on_a_scale(low, high, log=False, integer=whole)
            else []
        ),
        *([f"{value} values {count}"] if count and count != step else []),
    ]


def _float_faults(domain: Float) -> list[str]:
    found = _range_faults(domain) or _flag_faults(domain, "log", "reverse_log")
    if found:
        return found
    if domain.log and domain.reverse_log:
        return ["Float: log and reverse_log are both True; choose one"]
    if domain.log:
        return _positive_fault(domain)
    if domain.reverse_log and not 0.0 <= domain.low <= domain.high < 1.0:
        return [
            f"Float: reverse_log=True needs 0 <= low <= high < 1, got low {domain.low!r}, high {domain.high!r}; "
            "for a momentum use for example Float(0.5, 0.999, reverse_log=True)"
        ]
    return []


def _int_faults(domain: Int) -> list[str]:
    for side, bound in (("low", domain.low), ("high", domain.high)):
        if not isinstance(bound, int) or isinstance(bound, bool):
            return [f"Int: {side} is {shown(bound)}, which is no int; use an int, or Float for real numbers"]
    found = _range_faults(domain) or _flag_faults(domain, "log")
    return found or (_positive_fault(domain) if domain.log else [])


def _finite_faults(domain: Finite) -> list[str]:
    found, size = _range_faults(domain), domain.size
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= GRID_LIMIT:
        found.append(
            f"Finite: size is {shown(size)}; it is the number of values, an int of at least 1 and at most {GRID_LIMIT}"
            f" (for more, use Float or Int){_other_size(domain) if not found else ''}"
        )
    found = found or _flag_faults(domain, "log", "integer")
    if not found and domain.log:
        found = _positive_fault(domain)
    return found or _crowded(domain)


def _other_size(domain: Finite) -> str:
    size: Any = domain.size
    if is_number(size) and 1 <= size <= GRID_LIMIT and size == int(size):
        return f": {written(_changed(domain, size=int(size)))}"
    if is_number(size) and size > GRID_LIMIT:
        return f": {on_a_scale(domain.low, domain.high, log=False, integer=domain.integer)}"
    step = in_steps(domain.low, domain.high, size, integer=domain.integer) if is_number(size) and 0 < size < 1 else None
    return (
        f": in steps of {size!r} {step}" if step else f": {written(_changed(domain, size=5, log=False, integer=False))}"
    )


def _crowded(domain: Finite) -> list[str]:
    """Whether there are too few floats for the values."""
    low, high, steps = domain.low, domain.high, domain.size - 1
    if domain.integer or low == high or not steps:
        return []
    if domain.log:
        span, unit = log(high) - log(low), max(math.ulp(log(low)), math.ulp(log(high)), 2.0**-52)
        unit = max(unit, math.ulp(low) / low)
    else:
        span, unit = high - low, max(math.ulp(low), math.ulp(high))
    most = int(span / (_ROOM * unit)) + 1 if span / unit < 2.0**60 else GRID_LIMIT
    if domain.size <= most:
        return []
    way = (
        f"at most {most}: {written(_changed(domain, size=most))}"
        if most > 1
        else f"one: {written(_changed(domain, size=1))}"
    )
    return [
        f"Finite: from {low!r} to {high!r} there are not enough floats for {domain.size} values; there may be {way}"
    ]


# ---- lists ---------------------------------------------------------------------------------------------------------


def _ordinal_faults(domain: Ordinal) -> list[str]:
    found = _entry_faults("Ordinal", domain.values)
    if domain.kind not in ("equal", "nn", "nn-log"):
        return [*found, f'Ordinal: kind is {shown(domain.kind)}; it is "equal", "nn" or "nn-log"']
    if found or domain.kind == "equal":
        return found
    values: tuple[Any, ...] = domain.values
    if len(values) < 2 or not increasing(values):
        return [
            f'Ordinal: kind "{domain.kind}" needs at least two strictly increasing numbers, got ({listed(values)}); '
            f'sort them, or use kind="equal"{_small(values, "equal")}'
        ]
    if domain.kind == "nn-log" and values[0] <= 0:
        return [
            f'Ordinal: kind "nn-log" needs positive numbers, got {values[0]!r}; use kind="nn"{_small(values, "nn")}'
        ]
    if domain.kind == "nn" and not math.isfinite(2.0 * (values[-1] - values[0])):
        return [
            f'Ordinal: from {values[0]!r} to {values[-1]!r} is further than floats go with kind "nn"; rescale, or use '
            f'kind="equal"{_small(values, "equal")}'
        ]
    return []


def _small(values: tuple[Any, ...], kind: Any) -> str:
    return f": {written(Ordinal(*values, kind=kind))}" if len(values) <= MOST_SHOWN else ""


def _entry_faults(name: str, values: tuple[Value, ...]) -> list[str]:
    if not values:
        return [f'{name}: has no values; list them: {name}("a", "b")']
    if len(values) == 1 and not isinstance(values[0], str) and hasattr(values[0], "__iter__"):
        one: Any = values[0]
        way = entries(name, one, MOST_SHOWN)
        return [f"{name}: got one {type(one).__name__}; give its values one by one: {way}"]
    if len(values) > LIST_LIMIT:
        return [
            f"{name}: has {len(values)} values; it has at most {LIST_LIMIT}; search their positions instead: "
            f"Int(0, {len(values) - 1})"
        ]
    kinds = set(map(type, values))
    if len(kinds) > 1 or not _all_sound(kinds, values):
        found = list(islice(_all_value_faults(f"{name}: a value", values), MOST_SHOWN))
        if found:
            return found
    if len(kinds) > 1:
        return [
            f"{name}: values have the types {' and '.join(sorted(kind.__name__ for kind in kinds))}; give all of them "
            f"one type{_of_one_type(name, values)}"
        ]
    if len(set(values)) == len(values):
        return []
    twice = [value for value, count in Counter(values).items() if count > 1]
    way = f": {name}({listed(dict.fromkeys(values))})" if len(set(values)) <= MOST_SHOWN else ""
    return [f"{name}: {listed(twice)} {'is' if len(twice) == 1 else 'are'} listed twice; list each value once{way}"]


def _of_one_type(name: str, values: tuple[Value, ...]) -> str:
    same: Callable[[Any], Value] = float if all(map(is_number, values)) else str
    converted = tuple(dict.fromkeys(map(same, values)))
    return f": {name}({', '.join(map(repr, converted))})" if len(converted) <= MOST_SHOWN else ""


def _all_sound(kinds: set[type], values: tuple[Any, ...]) -> bool:
    """Whether all values of one type are sound, told quickly: there may be many."""
    (kind,) = kinds
    if kind is str:
        return is_text("".join(values))
    if kind is int:
        return bool(max(values) <= INT_LIMIT and min(values) >= -INT_LIMIT)
    return kind is bool or (kind is float and bool(np.isfinite(values).all()))


def _all_value_faults(name: str, values: tuple[Value, ...]) -> Iterator[str]:
    return (fault for value in values for fault in _value_faults(name, value))


def _value_faults(name: str, value: object) -> list[str]:
    if isinstance(value, str):
        if not is_text(value):
            return [f"{name} is {shown(value)}, which is no valid Unicode text; remove the lone surrogates"]
        return []
    if isinstance(value, float):
        return [] if math.isfinite(value) else [f"{name} is {value!r}; values are finite"]
    if isinstance(value, int):
        if abs(value) > INT_LIMIT:
            return [f"{name} is {shown(value)}, beyond 2**53; use a string"]
        return []
    return [
        f"{name} is {shown(value)} of type {type(value).__name__}; values are str, int, float or bool (use a name for "
        "it)"
    ]
