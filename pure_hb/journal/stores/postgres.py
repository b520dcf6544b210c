"""HOW DO PROCESSES ON MANY MACHINES WRITE ONE LOG? As rows in a PostgreSQL database, through psycopg.

Every append is one statement in a transaction of its own. After the loss of a connection, a new one is tried for ten
minutes, since the server may be restarted during a run. A statement whose answer was lost is run again, which does no
harm.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pure_hb.journal.address import Address
from pure_hb.journal.regular import JournalError
from pure_hb.journal.stores.sql import SqlStore
from pure_hb.journal.stores.statements import FILL, SCHEMA
from pure_hb.journal.stores.store import Moment

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_PATIENCE_S: Final = 600.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_CONNECT_S: Final = "10"
_SCHEMA_LOCK: Final = 0x70757265_6862
"""The number of an advisory lock while the tables are created, since CREATE TABLE IF NOT EXISTS may fail in two
processes."""
_CLOCK: Final = "(extract(epoch from clock_timestamp())::float8)"
_NAMED: Final = re.compile(r"(?<!:):([a-z]+)")
"""The name of a value in a statement; two colons would be a cast."""
_RETRIED: Final = ("08", "57P", "53", "40")
"""Classes of SQLSTATE after which the same statement may succeed: connection lost, server stops or starts, resources
such as the disk are short, serialization."""


class PostgresStore(SqlStore):
    """The store at ``postgresql://...``. Its clock is that of the server.

    Raises:
        JournalError: if psycopg is not installed, or the server refuses the connection or the tables.
    """

    def __init__(self, address: Address, *, write: bool, warn: Callable[[str], None] | None = None) -> None:
        super().__init__(address)
        self._warn = warn
        self._psycopg = _library(address)
        self._using = threading.Lock()
        self._closed = False
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        try:
            self._connection = self._connect()
            if write:
                self._make_tables(self._connection)
        except self._psycopg.Error as error:
            self._drop()
            raise self._error(error) from None

    def moment(self) -> Moment:
        """The time of the server."""
        now = float(self._do(f"SELECT {_CLOCK}")[1][0][0])
        return Moment(now, now)

    def close(self) -> None:
        """See `Store.close`."""
        self._closed = True
        if os.getpid() == self._owner:  # a fork shares the socket of its parent and must not close it
            self._drop()

    def _run(self, statement: str, values: Mapping[str, Any]) -> tuple[int, list[tuple[Any, ...]]]:
        def run(connection: "psycopg.Connection[tuple[Any, ...]]") -> tuple[int, list[tuple[Any, ...]]]:
            cursor = connection.execute(*_for_psycopg(statement, values))
            return cursor.rowcount, cursor.fetchall() if cursor.description is not None else []

        return self._try(run)

    def _run_with(self, statement: str, values: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
        def run(connection: "psycopg.Connection[tuple[Any, ...]]") -> int:
            with connection.transaction():
                changed = connection.execute(*_for_psycopg(statement, values)).rowcount
                if changed:
                    connection.cursor().executemany(_statement(FILL)[0], rows)
                return changed

        return self._try(run)

    def _try(self, run: Callable[["psycopg.Connection[tuple[Any, ...]]"], T]) -> T:
        """Runs one transaction; again, while the connection is lost or the server lacks resources."""
        until, pause, is_told = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S, False
        with self._using:
            while True:
                if self._closed:
                    raise JournalError(f"{self.address}: the journal is closed; open it again")
                try:
                    if self._connection is None:
                        self._connection = self._connect()
                    found = run(self._connection)
                except self._psycopg.Error as error:
                    self._drop()
                    if not _is_passing(error) or time.monotonic() > until:
                        raise self._error(error) from None
                    is_told = is_told or self._tell(
                        f"{self._said(error)}; since {_utc()} waiting for it, {_PATIENCE_S:g} s at most"
                    )
                    time.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE_S)
                else:
                    if is_told:
                        self._tell(f"the database is there again at {_utc()}; the run goes on")
                    return found

    def _run_many(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        with self._using:
            if self._connection is None:
                raise JournalError(f"{self.address}: the journal is closed; open it again")
            try:
                with self._connection.transaction():
                    self._connection.cursor().executemany(_statement(statement)[0], rows)
            except self._psycopg.Error as error:
                raise self._error(error) from None

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        given = {name for name, _ in self.address.options}
        defaults = {"connect_timeout": _CONNECT_S, "application_name": "pure_hb", "keepalives_idle": "30"}
        added = {name: value for name, value in defaults.items() if name not in given}
        made: psycopg.Connection[tuple[Any, ...]] = self._psycopg.connect(self.address.url, autocommit=True, **added)
        return made

    def _make_tables(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        """Creates the tables that are missing, so that a user without that right can use existing ones."""
        names = [table.split("(")[0].split()[-1] for table in SCHEMA]
        there = connection.execute("SELECT count(to_regclass(name)) FROM unnest(%s::text[]) AS name", (names,))
        if there.fetchall()[0][0] == len(SCHEMA):
            return
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            for table in SCHEMA:
                text = table.format(bytes="BYTEA", real="DOUBLE PRECISION", rowid="")
                connection.execute(text.encode())

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _tell(self, text: str) -> bool:
        if self._warn is not None:
            self._warn(f"{self.address}: {text}")
        return True

    def _said(self, error: "psycopg.Error") -> str:
        """The message of the server or the library, in one line."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[0] if lines else type(error).__name__

    def _error(self, error: "psycopg.Error") -> JournalError:
        if getattr(error, "sqlstate", None) == "42P01":  # no such table
            return JournalError(f"{self.address}: this database holds no journal of pure_hb")
        return JournalError(
            f"{self.address}: {self._said(error)}. All records that were acknowledged are safe; see that the server "
            "runs and lets you in, and start the same command again"
        )


def _utc() -> str:
    """The time for a message, so that each outage is reported once."""
    return time.strftime("%H:%M:%S UTC", time.gmtime())


def _library(address: Address) -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise JournalError(
            f"{address}: the library psycopg cannot be used ({error}); install it: pip install 'pure_hb[postgres]'"
        ) from None
    return psycopg


def _is_passing(error: "psycopg.Error") -> bool:
    """Whether the same statement may succeed later. Without a code, the connection itself was lost or refused."""
    import psycopg

    if error.sqlstate is not None:
        return bool(error.sqlstate.startswith(_RETRIED))
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def _for_psycopg(statement: str, values: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """A statement in psycopg's form, with the values that it names."""
    text, names = _statement(statement)
    return text, {name: values[name] for name in names}


@cache
def _statement(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The text of a statement for psycopg, and the names of its values."""
    names = tuple(dict.fromkeys(name for name in _NAMED.findall(statement) if name != "now"))
    text = _NAMED.sub(lambda found: _CLOCK if found[1] == "now" else f"%({found[1]})s", statement)
    return text.encode(), names
