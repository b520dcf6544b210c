"""WHAT STANDS AT A CHECKPOINT'S PATH? Its parts: a file or a folder, and files whose names go on with a dot.

While a checkpoint is copied, a mark stands beside it. What bears a mark is not whole and counts as nothing.
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
    """What stands at a path: itself, and files whose names go on with a dot (numpy appends ``.npz`` by itself).

    Raises:
        OSError: if the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(path.parent))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path.with_name(name) for name in names if name.split(".")[0] == path.name]


def holds_anything(path: Path) -> bool:
    """Whether a path holds more than empty folders and links to nowhere. Raises `OSError` as `parts` does."""
    return any(_is_something(part) for part in parts(path))


def _is_something(part: Path) -> bool:
    try:
        if not stat.S_ISDIR(os.stat(part).st_mode):
            return True
        with os.scandir(part) as entries:
            return next(entries, None) is not None
    except PermissionError:
        return True  # it cannot be seen what; copying it will tell
    except OSError:
        return False


def mark(path: Path) -> Path:
    """The mark of a checkpoint that is not whole. No checkpoint's name begins with a dot."""
    return path.with_name(f".{path.name}.unfinished")


def is_whole(path: Path) -> bool:
    """Whether anything stands at a path that is no copy cut off half-way. Raises `OSError` as `parts` does."""
    return not os.path.lexists(mark(path)) and bool(parts(path))


def clear(path: Path) -> None:
    """Removes what stands at a path. Raises `OSError` if it cannot be removed."""
    for part in parts(path):
        remove(part)


def tidy(folder: Path, needed: Container[str]) -> None:
    """Removes the checkpoints of a trial that nobody needs, as far as that is possible: all but those of the given
    names, with their marks. What has other names is not ours."""
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
