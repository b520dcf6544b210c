"""WHAT MUST A STORE DO? Append a line if no other process has appended one in the meantime, read lines, and keep leases
by its own clock. A store knows numbers, hashes and bytes; it does not know what a line means."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol


class Moment(NamedTuple):
    """The time by the store's clock."""

    now: float
    """Seconds since a moment that is the same for all processes."""
    epoch: float
    """Seconds since 1970 in UTC, for information."""


class Stored(NamedTuple):
    """A line of a journal: record ``number`` (0: the header), its digest (32 bytes), and its bytes with the newline."""

    number: int
    digest: bytes
    line: bytes


class Store(Protocol):
    """A connection to the store of one journal. Methods raise `JournalError` if the store cannot be used."""

    def append(self, lines: Sequence[Stored], previous: bytes, writer: str) -> bool:
        """Appends one or more consecutive lines, all or none, if the log ends with the line before them, whose digest
        is ``previous``, and no process but ``writer`` (a unique name) has claimed the next record. Returns whether it
        did; the lines are then as safe as the store makes them. If an answer was lost, it reads the log to find out."""
        ...

    def fill(self, lines: Iterable[Stored]) -> bool:
        """Writes all lines of a journal, or none. Returns False if the journal exists already."""
        ...

    def lines(self, first: int) -> Iterator[Stored]:
        """The lines from a number on, in order, as they are at the time of the call."""
        ...

    def claim(self, holder: str, seconds: float) -> bool:
        """Claims the next record for ``seconds``, unless another process has. Returns whether it did."""
        ...

    def unclaim(self, holder: str) -> None:
        """Gives a claim back."""
        ...

    def moment(self) -> Moment:
        """The time by the clock of the store."""
        ...

    def renew(self, process: str, seconds: float) -> None:
        """The lease of a process is valid for ``seconds`` from now on."""
        ...

    def leave(self, process: str) -> None:
        """A process gives its lease back."""
        ...

    def living(self) -> frozenset[str]:
        """The processes whose lease is not over."""
        ...

    def lose(self, trial: int, leg: int) -> int:
        """Notes that the lease of a leg was lost, once for each leg. Returns the number of lost legs of the trial."""
        ...

    def begin_work(self, process: str, elapsed: float, seconds: float) -> tuple[float, float]:
        """A process joins, with a lease of ``seconds``. Returns (elapsed, now): the seconds of work at a time of the
        store's clock, from which they are counted. Without another living process, these are ``elapsed`` and the
        present time."""
        ...

    def snapshot(self) -> bytes | None:
        """The snapshot of the journal; None if there is none."""
        ...

    def save_snapshot(self, number: int, data: bytes) -> None:
        """Keeps the snapshot after a record, unless a later one is kept already."""
        ...

    def close(self) -> None:
        """Closes the connection. Closing twice is no error."""
        ...
