"""WHAT IS TRUE NOW? The state of a search: one field for each concern, each a frozen value that shares structure with
the one before.

The indices (`broken`, `ladder`, `tried`, `best`) follow from the accepted events. Maps are looked up or
counted, never walked where the order could reach a result: it differs between processes (law 1).
"""

from __future__ import annotations  # rpds classes take no parameters at run time

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from attrs import frozen
from rpds import HashTrieMap, HashTrieSet

from pure_hb.machine.archive import Archive, archive
from pure_hb.machine.life import Status
from pure_hb.machine.setup import Setup
from pure_hb.making import maker
from pure_hb.protocol import NOTHING_LEARNED, Curve, Learned, Memory
from pure_hb.rungs import Ladder, empty_ladder, levels_of
from pure_hb.space import Configuration, match_key
from pure_hb.space.showing import cut

_CONFIGURATION: Final = 50
"""So many characters of a configuration are shown with a trial."""


@frozen
class Entry:
    """A trial's last entry in a rung: the level, the resource that was reported, and the number of the leg that
    reported it."""

    level: int
    resource: int
    leg: int


@lru_cache(maxsize=4096)
def entry_of(level: int, resource: int, leg: int) -> Entry:
    """A cached `Entry`: those of a million trials are a few different values."""
    return Entry(level, resource, leg)


@frozen(init=False, repr=False, weakref_slot=False)
class Trial:
    """One trial.

    Raises:
        ValueError: if it is running without a worker, or has a worker without running.
    """

    number: int
    config: Configuration
    bracket: int
    status: Status
    worker: str | None
    """The worker that runs it; None unless it is running."""
    leg: int
    until: int
    """The resource at which the running leg ends; of a broken trial, the next leg."""
    leg_from: int = 0
    """The resource at which the current leg began, as its assignment said."""
    curve: Curve = ()
    """All accepted results (resource, value) as reported, NaN and infinities included; resources strictly increase."""
    entry: Entry | None = None
    failures: int = 0
    observed: bool = False
    costs: Curve = ()
    """(resource, total cost so far) for each accepted result that stated its cost."""
    leg_cost: float = 0.0
    """The total cost when the current leg began."""
    source: str = ""
    """For an observed trial, which trial of which search it was, if that was given."""

    def __init__(
        self,
        number: int,
        config: Configuration,
        bracket: int,
        status: Status,
        worker: str | None,
        leg: int,
        until: int,
        leg_from: int = 0,
        curve: Curve = (),
        entry: Entry | None = None,
        failures: int = 0,
        observed: bool = False,
        costs: Curve = (),
        leg_cost: float = 0.0,
        source: str = "",
    ) -> None:
        if (status is Status.RUNNING) is (worker is None) or status is Status.UNBORN:
            raise ValueError(f"trial {number} is {status.value}, its worker {worker!r}; who runs has one, others None")
        self.__attrs_init__(
            number, config, bracket, status, worker, leg, until, leg_from, curve, entry, failures, observed, costs,
            leg_cost, source,
        )  # fmt: skip

    @property
    def highest(self) -> int:
        """The highest accepted resource; 0 if there is none."""
        return self.curve[-1][0] if self.curve else 0

    @property
    def start_from(self) -> int:
        """The resource from which a new leg goes on: that of the report that made the last entry; 0: from the
        beginning."""
        return self.entry.resource if self.entry else 0

    @property
    def cost(self) -> float:
        """The total cost so far; 0 if no report stated any."""
        return self.costs[-1][1] if self.costs else 0.0

    def cost_at(self, level: int) -> float:
        """The total cost when the trial made its entry at a level: that of the first report at or above the level."""
        return next((total for resource, total in self.costs if resource >= level), 0.0)

    def __repr__(self) -> str:
        last = f", {self.curve[-1][1]:.6g} after epoch {self.highest}" if self.curve else ""
        how = "observed" if self.observed else f"{self.status.value}, leg {self.leg}"
        return f"<trial {self.number}: {how}{last}; {cut(repr(self.config), _CONFIGURATION)}>"

    def _repr_html_(self) -> str:
        from pure_hb.machine.notebook import trial_html

        return trial_html(self)


make_trial: Final = maker(Trial)
"""As `Trial`, for whoever knows that a worker runs it, or none."""


@frozen(repr=False, eq=False, weakref_slot=False)
class Trials:
    """All trials by number 0, 1, 2, ... A trial runs if it names a worker. The maps say the same, because only `of` and
    the methods make them, each from the trials alone.

    Running trials are kept in a small map of their own, because most reports change only these. The archive holds all
    others; for a running trial it holds the trial as it was when it was started or last rested.
    """

    running: HashTrieMap[int, Trial] = HashTrieMap()  # noqa: RUF009  # immutable
    archive: Archive[Trial] = Archive()  # noqa: RUF009  # immutable
    given: HashTrieMap[str, int] = HashTrieMap()  # noqa: RUF009  # immutable
    """Worker -> the trial that was assigned to it last; it may have left the trial since."""

    @classmethod
    def of(cls, trials: Iterable[Trial]) -> Trials:
        """These trials, in order of their numbers.

        Raises:
            ValueError: if numbers do not follow each other, or a worker runs two trials.
        """
        known = tuple(trials)
        if [trial.number for trial in known] != list(range(len(known))):
            raise ValueError("the trials are not numbered 0, 1, 2, ...")
        running = {trial.number: trial for trial in known if trial.worker is not None}
        given = {trial.worker: number for number, trial in running.items() if trial.worker is not None}
        if len(given) != len(running):
            raise ValueError("the trials that run are not each held by a worker of its own")
        return cls(HashTrieMap(running), archive(known), HashTrieMap(given))

    def __len__(self) -> int:
        return self.archive.size

    def __getitem__(self, number: int) -> Trial:
        found = self.get(number)
        if found is None:
            raise IndexError(f"there is no trial {number}; there are {len(self)}")
        return found

    def get(self, number: int) -> Trial | None:
        """The trial of this number; None if there is none."""
        running = self.running.get(number)
        if running is not None:
            return running
        return self.archive[number] if 0 <= number < self.archive.size else None

    def held(self, worker: str) -> Trial | None:
        """The running trial of a worker; None if it has none."""
        given = self.given.get(worker)
        trial = None if given is None else self.running.get(given)
        return trial if trial is not None and trial.worker == worker else None

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number < self.archive.size

    def __iter__(self) -> Iterator[Trial]:
        """All trials in order of number."""
        running = self.running
        return (running.get(trial.number) or trial for trial in self.archive)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Trials) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"{len(self)} trials"

    def add(self, trial: Trial) -> Trials:
        """The trials with one more, which has the next number."""
        added = _trials(self.running, self.archive.append(trial), self.given)
        return added if trial.worker is None else added.begin(trial)

    def begin(self, trial: Trial) -> Trials:
        """The trials in which one that rested has become this trial, which its worker runs."""
        worker, number = trial.worker, trial.number
        if worker is None:
            raise ValueError(f"trial {number} is {trial.status.value}: no worker runs it")
        return _trials(self.running.insert(number, trial), self.archive, self.given.insert(worker, number))

    def put(self, trial: Trial) -> Trials:
        """The trials in which one that ran has become this trial: it goes on, or rests if it names no worker.

        Raises:
            KeyError: if it rests, and did not run.
        """
        number = trial.number
        if trial.worker is None:
            return _trials(self.running.remove(number), self.archive.put(number, trial), self.given)
        return _trials(self.running.insert(number, trial), self.archive, self.given)


_trials: Final = maker(Trials)


@frozen
class Best:
    """The best finite result so far. ``to_minimise`` is the value that is compared."""

    trial: int
    resource: int
    value: float
    to_minimise: float


@frozen
class Tried:
    """Which configurations were started or observed, and which initial point is next."""

    next_point: int = 0
    """The index in ``Setup.points`` of the first initial point not tried yet."""
    started: int = 0
    """The number of started trials; observed ones do not count."""
    keys: HashTrieSet[str] = HashTrieSet()  # noqa: RUF009  # immutable
    failed: HashTrieSet[str] = HashTrieSet()  # noqa: RUF009  # immutable
    observed: HashTrieMap[str, tuple[int, ...]] = HashTrieMap()  # noqa: RUF009  # immutable
    """Match key -> the trials that were observed with this configuration."""
    sources: HashTrieMap[str, int] = HashTrieMap()  # noqa: RUF009  # immutable
    """Source -> the trial that was observed from it."""


@frozen(repr=False, weakref_slot=False)
class State:
    """The whole state of a search: an immutable value. Make the first one with `initial`, the next one with
    `decide`."""

    setup: Setup
    clock: int
    """The number of accepted events."""
    trials: Trials
    broken: tuple[int, ...]
    """The trials that wait to run their leg again, the one broken longest first."""
    ladder: Ladder
    tried: Tried
    best: Best | None
    resource_spent: int
    """The sum over started trials of their highest accepted resource."""
    learned: Learned = NOTHING_LEARNED
    """The memory of the search: counts and fitted parameters."""
    memory: Memory | None = None
    """The memory of the rule; None if it has none."""

    def __repr__(self) -> str:
        running = len(self.trials.running)
        waiting = sum(rung.entries.waiting for system in self.ladder.systems for rung in system)  # whoever is paused
        parts = [f"{len(self.trials)} trials", f"{running} running", f"{waiting} paused"]
        if self.broken:
            parts.append(f"{len(self.broken)} broken")
        parts.append(f"best {self.best.value:.6g} at epoch {self.best.resource}" if self.best else "no result yet")
        return f"<{self.setup.method}: {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        from pure_hb.machine.notebook import trials_html

        return trials_html(repr(self)[1:-1], self.trials, self.setup.goal, self.best.trial if self.best else None)


make_state: Final = maker(State)


def initial(setup: Setup) -> State:
    """The state before the first event."""
    if not isinstance(setup, Setup):
        raise TypeError(
            f"initial takes a Setup, got {type(setup).__name__}; make one: asha(space, goal, max_resource=81)"
        )
    ladder = empty_ladder(setup.levels, setup.max_resource, setup.brackets, setup.separate_rungs)
    memory = setup.rule.begin(levels_of(ladder), setup.max_resource)
    return State(setup, 0, Trials(), (), ladder, Tried(), None, 0, memory=memory)


def key_of(state: State, configuration: Configuration) -> str:
    """The match key of a configuration of the space."""
    return match_key(state.setup.space, configuration)


def better(best: Best | None, trial: int, resource: int, value: float, to_minimise: float) -> Best | None:
    """The better of the best result so far and a new one; the first among equals."""
    if not math.isfinite(value) or (best is not None and best.to_minimise <= to_minimise):
        return best
    return Best(trial, resource, value, to_minimise)
