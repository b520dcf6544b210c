"""HOW DO SEVERAL PROCESSES WRITE ONE LOG? In a store: each appends only if no other process has appended in the
meantime.

`SharedJournal` is like `FileJournal`, but it also returns the records of other processes, and reports that an append
came too late. Use `open_shared_journal`.
"""

import os
from collections.abc import Sequence
from typing import Final, Self

from attrs import evolve

from pure_hb.journal.address import Address
from pure_hb.journal.calls import Calls, one_at_a_time
from pure_hb.journal.chaining import Decision, chain
from pure_hb.journal.origin import Origin
from pure_hb.journal.reader import read_journal
from pure_hb.journal.records import Head, LineError, Record, read_record
from pure_hb.journal.regular import JournalError
from pure_hb.journal.replay import ReplayError, step
from pure_hb.journal.snapshot import Snapshot, snapshot_lines, snapshot_of
from pure_hb.journal.stores import Store, Stored, open_store
from pure_hb.machine import State
from pure_hb.protocol import Action, Event

RACES: Final = 3
"""The number of lost races after which the next record is claimed."""
_LEAST_CLAIM_S: Final = 1.0
_LONGEST_CLAIM_S: Final = 60.0
_TIMES: Final = 4.0
"""A claim lasts this many times as long as the decision took."""


class Behind(JournalError):
    """Another process has appended, or has claimed the next record, since the decision was made."""


class SharedJournal:
    """A journal in a store, open for writing, by any number of processes at once.

    An interrupt may come between any two lines here. `head` is the last record that this process has seen. If it was
    interrupted after an append, it reads its own record again like the records of others.
    """

    def __init__(
        self, store: Store, address: Address, head: Head, session: Origin, identity: str, snapshot: int, process: str
    ) -> None:
        self.address = address
        self.path: str = str(address)
        """The address as text, without a password."""
        self.calls: Calls = Calls(self._refusal)
        self.session = session
        """The software and machine of this process: written with its first record."""
        self.identity = identity
        """The hash of its header, see `FileJournal.identity`."""
        self.snapshot: int = snapshot
        """The number of the record whose snapshot is kept in the store, as far as this object knows; 0: none."""
        self.head: Head = head
        """The last record that this object knows."""
        self._before = head
        self.process = process
        """The name of this process, which no other has."""
        self.store = store
        self._owner = os.getpid()
        self._is_introduced = self._has_claimed = False
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def number(self) -> int:
        """The number of the last record that this object knows; 0 is the header."""
        return self.head.number

    @property
    def digest(self) -> bytes:
        """The digest of that record."""
        return self.head.digest

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed."""
        return self._is_open

    @property
    def writable(self) -> bool:
        """Whether it can be appended to. The store is not asked."""
        return self._is_open and os.getpid() == self._owner

    @one_at_a_time
    def append(
        self, event: Event, action: Action, elapsed: float, time: str | None = None, seconds: float | None = None
    ) -> Record:
        """Appends an accepted event with its action, like `FileJournal.append`.

        Raises:
            Behind: if the log does not end with `head` any more, or another process has claimed the next record.
            JournalError: if it could not be written.
        """
        return self._append((Decision(event, action, seconds),), elapsed, time)[0]

    @one_at_a_time
    def append_all(self, decisions: Sequence[Decision], elapsed: float, time: str | None = None) -> tuple[Record, ...]:
        """Appends several accepted events, each with the action that was decided after those before it, in one
        transaction: all of them or none. Otherwise as `append`, and it raises the same."""
        return self._append(decisions, elapsed, time)

    def _append(self, decisions: Sequence[Decision], elapsed: float, time: str | None) -> tuple[Record, ...]:
        if not self.writable:
            self._refuse()
        session = None if self._is_introduced else evolve(self.session, elapsed=self.head.elapsed)
        links = chain(self.path, self.head, decisions, elapsed, time, session)
        lines = [Stored(link.head.number, link.head.digest, link.line) for link in links]
        if lines:
            if not self.store.append(lines, self.head.digest, self.process):
                raise Behind(f"{self.path}: record {lines[0].number} was appended, or claimed, by another process")
            self._is_introduced = True
            self.head = links[-1].head
        return tuple(link.record for link in links)

    def catch_up(self, state: State) -> State:
        """The state after all records since ``state``, which is the last state that was given here, or the one after
        `head`.

        Raises:
            JournalError: if the store cannot be used, or its lines do not follow on those that were read.
            ValueError: if ``state`` is another one.
        """
        if not self.writable:
            self._refuse()
        if state.clock == self.head.number:
            self._before = self.head
        elif state.clock != self._before.number:  # else an interrupt prevented the caller from getting the last result
            raise ValueError(f"the state is that after record {state.clock}, and {self.number} were seen")
        head = self._before
        lines = self.store.lines(head.number)
        last = next(lines, None)
        if last is None or (last.number, last.digest) != (head.number, head.digest):
            raise JournalError(
                f"{self.path}: record {head.number}, which was there, is not there any more: an older copy of the "
                "database was put back, or another one. Start the same command again to go on from there"
            )
        for stored in lines:
            state, head = self._followed(state, head, stored)
        self.head = head
        return state

    def _followed(self, state: State, head: Head, stored: Stored) -> tuple[State, Head]:
        """State and head after one more line."""
        number = head.number + 1
        try:
            record, digest = read_record(stored.line[:-1], head.digest, number, head.elapsed)
            state = step(state, number, record.event, record.action)
        except (LineError, ReplayError) as error:
            reason = getattr(error, "reason", str(error))
            raise JournalError(
                f"{self.path} line {number + 1}: {reason}. The {number} lines before it are intact"
            ) from None
        return state, Head(number, digest, head.offset + len(stored.line), record.elapsed)

    def claim(self, races: int, seconds: float) -> None:
        """After `RACES` lost races, claims the next record for a multiple of the seconds that the decision takes, so
        that a slow decision is not overtaken again and again. The claim ends by itself."""
        if races >= RACES:
            length = min(max(_LEAST_CLAIM_S, _TIMES * seconds), _LONGEST_CLAIM_S)
            self._has_claimed = self.store.claim(self.process, length)

    def unclaim(self) -> None:
        """Gives the claim back, if there is one."""
        if self._has_claimed:
            self.store.unclaim(self.process)
            self._has_claimed = False

    def read(self) -> tuple[Record, ...]:
        """All records of the store. Raises `JournalError`."""
        return read_journal(self.address)[1]

    def save_snapshot(self, state: State) -> int:
        """Keeps the snapshot of the state after `head` in the store, and returns its size in bytes. Opening the journal
        then reads only what comes after.

        Raises:
            ValueError: if the state is that after another record.
            JournalError: if it cannot be written. The journal is not affected.
        """
        return self._keep(self.take_snapshot(state), self.store)

    def take_snapshot(self, state: State) -> Snapshot:
        """What `keep_snapshot` writes: it is taken at once, whatever the size of the state.

        Raises:
            ValueError: if the state is that after another record.
        """
        return snapshot_of(state, self.head)

    def keep_snapshot(self, snapshot: Snapshot) -> int:
        """Keeps a snapshot that was taken in the store, through a connection of its own: another thread may do that
        while records are appended. Returns its size in bytes.

        Raises:
            JournalError: if it cannot be written. The journal is not affected.
        """
        store = open_store(self.address, write=True)
        try:
            return self._keep(snapshot, store)
        finally:
            store.close()

    def _keep(self, snapshot: Snapshot, store: Store) -> int:
        data = b"".join(snapshot_lines(snapshot))
        store.save_snapshot(snapshot.head.number, data)
        self.snapshot = snapshot.head.number
        return len(data)

    def close(self) -> None:
        """Closes the store. Closing twice is no error."""
        self._is_open = False
        self.store.close()

    @staticmethod
    def _refusal(name: str) -> JournalError:
        return JournalError(
            f"{name}() was called in the middle of another call of this journal, by a signal handler most likely; let "
            "the handler set a flag, and look at it between two calls"
        )

    def _refuse(self) -> None:
        if os.getpid() != self._owner:
            raise JournalError(
                f"{self.path}: opened by process {self._owner}, and a fork of it must not write; open it there anew"
            )
        raise JournalError(f"{self.path}: the journal is closed; open it again")
