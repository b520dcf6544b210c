"""WHERE ARE ANSWERS KEPT? `cached_problem` keeps those of a problem in a file, so that nothing is trained twice.

The file is a SQLite database with one row for each (match key, resource). Several processes may use it at once, and a
process that is killed loses at most the answer it was working on. What stands in the file is never replaced.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from pure_hb.codec import canonical, to_json
from pure_hb.machine import Goal
from pure_hb.problems.answers import (
    Answer,
    Failure,
    Judged,
    Problem,
    ProblemError,
    check_resource,
    key_of,
    not_before,
)
from pure_hb.space import Space, Value
from pure_hb.space.showing import shown

_FORMAT: Final = 1
_PATIENCE: Final = 60.0
"""Seconds to wait for another process that writes."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS problem (format INTEGER, name TEXT, described TEXT);
CREATE TABLE IF NOT EXISTS answers (
    match_key TEXT, resource INTEGER, value TEXT, elapsed REAL NOT NULL, failure TEXT,
    PRIMARY KEY (match_key, resource)
) WITHOUT ROWID;
"""


Connections = dict[tuple[int, int], sqlite3.Connection]


def _close(connections: Connections) -> None:
    """Closes those of this process."""
    for process, thread in [here for here in connections if here[0] == os.getpid()]:
        connections.pop((process, thread)).close()


@define(eq=False, repr=False)
class CachedProblem:
    """A problem whose answers are kept in a file. `cached_problem` makes one."""

    inner: Problem
    path: Path
    _connections: Connections = field(factory=dict, init=False)
    """Of each process (a fork has those of its parent too, and does not use them) and thread."""

    def __attrs_post_init__(self) -> None:
        weakref.finalize(self, _close, self._connections)  # at the end of the process too: one file is left then

    def __repr__(self) -> str:
        return f"<{self.inner!r}, answers in {self.path}>"

    @property
    def name(self) -> str:
        """The name of the wrapped problem."""
        return self.inner.name

    @property
    def space(self) -> Space:
        """The space of the wrapped problem."""
        return self.inner.space

    @property
    def goal(self) -> Goal:
        """The goal of the wrapped problem."""
        return self.inner.goal

    @property
    def max_resource(self) -> int:
        """The largest resource of the wrapped problem."""
        return self.inner.max_resource

    def answer(self, config: Mapping[str, Value], resource: int) -> Answer | Failure:
        """The answer in the file; if there is none, that of the wrapped problem, which is then stored.

        Raises:
            ProblemError: if the file cannot be read or written, or the problem has no answer.
        """
        check_resource(self, resource)
        key = key_of(self, config)
        known = self._read(key, resource)
        if known is None:
            before = self._read(key, resource - 1)
            found = self.inner.answer(config, resource)
            self._write(key, resource, not_before(found, before.elapsed if before else 0.0))
            known = self._read(key, resource)  # another process may have been first, and what stands first counts
        if known is None:
            raise ProblemError(f"{self.path}: what was just written is not there; is the file being changed?")
        return known

    def regret(self, value: float) -> float | None:
        """The regret by the wrapped problem, if it knows it; otherwise None."""
        return self.inner.regret(value) if isinstance(self.inner, Judged) else None

    def close(self) -> None:
        """Close the file. It is opened again when it is needed."""
        _close(self._connections)

    # ---- the file --------------------------------------------------------------------------------------------------

    def _read(self, key: str, resource: int) -> Answer | Failure | None:
        found = self._run(
            "SELECT value, elapsed, failure FROM answers WHERE match_key = ? AND resource = ?", key, resource
        )
        if not found:
            return None
        value, elapsed, failure = found[0]
        return Answer(float(value), elapsed) if failure is None else Failure(failure, elapsed)

    def _write(self, key: str, resource: int, found: Answer | Failure) -> None:
        value, failure = (repr(found.value), None) if isinstance(found, Answer) else (None, found.reason)
        self._run("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", key, resource, value, found.elapsed, failure)

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection().execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise ProblemError(f"{self.path} cannot be used as a cache: {error}") from None

    def _connection(self) -> sqlite3.Connection:
        here = _here()
        if here not in self._connections:
            self._connections[here] = self._open()
        return self._connections[here]

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=_PATIENCE,
            isolation_level=None,  # each statement stands alone
            check_same_thread=False,  # only to close it
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Makes the tables if they are not there, and checks whose they are."""
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")  # whole after a kill; a power cut may lose the last answers
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        described = (_FORMAT, self.name, _described(self.inner))
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT * FROM problem").fetchall():
            connection.execute("INSERT INTO problem VALUES (?, ?, ?)", described)
        connection.execute("COMMIT")
        known = connection.execute("SELECT * FROM problem").fetchone()
        if known != described:
            raise ProblemError(
                f"{self.path} has the answers of another problem, {known[1]}: {known[2]}; this is {self.name}: "
                f"{described[2]}. Give a path of its own to each problem"
            )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Lets processes read while one writes. SQLite does not wait for others here as it does elsewhere."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _here() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def _described(problem: Problem) -> str:
    """What answers depend on: another space, goal or length is another problem."""
    told = {"space": to_json(problem.space), "goal": to_json(problem.goal), "max_resource": problem.max_resource}
    return canonical(told).decode()


def cached_problem(problem: Problem, path: str | Path) -> CachedProblem:
    """Makes a problem that keeps the answers of another one in a file:
    ``hb.cached_problem(hb.live_problem(...), "digits.cache")``.

    Args:
        problem: answers the questions whose answer is not in the file.
        path: a file on a local disk for this problem alone; it is made if it does not exist. Delete it when the code of
            the training changes: the cache compares name, space, goal and ``max_resource``, but not the code.

    Raises:
        ProblemError: if the file cannot be used, or has the answers of another problem.
    """
    if not isinstance(path, str | Path):
        raise ProblemError(f"path is {shown(path)}; write cached_problem(problem, 'answers.cache')")
    made = CachedProblem(problem, Path(path).expanduser().resolve())
    made._run("SELECT 1")
    return made
