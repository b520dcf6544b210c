"""HOW DO SEVERAL PROCESSES OF ONE MACHINE WRITE ONE FILE? As an SQLite database, by the standard library.

The database keeps a write-ahead log beside the file (``run.db-wal``, ``run.db-shm``), so readers and writers do not
wait for each other, and every append is on the disk when it returns (``synchronous=FULL``). With
``?synchronous=NORMAL`` a crash of the process loses nothing, but a crash of the machine may. SQLite uses shared memory
and locks of the kernel, so the file must be on a local disk.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from pure_hb.journal.address import Address
from pure_hb.journal.regular import JournalError, refuse_special
from pure_hb.journal.stores.mounts import network_file_system
from pure_hb.journal.stores.sql import SqlStore
from pure_hb.journal.stores.statements import FILL, SCHEMA
from pure_hb.journal.stores.store import Moment

T = TypeVar("T")

_BUSY_S: Final = 60.0
"""Seconds that a writer waits for others. Each has the lock for one statement only."""
_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.008
"""The mean pause before it tries again, in seconds: at first, and at most."""
_MODES: Final = ("FULL", "NORMAL")
_WAYS_OUT: Final = {
    "SQLITE_FULL": "make room on the disk",
    "SQLITE_READONLY": "make the file and its folder writable",
    "SQLITE_CANTOPEN": "look whether the folder exists, and may be written",
    "SQLITE_BUSY": f"another program has locked the database for {_BUSY_S:g} s: end it",
    "SQLITE_IOERR": "look after the disk",
    "SQLITE_CORRUPT": "the file is damaged: put back a copy",
    "SQLITE_NOTADB": "this is no SQLite database: give another path, or move the file away",
}


class SqliteStore(SqlStore):
    """The store at ``sqlite:///run.db``. Its clock counts from the start of the machine and cannot be set.

    Raises:
        JournalError: if the file is on a network file system, is no database, or cannot be opened.
    """

    def __init__(self, address: Address, *, write: bool, warn: Callable[[str], None] | None = None) -> None:
        super().__init__(address)
        if address.file is None:
            raise JournalError(f"{address}: this URL names no database file; write sqlite:///run.db")
        self._file: Path = address.file
        self._write, self._synchronous = write, _synchronous(address)
        self._refuse_place()
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _patiently(self._open)
        except sqlite3.Error as error:
            raise self._error(error, "cannot be opened") from None
        self._stat: os.stat_result = os.stat(self._file)

    def moment(self) -> Moment:
        """The time of this machine."""
        return Moment(time.monotonic(), time.time())

    def close(self) -> None:
        """See `Store.close`."""
        connection, self._connection = self._connection, None
        if connection is not None and os.getpid() == self._owner:  # a fork must not touch the locks of its parent
            connection.close()

    def _run(self, statement: str, values: Mapping[str, Any]) -> tuple[int, list[tuple[Any, ...]]]:
        return self._try(lambda: self._run_once(statement, values))

    def _run_with(self, statement: str, values: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
        return self._try(lambda: self._run_together(statement, values, rows))

    def _try(self, act: Callable[[], T]) -> T:
        if self._connection is None:
            raise JournalError(f"{self.address}: the journal is closed; open it again")
        self._refuse_gone()
        try:
            return _patiently(act)
        except sqlite3.Error as error:
            if "no such table" in str(error):
                raise JournalError(f"{self.address}: this database holds no journal of pure_hb") from None
            raise self._error(error, "cannot be used") from None

    def _run_once(self, statement: str, values: Mapping[str, Any]) -> tuple[int, list[tuple[Any, ...]]]:
        assert isinstance(self._connection, sqlite3.Connection)
        cursor = self._connection.execute(statement, {**values, "now": time.monotonic()})
        return cursor.rowcount, cursor.fetchall()

    def _run_together(self, statement: str, values: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
        with self._transaction(lambda: self._run_once("BEGIN IMMEDIATE", {})) as connection:
            changed, _ = self._run_once(statement, values)
            if changed:
                connection.executemany(FILL, rows)
        return changed

    def _run_many(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        if self._connection is None:
            raise JournalError(f"{self.address}: the journal is closed; open it again")
        try:
            with self._transaction(lambda: _patiently(lambda: self._run_once("BEGIN IMMEDIATE", {}))) as connection:
                connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._error(error, "cannot be used") from None

    @contextmanager
    def _transaction(self, begin: Callable[[], object]) -> Iterator[sqlite3.Connection]:
        """A transaction: all statements in the block take effect, or none, also after an interrupt."""
        assert isinstance(self._connection, sqlite3.Connection)
        try:
            begin()
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        """A reader also opens the file for writing, if it may, since otherwise the write-ahead log could not be
        removed."""
        connection = self._connected(f"{self._file.as_uri()}?mode={'rwc' if self._write else 'rw'}")
        try:
            if self._write:
                _use_write_ahead_log(connection)
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
                for table in SCHEMA:
                    connection.execute(table.format(bytes="BLOB", real="REAL", rowid=" WITHOUT ROWID"))
                return connection
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            connection.close()
            # in a read-only folder there can be no shared memory; without a write-ahead log there is no writer
            may_be = _is(error, "SQLITE_CANTOPEN") or _is(error, "SQLITE_READONLY")
            if self._write or not may_be or os.path.exists(f"{self._file}-wal"):
                raise
            return self._connected(f"{self._file.as_uri()}?immutable=1")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self, uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, timeout=0.0, isolation_level=None, check_same_thread=False, uri=True)

    def _refuse_place(self) -> None:
        refuse_special(self._file)
        if not self._write and not self._file.exists():
            raise JournalError(f"{self.address}: {self._file} does not exist")
        kind = network_file_system(self._file)
        if kind is not None and self._write:
            raise JournalError(
                f"{self.address}: {self._file} is on a network file system ({kind}), where SQLite loses records; put "
                "it on a local disk, or use postgresql:// for processes of several machines"
            )

    def _refuse_gone(self) -> None:
        """Raises an error if the file was deleted or replaced: records in it would be lost."""
        try:
            now = os.stat(self._file)
        except OSError as error:
            raise JournalError(
                f"{self.address}: {self._file} is gone ({error.strerror or error}) while the journal is open; put it "
                "back and start the same command again"
            ) from None
        if not os.path.samestat(now, self._stat):
            raise JournalError(
                f"{self.address}: {self._file} was replaced by another file while the journal is open; put the "
                "database back and start the same command again"
            )

    def _error(self, error: sqlite3.Error, what: str) -> JournalError:
        way_out = next((text for name, text in _WAYS_OUT.items() if _is(error, name)), "remove the cause")
        if _is(error, "SQLITE_NOTADB"):
            return JournalError(f"{self.address}: {way_out}")
        return JournalError(
            f"{self.address}: the database {what}: {error}. All records that were acknowledged are safe; {way_out} and "
            "start the same command again"
        )


def _is(error: sqlite3.Error, name: str) -> bool:
    return str(getattr(error, "sqlite_errorname", "")).startswith(name)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Changes the journal mode, for which no other process may use the file. Raises `sqlite3.Error`."""
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise sqlite3.OperationalError("it cannot keep a write-ahead log here")


_LOTS: Final = random.SystemRandom()
"""It has no state: the generator of the module `random` belongs to the training script, which may have seeded it."""


def _patiently(act: Callable[[], T]) -> T:
    """Does something when no other process writes. (SQLite's own pauses grow up to a tenth of a second, so a process
    that writes rarely would hardly ever get the lock between processes that write all the time.)"""
    until, pause = time.monotonic() + _BUSY_S, _PAUSE_S
    while True:
        try:
            return act()
        except sqlite3.OperationalError as error:
            if not _is(error, "SQLITE_BUSY") or time.monotonic() > until:
                raise
        time.sleep(pause * (0.5 + _LOTS.random()))
        pause = min(1.5 * pause, _LONGEST_PAUSE_S)


def _synchronous(address: Address) -> str:
    """The value of ``synchronous`` in the URL. Raises `JournalError` for an unknown one."""
    for name, value in address.options:
        if name != "synchronous" or value.upper() not in _MODES:
            raise JournalError(
                f"{address}: {name}={value} is not known; after '?' may stand journal=NAME and synchronous=FULL or "
                "NORMAL"
            )
    return next((value.upper() for _, value in address.options), _MODES[0])
