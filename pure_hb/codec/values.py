"""HOW DO VALUES LOOK AS JSON, AND BACK? Events, actions, setups, spaces and states, without loss and without pickle.

The format: members of a union carry ``"type"``; a setup names every option, elsewhere fields equal to their default are
left out; NaN and infinities are the strings "nan", "inf", "-inf"; -0.0 is kept. Text is canonical: sorted keys, no
spaces, UTF-8, shortest floats that read back as the same number. Reading reports all faults at once, with paths.
"""

from __future__ import annotations  # rpds classes take no parameters at run time

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import UnionType
from typing import Any, Final, TypeVar, cast, overload

from attrs import fields
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from pure_hb.codec.primitives import (
    configuration_from_json,
    configuration_to_json,
    float_from_json,
    float_to_json,
    is_list_of,
    list_reader,
    strict,
)
from pure_hb.codec.quick import Unusual, quickly
from pure_hb.codec.text import CodecError, Json, shown
from pure_hb.codec.trials import register_trial
from pure_hb.machine import Best, Goal, Maximize, Minimize, Setup, State, Trial
from pure_hb.machine.restore import rebuilt
from pure_hb.machine.setup import too_many
from pure_hb.protocol import ACTIONS, EVENTS, Action, Event, EvidenceRecord, Learned, Memory
from pure_hb.protocol.evidence import RECORDS
from pure_hb.registration import OWN_MEMORIES, OWN_RULES, OWN_SEARCHES, is_own
from pure_hb.rungs import MEMORIES, RULES, AnyRule, Ordered, Rung, ordered
from pure_hb.search import SEARCHES, AcquisitionOptions, AnySearch, SurrogateOptions
from pure_hb.space import Choice, Configuration, Domain, Ordinal, Space
from pure_hb.space.domains import DOMAINS, LIST_LIMIT
from pure_hb.space.space import PARAMETER_LIMIT

T = TypeVar("T")
Own = Mapping[str, type]

_TAG: Final = "type"
_REGISTER: Final = "hb.register(CLASS), or pure-hb ... --import MODULE"
_EXPLAINED: Final = 20_000
"""JSON of more values than this is refused with its first fault only: to list all takes a kilobyte for each value."""


# ---- values --------------------------------------------------------------------------------------------------------


def to_json(value: object) -> Json:
    """Any value of the library (state, setup, space, event, action, ...) as JSON."""
    return _CONVERTER.unstructure(value)


def event_to_json(event: Event) -> Json:
    """An event as JSON, with its type."""
    return _CONVERTER.unstructure(event)


def action_to_json(action: Action) -> Json:
    """An action as JSON, with its type."""
    return _CONVERTER.unstructure(action)


def event_from_json(data: Json) -> Event:
    """The event of a JSON value. Raises `CodecError`."""
    return cast(Event, _structure(data, Event))


def action_from_json(data: Json) -> Action:
    """The action of a JSON value. Raises `CodecError`."""
    return cast(Action, _structure(data, Action))


@overload
def from_json(data: Json, kind: type[T]) -> T: ...
@overload
def from_json(data: Json, kind: UnionType) -> Any: ...
def from_json(data: Json, kind: Any) -> Any:
    """The value of class ``kind`` (`State`, `Setup`, `Space`, `Event`, `Action`, ...) that JSON describes.

    Raises:
        CodecError: listing all faults with their paths.
    """
    return _structure(data, kind)


def _structure(data: Json, kind: Any) -> Any:
    try:
        return quickly(data, kind)
    except Unusual:
        pass  # then by the converter
    try:
        return _CONVERTER.structure(data, kind)
    except Exception as error:  # what an unforeseen value may raise; the other converter takes it for a fault, too
        if _is_large(data):
            raise CodecError((f"$: {_described(error, None)}",)) from None
    try:
        return _explaining().structure(data, kind)
    except BaseValidationError as error:
        faults = [message.rpartition(" @ ") for message in transform_error(error, format_exception=_described)]
        raise CodecError(tuple(f"{path}: {message}" for message, _, path in faults)) from None
    except Exception as error:
        raise CodecError((f"$: {_described(error, None)}",)) from None
    raise AssertionError("one converter refuses what the other takes")


def _is_large(data: Json) -> bool:
    """Whether there are so many values in JSON that an error for each of them would be too much."""
    left, open_values = _EXPLAINED, [data]
    while open_values:
        value = open_values.pop()
        if isinstance(value, list | tuple | Mapping):
            left -= len(value)
            if left < 0:
                return True
            open_values.extend(value.values() if isinstance(value, Mapping) else value)
    return False


def _described(error: BaseException, kind: type | None) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, AttributeError):  # where an object with keys should be
        return f"a {type(error.obj).__name__} is no object"
    return str(error)


# ---- unions --------------------------------------------------------------------------------------------------------


def _register_union(
    converter: Converter, union: Any, members: tuple[type, ...], *, whole: bool = False, own: Own | None = None
) -> None:
    """Members of a union carry their class name under "type"; with ``whole``, defaults are written too. ``own``: what
    users have registered beside them."""
    readers = {member.__name__: _reader(converter, member) for member in members}
    of_own: dict[type, Callable[[Mapping[str, Any]], Any]] = {}

    def structure(data: Any, _: Any) -> Any:
        found = data.get(_TAG) if isinstance(data, Mapping) else data
        if own and isinstance(data, Mapping) and isinstance(found, str) and found in own:
            kind = own[found]
            if kind not in of_own:
                of_own[kind] = _reader(converter, kind)
            return of_own[kind]({key: value for key, value in data.items() if key != _TAG})
        if not isinstance(data, Mapping) or found not in readers:
            hint = "" if own is None else f", or registered: {_REGISTER}"
            raise ValueError(f"type is {shown(found)}; it is one of {', '.join(readers)}{hint}")
        given = {key: value for key, value in data.items() if key != _TAG}
        return readers[data[_TAG]](given)

    converter.register_structure_hook_func(lambda kind: kind == union, structure)
    for member in members:
        converter.register_unstructure_hook(member, _writer(converter, member, whole))
    if own is not None:
        converter.register_unstructure_hook_factory(is_own, lambda kind: _writer(converter, kind, whole=True))


def _reader(converter: Converter, member: type) -> Callable[[Mapping[str, Any]], Any]:
    if member in (Choice, Ordinal):
        return partial(_entries_from_json, member)
    read: Callable[[Mapping[str, Any], Any], Any] = make_dict_structure_fn(
        member, converter, _cattrs_forbid_extra_keys=True
    )
    return lambda fields: read(fields, member)


def _entries_from_json(member: type, given: Mapping[str, Any]) -> Any:
    known = ("values", "kind") if member is Ordinal else ("values",)
    if not isinstance(given["values"], list | tuple):
        raise ValueError(f"values are {shown(given['values'])}; they are a list")
    if len(given["values"]) > LIST_LIMIT:
        raise ValueError(f"there are {len(given['values'])} values; there may be {LIST_LIMIT}")
    if unknown := [key for key in given if key not in known]:
        raise ValueError(f"{member.__name__} has no {shown(unknown[0])}; it has {' and '.join(known)}")
    return member(*given["values"], **{key: given[key] for key in given if key != "values"})


def _writer(converter: Converter, member: type, whole: bool) -> Callable[[Any], dict[str, Any]]:
    write: Callable[[Any], dict[str, Any]] = make_dict_unstructure_fn(
        member, converter, _cattrs_omit_if_default=not whole
    )
    derived: dict[type, Callable[[Any], dict[str, Any]]] = {}  # classes of users that derive from this one

    def written(value: Any) -> dict[str, Any]:
        kind = type(value)
        if kind is not member and is_own(kind):
            if kind not in derived:
                derived[kind] = _writer(converter, kind, whole)
            return derived[kind](value)
        return {_TAG: member.__name__, **write(value)}

    return written


# ---- the state: what cannot be derived is written, the indices are rebuilt -----------------------------------------


def _state_to_json(state: State) -> dict[str, Any]:
    write = _CONVERTER.unstructure
    return {
        "setup": write(state.setup),
        "clock": state.clock,
        "trials": [write(trial) for trial in state.trials],
        "broken": list(state.broken),
        "rungs": [[write(rung) for rung in system] for system in state.ladder.systems],
        "best": write(state.best) if state.best else None,
        "learned": write(state.learned),
        "memory": None if state.memory is None else write(state.memory),
    }


def _state_from_json(converter: Converter, data: Any, _: Any) -> State:
    read = converter.structure
    return rebuilt(
        read(data["setup"], Setup),
        read(data["clock"], int),
        read(data["trials"], tuple[Trial, ...]),
        read(data["broken"], tuple[int, ...]),
        read(data["rungs"], tuple[tuple[Rung, ...], ...]),
        None if data["best"] is None else read(data["best"], Best),
        read(data["learned"], Learned),
        None if data["memory"] is None else read(data["memory"], Memory),
    )


def _ordered_from_json(converter: Converter, data: Any) -> Ordered:
    return ordered(list(converter.structure(data, tuple[tuple[float, int, bool], ...])))


# ---- the converter -------------------------------------------------------------------------------------------------


def _make_converter(explains: bool) -> Converter:
    """The converter; one that ``explains`` finds all faults with their paths, and is slower."""
    converter = Converter(omit_if_default=True, forbid_extra_keys=True, detailed_validation=explains)
    for kind in (int, str, bool):
        converter.register_structure_hook(kind, strict(kind))
    converter.register_structure_hook(float, float_from_json)
    converter.register_unstructure_hook(float, float_to_json)
    converter.register_structure_hook(str | int | float | bool, lambda data, _: data)
    converter.register_structure_hook(Configuration, configuration_from_json)
    converter.register_unstructure_hook(Configuration, configuration_to_json)
    converter.register_structure_hook_factory(is_list_of, list_reader)
    # what makes up a setup names every option: a default that changes must not change what an old log says
    _register_union(converter, Domain, DOMAINS, whole=True)
    for options in (SurrogateOptions, AcquisitionOptions):
        converter.register_unstructure_hook(
            options, make_dict_unstructure_fn(options, converter, _cattrs_omit_if_default=False)
        )
    converter.register_structure_hook(Space, lambda data, _: _space_from_json(converter, data))
    converter.register_unstructure_hook(
        Space, lambda space: [[name, converter.unstructure(domain)] for name, domain in space.domains]
    )
    _register_union(converter, Goal, (Minimize, Maximize), whole=True)
    _register_union(converter, AnyRule, RULES, whole=True, own=OWN_RULES)
    _register_union(converter, Memory, MEMORIES, own=OWN_MEMORIES)
    converter.register_unstructure_hook_func(
        lambda kind: kind is Memory, lambda memory: converter.unstructure(memory, type(memory))
    )
    _register_union(converter, AnySearch, SEARCHES, whole=True, own=OWN_SEARCHES)
    _register_union(converter, EvidenceRecord, RECORDS)
    _register_union(converter, Event, EVENTS)
    _register_union(converter, Action, ACTIONS)
    read_setup: Callable[[Any, Any], Setup] = make_dict_structure_fn(Setup, converter, _cattrs_forbid_extra_keys=True)
    converter.register_structure_hook(Setup, partial(_setup_from_json, read_setup))
    register_trial(converter)
    converter.register_structure_hook(Ordered, lambda data, _: _ordered_from_json(converter, data))
    converter.register_unstructure_hook(Ordered, lambda entries: [[float_to_json(v), t, w] for v, t, w in entries])
    # a function of the kind, not the kind: cattrs would look into its types, and rpds classes take no parameters
    converter.register_structure_hook_func(lambda kind: kind is State, partial(_state_from_json, converter))
    converter.register_unstructure_hook_func(lambda kind: kind is State, _state_to_json)
    return converter


def _setup_from_json(read: Callable[[Any, Any], Setup], data: Any, _: Any) -> Setup:
    """What is too much is refused before it is read."""
    if isinstance(data, Mapping):
        names = [one.name for one in fields(Setup)]
        if unknown := next((key for key in data if key not in names), None):
            raise ValueError(f"{shown(unknown)} is no field of a setup; it has {', '.join(names)}")
        for name in ("levels", "points"):
            if isinstance(data.get(name), list):
                too_many(name, len(data[name]))
    return read(data, Setup)


def _space_from_json(converter: Converter, data: Any) -> Space:
    if isinstance(data, list) and len(data) > PARAMETER_LIMIT:
        raise ValueError(f"a space of {len(data)} parameters; it has at most {PARAMETER_LIMIT}")
    pairs = converter.structure(data, tuple[tuple[str, Domain], ...])
    domains = dict(pairs)
    if len(domains) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{shown(twice)} stands twice in the space")
    return Space(**domains)


_CONVERTER: Final = _make_converter(explains=False)


@cache
def _explaining() -> Converter:
    return _make_converter(explains=True)
