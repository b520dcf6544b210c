"""WHERE IS THE TRAINING SCRIPT? How a function is named so that another process can find it, and what a file offers.

Nothing is pickled: a worker process imports the file or module again and takes the function by its name.
"""

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from attrs import frozen

from pure_hb.protocol.checks import shown
from pure_hb.session import described
from pure_hb.tuning.texts import cut

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
        """The function.

        Raises:
            ScriptError: if there is none, or whatever happens while it is imported.
        """
        if self.file is not None:
            module = load_file(Path(self.file))
        else:
            with _telling(self.module or ""):
                module = importlib.import_module(self.module or "")
        found = getattr(module, self.function, None)
        if not callable(found):
            raise ScriptError(f"{self.file or self.module} has no function {self.function!r}")
        return found  # type: ignore[no-any-return]  # a callable, see above


def script_of(train: Callable[..., Any]) -> Script:
    """How another process finds a function.

    Raises:
        ScriptError: for a lambda, a local function, a partial, or one typed into an interactive session.
    """
    if isinstance(train, partial):
        given = ", ".join(
            [*map(shown, train.args), *(f"{name}={shown(value)}" for name, value in train.keywords.items())]
        )
        name, yields = getattr(train.func, "__name__", "fit"), inspect.isgeneratorfunction(train.func)
        parameters, word = ("config, resume_from, checkpoint_dir", "yield from ") if yields else ("trial", "")
        raise ScriptError(
            "train is a functools.partial, which worker processes cannot import; at the top of the file write a "
            f"function that passes the data itself: def train({parameters}): {word}{name}({parameters}, {given})"
        )
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
    with _telling(str(file)):
        spec.loader.exec_module(module)
    return module


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Whatever breaks an import becomes a `ScriptError` that says where; Ctrl-C does not."""
    try:
        yield
    except (ScriptError, KeyboardInterrupt):
        raise
    except BaseException as error:
        line, elsewhere = _places(error, what)
        place = f" line {line}" if line else ""
        raise ScriptError(f"{what}{place} broke while it was imported: {cut(described(error))}{elsewhere}") from error


def _places(error: BaseException, file: str) -> tuple[int | None, str]:
    """The line of the file at which its import broke, and the place in another file if the cause is there."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    line = next((number for name, number in reversed(places) if name == file), None)
    outside = [place for place in places if not place[0].startswith("<frozen ") and place[0] != __file__]
    if not outside or outside[-1][0] == file:
        return line, ""
    return line, f" ({Path(outside[-1][0]).name} line {outside[-1][1]})"


def is_generator(train: Callable[..., Any]) -> bool:
    """Whether train yields its results; otherwise it takes a trial and reports.

    Raises:
        ScriptError: if its parameters are neither (config, resume_from, checkpoint_dir) nor (trial), or it is async.
    """
    if inspect.iscoroutinefunction(train) or inspect.isasyncgenfunction(train):
        raise ScriptError(
            "train is async, and nobody awaits it; write `def train(trial)`, and in it asyncio.run(main(trial))"
        )
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
