"""HOW IS THE LOG WRITTEN TO A FILE? As JSON lines, by one process at a time, so that no crash loses an acknowledged
record.

A record is acknowledged when `append` returns: by default it is on the disk then (fsync). `pure_hb.journal.opening`
says how a file is opened.
"""

import contextlib
import os
from collections.abc import Sequence
from io import FileIO
from os.path import exists, samestat
from pathlib import Path
from typing import Final, Literal, NoReturn, Self
from weakref import finalize

from pure_hb.journal.calls import Calls, one_at_a_time
from pure_hb.journal.chaining import Decision, chain
from pure_hb.journal.forks import unlock
from pure_hb.journal.origin import Origin
from pure_hb.journal.reader import JournalError, read_journal
from pure_hb.journal.records import Head, Record
from pure_hb.journal.snapshot import Snapshot, snapshot_of
from pure_hb.journal.snapshot_file import write_snapshot
from pure_hb.machine import State
from pure_hb.protocol import Action, Event

Sync = Literal["record", "batch"]

_BATCH_BYTES: Final = 1 << 16
_DELETED: Final = "deleted or moved"
_REPLACED: Final = "replaced by another file"
_CHANGED: Final = "changed by somebody else"


class FileJournal:
    """A journal that is open for writing. No other process can open its file for writing until it is closed.
    `open_file_journal` makes one.

    An interrupt (Ctrl-C) may come between any two lines here. So one attribute, `head`, says which records are
    acknowledged; bytes that an interrupted write has left after it are cut before the next write.
    """

    def __init__(
        self, file: FileIO, path: str, real: str, head: Head, sync: Sync, session: Origin, identity: str, snapshot: int
    ) -> None:
        self.path = path
        """The path as it was given."""
        self.calls: Calls = Calls(self._refusal)
        self.session = session
        """The software and machine of this session: written with its first record."""
        self.identity = identity
        """The hash of its header: the same wherever the file is, and different for every journal."""
        self.snapshot: int = snapshot
        """The number of the record whose snapshot is beside the journal, as far as this object knows; 0: none."""
        self.head: Head = head
        """The last acknowledged record. With ``sync="batch"`` it may not be on the disk yet."""
        self._file, self._sync = file, sync
        finalize(self, file.close).atexit = False  # it may never be closed otherwise
        self._written = self._found = head
        self._real, self._stat = real, os.fstat(file.fileno())
        self._owner = os.getpid()
        self._batch = b""
        self._unfinished = False
        self._broken: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def number(self) -> int:
        """The number of the last record; 0 is the header."""
        return self.head.number

    @property
    def digest(self) -> bytes:
        """The digest of the last record."""
        return self.head.digest

    @property
    def is_open(self) -> bool:
        """Whether the file is open in this process."""
        return not self._file.closed

    @property
    def writable(self) -> bool:
        """Whether it can be appended to: it is open, no write has failed, this is no fork of its process, and the file
        is where it was."""
        usable = self._broken is None and not self._file.closed and os.getpid() == self._owner
        return usable and self._what_happened() is None

    @one_at_a_time
    def append(
        self, event: Event, action: Action, elapsed: float, time: str | None = None, seconds: float | None = None
    ) -> Record:
        """Appends an accepted event with its action; the other arguments are those of `Record`. When this returns, the
        record is acknowledged. If ``elapsed`` is less than before, or not finite, a clock was set back: then the value
        of the record before is written.

        Raises:
            JournalError: if it could not be written; the file then ends with the record before.
        """
        return self._append((Decision(event, action, seconds),), elapsed, time)[0]

    @one_at_a_time
    def append_all(self, decisions: Sequence[Decision], elapsed: float, time: str | None = None) -> tuple[Record, ...]:
        """Appends several accepted events with their actions, in order, in one write, so that the disk is waited for
        once. Otherwise as `append`.

        Raises:
            JournalError: if they could not be written; the file then ends with the record before them.
        """
        return self._append(decisions, elapsed, time)

    def _append(self, decisions: Sequence[Decision], elapsed: float, time: str | None) -> tuple[Record, ...]:
        self._refuse_if_unusable()
        session = self.session if self.number == self._found.number else None
        links = chain(self.path, self.head, decisions, elapsed, time, session)
        if links:
            head, batch = links[-1].head, self._batch + b"".join(link.line for link in links)
            if self._sync == "record" or len(batch) >= _BATCH_BYTES:
                self._write(batch, head)
            else:
                self._batch, self.head = batch, head
        return tuple(link.record for link in links)

    def read(self) -> tuple[Record, ...]:
        """All records of the file. Raises `JournalError`."""
        self.flush()
        return read_journal(self.path)[1]

    def flush(self) -> None:
        """Writes what is batched and waits until it is on the disk. Raises `JournalError`."""
        self._refuse_if_unusable()
        if self._batch:
            self._write(self._batch, self.head)

    def save_snapshot(self, state: State) -> Path:
        """Writes the snapshot of the state after the last record, and returns its path. Opening the journal then reads
        only the records after it.

        Raises:
            ValueError: if the state is that after another record.
            OSError: if it cannot be written. The journal is not affected.
        """
        return self.keep_snapshot(self.take_snapshot(state))

    def take_snapshot(self, state: State) -> Snapshot:
        """The data for `keep_snapshot`. Taking it is fast for a state of any size.

        Raises:
            ValueError: if the state is that after another record.
        """
        self.flush()
        self._refuse_if_gone()
        return snapshot_of(state, self.head)

    def keep_snapshot(self, snapshot: Snapshot) -> Path:
        """Writes a snapshot that was taken, and returns its path. Another thread may do that while records are
        appended.

        Raises:
            JournalError: if the journal was deleted or replaced meanwhile: no snapshot is left beside another one.
            OSError: if it cannot be written. The journal is not affected.
        """
        path = write_snapshot(self._real, snapshot, self._refuse_if_elsewhere)
        self.snapshot = snapshot.head.number
        return path

    def _refuse_if_elsewhere(self) -> None:
        try:
            is_there = samestat(os.stat(self._real), self._stat)
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise JournalError(f"{self.path}: the journal was deleted, moved or replaced while it was open")

    def close(self) -> None:
        """Writes what is batched and closes the file. Closing twice is no error.

        Raises:
            JournalError: if what is batched could not be written, or the file was deleted or replaced meanwhile.
        """
        if self._file.closed:
            return
        try:
            if self._broken is None and os.getpid() == self._owner:
                self.flush()
                with contextlib.suppress(OSError):  # else the torn line is cut when the journal is opened again
                    self._cut_unfinished()
                self._refuse_if_gone(rescue=True)
        finally:
            if os.getpid() == self._owner and not self._file.closed:
                unlock(self._file)
            with contextlib.suppress(OSError):  # what is acknowledged is on the disk
                self._file.close()

    def _write(self, data: bytes, head: Head) -> None:
        self._refuse_if_gone(f"cannot append record {head.number}: ")
        try:
            self._cut_unfinished()
            self._unfinished = True
            write_all(self._file.fileno(), data)
            os.fsync(self._file.fileno())
        except OSError as error:
            self._give_up(head, error)
        self._batch, self._written, self.head, self._unfinished = b"", head, head, False

    def _cut_unfinished(self) -> None:
        if self._unfinished:
            os.ftruncate(self._file.fileno(), self._written.offset)
            self._unfinished = False

    def _give_up(self, head: Head, error: OSError) -> NoReturn:
        """A failed write or fsync is not tried again: the kernel may have dropped the data. Reopening re-reads."""
        self._broken = f"{self.path}: cannot append record {head.number}: {error.strerror or error}"
        with contextlib.suppress(OSError):  # else the torn line is cut when the journal is opened again
            self._cut_unfinished()
        raise JournalError(
            f"{self._broken}. All records before it are safe; remove the cause and start the same command again"
        ) from None

    @staticmethod
    def _refusal(name: str) -> JournalError:
        return JournalError(
            f"{name}() was called in the middle of another call of this journal, by a signal handler most likely; let "
            "the handler set a flag, and look at it between two calls"
        )

    def _refuse_if_gone(self, what: str = "", *, rescue: bool = False) -> None:
        """A file that was deleted or replaced meanwhile takes what is written to it into nowhere. With ``rescue``, what
        it holds is written to another file beside it, since nobody can reach it when it is closed."""
        gone = self._what_happened()
        if gone is None:
            return
        if gone.startswith(_CHANGED):
            raise JournalError(
                f"{self.path}: {what}the journal was {gone}; nothing more is written to it. If only something was "
                f"added, `head -c {self._written.offset}` of it is the journal; else put back a copy, or begin another"
            )
        held = f"/proc/{self._owner}/fd/{self._file.fileno()}"
        way_out = f"copy {held}, which holds them, before this process ends" if exists(held) else "move it back"
        if rescue and gone in (_DELETED, _REPLACED) and (saved := self._rescued()) is not None:
            way_out = f"they were saved as {saved}; to go on with them, move it to {self.path}"
        raise JournalError(
            f"{self.path}: {what}the journal was {gone} while it was open; nobody who opens it again will find the "
            f"{self._written.number} records that were written: {way_out}"
        )

    def _rescued(self) -> str | None:
        """Writes what the file holds to a new file beside where it was, and returns its path; None if that fails."""
        path = next((name for name in map(f"{self._real}.rescued-{{}}".format, range(1, 100)) if not exists(name)), "")
        try:
            with open(path, "xb") as copy:
                copy.write(os.pread(self._file.fileno(), self._written.offset, 0))
                copy.flush()
                os.fsync(copy.fileno())
        except OSError:
            return None
        return path

    def _what_happened(self) -> str | None:
        """What has become of the file's name, if it is not as it was."""
        try:
            now = os.stat(self._real)
        except FileNotFoundError:
            return _DELETED
        except OSError as error:
            return f"made unreachable ({error.strerror or error})"
        if not samestat(now, self._stat):
            return _REPLACED
        if now.st_size != self._written.offset and not self._unfinished:
            return f"{_CHANGED} while it was open: it has {now.st_size} bytes, and {self._written.offset} were written"
        return None

    def _refuse_if_unusable(self) -> None:
        if self._broken is not None:
            raise JournalError(f"{self._broken}. Open the journal again")
        if os.getpid() != self._owner:
            raise JournalError(
                f"{self.path}: opened by process {self._owner}, and a fork of it must not write; open it in one process"
            )
        if self._file.closed:
            raise JournalError(f"{self.path}: the journal is closed; open it again")


def write_all(file: int, data: bytes) -> None:
    """Writes all of some bytes. Raises `OSError`."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
