"""WHERE IS THE TRAINING SCRIPT? How a function is named so that another process can find it, and what a file offers.

Nothing is pickled: a worker process imports the file or module again and takes the function by its name.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from attrs import frozen

_MODULE: Final = "pure_hb_training_script"
"""The name under which a file is imported: never ``__main__``, so its main part does not run."""


class ScriptError(Exception):
    """A training script that cannot be used. The message says what it must offer."""


@frozen
class Script:
    """A function in a file or, without one, in an importable module."""

    function: str
    file: str | None
    module: str | None

    def load(self) -> Callable[..., Any]:
        """The function. Raises `ScriptError`."""
        module = load_file(Path(self.file)) if self.file is not None else importlib.import_module(self.module or "")
        found = getattr(module, self.function, None)
        if not callable(found):
            raise ScriptError(f"{self.file or self.module} has no function {self.function!r}")
        return found  # type: ignore[no-any-return]  # a callable, see above


def script_of(train: Callable[..., Any]) -> Script:
    """How another process finds a function.

    Raises:
        ScriptError: for a lambda, a local function, or one typed into an interactive session.
    """
    name, module = getattr(train, "__qualname__", ""), getattr(train, "__module__", None)
    if not callable(train) or not name or not module:
        raise ScriptError(f"train is a {type(train).__name__}; give a function, so that worker processes can import it")
    if "." in name or "<" in name:
        raise ScriptError(f"train is {name}, which worker processes cannot import; define it at the top of a file")
    if module not in ("__main__", _MODULE) and _is_importable(module):
        return Script(name, None, module)
    try:
        file = inspect.getsourcefile(train)
    except TypeError:
        file = None
    if file is None or not Path(file).is_file():
        raise ScriptError(f"{name} is not in a file; put it into one, so that worker processes can import it")
    return Script(name, str(Path(file).resolve()), None)


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def load_file(file: Path) -> ModuleType:
    """Imports a file; its ``if __name__ == "__main__"`` part does not run.

    Raises:
        ScriptError: if it is no Python file or breaks while it is imported.
    """
    if not file.is_file():
        raise ScriptError(f"{file}: there is no such file")
    spec = importlib.util.spec_from_file_location(_MODULE, file)
    if spec is None or spec.loader is None:
        raise ScriptError(f"{file} is no Python file; its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as for a script that is run, so that it finds its neighbours
    try:
        spec.loader.exec_module(module)
    except ScriptError:
        raise
    except (Exception, SystemExit) as error:
        place = _place(error, file)
        raise ScriptError(f"{file}{place} broke while it was imported: {type(error).__name__}: {error}") from error
    return module


def _place(error: BaseException, file: Path) -> str:
    trace, line = error.__traceback__, None
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    return f" line {line}" if line else ""


def is_generator(train: Callable[..., Any]) -> bool:
    """Whether train yields its results; otherwise it takes a trial and reports.

    Raises:
        ScriptError: if its parameters are neither (config, resume_from, checkpoint_dir) nor (trial).
    """
    required = [
        parameter.name
        for parameter in inspect.signature(train).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if inspect.isgeneratorfunction(train):
        if len(required) != 3:
            raise ScriptError(
                f"train yields, so it takes (config, resume_from, checkpoint_dir); it has {tuple(required)}"
            )
        return True
    if len(required) != 1:
        raise ScriptError(
            f"train has the parameters {tuple(required)}; write either a generator train(config, resume_from, "
            "checkpoint_dir) that yields (resource, value), or train(trial) that calls trial.report(resource, value)"
        )
    return False
