"""DOES A STORE KEEP ACKNOWLEDGED RECORDS? `check_journal`, for a journal of your own: in a database, on a server.

def test_my_journal(tmp_path):
    hb.testing.check_journal(lambda name, setup: MyJournal(tmp_path / name, setup))

Two writers open, append, read and close in a random order; others are killed. Acknowledged records must be there, in
order and to the last bit, and a writer that has missed a record may not append.
"""

import contextlib
import os
import random
import signal
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from typing import Final, TypeVar, assert_never

from attrs import evolve, frozen

import pure_hb as hb
from pure_hb.codec import canonical, to_json
from pure_hb.journal import JournalError, Record
from pure_hb.testing.breach import Breach
from pure_hb.testing.shrink import shortest
from pure_hb.testing.store import Store, odd_log

T = TypeVar("T")

Factory = Callable[[str, hb.Setup], Store]
"""Opens the journal of a name, or begins it with a setup. The same name means the same journal."""

_WRITERS: Final = ("ann", "bob")
_TRIES: Final = 200
_NUMBERS: Final = count()
"""Numbers for the names of journals, so that no two schedules share one."""


@frozen
class Open:
    """A writer opens the journal. A second one may be refused."""

    writer: str


@frozen
class Append:
    """A writer appends the record after those that it knows."""

    writer: str


@frozen
class Read:
    """A writer reads all records."""

    writer: str


@frozen
class Close:
    """A writer closes the journal."""

    writer: str


@frozen
class Kill:
    """Another process opens the journal, appends records and is killed."""

    records: int


Step = Open | Append | Read | Close | Kill
Schedule = tuple[Step, ...]


class JournalBroken(AssertionError):
    """A store loses or changes what it acknowledged. The message lists the steps, the fewest found that show it."""

    def __init__(self, breach: Breach, schedule: Schedule, seed: int | None) -> None:
        self.breach: Breach = breach
        self.schedule: Schedule = schedule
        self.seed: int | None = seed
        listed = "\n".join(f"    {number}: {step!r}" for number, step in enumerate(schedule))
        where = f"at step {breach.number}" if breach.number < len(schedule) else "after the last step"
        under = "" if seed is None else f" under seed {seed}"
        super().__init__(f"{where}{under}: {breach.what}\n  The fewest steps found that show it:\n{listed}")


@frozen
class JournalChecked:
    """What was checked, and what occurred in the check."""

    schedules: int
    occurred: tuple[tuple[str, int], ...]
    """(what, how often), in the order of the alphabet."""


class _Broken(Exception):
    """A check failed; the exception has the reason."""


def check_journal(
    factory: Factory,
    *,
    refusal: type[Exception] | tuple[type[Exception], ...] = JournalError,
    seeds: Iterable[int] = range(20),
    steps: int = 30,
    kill: bool = True,
) -> JournalChecked:
    """Examines a store of your own.

    ``factory(name, setup)`` opens the journal with this name, and begins it if there is none. ``refusal`` is the
    exception, or a tuple of them, with which the store refuses a call. With ``kill``, other processes (forks of this
    one) append and are killed; a store in the memory of one process needs ``kill=False``.

    Raises:
        JournalBroken: if the store loses or changes a record; with the shortest list of steps found that shows it.
    """
    setup, log = odd_log()
    occurred: Counter[str] = Counter()

    def breaks(schedule: Schedule) -> Breach | None:
        return _Run(factory, f"journal-{os.getpid()}-{next(_NUMBERS)}", setup, log, refusal, occurred).breach(schedule)

    writer = _WRITERS[0]
    everything: Schedule = (Open(writer), *(Append(writer) for _ in log), Read(writer), Close(writer))
    drawn = tuple((seed, _schedule(random.Random(seed), steps, kill)) for seed in seeds)
    for seed, schedule in ((None, everything), *drawn):
        breach = breaks(schedule)
        if breach is not None:
            short, found = shortest(schedule, breach, breaks, _TRIES)
            raise JournalBroken(found, short, seed)
    return JournalChecked(len(drawn) + 1, tuple(sorted(occurred.items())))


def _schedule(draw: random.Random, steps: int, kill: bool) -> Schedule:
    def step() -> Step:
        kind = draw.choice((Open, Open, Append, Append, Append, Append, Read, Close, *((Kill,) if kill else ())))
        return Kill(draw.randint(0, 3)) if kind is Kill else kind(draw.choice(_WRITERS))

    return tuple(step() for _ in range(steps))


class _Run:
    """One schedule, and what must be true at each step of it."""

    def __init__(
        self,
        factory: Factory,
        name: str,
        setup: hb.Setup,
        log: tuple[Record, ...],
        refusal: type[Exception] | tuple[type[Exception], ...],
        occurred: Counter[str],
    ) -> None:
        self._open_store: Callable[[], Store] = lambda: factory(name, setup)
        self._log, self._refusal, self._occurred = log, refusal, occurred
        self._acknowledged = 0
        self._stores: dict[str, Store] = {}
        self._knows: dict[str, int] = {}
        """Writer -> the number of the last record that it knows."""

    def breach(self, schedule: Schedule) -> Breach | None:
        number = 0
        try:
            for number, step in enumerate(schedule):  # noqa: B007  # used after the loop, in the error
                self._do(step)
            number = len(schedule)
            self._end()
        except _Broken as broken:
            return Breach(number, str(broken))
        except Exception as error:
            return Breach(number, f"{type(error).__name__} was raised: {error}")
        finally:
            for store in self._stores.values():
                with contextlib.suppress(Exception):
                    store.close()
        return None

    def _do(self, step: Step) -> None:
        match step:
            case Open(writer):
                self._open(writer)
            case Append(writer):
                if writer in self._knows and self._knows[writer] < len(self._log):
                    self._append(writer)
            case Read(writer):
                if writer in self._knows:
                    self._compare(self._stores[writer])
            case Close(writer):
                if writer in self._knows:
                    self._close(writer)
            case Kill(records):
                if not self._knows:
                    self._kill(min(records, len(self._log) - self._acknowledged))
            case _:
                assert_never(step)

    def _open(self, writer: str) -> None:
        if writer in self._knows:
            return
        alone = not self._knows
        store = self._refused("a second writer is refused", self._open_store) if not alone else self._open_store()
        if store is None:
            return
        if not alone:
            self._occurred["a second writer is let in"] += 1
        self._stores[writer], self._knows[writer] = store, self._acknowledged
        self._number_is(writer)

    def _append(self, writer: str) -> None:
        store, knows = self._stores[writer], self._knows[writer]
        if knows == self._acknowledged:
            _append(store, self._log[knows])
            self._acknowledged = self._knows[writer] = knows + 1
            self._number_is(writer)
        elif self._refused("a writer that has missed a record is refused", lambda: _took(store, self._log[knows])):
            raise _Broken(
                f"{writer} knows {knows} records of {self._acknowledged}, but could append: what others did is "
                "overwritten, or was not known when this was decided"
            )

    def _close(self, writer: str) -> None:
        store = self._stores.pop(writer)
        del self._knows[writer]
        store.close()
        if self._acknowledged < len(self._log):
            after = self._log[self._acknowledged]
            if self._refused("a closed store refuses to append", lambda: _took(store, after)):
                raise _Broken("a store that was closed still appends")

    def _kill(self, records: int) -> None:
        after = self._log[self._acknowledged : self._acknowledged + records]
        done = _appended_by_a_killed_process(self._open_store, after)
        self._occurred["a process is killed"] += 1
        self._acknowledged += done
        if done < records:
            raise _Broken(
                f"another process should append {records} records, but could append {done}, though nobody "
                "has the journal open"
            )

    def _end(self) -> None:
        for writer in tuple(self._knows):
            self._close(writer)
        store = self._open_store()
        self._stores["at the end"] = store
        self._compare(store)

    def _compare(self, store: Store) -> None:
        found = list(store.read())
        for ours, theirs in zip(self._log[: self._acknowledged], found, strict=False):
            if canonical(to_json(ours)) != canonical(to_json(evolve(theirs, session=None))):
                raise _Broken(f"record {ours.number} comes back as {theirs!r}; it was {ours!r}")
        if len(found) != self._acknowledged:
            raise _Broken(f"of {self._acknowledged} acknowledged records {len(found)} come back")

    def _number_is(self, writer: str) -> None:
        found, known = self._stores[writer].number, self._knows[writer]
        if found != known:
            raise _Broken(f"the store says that its last record has the number {found}; it is {known}")

    def _refused(self, what: str, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except self._refusal:
            self._occurred[what] += 1
            return None


def _append(store: Store, record: Record) -> None:
    store.append(record.event, record.action, record.elapsed, record.time, record.seconds)


def _took(store: Store, record: Record) -> bool:
    """Whether a store accepts a record that it must refuse with an exception."""
    _append(store, record)
    return True


def _appended_by_a_killed_process(open_store: Callable[[], Store], records: tuple[Record, ...]) -> int:
    """How many records a process could append before it was killed."""
    heard, told = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks with threads; the child uses none
        child = os.fork()
    if child == 0:
        try:
            store = open_store()
            for record in records:
                _append(store, record)
                os.write(told, b".")
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(told)
    with os.fdopen(heard, "rb") as acknowledged:
        done = len(acknowledged.read())
    os.waitpid(child, 0)
    return done
