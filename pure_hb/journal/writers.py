"""WHO HAS A JOURNAL OPEN FOR WRITING? Another process, or an object of this one, for example if a cell runs twice."""

import gc
import os
import sys
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary, ref

from pure_hb.journal.forks import holder


class Writer(Protocol):
    """A journal that is open for writing."""

    @property
    def is_open(self) -> bool:
        """Whether it has the file open in this process."""
        ...


_OPEN: Final[WeakKeyDictionary[Writer, tuple[os.stat_result, ref[Any]]]] = WeakKeyDictionary()
"""A journal -> its file, and the object that messages name."""


def note_opened(journal: Writer, file: os.stat_result, user: object = None) -> None:
    """A journal was opened. If a ``user`` is given, messages name that object instead."""
    _OPEN[journal] = file, ref(journal if user is None else user)


def belongs_to(journal: Writer, user: object) -> None:
    """A journal is open for an object, which messages name instead of it."""
    note_opened(journal, _OPEN[journal][0], user)


def collect_writer(file: int) -> bool:
    """Collects garbage if an object of this process has a file open for writing, since no variable may refer to that
    object any more. Returns whether there was one."""
    if _user_of(file) is None:
        return False
    gc.collect()
    return True


def who_writes(file: int) -> str:
    """Text: who has a journal open for writing, and what to do."""
    user = _user_of(file)
    if user is None:
        return f"{holder(file)} is writing this journal; wait until it is closed, or use another journal"
    return f"this process is writing this journal: {_way_out(user)}; or use another journal"


def _user_of(file: int) -> object | None:
    """The object of this process that has a file open for writing; None if there is none."""
    ours = os.fstat(file)
    here = (user for journal, (stat, user) in list(_OPEN.items()) if journal.is_open and os.path.samestat(stat, ours))
    return next((user for user in (find() for find in here) if user is not None), None)


def _way_out(user: object) -> str:
    """Text: which object it is, by its name in the script or notebook if it has one, and the call that closes it."""
    variables = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    names = [name for name, value in list(variables.items()) if value is user]
    names.sort(key=lambda name: name.startswith("_"))  # notebooks keep values under names such as _3
    if names:
        return f"`{names[0]}` has it open; close that first, with {names[0]}.close()"
    return f"{user!r} has it open; close that first, with its close()"
