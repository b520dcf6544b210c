"""WHICH MODULE IS A TRAINING FILE? Its name, which is the same on every side, and how it is imported under it.

A class that is pickled is found again by the name of its module. So a file is imported under the name that others use
who import it: its stem, or its name in its package. Whoever runs it as a program knows it as ``__main__``, and children
of multiprocessing as ``__mp_main__``: in worker processes these are other names of the same module, and in the process
that runs it, the stem is.
"""

import ast
import importlib
import importlib.machinery
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

from attrs import frozen

from pure_hb.session import described
from pure_hb.tuning.texts import cut

_UNNAMED: Final = "__mp_main__"
"""The module of a file whose stem cannot be imported: children of multiprocessing know the program by this name."""
_OTHER_NAMES: Final = ("__main__", "__mp_main__")


class ScriptError(Exception):
    """A training script that cannot be used. The message says what it must offer."""


@frozen
class FileModule:
    """A file as a module."""

    file: str
    """Its absolute path, without links."""
    name: str
    root: str
    """The folder in which its name, or that of its package, is found."""


def module_of(file: Path) -> FileModule:
    """A file as the module that others import.

    Raises:
        ScriptError: if there is no such file, it is no Python file, its name is that of another module, or it has
            relative imports and is in no package.
    """
    if not file.is_file():
        raise ScriptError(f"{file}: there is no such file")
    if file.suffix != ".py":
        raise ScriptError(f"{file} is no Python file; its name must end with .py")
    real = file.resolve()
    level = _deepest_relative_import(real)
    if level:
        return _in_package(file, real, level)
    if "." in real.stem or real.stem in _OTHER_NAMES:
        return FileModule(str(real), _UNNAMED, str(real.parent))
    other = _other_module(real.stem, real)
    if other is not None:
        raise ScriptError(
            f"{file}: its name hides another module, {real.stem} ({other}), which other code imports; rename the file"
        )
    return FileModule(str(real), real.stem, str(real.parent))


def module_of_main(file: Path) -> FileModule:
    """The file of ``__main__``, or one that is run in its place, as a module. Raises `ScriptError`, see `module_of`."""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is None or spec.name in _OTHER_NAMES or not _is_file_of(main, file):
        return module_of(file)
    depth = spec.name.count(".")
    return FileModule(str(file.resolve()), spec.name, str(file.resolve().parents[depth]))


def _deepest_relative_import(file: Path) -> int:
    """The most dots with which a file begins the name of what it imports; 0 if its imports are absolute. One that is no
    Python says so when it is imported."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return 0
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _in_package(file: Path, real: Path, level: int) -> FileModule:
    """A file with relative imports. Its package is as deep as they say, or as the files ``__init__.py`` do."""
    marked = 0
    while (real.parents[marked] / "__init__.py").is_file():
        marked += 1
    depth = max(level, marked)
    names = [folder.name for folder in reversed(real.parents[:depth])] + [real.stem] * (real.stem != "__init__")
    if depth >= len(real.parents) or not all(map(str.isidentifier, names)):
        raise ScriptError(
            f"{file} has relative imports, but is in no package: {'.'.join(names)} is no name of a module; rename its "
            "folders, or import by absolute names"
        )
    return FileModule(str(real), ".".join(names), str(real.parents[depth]))


def _other_module(name: str, file: Path) -> str | None:
    """Where else a module of a name is found, if it is; folders without ``__init__.py`` do not count."""
    loaded = sys.modules.get(name)
    if loaded is not None and _is_another(getattr(loaded, "__file__", None), file):
        return str(getattr(loaded, "__file__", None) or "a module without a file")
    if name in sys.stdlib_module_names:
        return "a module of Python itself"
    for folder in (str(file.parent), *sys.path):
        spec = importlib.machinery.PathFinder.find_spec(name, [folder or "."])
        if spec is not None and spec.origin is not None and _is_another(spec.origin, file):
            return spec.origin
    for finder in sys.meta_path:
        spec = None if finder is importlib.machinery.PathFinder else finder.find_spec(name, None)
        if spec is not None and spec.origin is not None and _is_another(spec.origin, file):
            return spec.origin
    return None


def _is_another(found: str | None, file: Path) -> bool:
    """Whether what was found is no training file, neither this one nor one that was loaded before it."""
    return found is None or (found not in LOADED and not _is_same(found, file))


def _is_file_of(module: ModuleType, file: Path) -> bool:
    return _is_same(getattr(module, "__file__", None) or "", file)


def _is_same(path: str, file: Path) -> bool:
    try:
        return Path(path).samefile(file)
    except (OSError, ValueError):
        return False


def program() -> Path | None:
    """The file of ``__main__``; None in a notebook, a shell, or ``python -c``."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    return Path(file) if isinstance(file, str) and file.endswith(".py") and Path(file).is_file() else None


# ---- importing -----------------------------------------------------------------------------------------------------

LOADED: Final[dict[str, FileModule]] = {}
"""The files that were loaded here in place of the program, by path. One may take the name of another."""


def load_file(file: Path) -> ModuleType:
    """Imports a file as the module that it is; its ``if __name__ == "__main__"`` part does not run.

    Raises:
        ScriptError: if it is no module (see `module_of`), or breaks while it is imported.
    """
    found = module_of(file)
    module = load(found, str(file))
    LOADED[found.file] = found
    return module


def load(found: FileModule, shown: str, *, as_main: bool = False) -> ModuleType:
    """Imports a file under its name; ``as_main``: it takes the place of ``__main__`` too. ``shown``: as messages name
    it. Raises `ScriptError` if it breaks."""
    if found.root not in sys.path:
        sys.path.insert(0, found.root)  # as for a script that is run, so that it finds its neighbours
    with telling(shown):
        parent, _, last = found.name.rpartition(".")
        package = importlib.import_module(parent) if parent else None
        spec = importlib.util.spec_from_file_location(found.name, found.file)
        assert spec is not None  # its name ends with .py
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        if found.name == _UNNAMED:
            module.__spec__ = None  # so that children of multiprocessing run the file, and do not look for its name
        names = (found.name, *_OTHER_NAMES) if as_main else (found.name,)
        before = {name: sys.modules.get(name) for name in names}
        sys.modules.update(dict.fromkeys(names, module))
        try:
            spec.loader.exec_module(module)
        except BaseException:
            for name, other in before.items():
                sys.modules.pop(name, None)
                if other is not None:
                    sys.modules[name] = other
            raise
        if package is not None:
            setattr(package, last, module)
    return module


def name_main(found: FileModule) -> None:
    """Makes ``__main__`` known by the name that its file has in worker processes: pickles of theirs are found."""
    main = sys.modules["__main__"]
    if _is_file_of(main, Path(found.file)):
        sys.modules.setdefault(found.name, main)


@contextmanager
def telling(what: str) -> Iterator[None]:
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
    line = next((number for name, number in reversed(places) if _is_same(name, Path(file))), None)
    outside = [place for place in places if not place[0].startswith("<frozen ") and place[0] != __file__]
    if not outside or _is_same(outside[-1][0], Path(file)):
        return line, ""
    return line, f" ({Path(outside[-1][0]).name} line {outside[-1][1]})"
