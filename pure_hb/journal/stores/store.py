"""WHAT MUST A STORE DO? Append a line if the log still ends where it was seen to end, read lines, and keep leases on
its own clock. A store knows numbers, hashes and bytes; it does not know what a line says."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol


class Moment(NamedTuple):
    """The time by the store's clock."""

    now: float
    """Seconds since some moment that all processes share."""
    epoch: float
    """Seconds since 1970 in UTC, for people."""


class Stored(NamedTuple):
    """A line of a journal: record ``number`` (0: the header), its digest (32 bytes), and its bytes with the newline."""

    number: int
    digest: bytes
    line: bytes


class Store(Protocol):
    """A connection to the store of one journal. Methods raise `JournalError` if the store cannot be used."""

    def append(self, lines: Sequence[Stored], previous: bytes, writer: str) -> bool:
        """Appends one or more lines that follow on each other, all or none, if the log ends with the line before them,
        whose digest is ``previous``, and nobody but ``writer``, a name that no other process has, has claimed the next
        one. Returns whether it did; then they are as safe as the store makes them. After a lost answer it finds out by
        reading."""
        ...

    def fill(self, lines: Iterable[Stored]) -> bool:
        """Writes all lines of a journal, or none. Returns whether it did: not if there is one already."""
        ...

    def lines(self, first: int) -> Iterator[Stored]:
        """The lines from a number on, in order, as they were when this was called."""
        ...

    def claim(self, holder: str, seconds: float) -> bool:
        """Claims the next record for so long, unless somebody else has. Returns whether it is ours."""
        ...

    def unclaim(self, holder: str) -> None:
        """Gives a claim back."""
        ...

    def moment(self) -> Moment:
        """The time by the clock of the store."""
        ...

    def renew(self, process: str, seconds: float) -> None:
        """The lease of a process is valid for so long from now on."""
        ...

    def leave(self, process: str) -> None:
        """A process gives its lease back."""
        ...

    def living(self) -> frozenset[str]:
        """The processes whose lease is not over."""
        ...

    def lose(self, trial: int, leg: int) -> int:
        """Notes that the lease of a leg was lost, once for each leg. Returns how many legs of the trial were lost."""
        ...

    def begin_work(self, process: str, elapsed: float, seconds: float) -> tuple[float, float]:
        """A process joins, with a lease of ``seconds``. Returns (elapsed, now): from which value the seconds of work
        count, and since when by the store's clock. If no other process lives, they count from ``elapsed`` and now."""
        ...

    def snapshot(self) -> bytes | None:
        """The snapshot of the journal; None if there is none."""
        ...

    def save_snapshot(self, number: int, data: bytes) -> None:
        """Keeps the snapshot after a record, unless a later one is kept."""
        ...

    def close(self) -> None:
        """Lets go of the connection. Closing twice is no error."""
        ...
