"""HOW IS A JOURNAL FILE OPENED? It is locked, its setup is compared, and a torn end is cut; or it is begun with a
header.

The lock is one of the kernel: it ends with the process. A torn last line is cut, and a warning says so; see
`pure_hb.journal.reader`. If there is a snapshot, only the records after it are read.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Mapping, Sequence
from io import FileIO
from os.path import realpath
from pathlib import Path
from typing import Any

from attrs import field, frozen

from pure_hb.codec import CodecError, canonical, from_json, parse, to_json
from pure_hb.journal.arguments import Given, refuse_other_arguments
from pure_hb.journal.file import FileJournal, Sync, write_all
from pure_hb.journal.forks import drop_in_forks
from pure_hb.journal.origin import current_origin, utc_now
from pure_hb.journal.reader import Reader, Torn, refuse_other_setup
from pure_hb.journal.records import Head, Header, LineError, header_line
from pure_hb.journal.regular import JournalError, refuse_special, unusable
from pure_hb.journal.replay import ReplayError, step
from pure_hb.journal.snapshot import Snapshot
from pure_hb.journal.snapshot_file import refuse_other_log, refuse_short_log, sync_folder, usable_snapshot
from pure_hb.journal.writers import collect_writer, note_opened, who_writes
from pure_hb.machine import Setup, State, initial
from pure_hb.registration import own_parts, unregistered


@frozen
class Opened:
    """A journal that is open for writing, the state after its records, and what was found at its end."""

    journal: FileJournal
    state: State
    elapsed: float
    """Seconds of work on the run so far."""
    torn: Torn | None
    is_new: bool
    unusable_snapshot: str | None = None
    """Why the snapshot beside the journal was ignored, if it was."""
    given: Given = field(factory=Given)
    """The arguments of train and its command line, as the header says."""


def open_file_journal(
    path: str | Path,
    setup: Setup,
    *,
    sync: Sync = "record",
    timed: bool = True,
    snapshot: bool = True,
    arguments: Mapping[str, Any] | None = None,
    command_line: Sequence[str] | None = None,
) -> Opened:
    """Opens a journal for writing, or begins one. A torn last line is cut, and a missing last newline is added. If a
    snapshot is beside it, only the records after it are read, unless ``snapshot`` is False.

    ``arguments`` (JSON values by name) and ``command_line`` (words) are for the training function. They are written to
    the header of a new journal, and compared with the header of an old one unless they are None.

    Raises:
        JournalError: if another process writes it; if it is damaged, no journal, of another setup or other
            arguments, or cannot be written; if it does not have the record after which its snapshot was made; or if a
            rule or search of your own is not registered, or is changed by JSON.
        TypeError: if an argument is of a type that JSON does not have.
        ValueError: if ``sync`` has another value; or if an argument is NaN or infinite, no Unicode text, or nested too
            deeply.
    """
    given = Given(arguments, command_line)
    if sync not in ("record", "batch"):
        raise ValueError(f'sync is {sync!r}; it is "record" or "batch"')
    refuse_unreadable(path, setup)
    refuse_special(path)
    real = realpath(path)  # valid even if the working directory or links change
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        file = os.open(real, flags, 0o644)
    except OSError as error:
        raise unusable(path, error) from None
    owned = FileIO(file, "r+")
    drop_in_forks(owned)
    try:
        refuse_special(path, file)  # the file may have been replaced
        _lock(file, path)
        return _continue(owned, path, real, setup, given, sync, timed, snapshot)
    except BaseException as error:
        with contextlib.suppress(OSError):
            owned.close()
        if isinstance(error, OSError):
            raise unusable(path, error) from None
        raise


def refuse_unreadable(path: str | Path, setup: Setup) -> None:
    """A journal is begun only if it can be read again: its classes are registered, and the setup is the same after
    JSON."""
    if unknown := unregistered(setup):
        name = unknown.__name__
        raise JournalError(
            f"{path}: a journal with {name} could not be read again; register it before: hb.register({name})"
        )
    if own := own_parts(setup):
        names = " and ".join(part.__name__ for part in own)
        try:
            again = from_json(parse(canonical(to_json(setup))), Setup)
        except (CodecError, TypeError, ValueError) as error:
            raise JournalError(f"{path}: a journal with {names} could not be read again: {error}") from None
        if again != setup:
            raise JournalError(
                f"{path}: {names} is not equal to what its JSON says; give it fields of numbers, texts and tuples"
            )


def _lock(file: int, path: str | Path) -> None:
    for is_last in (False, True):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise unusable(path, error) from None
        if is_last or not collect_writer(file):
            raise JournalError(f"{path}: {who_writes(file)}")


def _continue(
    owned: FileIO, path: str | Path, real: str, setup: Setup, given: Given, sync: Sync, timed: bool, use: bool
) -> Opened:
    file = owned.fileno()
    with os.fdopen(os.dup(file), "rb") as readable:
        reader = Reader(readable, str(path))
        if reader.header is not None:
            refuse_other_setup(path, reader.header, setup)
            refuse_other_arguments(path, reader.header, given)
            given = given_there(path, reader.header)
        snapshot, unusable_snapshot = usable_snapshot(real, setup) if use else (None, None)
        beginning = reader.digest
        state, elapsed = follow(reader, setup, snapshot)
    if reader.torn is not None or reader.mend:
        os.ftruncate(file, reader.offset)
        write_all(file, reader.mend)
    if reader.header is not None:  # a killed process may have left these records in the cache only
        os.fsync(file)
        sync_folder(real)
    offset, digest, is_new = reader.offset + len(reader.mend), reader.digest, reader.header is None
    if is_new:
        offset, digest = _begin(file, path, setup, given, timed)
        beginning = digest
    head = Head(state.clock, digest, offset, elapsed)
    number = snapshot.head.number if snapshot else 0
    session, identity = current_origin(setup, elapsed), beginning.hex()
    journal = FileJournal(owned, str(path), real, head, sync, session, identity, number)
    note_opened(journal, os.fstat(file))
    return Opened(journal, state, elapsed, reader.torn, is_new, unusable_snapshot, given)


def given_there(path: str | Path, header: Header) -> Given:
    """The arguments in a header. Raises `JournalError` if no session could have written them."""
    try:
        return Given(header.arguments, header.command_line)
    except (TypeError, ValueError) as error:
        raise JournalError(f"{path} line 1: {error}") from None


def follow(reader: Reader, setup: Setup, snapshot: Snapshot | None) -> tuple[State, float]:
    """The state at the end of a log, and the seconds of work on it. If the record of the snapshot is not where the
    snapshot says, the whole log is read, which finds out what is wrong."""
    state, elapsed = initial(setup), 0.0
    if snapshot is not None and reader.skip_to(snapshot.head):
        state, elapsed = snapshot.state, snapshot.head.elapsed
    for record in reader:
        try:
            state = step(state, record.number, record.event, record.action)
        except ReplayError as error:
            raise JournalError(f"{reader.path} line {record.number + 1}: {error.reason}") from None
        elapsed = record.elapsed
        if snapshot is not None and record.number == snapshot.head.number:
            refuse_other_log(reader.path, reader.digest, snapshot.head)
    if snapshot is not None and state.clock < snapshot.head.number:
        refuse_short_log(reader.path, state.clock, snapshot.head)
    return state, elapsed


def _begin(file: int, path: str | Path, setup: Setup, given: Given, timed: bool) -> tuple[int, bytes]:
    """Writes the header, and syncs file and folder."""
    line, digest = new_header(path, setup, given, timed)
    write_all(file, line)
    os.fsync(file)
    sync_folder(path)
    return len(line), digest


def new_header(path: str | Path, setup: Setup, given: Given, timed: bool) -> tuple[bytes, bytes]:
    """The line of a header that is written here and now, and its digest. Raises `JournalError` if it is too long."""
    try:
        here, now = current_origin(setup, 0.0), utc_now() if timed else None
        of_train = given.arguments or None, given.command_line or None
        return header_line(Header(setup, here.rules, here.versions, here.platform, now, *of_train))
    except LineError as error:
        what = "this setup and these arguments" if given.arguments else "this setup"
        raise JournalError(f"{path}: cannot begin a journal of {what}: {error}") from None
