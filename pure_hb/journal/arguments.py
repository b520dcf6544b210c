"""WITH WHICH ARGUMENTS IS TRAIN CALLED? The keyword arguments and command line, which a journal's header keeps for
later sessions.

Both are JSON, so that they are read back as the same values on every machine.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from pure_hb.codec import canonical
from pure_hb.journal.reader import JournalError
from pure_hb.journal.records import Header
from pure_hb.protocol.checks import shown
from pure_hb.space.domains import is_text, plain

_DEEPEST: Final = 64
"""The largest depth of nested lists and dictionaries; a list that contains itself would have no end."""
_LONGEST: Final = 4096
"""The most bits of an integer: Python cannot read longer ones back."""


def as_arguments(arguments: Any) -> dict[str, Any]:
    """Keyword arguments as JSON values: numbers of numpy become those of Python, tuples become lists.

    Raises:
        TypeError: if they are no mapping, or a value is of a type that JSON does not have.
        ValueError: for NaN and infinities, text that is no Unicode, and values that are nested too deeply.
    """
    if not isinstance(arguments, Mapping):
        raise TypeError(f'arguments is a {type(arguments).__name__}; it is a dictionary, such as {{"data": "x.csv"}}')
    return {_key("arguments", name): _json(f"arguments[{name!r}]", value, 0) for name, value in arguments.items()}


def _key(place: str, name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{place} has the key {shown(name)}, a {type(name).__name__}; keys are texts: write str(...)")
    return _text(f"a key of {place}", name)


def _text(place: str, value: str) -> str:
    if not is_text(value):
        raise ValueError(f"{place} is {shown(value)}, which is no valid Unicode text; remove the lone surrogates")
    return str.__str__(value)  # a member of an enumeration of texts becomes the text itself


def _json(place: str, value: Any, depth: int) -> Any:
    value = plain(value)
    if depth > _DEEPEST:
        raise ValueError(f"{place.partition('[')[0]} are nested more than {_DEEPEST} deep, or hold themselves")
    match value:
        case None | bool():
            return value
        case str():
            return _text(place, value)
        case int():
            if value.bit_length() > _LONGEST:
                raise ValueError(f"{place} is an int of {value.bit_length()} bits; give it as text")
            return int(value)
        case float():
            if not math.isfinite(value):
                raise ValueError(f'{place} is {value!r}, which JSON does not have; give None or "{value!r}", a text')
            return float(value)
        case list() | tuple():
            return [_json(f"{place}[{number}]", one, depth + 1) for number, one in enumerate(value)]
        case Mapping():
            return {_key(place, name): _json(f"{place}[{name!r}]", one, depth + 1) for name, one in value.items()}
    raise TypeError(f"{place} is {shown(value)}, a {type(value).__name__}, which JSON does not have; {_hint(value)}")


def _hint(value: Any) -> str:
    """What to write instead."""
    if hasattr(value, "__fspath__"):
        return f"give its path as text, str(...): {shown(str(value))}"
    if hasattr(value, "tolist"):
        return "give a list, value.tolist(), or the path of a file that train loads"
    if isinstance(value, set | frozenset | range):
        return "give a list, sorted(...)" if not isinstance(value, range) else "give a list, list(...)"
    if callable(value):
        return "give its name, and let train look it up"
    return "give a text, str(...), or the path of a file that train loads"


def as_command_line(words: Any) -> tuple[str, ...]:
    """The words of a command line.

    Raises:
        TypeError: if they are one text, or not all of them are texts.
        ValueError: for text that is no Unicode.
    """
    if isinstance(words, str | bytes) or not isinstance(words, Iterable):
        raise TypeError(f'command_line is {shown(words)}; it is a list of words, such as ["--data", "x.csv"]')
    found = tuple(words)
    for number, word in enumerate(found):
        if not isinstance(word, str):
            raise TypeError(f"command_line[{number}] is {shown(word)}; words are texts: write str(...)")
    return tuple(_text(f"command_line[{number}]", word) for number, word in enumerate(found))


def _optional_arguments(arguments: Any) -> dict[str, Any] | None:
    return None if arguments is None else as_arguments(arguments)


def _optional_command_line(words: Any) -> tuple[str, ...] | None:
    return None if words is None else as_command_line(words)


@frozen
class Given:
    """The arguments of train that were given to a session; None: those of the journal.

    Raises:
        TypeError, ValueError: as `as_arguments` and `as_command_line`.
    """

    arguments: dict[str, Any] | None = field(default=None, converter=_optional_arguments)
    command_line: tuple[str, ...] | None = field(default=None, converter=_optional_command_line)


def refuse_other_arguments(path: str | object, header: Header, given: Given) -> None:
    """Raises a `JournalError` that names each argument that differs from the header."""
    places = []
    if given.arguments is not None:
        places += _differing(header.arguments or {}, given.arguments)
    if given.command_line is not None and given.command_line != (header.command_line or ()):
        places.append(f"command line: {_line(header.command_line)} there, {_line(given.command_line)} here")
    if places:
        lines = "\n".join(f"  {place}" for place in places)
        raise JournalError(
            f"{path}: the journal was begun with other arguments for train:\n{lines}\n"
            "Leave them out to go on with those of the journal, or use another journal"
        )


def _differing(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    def told(values: Mapping[str, Any], name: str) -> str:
        return shown(values[name]) if name in values else "none"

    names = [name for name in sorted({*there, *here}) if _canonical(there, name) != _canonical(here, name)]
    return [f"{name}: {told(there, name)} there, {told(here, name)} here" for name in names]


def _canonical(values: Mapping[str, Any], name: str) -> bytes | None:
    return canonical(values[name]) if name in values else None


def _line(words: Sequence[str] | None) -> str:
    return shown(list(words)) if words else "none"
