"""WHAT HAS NO NAME TO BE IMPORTED BY? Functions of notebooks, closures, lambdas, objects: pickled for our workers.

They are pickled by value with cloudpickle, an optional library. What stands at the top of the program's file goes by
its name all the same: its classes are one class in the worker too. Nothing of this goes into a journal.
"""

import base64
import io
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from pure_hb.protocol.checks import shown
from pure_hb.session import described
from pure_hb.tuning.modules import ScriptError
from pure_hb.tuning.texts import cut


def packed(value: object, what: str, *, named: bool) -> str:
    """A value as text for a worker. ``named``: what stands at the top of ``__main__`` is found by name there.

    Raises:
        ScriptError: if cloudpickle is not installed, or the value cannot be pickled.
    """
    try:
        import cloudpickle
    except ImportError:
        raise ScriptError(
            f"{what}, which worker processes cannot import; define it at the top of a file, or install what pickles "
            "it: pip install 'pure_hb[notebooks]'"
        ) from None

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no type information
        def reducer_override(self, one: Any) -> Any:
            if named and isinstance(one, type | FunctionType) and _stands_in_main(one):
                return _of_main, (one.__qualname__,)
            return super().reducer_override(one)

    buffer = io.BytesIO()
    try:
        Pickler(buffer).dump(value)
    except Exception as error:  # that of a stranger's object
        raise ScriptError(
            f"{what}, which cannot be pickled for worker processes: {cut(described(error))}. Make it inside train, or "
            "define train at the top of a file"
        ) from None
    return base64.b64encode(buffer.getvalue()).decode()


def unpacked(text: str) -> Any:
    """The value of a text that `packed` made.

    Raises:
        ScriptError: if cloudpickle, or what the value needs, cannot be imported here.
    """
    try:
        import cloudpickle

        return cloudpickle.loads(base64.b64decode(text))
    except Exception as error:
        raise ScriptError(f"train cannot be unpickled in the worker: {cut(described(error))}") from error


def _stands_in_main(one: type | Callable[..., Any]) -> bool:
    return one.__module__ == "__main__" and _found(sys.modules["__main__"], one.__qualname__) is one


def _of_main(name: str) -> Any:
    found = _found(sys.modules["__main__"], name)
    if found is None:
        raise LookupError(f"the program has no {name}")
    return found


def _found(module: ModuleType | None, name: str) -> Any:
    """What stands in a module under a name, which may be that of a method; None if nothing does."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def name_in(module: ModuleType | None, value: object) -> str | None:
    """Under which name a value is found in a module; None: under none."""
    name = getattr(value, "__qualname__", None)
    if isinstance(name, str) and "<" not in name and _found(module, name) is value:
        return name
    return next((name for name, one in vars(module).items() if one is value), None) if module is not None else None


def as_parameter(value: object) -> str:
    """What was given as train, for a message."""
    name = getattr(value, "__qualname__", None)
    return f"train is {name if isinstance(name, str) else shown(value)}"
