"""WHICH FILES BELONG TO A SESSION BESIDE THE JOURNAL? Its checkpoints, and from time to time snapshots of its state."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pure_hb.checkpoints import Checkpoints, CheckpointsError
from pure_hb.journal import Address, FileJournal, JournalError, Place, SharedJournal, Snapshot
from pure_hb.machine import State
from pure_hb.session.budget import snapshot_interval
from pure_hb.session.errors import SessionError

_LEAST_SHARE: Final = 8
"""A snapshot is written when the journal has grown by an eighth, so that snapshots cost the same share of long and
short runs."""


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


class SnapshotThread(threading.Thread):
    """A thread that writes a snapshot. It trains nothing, so no worker waits for a report of it."""


class Snapshots:
    """Writes snapshots of a journal after ``every`` records, in long journals less often; None: never.

    A state is immutable, so decisions go on while a thread writes it.

    Raises:
        ValueError: if ``every`` is no number of records.
    """

    def __init__(self, every: int | None, warn: Callable[[str], None]) -> None:
        self._every, self._warn = snapshot_interval(every), warn
        self._thread: SnapshotThread | None = None
        self._failed: deque[str] = deque()
        """Why snapshots could not be written: reported with the next decision."""

    def begin(self, journal: FileJournal | SharedJournal) -> None:
        """Called when the journal is open."""
        self._journal, self._last = journal, journal.snapshot

    def save(self, state: State) -> None:
        """Begin to write a snapshot if there are enough records since the last one, and no snapshot is being written. A
        failure is not retried at once."""
        self._tell()
        if self._is_due(state, state.clock // _LEAST_SHARE) and not self._is_writing():
            self._last = state.clock
            with self._failures():
                snapshot = self._journal.take_snapshot(state)
                self._thread = SnapshotThread(target=self._keep, args=(snapshot,), name="pure_hb snapshot", daemon=True)
                self._thread.start()

    def save_at_end(self, state: State) -> None:
        """Wait for the snapshot that is being written, and write another one if there are enough records since."""
        self.wait()
        if self._is_due(state, 0):
            self._last = state.clock
            with self._failures():
                self._journal.save_snapshot(state)
        self._tell()

    def wait(self) -> None:
        """Wait until nothing is being written."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _is_due(self, state: State, least: int) -> bool:
        since = state.clock - self._last
        return self._every is not None and since >= max(self._every, least) and self._journal.writable

    def _is_writing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _keep(self, snapshot: Snapshot) -> None:
        """In the thread."""
        try:
            with self._failures():
                self._journal.keep_snapshot(snapshot)
        except JournalError as error:  # the file was moved or deleted: the next append says more
            self._failed.append(str(error))

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Notes failures that do no harm to the journal."""
        try:
            yield
        except JournalError as error:
            if isinstance(self._journal, FileJournal):
                raise
            self._failed.append(f"no snapshot could be written ({error}); the journal is whole")
        except OSError as error:
            path, why = self._journal.path, error.strerror or error
            self._failed.append(f"{path}: no snapshot could be written ({why}); the journal is whole")

    def _tell(self) -> None:
        while self._failed:
            self._warn(self._failed.popleft())
