"""WHO HOLDS THE LOCK OF A JOURNAL AFTER A FORK? Only the process that opened it: a child drops its copy of the file.

A lock of the kernel (flock) belongs to the open file, and a forked child has that open, too. So the lock of a process
that was killed would last as long as any child of it, and closing alone would not give it back.
"""

import contextlib
import fcntl
import os
import weakref
from io import FileIO
from typing import Final

_OPEN: Final[weakref.WeakSet[FileIO]] = weakref.WeakSet()


def drop_in_forks(file: FileIO) -> None:
    """From now on a fork of this process closes its copy of a file at once."""
    _OPEN.add(file)


def unlock(file: FileIO) -> None:
    """Gives the lock of an open file back, even if another process has it open, too. Only the owner may do so."""
    with contextlib.suppress(OSError):  # it goes when the last process closes the file
        fcntl.flock(file, fcntl.LOCK_UN)


def _drop() -> None:
    for file in _OPEN:
        with contextlib.suppress(OSError):
            file.close()


os.register_at_fork(after_in_child=_drop)
