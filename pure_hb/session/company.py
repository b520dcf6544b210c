"""WHICH OTHER PROCESSES WORK ON THE RUN? None, if the journal is a file; with a store, all that have it open.

`Alone` and `Together` have the same methods: what others have appended, to which process a worker belongs, which trials
are lost, and the time of work on the run.
"""

import random
import time
from collections.abc import Callable
from typing import Final

from pure_hb.journal import FileJournal, SharedJournal, utc_now
from pure_hb.journal.member import Member, worker_of
from pure_hb.machine import State
from pure_hb.protocol import Event, Release
from pure_hb.session.budget import seconds_of

_PAUSE_S: Final = 0.01
_LONGEST_WAY_S: Final = 1.0
_LARGEST_CROWD: Final = 64.0
_LOTS: Final = random.SystemRandom()
"""It has no state: the generator of the module `random` belongs to the training script, which may have seeded it."""
_LOOK_SHARE: Final = 4
"""The number of checks in the time of a lease whether other processes are gone."""


class Alone:
    """The journal is a file, and this process the only one that writes it."""

    is_shared = False
    process = ""

    def __init__(self, journal: FileJournal, elapsed: float, now: Callable[[], float]) -> None:
        self._journal, self._now = journal, now
        self._began = seconds_of(now()) - elapsed

    def elapsed(self) -> float:
        """Seconds of work on the run, over all its sessions."""
        return seconds_of(self._now()) - self._began

    def utc(self) -> str:
        """Date and time."""
        return utc_now()

    def catch_up(self, state: State) -> State:
        """The state after the records of others: there are none."""
        return state

    def worker(self, name: str) -> str:
        """The name of a worker in the log."""
        return name

    def is_ours(self, worker: str | None) -> bool:
        """Whether a worker is one of this process."""
        return True

    def is_alone(self) -> bool:
        """Whether no other process works on the run."""
        return True

    def give_way(self, races: int, thought: float, took: float) -> None:
        """Called when an append came too late."""

    def wait_for_claim(self) -> None:
        """Called when another process has claimed the next record."""

    def won(self) -> None:
        """Called when an append was accepted."""

    def left_behind(self, state: State) -> tuple[Event, ...]:
        """At the opening: `Release` for all running trials, since the session that ran them is gone."""
        reason = "the session that ran it is gone"
        running = sorted(state.trials.running.values(), key=lambda trial: trial.number)
        return tuple(Release(trial.number, reason, trial.leg) for trial in running)

    def lost(self, state: State) -> tuple[Event, ...]:
        """While the session is open: none."""
        return ()

    def close(self) -> None:
        """There is nothing to close."""


class Together:
    """The journal is in a store, and other processes may work on the run."""

    is_shared = True

    def __init__(self, journal: SharedJournal, lease: float) -> None:
        self._journal, self._lease = journal, lease
        self._member = Member(journal, lease)
        self.process: str = self._member.process
        self._looked = 0.0
        self._crowd = 1.0

    def elapsed(self) -> float:
        """Seconds of work on the run, by the clock of the store."""
        return self._member.elapsed()

    def utc(self) -> str:
        """Date and time by the clock of the store."""
        return self._member.utc()

    def catch_up(self, state: State) -> State:
        """The state after the records of others."""
        return self._journal.catch_up(state)

    def worker(self, name: str) -> str:
        """The name of a worker in the log: with that of the process, so that no two are the same."""
        return worker_of(name, self.process)

    def is_ours(self, worker: str | None) -> bool:
        """Whether a worker is one of this process."""
        return self._member.is_ours(worker)

    def is_alone(self) -> bool:
        """Whether no other process has a lease. Raises `JournalError`."""
        return self._journal.writable and self._member.is_alone()

    def give_way(self, races: int, thought: float, took: float) -> None:
        """Called when an append came too late, after ``took`` seconds of which ``thought`` went into the decision. This
        process then waits for a random time: if all processes tried again at once, all but one would work in vain, and
        slow that one down. The time doubles with each lost race and shrinks with each append, so it adapts to the
        number of processes. After some lost races the next record is claimed."""
        self._crowd = min(2.0 * self._crowd, _LARGEST_CROWD)
        if took > 0.0:
            time.sleep(_LOTS.random() * min(took * self._crowd, _LONGEST_WAY_S))
        self._journal.claim(races, max(0.0, thought))

    def wait_for_claim(self) -> None:
        """Called when another process has claimed the next record: waits a short time."""
        time.sleep(_PAUSE_S * (0.5 + _LOTS.random()))

    def won(self) -> None:
        """Called when an append was accepted: a claim is given back."""
        self._crowd = max(0.9 * self._crowd, 1.0)
        self._journal.unclaim()

    def left_behind(self, state: State) -> tuple[Event, ...]:
        """At the opening: the events that release or fail the trials of processes whose lease is over."""
        return tuple(self._member.end_of(trial) for trial in self._member.lost(state))

    def lost(self, state: State) -> tuple[Event, ...]:
        """The same while the session is open, checked now and then."""
        now = time.monotonic()
        if now - self._looked < self._lease / _LOOK_SHARE:
            return ()
        self._looked = now
        return self.left_behind(state)

    def close(self) -> None:
        """Gives the lease back. Raises `JournalError`."""
        self._member.close()


Company = Alone | Together


def releases_of_ours(company: Company, state: State, reason: str) -> tuple[Event, ...]:
    """`Release` for all trials that this process trains."""
    ours = sorted(trial.number for trial in state.trials.running.values() if company.is_ours(trial.worker))
    return tuple(Release(number, reason, state.trials[number].leg) for number in ours)
