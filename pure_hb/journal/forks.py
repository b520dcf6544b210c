"""WHICH PROCESS HAS A LOCK AFTER A FORK? Only the one that took it: a child closes its copy of the file.

A lock of the kernel (flock) belongs to the open file, which a forked child has open, too. So the lock of a killed
process would last as long as any of its children, and closing the file would not release it.
"""

import contextlib
import fcntl
import os
import weakref
from io import FileIO
from typing import Final, Protocol


class Closable(Protocol):
    """A file, or an object that has one."""

    def close(self) -> None:
        """Closes the file."""
        ...


_OPEN: Final[weakref.WeakSet[Closable]] = weakref.WeakSet()


def drop_in_forks(file: Closable) -> None:
    """From now on a fork of this process closes its copy of a file at once."""
    _OPEN.add(file)


def unlock(file: FileIO) -> None:
    """Releases the lock of an open file, even if another process has it open, too. Only the owner may do so."""
    with contextlib.suppress(OSError):  # it is released when the last process closes the file
        fcntl.flock(file, fcntl.LOCK_UN)


def _drop() -> None:
    for file in _OPEN:
        with contextlib.suppress(OSError):
            file.close()


os.register_at_fork(after_in_child=_drop)


def holder(file: int) -> str:
    """The process that has the file open for writing, if the system can tell (Linux does)."""
    ours = os.fstat(file)
    processes = sorted(int(name) for name in os.listdir("/proc") if name.isdigit()) if os.path.isdir("/proc") else []
    for process in processes:
        with contextlib.suppress(OSError, ValueError):
            for name in os.listdir(f"/proc/{process}/fd"):
                if process == os.getpid() and int(name) == file:
                    continue
                if os.path.samestat(os.stat(f"/proc/{process}/fd/{name}"), ours) and _writes(process, name):
                    return "this process" if process == os.getpid() else f"process {process}"
    return "another process"


def _writes(process: int, name: str) -> bool:
    with open(f"/proc/{process}/fdinfo/{name}", encoding="ascii") as lines:
        flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
