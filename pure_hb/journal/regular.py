"""CAN A JOURNAL BE AT THIS PATH? `JournalError`, errors of the system as one, and a check for regular files."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class JournalError(Exception):
    """A journal that cannot be read or written. The message names file and line, and the way out."""


def open_at_once(path: str | Path) -> BinaryIO:
    """Opens a file for reading; a pipe does not block it. Raises `OSError`."""
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY))


def unusable(path: str | Path, error: OSError) -> JournalError:
    """A `JournalError` for an error of the system, with the file and what to do."""
    hint = "; create the folder first" if error.errno == errno.ENOENT and not Path(path).parent.is_dir() else ""
    return JournalError(f"{path}: {error.strerror or error}{hint}")


def refuse_special(path: str | Path, file: int | None = None) -> None:
    """Raises `JournalError` if a folder, a pipe or a device is at the path: opening a pipe may block for ever. With
    ``file``, the open file is checked instead."""
    try:
        mode = os.stat(path if file is None else file).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(path, error) from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise JournalError(f"{path}: is {kind}; give the path of a file, for example run.jsonl")
