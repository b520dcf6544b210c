"""WHAT IS THE TEXT OF A JSON VALUE? Canonical bytes and back, and what is wrong with them."""

import json
from reprlib import Repr
from typing import Any, Final

Json = Any
"""The type of what `json.loads` returns."""

_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 200
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 20

_ENCODE: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

_FAULTS_SAID: Final = 20
_FAULT_LENGTH: Final = 500


class CodecError(ValueError):
    """JSON that is not what it should be. ``faults`` lists all of them, each as 'path: what is wrong'; only the first
    if the JSON is very large. The message says the first 20."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        more = f"; and {len(faults) - _FAULTS_SAID} more" if len(faults) > _FAULTS_SAID else ""
        super().__init__("; ".join(map(_short, faults[:_FAULTS_SAID])) + more)
        self.faults = faults


def _short(fault: str) -> str:
    return fault if len(fault) <= _FAULT_LENGTH else f"{fault[: _FAULT_LENGTH - 3]}..."


def shown(data: Json) -> str:
    """A value for a message, cut where it is long: it may be a whole line of a file."""
    return _short(_SHORT.repr(data))


def canonical(data: Json) -> bytes:
    """The one text of a JSON value: sorted keys, no spaces, UTF-8, shortest round-trip floats.

    Raises:
        ValueError: for a NaN or an infinity, which JSON does not have.
    """
    return _ENCODE(data).encode()


def parse(text: bytes) -> Json:
    """The JSON value of a text.

    Raises:
        CodecError: if the text is no JSON in UTF-8, or is nested too deeply to be written by this library.
    """
    try:
        return json.loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise CodecError((f"$: byte {error.start + 1} is no valid UTF-8",)) from None
    except RecursionError:
        raise CodecError(("$: nested too deeply",)) from None
    except json.JSONDecodeError as error:
        raise CodecError((f"$: no JSON ({error.msg} at character {error.pos + 1})",)) from None
    except ValueError as error:
        raise CodecError((f"$: no JSON ({error})",)) from None
