"""HOW DOES A PROCESS JOIN A LOG IN A STORE? It begins the journal or reads it, and gets a unique name."""

import os
import re
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from attrs import frozen

from pure_hb.journal.address import Address, place_of
from pure_hb.journal.arguments import Given, refuse_other_arguments
from pure_hb.journal.line_stream import LineStream
from pure_hb.journal.opening import (
    Opened,
    follow,
    given_there,
    new_header,
    open_file_journal,
    refuse_unreadable,
)
from pure_hb.journal.origin import current_origin
from pure_hb.journal.reader import Reader, refuse_other_setup
from pure_hb.journal.records import NO_DIGEST, Head
from pure_hb.journal.regular import JournalError
from pure_hb.journal.shared import SharedJournal
from pure_hb.journal.snapshot import Snapshot, SnapshotError, restored
from pure_hb.journal.stores import Store, Stored, open_store
from pure_hb.machine import Setup, State
from pure_hb.machine.setup import expect_setup


@frozen
class Joined:
    """A journal in a store, open for writing, and the state after its records."""

    journal: SharedJournal
    state: State
    elapsed: float
    """Seconds of work on the run so far."""
    is_new: bool
    """Whether this process has begun the journal."""
    unusable_snapshot: str | None
    """Why the snapshot in the store was ignored, if it was."""
    given: Given
    """The arguments of train and its command line, as the header says."""
    torn: None = None
    """A store has no torn lines."""


def open_journal(
    journal: str | Path | Address,
    setup: Setup,
    *,
    arguments: Mapping[str, Any] | None = None,
    command_line: Sequence[str] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Opened | Joined:
    """Opens a journal for writing, or begins one, in a file or in a store: see `open_file_journal` and
    `open_shared_journal`.

    Raises:
        TypeError: if ``journal`` is no path and no URL, or ``setup`` is no Setup.
        JournalError: as these two.
    """
    place = place_of(journal)
    expect_setup(setup, "a session")
    if isinstance(place, Address):
        return open_shared_journal(place, setup, arguments=arguments, command_line=command_line, warn=warn)
    file = os.path.expanduser(place)
    return open_file_journal(file, setup, arguments=arguments, command_line=command_line)


def open_shared_journal(
    address: Address,
    setup: Setup,
    *,
    timed: bool = True,
    arguments: Mapping[str, Any] | None = None,
    command_line: Sequence[str] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Joined:
    """Opens a journal in a store for writing, or begins one. Any number of processes may have it open.

    ``arguments`` and ``command_line`` are as in `open_file_journal`. ``warn`` gets a message about a lost connection.

    Raises:
        JournalError: if the store cannot be reached or used, or the journal is of another setup, begun with other
            arguments, or damaged; or if a rule or search of your own is not registered, or is changed by JSON.
        TypeError, ValueError: if an argument is not a JSON value.
    """
    given = Given(arguments, command_line)
    refuse_unreadable(str(address), setup)
    store = open_store(address, write=True, warn=warn)
    try:
        return _joined(store, address, setup, given, timed)
    except BaseException:
        store.close()
        raise


def _joined(store: Store, address: Address, setup: Setup, given: Given, timed: bool) -> Joined:
    path = str(address)
    process = new_process_name()
    is_new = next(iter(store.lines(0)), None) is None
    if is_new:
        line, digest = new_header(path, setup, given, timed)
        is_new = store.append([Stored(0, digest, line)], NO_DIGEST, process)  # else another process was faster
    reader = Reader(LineStream(store), path)
    if reader.header is None:
        raise JournalError(f"{path}: the journal was deleted while it was opened; start the same command again")
    refuse_other_setup(path, reader.header, setup)
    refuse_other_arguments(path, reader.header, given)
    given, identity = given_there(path, reader.header), reader.identity
    snapshot, unusable = _snapshot(store, path, setup)
    state, elapsed = follow(reader, setup, snapshot)
    head = Head(state.clock, reader.digest, reader.offset, elapsed)
    number = snapshot.head.number if snapshot else 0
    journal = SharedJournal(store, address, head, current_origin(setup, elapsed), identity, number, process)
    return Joined(journal, state, elapsed, is_new, unusable, given)


def _snapshot(store: Store, path: str, setup: Setup) -> tuple[Snapshot | None, str | None]:
    """The snapshot of a store, or the reason why it cannot be used."""
    data = store.snapshot()
    if data is None:
        return None, None
    try:
        return restored(setup, BytesIO(data)), None
    except SnapshotError as error:
        return None, f"the snapshot of {path}: {error}"


def new_process_name() -> str:
    """HOST-PROCESS-RANDOM: the name of this process for its workers and leases, which no other has."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname().split(".")[0])[:40] or "host"
    return f"{host}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
