"""WHERE IS AN OBJECT DEFINED? The module that another process can import, and the name of the object in it."""

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, Final

from pure_hb.tuning.modules import MAIN, Source, is_training_file, of_main, of_module
from pure_hb.tuning.toplevel import names_at_top

_TYPED: Final = ("<stdin>", "<ipython-input", "<python-input")
"""The file names that Python gives to code of an interactive session."""


def found(one: Any) -> tuple[Source, str] | None:
    """The module in which an object is defined, and its dotted name there; None if there is none that a worker can
    import."""
    inner = one.func if isinstance(one, partial) else one
    likely = (getattr(inner, "__module__", None), type(inner).__module__, MAIN)
    names = dict.fromkeys((*likely, *sys.modules))
    return next((place for name in names if (place := _in_module(one, name)) is not None), None)


def found_in_training_file(one: Any) -> tuple[Source, str] | None:
    """The same for a class or function in the program that runs; None if it is in another module, or not at the top of
    one."""
    name = getattr(one, "__module__", None)
    return _in_module(one, name) if isinstance(name, str) and is_training_file(name) else None


def member(names: Mapping[str, Any], path: str) -> Any:
    """The object at a dotted path; None if there is none."""
    first, _, rest = path.partition(".")
    try:
        return attrgetter(rest)(names[first]) if rest else names[first]
    except (KeyError, AttributeError):
        return None


def _in_module(one: Any, module: Any) -> tuple[Source, str] | None:
    names = _names_of(one, module)
    path = _path(one, names)
    if path is None:
        return None
    if module != MAIN:
        source = of_module(module) if module in sys.modules else of_main(names)
        return None if source is None else (source, path)
    if _is_typed(one):
        return None
    source = of_main(names)
    if source is None:
        return None
    at_top = None if source.file is None else names_at_top(Path(source.file))
    return (source, path) if at_top is None or path.partition(".")[0] in at_top else None


def _names_of(one: Any, module: Any) -> Mapping[str, Any]:
    """The names of a module: the globals of the object's own code, if it belongs to that module."""
    for own in _globals(one):
        if own.get("__name__") == module:
            return own
    return getattr(sys.modules.get(module), "__dict__", {})


def _globals(one: Any) -> Iterator[dict[str, Any]]:
    inner = one.func if isinstance(one, partial) else one
    inner = getattr(inner, "__func__", inner)  # of a method
    if isinstance(inner, FunctionType):
        yield inner.__globals__


def _path(one: Any, names: Mapping[str, Any]) -> str | None:
    name = getattr(one, "__qualname__", None)
    if isinstance(name, str) and name and "<" not in name and _is_one(member(names, name), one):
        return name
    by_value = next((key for key, value in tuple(names.items()) if value is one), None)
    if by_value is not None or not isinstance(one, MethodType):
        return by_value
    owner = _path(one.__self__, names)
    path = f"{owner}.{one.__name__}"
    return path if owner is not None and _is_one(member(names, path), one) else None


def _is_one(there: Any, here: Any) -> bool:
    """Whether two objects are the same: one object, one method of one object, or a function before and after a
    reload."""
    if there is here or (isinstance(here, MethodType) and there == here):
        return True
    return all(
        isinstance(one, FunctionType) and one.__closure__ is None and not hasattr(one, "__wrapped__")
        for one in (there, here)
    ) and (there.__code__.co_filename, there.__code__.co_name) == (here.__code__.co_filename, here.__code__.co_name)


def _is_typed(one: Any) -> bool:
    return getattr(getattr(one, "__code__", None), "co_filename", "").startswith(_TYPED)
