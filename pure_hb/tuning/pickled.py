"""HOW DO WORKERS GET AN OBJECT THAT THEY CANNOT IMPORT? By cloudpickle, if it is installed.

Pickles go only from `tuning` to its own worker processes and are never stored. Classes and functions at the top of the
training file are sent as names, so that a class is the same class in the worker.
"""

import base64
import importlib
import inspect
import io
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from pure_hb.protocol.checks import shown
from pure_hb.session import described
from pure_hb.tuning.errors import ScriptError
from pure_hb.tuning.modules import Source
from pure_hb.tuning.texts import cut

INSTALL: Final = "pip install 'pure_hb[notebooks]'"

Find = Callable[[Any], tuple[Source, str] | None]
"""Finds a class or function of the training file: its module, and its name there."""


def _cloudpickle(what: str, way_out: str) -> ModuleType:
    try:
        return importlib.import_module("cloudpickle")
    except ImportError:
        raise ScriptError(f"{what}; {way_out}, or install what sends such objects: {INSTALL}") from None


def pickled(value: Any, find: Find, what: str, way_out: str) -> tuple[str, Source | None]:
    """A value as text, and the training file if the value refers to it. ``what`` says why it cannot be imported, and
    ``way_out`` what to do instead.

    Raises:
        ScriptError: if cloudpickle is not installed, or cannot pickle the value.
    """
    cloudpickle = _cloudpickle(what, way_out)
    try:
        data, source = _dumps(cloudpickle, value, find)
    except Exception as error:  # methods of the object may raise anything
        raise ScriptError(f"{what}, and cannot be sent to them: {_fault(cloudpickle, value, find, error)}") from error
    return base64.b64encode(data).decode(), source


def unpickled(text: str) -> Any:
    """The value of a text that `pickled` made. Its objects may raise any exception."""
    return importlib.import_module("cloudpickle").loads(base64.b64decode(text))


def _dumps(cloudpickle: ModuleType, value: Any, find: Find) -> tuple[bytes, Source | None]:
    sources: list[Source] = []

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, name-defined]  # it is imported at its first use
        def reducer_override(self, obj: Any) -> Any:
            found = find(obj) if isinstance(obj, type | FunctionType) else None
            if found is None:
                return super().reducer_override(obj)
            sources.append(found[0])
            return _named, (found[0].name, found[1])

    file = io.BytesIO()
    Pickler(file).dump(value)
    return file.getvalue(), sources[0] if sources else None


def _named(module: str, name: str) -> Any:
    """An object at the top of a module."""
    return attrgetter(name)(importlib.import_module(module))


def _fault(cloudpickle: ModuleType, value: Any, find: Find, error: Exception) -> str:
    """Which part of a value cannot be pickled, and what to do."""
    for name, part in _parts(value):
        try:
            _dumps(cloudpickle, part, find)
        except Exception as reason:
            return (
                f"{name} is {shown(part)}, which cannot be pickled ({cut(described(reason))}); make it inside train, "
                "or at the top of the file"
            )
    return f"{cut(described(error))}. Make what cannot be pickled inside train, or at the top of the file"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of an object, by name."""
    if isinstance(value, partial):
        yield from ((f"argument {number}", one) for number, one in enumerate(value.args))
        yield from value.keywords.items()
        yield from _parts(value.func)
    elif isinstance(value, MethodType):
        yield from _parts(value.__self__)
    elif isinstance(value, FunctionType):
        used = inspect.getclosurevars(value)
        yield from {**used.nonlocals, **used.globals}.items()
    elif isinstance(value, tuple | list):
        for one in value:
            yield from one.items() if isinstance(one, dict) else _parts(one)
    else:
        yield from getattr(value, "__dict__", {}).items()
