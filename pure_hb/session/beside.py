"""WHICH FILES BELONG TO A SESSION BESIDE THE JOURNAL? Its checkpoints, and from time to time snapshots of its state."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pure_hb.checkpoints import Checkpoints, CheckpointsError
from pure_hb.journal import Address, FileJournal, JournalError, Place, SharedJournal
from pure_hb.machine import State
from pure_hb.session.budget import snapshot_interval
from pure_hb.session.errors import SessionError

_LEAST_SHARE: Final = 8
"""A snapshot is written when the journal has grown by an eighth, so that writing them costs the same share of a long
run as of a short one."""


def open_checkpoints(root: Path, journal: Place, identity: str, warn: Callable[[str], None], keep: bool) -> Checkpoints:
    """The checkpoints of a journal.

    Raises:
        SessionError: if the folder belongs to another journal, or cannot be written.
    """
    try:
        owner = journal.key if isinstance(journal, Address) else str(journal)
        return Checkpoints(root, owner, identity, warn, keep=keep)
    except CheckpointsError as error:
        raise SessionError(str(error)) from None


class Snapshots:
    """Writes snapshots of a journal after ``every`` records, in long journals less often; None: never.

    Raises:
        ValueError: if ``every`` is no number of records.
    """

    def __init__(self, every: int | None, warn: Callable[[str], None]) -> None:
        self._every, self._warn = snapshot_interval(every), warn

    def begin(self, journal: FileJournal | SharedJournal) -> None:
        """Called when the journal is open."""
        self._journal, self._last = journal, journal.snapshot

    def save(self, state: State, *, at_end: bool = False) -> None:
        """Write a snapshot if there are enough records since the last one. A failure is not retried at once."""
        since, least = state.clock - self._last, 0 if at_end else state.clock // _LEAST_SHARE
        if self._every is None or since < max(self._every, least) or not self._journal.writable:
            return
        self._last = state.clock
        try:
            self._journal.save_snapshot(state)
        except JournalError as error:
            if isinstance(self._journal, FileJournal):
                raise
            self._warn(f"no snapshot could be written ({error}); the journal is whole")
        except OSError as error:
            path, why = self._journal.path, error.strerror or error
            self._warn(f"{path}: no snapshot could be written ({why}); the journal is whole")
