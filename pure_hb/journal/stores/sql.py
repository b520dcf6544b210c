"""HOW DOES A DATABASE KEEP A JOURNAL? `SqlStore`: the common part of SQLite and PostgreSQL. A subclass runs a
statement, and reads its clock."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pure_hb.journal.address import Address
from pure_hb.journal.regular import JournalError
from pure_hb.journal.stores import statements as sql
from pure_hb.journal.stores.store import Moment, Stored

_AT_ONCE: Final = 1000
"""The number of lines that are fetched at once, so that a long log is never in memory."""


class SqlStore(ABC):
    """A store in a database that understands the statements of `pure_hb.journal.stores.statements`."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._owner = os.getpid()

    @abstractmethod
    def moment(self) -> Moment:
        """The time by the clock of the database."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connection."""

    @abstractmethod
    def _run(self, statement: str, values: Mapping[str, Any]) -> tuple[int, list[tuple[Any, ...]]]:
        """Runs one statement as a transaction. Returns how many rows it has changed, and the rows of its result.
        ``:now`` is the clock of the database. After some errors it is tried again, so a statement may run twice."""

    @abstractmethod
    def _run_with(self, statement: str, values: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
        """Runs one statement and, if it has changed a row, `FILL` for each of the rows, as one transaction. Returns how
        many rows the first one has changed. It is tried again as in `_run`."""

    @abstractmethod
    def _run_many(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Runs one statement for each row, all in one transaction. It is not tried again."""

    def _do(self, statement: str, **values: Any) -> tuple[int, list[tuple[Any, ...]]]:
        self._refuse_fork()
        return self._run(statement, {"journal": self.address.name, **values})

    def _refuse_fork(self) -> None:
        if os.getpid() != self._owner:
            raise JournalError(
                f"{self.address}: opened by process {self._owner}, and a fork of it must not use the same connection; "
                "open the journal in each process"
            )

    def append(self, lines: Sequence[Stored], previous: bytes, writer: str) -> bool:
        """See `Store.append`."""
        self._refuse_fork()
        first, *more = [{"journal": self.address.name, "writer": writer, **stored._asdict()} for stored in lines]
        statement, values = (
            (sql.BEGIN, first) if lines[0].number == 0 else (sql.APPEND, {**first, "previous": previous})
        )
        changed = self._run_with(statement, values, more) if more else self._run(statement, values)[0]
        return changed == 1 or self._is_there(lines[-1], writer)

    def fill(self, lines: Iterable[Stored]) -> bool:
        """See `Store.fill`."""
        rows = ({"journal": self.address.name, "writer": "", **stored._asdict()} for stored in lines)
        if self._do(sql.LINES, first=0, most=1)[1]:
            return False
        self._run_many(sql.FILL, rows)
        return True

    def _is_there(self, stored: Stored, writer: str) -> bool:
        """Whether a line of a writer is in the log: if the answer to the first try was lost, the second try finds its
        line."""
        _, rows = self._do(sql.WRITTEN, number=stored.number)
        return bool(rows) and (bytes(rows[0][0]), rows[0][1]) == (stored.digest, writer)

    def lines(self, first: int) -> Iterator[Stored]:
        """See `Store.lines`."""
        while True:
            _, rows = self._do(sql.LINES, first=first, most=_AT_ONCE)
            for number, digest, line in rows:
                yield Stored(int(number), bytes(digest), bytes(line))
            if len(rows) < _AT_ONCE:
                return
            first = int(rows[-1][0]) + 1

    def claim(self, holder: str, seconds: float) -> bool:
        """See `Store.claim`."""
        return self._do(sql.CLAIM, holder=holder, seconds=seconds)[0] == 1

    def unclaim(self, holder: str) -> None:
        """See `Store.unclaim`."""
        self._do(sql.UNCLAIM, holder=holder)

    def renew(self, process: str, seconds: float) -> None:
        """See `Store.renew`."""
        self._do(sql.RENEW, process=process, seconds=seconds)

    def leave(self, process: str) -> None:
        """See `Store.leave`."""
        self._do(sql.LEAVE, process=process)

    def living(self) -> frozenset[str]:
        """See `Store.living`."""
        return frozenset(str(row[0]) for row in self._do(sql.LIVING)[1])

    def lose(self, trial: int, leg: int) -> int:
        """See `Store.lose`."""
        self._do(sql.LOSE, trial=trial, leg=leg)
        return int(self._do(sql.LOST, trial=trial)[1][0][0])

    def begin_work(self, process: str, elapsed: float, seconds: float) -> tuple[float, float]:
        """See `Store.begin_work`."""
        self._do(sql.BURY)
        self._do(sql.BEGIN_WORK, process=process, elapsed=elapsed)
        self.renew(process, seconds)
        begun, since = self._do(sql.WORK)[1][0]
        return float(begun), float(since)

    def snapshot(self) -> bytes | None:
        """See `Store.snapshot`."""
        rows = self._do(sql.SNAPSHOT)[1]
        return bytes(rows[0][0]) if rows else None

    def save_snapshot(self, number: int, data: bytes) -> None:
        """See `Store.save_snapshot`."""
        self._do(sql.SAVE_SNAPSHOT, number=number, data=data)
