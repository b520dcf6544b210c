"""WHERE IS THE LOG? In a file of JSON lines, written by one process at a time, and whole after every crash.

A record is acknowledged when `append` returns: by default it is on the disk then (fsync). The lock is the kernel's: it
goes with the process that holds it. Opening cuts a torn last line and says so; see `pure_hb.journal.reader`.
"""

import contextlib
import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import Final, Literal, NoReturn, Self

from attrs import frozen

from pure_hb.codec import to_json
from pure_hb.journal.origin import platform, utc_now, versions
from pure_hb.journal.reader import JournalError, Reader, Torn, refuse_special, unusable
from pure_hb.journal.records import Header, Record, header_line, record_line
from pure_hb.journal.replay import ReplayError, differences, step
from pure_hb.machine import Setup, State, initial
from pure_hb.protocol import Action, Event

Sync = Literal["record", "batch"]

_BATCH_BYTES: Final = 1 << 16


class FileJournal:
    """A journal open for writing: the only one of its file, until it is closed. Use `open_file_journal`."""

    def __init__(self, file: int, path: str, offset: int, number: int, digest: bytes, sync: Sync) -> None:
        self.path = path
        self.number = number
        """The number of the last record; 0 is the header."""
        self.digest = digest
        self._file, self._offset, self._sync = file, offset, sync
        self._owner = os.getpid()
        self._batch = bytearray()
        self._broken: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def broken(self) -> bool:
        """Whether a write has failed: nothing more is appended until the journal is opened again."""
        return self._broken is not None

    def append(
        self, event: Event, action: Action, elapsed: float, time: str | None = None, seconds: float | None = None
    ) -> Record:
        """Appends an accepted event with its action (the other arguments as in `Record`). When this returns, it is
        acknowledged.

        Raises:
            JournalError: if it could not be written; the file then ends with the record before.
        """
        self._refuse_ifunusable()
        record = Record(self.number + 1, event, action, elapsed, time, seconds)
        line, digest = record_line(record, self.digest)
        self._batch += line
        if self._sync == "record" or len(self._batch) >= _BATCH_BYTES:
            self.flush()
        self.number, self.digest = record.number, digest
        return record

    def flush(self) -> None:
        """Writes what is batched and waits until it is on the disk. Raises `JournalError`."""
        self._refuse_ifunusable()
        data = bytes(self._batch)
        try:
            _write_all(self._file, data)
            os.fsync(self._file)
        except OSError as error:
            self._give_up(error)
        self._offset += len(data)
        self._batch.clear()

    def close(self) -> None:
        """Writes what is batched and lets go of the file. Closing twice is no error."""
        if self._file < 0:
            return
        try:
            if self._batch and self._broken is None and os.getpid() == self._owner:
                self.flush()
        finally:
            os.close(self._file)
            self._file = -1

    def _give_up(self, error: OSError) -> NoReturn:
        """A failed write or fsync is not tried again: the kernel may have dropped the data. Reopening re-reads."""
        self._broken = f"{self.path}: cannot append record {self.number + 1}: {error.strerror or error}"
        with contextlib.suppress(OSError):  # else the torn line is cut when the journal is opened again
            os.ftruncate(self._file, self._offset)
        raise JournalError(
            f"{self._broken}. All records before it are safe; remove the cause and start the same command again"
        ) from None

    def _refuse_ifunusable(self) -> None:
        if self._broken is not None:
            raise JournalError(f"{self._broken}. Open the journal again")
        if self._file < 0:
            raise JournalError(f"{self.path}: the journal is closed; open it again")
        if os.getpid() != self._owner:
            raise JournalError(
                f"{self.path}: opened by process {self._owner}, and a fork of it must not write; open it in one process"
            )


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


@frozen
class Opened:
    """A journal open for writing, the state that it tells, and what was found at its end."""

    journal: FileJournal
    state: State
    elapsed: float
    """Seconds that the run has been worked on so far."""
    torn: Torn | None
    is_new: bool


def open_file_journal(path: str | Path, setup: Setup, *, sync: Sync = "record", timed: bool = True) -> Opened:
    """Opens a journal for writing, or begins one; a torn last line is cut, a missing last newline mended.

    Raises:
        JournalError: if somebody else writes it, it is of another setup, damaged, no journal, or cannot be written.
    """
    if sync not in ("record", "batch"):
        raise ValueError(f'sync is {sync!r}; it is "record" or "batch"')
    refuse_special(path)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unusable(path, error) from None
    try:
        _lock(file, path)
        return _continue(file, path, setup, sync, timed)
    except BaseException:
        os.close(file)
        raise


def _lock(file: int, path: str | Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise unusable(path, error) from None
        holder = _holder(file)
        who = f"process {holder} is" if holder else "this process, or one that does not tell, is"
        raise JournalError(
            f"{path}: {who} writing this journal; wait until it is closed, or use another journal"
        ) from None
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # guards nothing, but tells others who holds the lock above


def _holder(file: int) -> int | None:
    """The process that writes the journal, if the system tells."""
    layout = "hhqqi4x"
    query = struct.pack(layout, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        kind, _, _, _, process = struct.unpack(layout, fcntl.fcntl(file, fcntl.F_GETLK, query))
    except (OSError, struct.error):
        return None
    return process if kind != fcntl.F_UNLCK and process > 0 else None


def _continue(file: int, path: str | Path, setup: Setup, sync: Sync, timed: bool) -> Opened:
    state, elapsed = initial(setup), 0.0
    with os.fdopen(os.dup(file), "rb") as readable:
        reader = Reader(readable, str(path))
        if reader.header is not None:
            _refuse_other_setup(path, reader.header.setup, setup)
        for record in reader:
            try:
                state = step(state, record.number, record.event, record.action)
            except ReplayError as error:
                raise JournalError(f"{path} line {record.number + 1}: {error.reason}") from None
            elapsed = record.elapsed
    if reader.torn is not None or reader.mend:
        os.ftruncate(file, reader.offset)
        _write_all(file, reader.mend)
        os.fsync(file)
    offset, digest, is_new = reader.offset + len(reader.mend), reader.digest, reader.header is None
    if is_new:
        offset, digest = _begin(file, path, setup, timed)
    journal = FileJournal(file, str(path), offset, state.clock, digest, sync)
    return Opened(journal, state, elapsed, reader.torn, is_new)


def _begin(file: int, path: str | Path, setup: Setup, timed: bool) -> tuple[int, bytes]:
    """Writes the header, and makes the file's name safe too."""
    line, digest = header_line(Header(setup, versions(), platform(), utc_now() if timed else None))
    try:
        _write_all(file, line)
        os.fsync(file)
        folder = os.open(Path(path).resolve().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise unusable(path, error) from None
    return len(line), digest


def _refuse_other_setup(path: str | Path, theirs: Setup, ours: Setup) -> None:
    found = list(differences(to_json(theirs), to_json(ours)))
    if found:
        places = "\n".join(f"  {one.path[2:]}: {one.recorded!r} there, {one.recomputed!r} here" for one in found[:8])
        more = f"\n  and {len(found) - 8} more" if len(found) > 8 else ""
        raise JournalError(
            f"{path}: the journal is of another setup:\n{places}{more}\n"
            "Use the setup it was begun with, or another journal"
        )
