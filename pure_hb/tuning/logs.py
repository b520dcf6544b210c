"""WHERE DOES THE OUTPUT OF WORKERS GO? Logs of workers and of legs: how they are opened, written and quoted."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from pure_hb.space.showing import printable

_LAST_LINES: Final = 3
_LAST_BYTES: Final = 400
_OUTPUTS: Final = (1, 2)
"""The descriptors of standard output and standard error, which C code and child processes write to."""


def open_log(path: Path, flags: int = os.O_WRONLY | os.O_CREAT | os.O_APPEND) -> int:
    """Opens the log of a worker, and makes its folder. Links are not followed, and a pipe does not block.

    Raises:
        OSError: if it cannot be written, or is no regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o644)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is no regular file")
    return file


def last_lines(path: Path, began: int, ended: int | None = None) -> str:
    """The last lines of a part of a log (by default up to its end), as one line without control characters; empty if
    there are none."""
    try:
        with open(open_log(path, os.O_RDONLY), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            end = size if ended is None else min(size, ended)
            place = file.seek(max(began, end - _LAST_BYTES))
            text = file.read(max(0, end - place)).decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return printable(" | ".join(lines[-_LAST_LINES:]))


def size_of(path: Path) -> int | None:
    """The size of a log in bytes; None if there is no regular file."""
    try:
        file = open_log(path, os.O_RDONLY)
    except OSError:
        return None
    with open(file, "rb"):
        return os.fstat(file).st_size


@frozen
class LegLog:
    """The open log of a leg, in the worker."""

    descriptor: int

    def size(self) -> int:
        """Its size in bytes, after buffered output was written."""
        flush_streams()
        return os.fstat(self.descriptor).st_size


class Outputs:
    """The standard output and standard error of a worker process: its own log, or, during a leg, that of the leg."""

    def __init__(self) -> None:
        """Make it before the script is imported, since the script may change the descriptors."""
        self._own = os.dup(_OUTPUTS[0])

    @contextmanager
    def to_leg(self, path: str) -> Iterator[LegLog | OSError | None]:
        """Sends the output to the log of a leg, if it has one, until the block ends. If the log cannot be opened,
        nothing changes, and the error is yielded. A descriptor that the script has redirected is left alone. An
        exception that ends the process, such as SystemExit, is still printed in the log."""
        if not path:
            yield None
            return
        try:
            _make_folder(Path(path).parent)
            log = open_log(Path(path))
        except OSError as error:
            yield error
            return
        self._redirect(self._own, log)
        yield LegLog(log)
        self._redirect(log, self._own)
        os.close(log)

    def _redirect(self, old: int, new: int) -> None:
        flush_streams()
        for output in _OUTPUTS:
            with contextlib.suppress(OSError):  # the script may have closed our copy
                if _is_closed(output) or os.path.sameopenfile(output, old):
                    os.dup2(new, output)


def _make_folder(folder: Path) -> None:
    """Makes the folder of a trial's logs. A link in its place is not followed."""
    folder.mkdir(parents=True, exist_ok=True)
    os.close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))


def _is_closed(descriptor: int) -> bool:
    """Whether a script has closed a descriptor. The next file that is opened would get its number."""
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False


def flush_streams() -> None:
    """Writes the buffers of Python's streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the script may have closed or replaced it
            stream.flush()
