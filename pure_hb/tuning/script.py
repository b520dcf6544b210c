"""WHERE IS TRAIN? The name by which another process finds a function, and the arguments that it is called with.

A worker process imports the file or module again and looks the function up by its name. A function without such a name
is sent by `pure_hb.tuning.pickled`.
"""

import ast
import math
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from attrs import evolve, field, frozen

from pure_hb.protocol.checks import shown
from pure_hb.space.domains import plain
from pure_hb.tuning.errors import ScriptError as ScriptError
from pure_hb.tuning.modules import Source, alias_main
from pure_hb.tuning.modules import load_file as load_file
from pure_hb.tuning.naming import found, found_in_training_file, member
from pure_hb.tuning.pickled import pickled, unpickled

_DEEPEST: Final = 64


_DEFINE: Final = 'define it at the top of a file, and not under `if __name__ == "__main__":`'


def _as_words(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def _as_source(value: Any) -> Source | None:
    return Source(**value) if isinstance(value, dict) else value


@frozen
class Script:
    """The training function, as a worker finds it. All of it is JSON."""

    source: Source | None = field(converter=_as_source)
    """The module to import; None if there is none."""
    function: str = ""
    """The name of train in it, with dots; empty: train is pickled."""
    literals: str = ""
    """The arguments of a partial, as Python writes them; empty: there are none, or they are pickled."""
    main: Source | None = field(default=None, converter=_as_source)
    """The training file, if train is in another module and the pickle refers to the file."""
    pickled: str = ""
    """The pickle of train, or of the arguments of a partial, if these cannot be sent by name; else empty."""
    arguments: dict[str, Any] = field(factory=dict)
    """Further keyword arguments for train."""
    argv: tuple[str, ...] | None = field(default=None, converter=_as_words)
    """The value of ``sys.argv`` in workers."""
    path: tuple[str, ...] | None = field(default=None, converter=_as_words)
    """The value of ``sys.path`` in workers."""

    def for_workers(self, arguments: dict[str, Any], command_line: tuple[str, ...] | None) -> "Script":
        """The script with the arguments and paths of this process."""
        ours = tuple(word for word in getattr(sys, "argv", ()) if isinstance(word, str))
        argv = ours if command_line is None else (*ours[:1], *command_line)
        path = tuple(entry for entry in sys.path if isinstance(entry, str))
        return evolve(self, arguments=arguments, argv=argv, path=path)

    def settle(self) -> None:
        """Lets this process find modules where the caller does, and see its command line."""
        if self.path is not None:
            sys.path[:] = self.path
        if self.argv is not None:
            sys.argv[:] = self.argv

    def join(self) -> None:
        """As `settle`, in a process of another library: the paths that it has already come first."""
        sys.path += [entry for entry in self.path or () if entry not in sys.path]
        if self.argv is not None:
            sys.argv[:] = self.argv

    def load(self, *, in_worker: bool = True) -> Any:
        """Imports train, in a worker process; or in a process of another library, whose ``__main__`` is left alone.

        Raises:
            ScriptError: if there is none, or whatever happens while it is imported.
        """
        if self.main is not None:
            self.main.load(in_worker=in_worker)
        module = None if self.source is None else self.source.load(in_worker=in_worker)
        sent = unpickled(self.pickled) if self.pickled else None
        if self.source is None or not self.function:
            return sent  # it was checked when it was sent
        train = member(vars(module), self.function)
        if not callable(train):
            raise ScriptError(f"{self.source.file or self.source.name} has no function {self.function!r}")
        args, keywords = ast.literal_eval(self.literals) if self.literals else sent or ((), {})
        return partial(train, *args, **keywords) if args or keywords else train


def script_of(train: Callable[..., Any]) -> Script:
    """How a worker process gets train: by name, if it is at the top of a module; else pickled. Afterwards this process
    also knows the training file by the name that it has in workers.

    Raises:
        ScriptError: if its file hides another module, or it can neither be imported nor be pickled.
    """
    if not callable(train):
        raise ScriptError(f"train is a {type(train).__name__}; give a function, so that worker processes can import it")
    script = _script_of(train)
    for source in (script.source, script.main):
        if source is not None:
            alias_main(source)
    return script


def _script_of(train: Callable[..., Any]) -> Script:
    named = found(train)
    if named is not None:
        return Script(*named)
    if isinstance(train, partial) and (inner := found(train.func)) is not None:
        return _script_of_partial(train, *inner)
    what = f"train is {_name(train)}, which worker processes cannot import"
    text, used = pickled(train, found_in_training_file, what, _DEFINE)
    return Script(used, pickled=text)


def _script_of_partial(train: "partial[Any]", source: Source, function: str) -> Script:
    odd = next((name for name, value in _bound(train) if not _is_literal(value)), None)
    if odd is None:
        return Script(source, function, literals=repr(_literal((train.args, train.keywords))))
    what = f"train is a functools.partial, and its {odd} is no plain value (numbers, texts, lists and the like)"
    text, used = pickled((train.args, train.keywords), found_in_training_file, what, "let train itself load or make it")
    return Script(source, function, pickled=text, main=None if source.is_main else used)


def _bound(train: "partial[Any]") -> Iterator[tuple[str, Any]]:
    yield from ((f"argument {number}", value) for number, value in enumerate(train.args))
    yield from ((f"argument {name}", value) for name, value in train.keywords.items())


def _name(train: Callable[..., Any]) -> str:
    name = getattr(train, "__qualname__", "")
    return name or ("a functools.partial of what" if isinstance(train, partial) else f"a {type(train).__name__}")


def _literal(value: Any, depth: int = 0) -> Any:
    """A value whose Python literal reads back as the same value; numbers of numpy become those of Python. Raises
    `ValueError` for any other value."""
    value = plain(value)
    kind = type(value)
    if kind in (str, bytes, bool, int, type(None)) or (kind is float and math.isfinite(value)):
        return value
    if kind in (tuple, list) and depth < _DEEPEST:
        return kind(_literal(one, depth + 1) for one in value)
    if kind is dict and depth < _DEEPEST:
        return {_literal(key, depth + 1): _literal(one, depth + 1) for key, one in value.items()}
    raise ValueError(f"{shown(value)} is no literal")


def _is_literal(value: Any) -> bool:
    try:
        _literal(value)
    except ValueError:
        return False
    return True
