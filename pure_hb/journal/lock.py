"""WHO WRITES A JOURNAL ALREADY? Its lock, and which object of this process holds it, as when a cell of a notebook runs
twice."""

import errno
import fcntl
import gc
import os
import sys
from pathlib import Path
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary, ref

from pure_hb.journal.forks import holder
from pure_hb.journal.reader import JournalError


class Writer(Protocol):
    """A journal that is open for writing."""

    @property
    def is_open(self) -> bool:
        """Whether it has the file open in this process."""
        ...


_OPEN: Final[WeakKeyDictionary[Writer, tuple[os.stat_result, ref[Any]]]] = WeakKeyDictionary()
"""A journal -> its file, and the object that users know."""


def note_opened(journal: Writer, file: os.stat_result, user: object = None) -> None:
    """A journal was opened, for an object that is to be named instead of it, if one is given."""
    _OPEN[journal] = file, ref(journal if user is None else user)


def belongs_to(journal: Writer, user: object) -> None:
    """A journal is open for an object, which is to be named instead of it."""
    note_opened(journal, _OPEN[journal][0], user)


def lock(file: int, path: str | Path) -> None:
    """Takes the lock of an open file, which goes with the process. An object that nobody can reach any more does not
    keep it. Raises `JournalError` if somebody else has it; or OSError."""
    if _try_lock(file):
        return
    if _user_of(file) is not None:
        gc.collect()  # it may be in a cycle of references
        if _try_lock(file):
            return
    user = _user_of(file)
    if user is None:
        raise JournalError(
            f"{path}: {holder(file)} is writing this journal; wait until it is closed, or use another journal"
        )
    raise JournalError(f"{path}: this process is writing this journal: {_way_out(user)}; or use another journal")


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
        return False
    return True


def _user_of(file: int) -> object | None:
    """The object of this process that has a file open for writing, if one has."""
    ours = os.fstat(file)
    here = (user for journal, (stat, user) in list(_OPEN.items()) if journal.is_open and os.path.samestat(stat, ours))
    return next((user for user in (find() for find in here) if user is not None), None)


def _way_out(user: object) -> str:
    """Which object it is, and the call that closes it: by its name in the script or notebook, if it has one."""
    variables = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    names = [name for name, value in list(variables.items()) if value is user]
    names.sort(key=lambda name: name.startswith("_"))  # notebooks keep values under names such as _3
    if names:
        return f"`{names[0]}` has it open; close that first, with {names[0]}.close()"
    return f"{user!r} has it open; close that first, with its close()"
