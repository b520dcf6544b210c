"""WHERE DOES THE OUTPUT OF WORKERS GO? To a log of the worker, and while it trains, to a log of the leg.

The descriptors 1 and 2 themselves are pointed there, so what C code and child processes print is in it too.
"""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pure_hb.tuning.progress import printable

_OPENING: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LAST_LINES: Final = 3
_LAST_BYTES: Final = 400
_STREAMS: Final = (1, 2)


def leg_log(logs: Path, trial: int, leg: int) -> Path:
    """Where the output of a leg goes."""
    return logs / f"trial-{trial}" / f"leg-{leg}"


def open_log(path: Path) -> int:
    """Opens a log to append to it, and makes its folder. Neither is a link followed, nor does a pipe make it wait.

    Raises:
        OSError: if it cannot be written, or is no regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return _regular(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _OPENING, 0o644))


def _regular(file: int) -> int:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is no regular file")
    return file


def last_lines(path: Path, began: int, end: int | None = None) -> str:
    """The last lines of a log, of those from one byte to another (None: its end), in one printable line; empty if there
    are none."""
    try:
        with open(_regular(os.open(path, os.O_RDONLY | _OPENING)), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            end = size if end is None else min(end, size)
            first = file.seek(max(began, end - _LAST_BYTES))
            text = file.read(max(0, end - first)).decode(errors="replace")
    except OSError:
        return ""
    lines = [printable(line.strip()) for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:])


class LegLogs:
    """Where the output of the leg is that a worker trains, or trained last. The scheduler keeps this."""

    def __init__(self, of_worker: Callable[[str], Path]) -> None:
        self._of_worker = of_worker
        self._legs: dict[str, tuple[Path, int]] = {}

    def begin(self, worker: str, log: Path) -> None:
        """A worker is given a leg, with its log; what stands there already is of the same leg, given before."""
        try:
            size = log.stat().st_size
        except OSError:
            size = 0
        self._legs[worker] = log, size

    def lose(self, worker: str) -> None:
        """The log of its leg cannot be written: the output stays with the worker's."""
        self._legs.pop(worker, None)

    def see(self, worker: str, end: int | None = None) -> str:
        """Where to look, and the last lines of what the leg has printed, up to a byte of its log."""
        log, began = self._legs.get(worker, (self._of_worker(worker), -1))
        if began < 0 or not log.exists():
            return f"see {self._of_worker(worker)}"
        last = last_lines(log, began, end)
        return f"see {log}" + (f", at the end: {last}" if last else "")


class Output:
    """The standard output and error of this process, which may go elsewhere for a while."""

    def __init__(self) -> None:
        self._own = [_copy(stream) for stream in _STREAMS]
        self._elsewhere: tuple[int, int] | None = None

    def to(self, path: Path) -> None:
        """Sends all output to a log.

        Raises:
            OSError: if it cannot be opened; the output then goes on where it went.
        """
        _make_folder(path.parent)
        file = open_log(path)
        try:
            flush()
            for stream in _STREAMS:
                if self._may_change(stream):
                    os.dup2(file, stream)
            self._elsewhere = _identity(file)
        finally:
            os.close(file)

    def back(self) -> None:
        """Sends all output where it went at first."""
        flush()
        if self._elsewhere is None:
            return
        for stream, own in zip(_STREAMS, self._own, strict=True):
            if own is not None and self._may_change(stream):
                with contextlib.suppress(OSError):  # the script may have closed our copy
                    os.dup2(own, stream)
        self._elsewhere = None

    def size(self) -> int | None:
        """The bytes of the log that output goes to; None if it goes to no log of ours."""
        flush()
        places = [_identity(stream) for stream in _STREAMS]
        if self._elsewhere is None or self._elsewhere not in places:
            return None
        return os.fstat(_STREAMS[places.index(self._elsewhere)]).st_size

    def _may_change(self, stream: int) -> bool:
        """Whether a descriptor is still what we made it, or nothing: a script may have closed or replaced it, and then
        it may be any file of the script."""
        now = _identity(stream)
        if now is None:
            return True
        if self._elsewhere is not None:
            return now == self._elsewhere
        own = self._own[_STREAMS.index(stream)]
        return own is not None and now == _identity(own)


def flush() -> None:
    """Writes what the streams of Python still hold; the script may have closed or replaced them."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _make_folder(folder: Path) -> None:
    """Makes the folder of a trial's logs. A link in its place is not followed."""
    folder.mkdir(parents=True, exist_ok=True)
    os.close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))


def _copy(stream: int) -> int | None:
    try:
        return os.dup(stream)
    except OSError:
        return None


def _identity(file: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino
