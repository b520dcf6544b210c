"""AS WHICH MODULE IS A FILE IMPORTED? As an ordinary one: by its stem, or by the name that it has in its package.

So an object of a class of the file can be pickled in one process and loaded in any other, also after `python -c "import
thefile"`. In a worker, the file is also known as ``__main__``, its name in the program that runs it, and to children of
multiprocessing.
"""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.machinery import BYTECODE_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from weakref import WeakKeyDictionary

from attrs import frozen

from pure_hb.session import described
from pure_hb.tuning.errors import ScriptError
from pure_hb.tuning.texts import cut
from pure_hb.tuning.toplevel import relative_depth

MAIN: Final = "__main__"
NAMELESS: Final = "__mp_main__"
"""The name of a file that cannot be imported by its stem. Children of multiprocessing run it again under this name."""

_SUFFIXES: Final = (*SOURCE_SUFFIXES, *BYTECODE_SUFFIXES)
_OURS: Final = (str(Path(__file__)), "<frozen ")


@frozen
class Source:
    """A module, and where it comes from."""

    name: str
    file: str | None = None
    """Its path; None: it is found by its name."""
    folder: str | None = None
    """The folder that must be on ``sys.path`` so that others find it by its name, too."""
    is_main: bool = False
    """Whether it is the training file: in a worker it is ``__main__``, too."""

    def load(self, *, in_worker: bool) -> ModuleType:
        """Imports the module; its ``if __name__ == "__main__"`` part does not run.

        Raises:
            ScriptError: whatever happens while it is imported.
        """
        with _telling(self.file or self.name):
            if self.folder is not None and not _is_on_path(self.folder):
                sys.path.insert(0, self.folder)
            if self.file is None and not self.is_main:
                return importlib.import_module(self.name)
            importlib.invalidate_caches()
            return self._executed((MAIN, NAMELESS) if in_worker and self.is_main else ())

    def _executed(self, aliases: tuple[str, ...]) -> ModuleType:
        if not aliases:
            sys.modules.pop(self.name, None)
        spec = self._spec()  # this imports its packages, which may import it
        module = sys.modules.get(self.name)
        if module is None:
            module = importlib.util.module_from_spec(spec)
            names = (self.name, *aliases)
            before = {name: sys.modules.get(name) for name in names}
            sys.modules.update(dict.fromkeys(names, module))
            if self.name == NAMELESS:
                module.__spec__ = None  # as that of a script: multiprocessing then runs the file by its path
            try:
                spec.loader.exec_module(module)  # type: ignore[union-attr]  # see _spec
            except BaseException:
                for name, was in before.items():
                    sys.modules.pop(name, None) if was is None else sys.modules.update({name: was})
                raise
            module = sys.modules.get(self.name, module)  # it may have replaced itself
        sys.modules.update(dict.fromkeys(aliases, module))
        parent, _, child = self.name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
        return module

    def _spec(self) -> ModuleSpec:
        if "." in self.name or self.file is None or not Path(self.file).is_file():
            spec = importlib.util.find_spec(self.name)
        else:  # a script may have any suffix, or none
            loader = None if self.file.endswith(_SUFFIXES) else SourceFileLoader(self.name, self.file)
            spec = importlib.util.spec_from_file_location(self.name, self.file, loader=loader)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"No module named {self.name!r}", name=self.name)
        return spec


_TRAINING_FILES: Final[WeakKeyDictionary[ModuleType, Source]] = WeakKeyDictionary()
_LOADED: Final[set[str]] = set()
"""The training files that this process has imported, links resolved. A file may take the name of an earlier one."""


def load_file(file: Path) -> ModuleType:
    """Imports a training file by its name, as `pure-hb tune` does.

    Raises:
        ScriptError: if it is no Python file, its name hides another module, or it breaks while it is imported.
    """
    if not file.is_file():
        raise ScriptError(f"{file}: there is no such file")
    if file.suffix not in SOURCE_SUFFIXES:
        raise ScriptError(f"{file} is no Python file; its name must end with .py")
    folder = str(file.resolve().parent)
    source = _of_package(file)
    if source is None:
        if not _is_on_path(folder):
            sys.path.insert(0, folder)  # as for a script that is run, so that it finds its neighbours
        source = of_file(file)
    module = source.load(in_worker=False)
    _TRAINING_FILES[module] = source
    _LOADED.add(str(file.resolve()))
    return module


def alias_main(source: Source) -> None:
    """If the training file is the program that runs here, lets this process load objects that a worker has pickled
    under the name of the file."""
    main = sys.modules.get(MAIN)
    file = getattr(main, "__file__", None)
    if main is not None and source.is_main and file is not None and str(Path(file).absolute()) == source.file:
        sys.modules.setdefault(source.name, main)


def is_training_file(name: str) -> bool:
    """Whether a module is the program that runs, or was imported by `load_file`."""
    return name == MAIN or sys.modules.get(name) in _TRAINING_FILES


def of_main(namespace: Mapping[str, Any]) -> Source | None:
    """How a worker imports the program whose globals these are. None: it is in no file.

    Raises:
        ScriptError: if its name hides another module.
    """
    name, file = getattr(namespace.get("__spec__"), "name", MAIN), namespace.get("__file__")
    path = Path(file) if isinstance(file, str) else None
    if name != MAIN:  # python -m
        return Source(name, None if path is None else str(path.absolute()), is_main=True)
    return of_file(path) if path is not None and path.is_file() else None


def of_module(name: str) -> Source | None:
    """How a worker imports a module that is imported here; None if it cannot."""
    module = sys.modules.get(name)
    if module is None:
        return None
    if module in _TRAINING_FILES:
        return _TRAINING_FILES[module]
    top = name.partition(".")[0]
    known = getattr(sys.modules.get(top), "__spec__", None)
    is_namespace = known is not None and known.origin is None and known.submodule_search_locations
    if is_namespace or (known is not None and any(_is_same(spec, known) for spec in _found(top, sys.path))):
        return Source(name)
    file = getattr(module, "__file__", None)
    return Source(name, str(Path(file).absolute())) if isinstance(file, str) and Path(file).is_file() else None


def of_file(file: Path) -> Source:
    """How a worker imports a script. A link stands for its target, as in Python.

    Raises:
        ScriptError: if its name hides another module.
    """
    for one in (file.resolve(), file.absolute()):
        if one.suffix in _SUFFIXES and _can_be_imported(one.stem):
            _refuse_hiding(one.stem, one, one.parent)
            return Source(one.stem, str(file.absolute()), str(one.parent), is_main=True)
    return Source(NAMELESS, str(file.absolute()), is_main=True)


def _can_be_imported(name: str) -> bool:
    return bool(name) and "." not in name and name not in (MAIN, NAMELESS)


def _of_package(file: Path) -> Source | None:
    """The name in its package of a file with relative imports, or of an ``__init__.py``. None for any other file."""
    real, is_init = file.resolve(), file.stem == "__init__"
    level = max(relative_depth(file), int(is_init))
    if not level:
        return None
    folders = [one for one in real.parents if one.name]
    marked = next((depth for depth, one in enumerate(folders) if not (one / "__init__.py").exists()), len(folders))
    inside = folders[: max(level, marked)]
    parts = [one.name for one in reversed(inside)] + ([] if is_init else [real.stem])
    if not all(map(_can_be_imported, parts)):
        return None
    root = inside[-1].parent
    _refuse_hiding(parts[0], inside[-1], root)
    return Source(".".join(parts), str(file.absolute()), str(root), is_main=True)


# ---- names that are taken -------------------------------------------------------------------------------------------


def _refuse_hiding(name: str, place: Path, root: Path) -> None:
    """Raises `ScriptError` if a file or a package has the name of another module."""
    other = _another(name, place, root)
    if other is not None:
        what = "folder" if place.is_dir() else "file"
        raise ScriptError(
            f"{place} has the name of another module, {other}: whoever imports {name!r} may get the one or the other. "
            f"Rename the {what}"
        )


def _another(name: str, place: Path, root: Path) -> str | None:
    """In words, a module that can be imported by the name, but is not at the place; None if there is none."""
    if name in sys.builtin_module_names or name in sys.stdlib_module_names:
        return f"{name!r} of the standard library"
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None)
    is_namespace = origin is None and hasattr(loaded, "__path__")
    is_known = isinstance(origin, str) and (_is_at(origin, place) or os.path.realpath(origin) in _LOADED)
    if loaded is not None and not is_namespace and not is_known:
        return f"{origin or 'one without a file'}, which is imported already"
    importlib.invalidate_caches()
    for spec in _found(name, [str(root), *sys.path]):
        if not _is_at(spec.origin or "", place) and os.path.realpath(spec.origin or "") not in _LOADED:
            return str(spec.origin)
    return None


def _found(name: str, path: list[str]) -> Iterator[ModuleSpec]:
    """All modules of a name, wherever they are. Folders without an ``__init__.py`` do not count."""
    for finder in sys.meta_path:
        for places in [[entry] for entry in path] if finder is PathFinder else [None]:
            with suppress(Exception):  # a finder of another library may raise anything
                spec = finder.find_spec(name, places)
                if spec is not None and spec.loader is not None and spec.origin is not None:
                    yield spec


def _is_same(one: ModuleSpec, other: ModuleSpec) -> bool:
    return one.origin == other.origin or bool(one.origin and other.origin and _is_at(one.origin, Path(other.origin)))


def _is_at(origin: str, place: Path) -> bool:
    """Whether a module is the file at a place, or the package whose folder it is."""
    with suppress(OSError):
        return any(os.path.samefile(one, place) for one in (origin, os.path.dirname(origin)) if one)
    return False


def _is_on_path(folder: str) -> bool:
    return any(os.path.realpath(entry) == os.path.realpath(folder) for entry in sys.path if isinstance(entry, str))


# ---- what breaks ----------------------------------------------------------------------------------------------------


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Any exception of an import becomes a `ScriptError` that says where; Ctrl-C does not."""
    try:
        yield
    except (ScriptError, KeyboardInterrupt):
        raise
    except BaseException as error:
        line, elsewhere = _places(error, what)
        place = f" line {line}" if line else ""
        raise ScriptError(f"{what}{place} broke while it was imported: {cut(described(error))}{elsewhere}") from error


def _places(error: BaseException, file: str) -> tuple[int | None, str]:
    """The line of the file at which its import failed, and the place in another file if the cause is there."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    line = next((number for name, number in reversed(places) if name == file), None)
    outside = [place for place in places if not place[0].startswith(_OURS)]
    if not outside or outside[-1][0] == file:
        return line, ""
    return line, f" ({Path(outside[-1][0]).name} line {outside[-1][1]})"
