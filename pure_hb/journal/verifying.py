"""IS A JOURNAL FILE TRUE? Its hash chain, its decisions, its head, and the snapshot beside it, in one pass.

`pure_hb.journal.verify` decides (event, action) pairs again, from any source. This module adds what a file has besides:
the rules and the machine of each session, a head that was noted before, and a snapshot. The file is read line by line,
and no records are kept.
"""

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from pure_hb.codec import shown
from pure_hb.journal.address import Address, Place, place_of
from pure_hb.journal.differences import Difference
from pure_hb.journal.origin import Origin, current_origin
from pure_hb.journal.reader import Reader, Torn, header_of, open_for_reading
from pure_hb.journal.records import Head, Header
from pure_hb.journal.regular import unusable
from pure_hb.journal.snapshot import Snapshot, SnapshotError
from pure_hb.journal.snapshot_file import head_of_snapshot, snapshot_contradicts
from pure_hb.journal.verification import Verification, Verifier
from pure_hb.machine import RULES_VERSION

_NUMERICAL: Final = ("numpy", "scipy")
"""Libraries whose version may change the last bit of a number."""
_HEAD: Final = re.compile(r"([0-9]+):([0-9a-f]{8,64})")


@frozen
class KnownHead:
    """The number and the hash of a record, noted earlier: the log must still have this record."""

    number: int
    """The number of the record."""
    hash: str
    """The hash of the record in hexadecimal digits, or its first 8 or more."""

    @classmethod
    def of(cls, text: str) -> "KnownHead":
        """Read NUMBER:HASH, as ``pure-hb show`` and ``pure-hb verify`` print it.

        Raises:
            ValueError: if the text has another form.
        """
        found = _HEAD.fullmatch(text.strip().lower())
        if found is None:
            raise ValueError(
                f"{shown(text)} is no head; it is NUMBER:HASH, as show and verify print it, with at least 8 digits of "
                "the hash"
            )
        return cls(int(found[1]), found[2])


@frozen
class Machine:
    """Something that may change the last bit of a number, and was different where the log was written."""

    what: str
    there: str
    here: str
    record: int
    """The first record of the session in which it differed."""

    def __str__(self) -> str:
        return f"{self.what} of the session from record {self.record}: {self.there}; here: {self.here}"


@frozen
class FileVerification:
    """The result of `verify_file`. The hash chain is whole, otherwise there is an error."""

    header: Header
    head: Head
    """The number and the hash of the last record."""
    torn: Torn | None
    declined: str | None
    """Why decisions were not made again; None if they were."""
    machines: tuple[Machine, ...]
    """The differences of the machine where the log was written."""
    decisions: Verification | None
    """The result of making decisions again; None if they were not."""
    missed: str | None
    """Why the noted head is not in the log; None if it is, or none was given."""
    unusable_snapshot: str | None
    """Why the snapshot beside the journal cannot be used, in which case it is ignored; None if it can."""
    snapshot: tuple[Difference, ...]
    """Where the snapshot beside the journal differs from the log."""

    @property
    def same_platform(self) -> bool:
        """Whether all sessions ran on a platform like that of this process."""
        return not self.machines

    @property
    def ok(self) -> bool:
        """Whether all decisions were made again and agree, the snapshot agrees, and the noted head is in the log."""
        return self.decisions is not None and self.decisions.ok and not self.snapshot and self.missed is None


def verify_file(path: str | Place, *, strict: bool = False, head: KnownHead | None = None) -> FileVerification:
    """Decides every event of a journal again (see `verify`), and compares the snapshot beside it with the log.
    ``head``: a head that was noted before, which must be in the log.

    Decisions under another version of the rules are not made again: such a log can be read, folded and continued, but
    only the version that decided can verify it.

    Raises:
        JournalError: if it cannot be read, or is damaged.
    """
    place = place_of(path)
    try:
        with open_for_reading(place) as file:
            return _Pass(place, Reader(file, str(place)), strict, head).verified()
    except OSError as error:
        raise unusable(str(place), error) from None


class _Pass:
    """One reading of a journal, with its findings."""

    def __init__(self, path: Place, reader: Reader, strict: bool, noted: KnownHead | None) -> None:
        self._path, self._reader, self._noted = path, reader, noted
        self._header = header_of(reader)
        self._origins: list[tuple[int, Origin]] = []
        self._foreign: list[Origin] = []
        self._begins(1, Origin(self._header.rules, self._header.versions, self._header.platform, 0.0))
        self._verifier = Verifier(self._header.setup, strict=strict)
        self._missed = None if noted is None else f"the log ends before record {noted.number}, which was noted"
        self._contradictions: tuple[Difference, ...] = ()
        self._unusable_snapshot: str | None = None
        self._snapshot = self._number_of_snapshot()

    def verified(self) -> FileVerification:
        """The result after all lines were read."""
        self._look(0)
        number = 0
        for record in self._reader:
            number = record.number
            if record.session is not None:
                self._begins(number, record.session)
            if not self._foreign:
                self._verifier.see(record.event, record.action)
            self._look(number)
        if self._snapshot is not None and self._snapshot > number:
            self._contradictions = (Difference("$.number", self._snapshot, f"{number}, the last of the log"),)
        return FileVerification(
            self._header,
            self._reader.head,
            self._reader.torn,
            self._declined(),
            tuple(self._machines()),
            None if self._foreign else self._verifier.found(),
            self._missed,
            self._unusable_snapshot,
            self._contradictions,
        )

    def _look(self, number: int) -> None:
        """Called after each record: it may be the noted one, or that of the snapshot."""
        if self._noted is not None and self._noted.number == number:
            found = self._reader.digest.hex()
            fits = found.startswith(self._noted.hash)
            self._missed = None if fits else f"record {number} has the hash {found}, noted was {self._noted.hash}"
        if self._snapshot == number and self._verifier.state.clock == number:
            self._contradictions = tuple(self._contradicted())

    def _resolved(self) -> Place:
        return self._path if isinstance(self._path, Address) else self._path.resolve()

    def _number_of_snapshot(self) -> int | None:
        try:
            return head_of_snapshot(self._resolved(), self._header.setup)
        except SnapshotError as error:
            self._unusable_snapshot = str(error)
            return None

    def _contradicted(self) -> Iterator[Difference]:
        snapshot = Snapshot(self._reader.head, self._verifier.state)
        try:
            yield from snapshot_contradicts(self._resolved(), snapshot)
        except SnapshotError as error:
            self._unusable_snapshot = str(error)

    # ---- who decided ------------------------------------------------------------------------------------------------

    def _begins(self, number: int, origin: Origin) -> None:
        """Called for the first record of a session."""
        self._origins.append((number, origin))
        if origin.rules != RULES_VERSION:
            self._foreign.append(origin)

    def _declined(self) -> str | None:
        if not self._foreign:
            return None
        rules = ", ".join(map(str, sorted({one.rules for one in self._foreign})))
        writers = " or ".join(sorted({one.versions.get("pure_hb", "unknown") for one in self._foreign}))
        return (
            f"{self._path}: decided under version {rules} of the rules, and this version of pure_hb decides by version "
            f"{RULES_VERSION}; to verify it use pure_hb {writers}{self._of_then(writers)}. To read it, to show it and "
            "to go on with it, this one will do"
        )

    def _of_then(self, writers: str) -> str:
        """The date of the version that decided, as text, if that version has the number of this one; else empty."""
        started = self._header.started
        this = current_origin(self._header.setup, 0.0).versions.get("pure_hb")
        return f" as it was on {started[:10]}" if started and writers == this else ""

    def _machines(self) -> Iterator[Machine]:
        """The differences of the machines, each value once."""
        here, told = current_origin(self._header.setup, 0.0), set[tuple[str, str]]()
        for number, there in self._origins:
            for what, ours, theirs in _compared(here, there):
                if ours != theirs and (what, theirs) not in told:
                    told.add((what, theirs))
                    yield Machine(what, theirs, ours, number)


def _compared(here: Origin, there: Origin) -> Iterator[tuple[str, str, str]]:
    """Names of things that may change the last bit of a number, with their values here and there."""
    for name in _NUMERICAL:
        yield name, here.versions.get(name, "unknown"), there.versions.get(name, "unknown")
    for name, ours in here.platform.items():
        yield name, ours, there.platform.get(name, "unknown")
