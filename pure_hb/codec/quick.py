"""HOW IS A LONG LOG READ QUICKLY? By readers that are generated once, one for each attrs class that a log holds by the
million.

A quick reader takes JSON only as `to_json` writes it: every field of exactly its type, none that equals its default,
none that is unknown. All else is `Unusual`, and left to the converter, which takes more and says what is wrong. So a
value that was read quickly is the one that the converter would give, and is written as it was read.
"""

from __future__ import annotations  # rpds classes take no parameters at run time

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs

from pure_hb.codec.primitives import FLOATS
from pure_hb.codec.trials import phase_of
from pure_hb.machine import Trial
from pure_hb.machine.life import Phase
from pure_hb.machine.trials import Entry, entry_of
from pure_hb.making import maker
from pure_hb.protocol import (
    Ask,
    Complete,
    Continue,
    Curve,
    Event,
    Evidence,
    Fail,
    Noted,
    Pause,
    Release,
    Report,
    Resume,
    Start,
    Stop,
)
from pure_hb.protocol.actions import Action
from pure_hb.protocol.evidence import RECORDS
from pure_hb.rungs import Ordered, Rung, ordered
from pure_hb.space import Configuration
from pure_hb.space.domains import is_text

Read = Callable[[Any], Any]


class Unusual(Exception):
    """JSON that a quick reader leaves to the converter."""


UNUSUAL: Final = (Unusual, KeyError, TypeError, AttributeError, ValueError)
"""What quick readers raise: an unforeseen value may raise more than `Unusual`."""
_LARGEST: Final = 2**31
"""Whole numbers that are larger are left to the converter."""
_CHECKS: Final = {
    int: f"if type({{0}}) is not int or not -{_LARGEST} < {{0}} < {_LARGEST}: raise _Unusual",
    float: "if type({0}) is not float: {0} = _float({0})",
    str: "if type({0}) is not str or not ({0}.isascii() or _is_text({0})): raise _Unusual",
    bool: "if type({0}) is not bool: raise _Unusual",
}
"""How a value of a plain type is checked."""

_VALUES: Final = frozenset((float, int, str, bool))
_EVENTS: Final = (Ask, Report, Complete, Fail, Release)
_ACTIONS: Final = (Start, Resume, Continue, Pause, Stop, Noted)


# ---- parts -----------------------------------------------------------------------------------------------------------


def _configuration(data: Any) -> Configuration:
    if type(data) is not dict:
        raise Unusual
    settings = tuple(data.values())
    kinds = set(map(type, settings))
    if not kinds <= _VALUES or (str in kinds and not all(map(is_text, filter(_is_str, settings)))):
        raise Unusual
    return Configuration.of_sorted(_names(tuple(data)), settings)


def _is_str(value: object) -> bool:
    return type(value) is str


@lru_cache(maxsize=256)
def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names as one object: the configurations of a space are many."""
    if not all(map(is_text, names)) or names != tuple(sorted(names)):
        raise Unusual
    return names


def _curve(data: Any) -> Curve:
    if type(data) is not list:
        raise Unusual
    curve = []
    for resource, value in data:
        if type(resource) is not int:
            raise Unusual
        curve.append((resource, value if type(value) is float else FLOATS[value]))
    return tuple(curve)


def _entries(data: Any) -> Ordered:
    if type(data) is not list:
        raise Unusual
    entries = []
    for value, trial, waits in data:
        if type(trial) is not int or type(waits) is not bool:
            raise Unusual
        entries.append((value if type(value) is float else FLOATS[value], trial, waits))
    return ordered(entries)


def _phase(status: Any, worker: Any) -> Phase:
    """The phase of a trial, which stands in JSON as its status and its worker."""
    if worker is not None and not is_text(worker):
        raise Unusual
    return phase_of(status, worker)


_PARTS: Final[dict[Any, Read]] = {
    Configuration: _configuration,
    Curve: _curve,
    Ordered: _entries,
}
_MADE: Final[dict[type, Callable[..., Any]]] = {Entry: entry_of}


# ---- classes ---------------------------------------------------------------------------------------------------------


@cache
def _reader(kind: type, tag: bool) -> Read:
    """The reader of an attrs class, generated as attrs generates an ``__init__``. ``tag``: its JSON has a type."""
    hints = get_type_hints(kind)
    scope: dict[str, Any] = {
        "_Unusual": Unusual,
        "_float": FLOATS.__getitem__,
        "_is_text": is_text,
        "_make": _made(kind),
        "_phase": _phase,
    }
    lines, names = [f"if type(data) is not dict: raise _Unusual\n n = {int(tag)}"], []
    for field in attrs.fields(kind):
        name, value = field.name, f"v_{field.name}"
        names.append(value)
        if hints[name] == Phase:
            lines.append(f"{value} = _phase(data['status'], data['worker']); n += 2")
            continue
        hint, may_be_none = _without_none(hints[name])
        steps = _steps(value, hint, scope)
        if field.default is attrs.NOTHING:
            steps = [f"if {value} is not None:\n  " + "\n  ".join(steps)] if may_be_none else steps
            lines += [f"{value} = data[{name!r}]; n += 1", *steps]
        else:
            scope[f"d_{name}"] = field.default
            same = f"if {value} == d_{name}: raise _Unusual"
            inside = "\n  ".join([f"{value} = data[{name!r}]; n += 1", *steps, same])
            lines += [f"if {name!r} in data:\n  {inside}\n else: {value} = d_{name}"]
    lines += ["if len(data) != n: raise _Unusual", f"return _make({', '.join(names)})"]
    exec("def read(data):\n " + "\n ".join(lines), scope)
    read: Read = scope["read"]
    return read


def _steps(value: str, hint: Any, scope: dict[str, Any]) -> list[str]:
    """The statements that check a value, and make of it what the class holds."""
    if hint in _CHECKS:
        return [_CHECKS[hint].format(value)]
    scope[f"r_{value}"] = _part(hint)
    return [f"{value} = r_{value}({value})"]


def _part(hint: Any) -> Read:
    if hint in _PARTS:
        return _PARTS[hint]
    if hint == Evidence:
        return _evidence
    return _reader(hint, False) if hint is Entry else _left


def _left(data: Any) -> Any:
    """What stands in a log seldom is left to the converter."""
    raise Unusual


def _without_none(hint: Any) -> tuple[Any, bool]:
    """A type without None, and whether that was part of it."""
    parts = get_args(hint) if get_origin(hint) in (UnionType, Union) else ()
    rest = tuple(part for part in parts if part is not type(None))
    return (rest[0], True) if len(rest) == 1 and len(parts) == 2 else (hint, False)


def _made(kind: Any) -> Callable[..., Any]:
    """Makes an instance of values of the right types, in the order of the fields."""
    if kind in _MADE:
        return _MADE[kind]
    if "__weakref__" not in kind.__slots__:
        return maker(kind)
    if not hasattr(kind, "__attrs_init__"):
        return kind  # type: ignore[no-any-return]  # a class
    new = object.__new__

    def make(*values: Any) -> Any:
        made = new(kind)
        made.__attrs_init__(*values)
        return made

    return make


def _union(kinds: tuple[type, ...]) -> Read:
    """The reader of a union, whose members carry their name under "type"."""
    readers = {kind.__name__: _reader(kind, True) for kind in kinds}

    def read(data: Any) -> Any:
        return readers[data["type"]](data)

    return read


def _evidence(data: Any) -> Evidence:
    if type(data) is not list:
        raise Unusual
    readers = _of_evidence()
    return tuple([readers[one["type"]](one) for one in data])


@cache
def _of_evidence() -> Mapping[str, Read]:
    return {kind.__name__: _reader(kind, True) for kind in RECORDS}


# ---- doors -----------------------------------------------------------------------------------------------------------

quick_event: Final = _union(_EVENTS)
"""Reads an event."""
quick_action: Final = _union(_ACTIONS)
"""Reads an action that is logged."""
_QUICK: Final[dict[Any, Read]] = {
    Event: quick_event,
    Action: quick_action,
    Trial: _reader(Trial, False),
    Rung: _reader(Rung, False),
}


def quickly(data: Any, kind: Any) -> Any:
    """The value of JSON that is written as `to_json` writes it.

    Raises:
        Unusual: if there is no quick reader for the class, or it is written otherwise.
    """
    read = _QUICK.get(kind)
    if read is None:
        raise Unusual
    try:
        return read(data)
    except UNUSUAL:
        raise Unusual from None
