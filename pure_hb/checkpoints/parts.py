"""WHICH FILES BELONG TO A CHECKPOINT? A file or folder at its path, and files with the same name and a suffix.

While a checkpoint is copied, a mark file is beside it. A checkpoint with a mark is incomplete and is never used.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Container
from pathlib import Path
from typing import Final

_STEM: Final = re.compile(r"\.?((?:leg|epoch)-\d+)(?:\.|\Z)")


def parts(path: Path) -> list[Path]:
    """The parts of a checkpoint at a path: itself, and files with its name and a suffix (numpy appends ``.npz`` by
    itself).

    Raises:
        OSError: if the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(path.parent))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path.with_name(name) for name in names if name.split(".")[0] == path.name]


def holds_anything(path: Path) -> bool:
    """Whether a path has more than empty folders and links without a target. Raises `OSError` as `parts` does."""
    return any(_is_something(part) for part in parts(path))


def _is_something(part: Path) -> bool:
    try:
        if not stat.S_ISDIR(os.stat(part).st_mode):
            return True
        with os.scandir(part) as entries:
            return next(entries, None) is not None
    except PermissionError:
        return True  # it cannot be read; the copy will report that
    except OSError:
        return False


def mark(path: Path) -> Path:
    """The mark of an incomplete checkpoint. No checkpoint's name begins with a dot."""
    return path.with_name(f".{path.name}.unfinished")


def is_whole(path: Path) -> bool:
    """Whether a path has a complete checkpoint. Raises `OSError` as `parts` does."""
    return not os.path.lexists(mark(path)) and bool(parts(path))


def clear(path: Path) -> None:
    """Removes the checkpoint at a path. Raises `OSError` if it cannot be removed."""
    for part in parts(path):
        remove(part)


def tidy(folder: Path, needed: Container[str]) -> None:
    """Removes the checkpoints of a trial that are not needed, as far as possible: all but those of the given names,
    with their marks. Files with other names are not touched."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            found = _STEM.match(name)
            if found is not None and found[1] not in needed:
                with contextlib.suppress(OSError):
                    remove(folder / name)


def remove(path: Path) -> None:
    """Removes a file, a folder or a link, but not what it points to. Raises `OSError` if it cannot be removed."""
    try:
        _remove(path)
    except FileNotFoundError:
        return
    except RecursionError:
        raise OSError(errno.ENAMETOOLONG, "folders are nested too deeply to remove them", str(path)) from None


def _remove(path: Path) -> None:
    if not path.is_dir() or path.is_symlink():
        path.unlink()
        return
    try:
        shutil.rmtree(path)
    except OSError:  # a folder that may not be written was copied as such
        for folder, _, _ in os.walk(path):
            with contextlib.suppress(OSError):
                os.chmod(folder, 0o700)
        shutil.rmtree(path)
