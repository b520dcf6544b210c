"""WHERE IS TRAIN? How a function is named so that another process can find it, and how it is found there.

A worker process imports the file or module again and takes the function by its name. What has no name there goes
pickled, see `pure_hb.tuning.parcels`.
"""

import importlib
import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from attrs import frozen

from pure_hb.tuning.modules import (
    LOADED,
    FileModule,
    ScriptError,
    load,
    module_of_main,
    name_main,
    program,
    telling,
)
from pure_hb.tuning.parcels import as_parameter, name_in, packed, unpacked

_MAIN: Final = "__main__"


@frozen
class Script:
    """How a worker process gets train: plain values, so that they can be sent as JSON."""

    function: str | None
    """Its name in the module; None: it is pickled."""
    module: str | None = None
    """The module to import; None: none is needed."""
    file: str | None = None
    """The file to import as this module, in the place of ``__main__``; None: the module is found by its name."""
    root: str = ""
    """See `FileModule`."""
    pickled: str | None = None
    """The function itself, if it has no name."""
    positional: str | None = None
    keywords: str | None = None
    """What a ``functools.partial`` adds, as JSON or pickled: ``"j" + text`` or ``"p" + text``."""

    def load(self) -> Callable[..., Any]:
        """The function.

        Raises:
            ScriptError: if there is none, or whatever happens while it is imported.
        """
        module = self._imported()
        if self.pickled is not None:
            found = unpacked(self.pickled)
        else:
            found = module
            for part in (self.function or "").split("."):
                found = getattr(found, part, None)
        if not callable(found):
            raise ScriptError(f"{self.file or self.module} has no function {self.function!r}")
        if self.positional is None and self.keywords is None:
            return found  # type: ignore[no-any-return]  # a callable, see above
        return partial(found, *_read(self.positional or "j[]"), **_read(self.keywords or "j{}"))

    def _imported(self) -> ModuleType | None:
        if self.file is not None:
            return load(FileModule(self.file, self.module or "", self.root), self.file, as_main=True)
        if self.module is None:
            return None
        with telling(self.module):
            return importlib.import_module(self.module)


def script_of(train: Callable[..., Any]) -> Script:
    """How another process finds a function. Where that is by the name of the program's file, the program is made known
    under that name here too.

    Raises:
        ScriptError: if it cannot be found or pickled, or its file is no module.
    """
    if not callable(train):
        raise ScriptError(f"train is a {type(train).__name__}; give a function, so that worker processes can import it")
    if isinstance(train, partial):
        return _of_partial(train)
    for module_name in dict.fromkeys((getattr(train, "__module__", None) or _MAIN, _MAIN)):
        name = name_in(sys.modules.get(module_name), train)
        if name is not None and module_name != _MAIN and _is_importable(module_name):
            return _of_module(name, module_name)
        file = _file_of(train, module_name)
        if file is not None and (name is not None or _says_its_name(train, module_name)):
            return _of_file(name or train.__qualname__, module_of_main(file))
    return _pickled(train)


def _of_module(name: str, module: str) -> Script:
    """A function of a module that can be imported. If it was loaded from a file as the program (`pure-hb tune FILE`),
    it is the program in workers."""
    loaded = LOADED.get(str(getattr(sys.modules[module], "__file__", None)))
    return Script(name, module) if loaded is None else _of_file(name, loaded)


def _of_file(name: str | None, found: FileModule, pickled: str | None = None) -> Script:
    name_main(found)
    return Script(name, found.name, found.file, found.root, pickled)


def _says_its_name(train: Callable[..., Any], module: str) -> bool:
    """Whether it is a function of the program by its own account: a profiler or debugger stands in its place."""
    name = getattr(train, "__qualname__", "<")
    return module == _MAIN == getattr(train, "__module__", None) and "<" not in name and "." not in name


def _of_partial(train: "partial[Any]") -> Script:
    of_function = script_of(train.func)
    named = of_function.file is not None
    positional, keywords = _written(list(train.args), named), _written(train.keywords, named)
    return Script(
        of_function.function,
        of_function.module,
        of_function.file,
        of_function.root,
        of_function.pickled,
        positional if train.args else None,
        keywords if train.keywords else None,
    )


def _written(value: Any, named: bool) -> str:
    """What a partial adds: as JSON if it comes back the same, else pickled."""
    try:
        text = json.dumps(value, allow_nan=False)
        if _is_same(json.loads(text), value):
            return f"j{text}"
    except (TypeError, ValueError, RecursionError):
        pass
    return "p" + packed(value, "train is a functools.partial with an object", named=named)


def _is_same(left: Any, right: Any) -> bool:
    """Whether two values are the same, types included: of a tuple, JSON makes a list."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_is_same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_is_same(left[key], right[key]) for key in left)
    return bool(left == right)


def _read(text: str) -> Any:
    return json.loads(text[1:]) if text[0] == "j" else unpacked(text[1:])


def _pickled(train: Callable[..., Any]) -> Script:
    """Train by value. If the program has a file, that is imported in the worker first, for what is pickled by name."""
    file = program()
    text = packed(train, as_parameter(train), named=file is not None)
    return Script(None, pickled=text) if file is None else _of_file(None, module_of_main(file), text)


def _file_of(train: object, module: str) -> Path | None:
    """The file of the module in which a function or the class of an object stands."""
    if module == _MAIN and program() is not None and name_in(sys.modules[_MAIN], train) is not None:
        return program()
    try:
        file = inspect.getsourcefile(inspect.unwrap(train) if inspect.isroutine(train) else type(train))
    except (TypeError, OSError, ValueError):
        return None
    return Path(file) if file is not None and file.endswith(".py") and Path(file).is_file() else None


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
