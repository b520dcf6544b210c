"""WHICH PROCESSES WORK ON A SHARED LOG? Each has a lease that it renews; a process whose lease is over counts as dead.

Leases are kept beside the log, by the store's clock, and renewed in a thread with a connection of its own. So a process
that decides for a long time, or waits for a lock, keeps its lease; one that is killed loses it.
"""

import os
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from pure_hb.journal.regular import JournalError
from pure_hb.journal.shared import SharedJournal
from pure_hb.journal.stores import Store, open_store
from pure_hb.machine import State, Trial
from pure_hb.protocol import Fail, Release
from pure_hb.space.domains import plain

LOST_LEASES: Final = 3
"""At its third lost lease a trial fails, so that a configuration that kills its machine comes to an end."""
_RENEWALS: Final = 4
"""The number of renewals in the time of a lease."""
_LEAST_LEASE_S: Final = 1.0


def lease_of(seconds: Any) -> float:
    """The seconds of a lease. Raises `ValueError` if the value is not allowed."""
    found = plain(seconds)
    if isinstance(found, bool) or not isinstance(found, int | float) or not _LEAST_LEASE_S <= found <= 1e6:
        raise ValueError(f"lease is {seconds!r}; it is a number of seconds, at least {_LEAST_LEASE_S:g}")
    return float(found)


def worker_of(worker: str, process: str) -> str:
    """The name of a worker of a process, which no other process has: WORKER@PROCESS."""
    return worker if worker.endswith(f"@{process}") else f"{worker}@{process}"


def process_of(worker: str) -> str:
    """The process of a worker; the whole name, if it names no process."""
    return worker.rpartition("@")[2]


@frozen
class _Reading:
    """The store's clock and this machine's, read at the same time."""

    here: float
    now: float
    epoch: float

    @classmethod
    def of(cls, store: Store) -> "_Reading":
        before = time.monotonic()
        now, epoch = store.moment()
        return cls((before + time.monotonic()) / 2, now, epoch)


class LeaseThread(threading.Thread):
    """A thread that renews a lease. It trains nothing, so no worker waits for a report of it."""


class Member:
    """This process as one of those that work on a journal. It ends with `close`.

    Raises:
        JournalError: if the store cannot be used.
    """

    def __init__(self, journal: SharedJournal, lease: float) -> None:
        self._journal, self._lease = journal, lease
        self.process: str = journal.process
        self._store = open_store(journal.address, write=True)
        try:
            work = self._store.begin_work(self.process, journal.head.elapsed, lease)
            self._elapsed, self._since = work
            self._reading = _Reading.of(self._store)
        except BaseException:
            self._store.close()
            raise
        self._calm_from = time.monotonic()
        """The time from which others may count as dead: if this process could not renew its lease, the others get the
        time of a lease."""
        self._owner = os.getpid()
        self._over = threading.Event()
        self._thread = LeaseThread(target=self._renew, name="pure_hb lease", daemon=True)
        self._thread.start()

    # ---- the clock of the store -------------------------------------------------------------------------------------

    def elapsed(self) -> float:
        """Seconds of work on the run, over all its processes; time without a living process is not counted."""
        reading = self._reading
        return self._elapsed + reading.now + (time.monotonic() - reading.here) - self._since

    def utc(self) -> str:
        """Date and time by the store, ISO 8601, to the microsecond."""
        reading = self._reading
        epoch = reading.epoch + time.monotonic() - reading.here
        return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="microseconds")

    # ---- who is gone ------------------------------------------------------------------------------------------------

    def is_ours(self, worker: str | None) -> bool:
        """Whether a worker is one of this process."""
        return worker is not None and process_of(worker) == self.process

    def is_alone(self) -> bool:
        """Whether no other process has a lease. Raises `JournalError`."""
        return self._journal.store.living() <= {self.process}

    def lost(self, state: State) -> tuple[Trial, ...]:
        """The running trials whose process is gone. For the time of a lease after this process could not renew its own,
        the result is empty, since the store may have been away for all. Raises `JournalError`."""
        running = sorted(state.trials.running.values(), key=lambda trial: trial.number)
        others = [trial for trial in running if not self.is_ours(trial.worker)]
        if not others or time.monotonic() < self._calm_from:
            return ()
        living = self._journal.store.living()
        return tuple(trial for trial in others if process_of(trial.worker or "") not in living)

    def end_of(self, trial: Trial) -> Release | Fail:
        """The event that ends the leg of a trial whose process is gone. Raises `JournalError`."""
        times = self._journal.store.lose(trial.number, trial.leg)
        reason = f"the lease of {trial.worker} is over"
        if times < LOST_LEASES:
            return Release(trial.number, reason, trial.leg)
        return Fail(trial.number, f"{reason}, which is the {_ordinal(times)} lost lease of this trial", trial.leg)

    # ---- the thread -------------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        last = time.monotonic()
        try:
            while not self._over.wait(self._lease / _RENEWALS):
                try:
                    self._store.renew(self.process, self._lease)
                    self._reading = _Reading.of(self._store)
                except JournalError:  # the next append reports it; here only time passes
                    continue
                now = time.monotonic()
                if now - last > self._lease:
                    self._calm_from = now + self._lease
                last = now
        finally:
            self._store.close()

    def close(self) -> None:
        """Gives the lease back. Closing twice is no error.

        Raises:
            JournalError: if the store cannot be used; the lease ends by itself then.
        """
        if self._over.is_set() or os.getpid() != self._owner:
            return
        self._over.set()
        self._thread.join(_LEAST_LEASE_S)
        if self._journal.writable:
            self._journal.store.leave(self.process)


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number if number < 20 else number % 10, 'th') }"
