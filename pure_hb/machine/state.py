"""WHAT IS TRUE NOW? The state of a search: one field for each concern, each a frozen value that shares structure with
the one before.

The indices (`ladder`, `tried`, `best`, and those of the trials) follow from the accepted events. Maps are looked up or
counted, never walked where the order could reach a result: it differs between processes (law 1).
"""

from __future__ import annotations  # rpds classes take no parameters at run time

import math
from typing import Final

from attrs import frozen
from rpds import HashTrieMap, HashTrieSet

from pure_hb.machine.ranking import leaders, trials_html
from pure_hb.machine.setup import Setup, expect_setup
from pure_hb.machine.trials import Trials
from pure_hb.making import maker
from pure_hb.protocol import NOTHING_LEARNED, Learned, Memory
from pure_hb.rungs import Ladder, empty_ladder, levels_of


@frozen
class Best:
    """The best finite result so far."""

    trial: int
    """The number of its trial."""
    resource: int
    """The resource at which it was reported."""
    value: float
    """The value of the metric, with its own sign."""
    to_minimise: float
    """The value that is compared: negated if the metric is maximised."""


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
    """All that is fixed before the first event."""
    clock: int
    """The number of accepted events."""
    trials: Trials
    """All trials, by number from 0 on."""
    ladder: Ladder
    """The rungs of all brackets with their entries."""
    tried: Tried
    """The configurations that were tried, as far as the search must know."""
    best: Best | None
    """The best finite result so far; None if there is none."""
    resource_spent: int
    """The highest accepted resource of each started trial, summed over all of them."""
    learned: Learned = NOTHING_LEARNED
    """The memory of the search: counts and fitted parameters."""
    memory: Memory | None = None
    """The memory of the rule; None if it has none."""

    @property
    def broken(self) -> tuple[int, ...]:
        """The numbers of the trials that wait to run their leg again; the one that broke first stands first."""
        return self.trials.broken

    def __repr__(self) -> str:
        running = len(self.trials.running)
        waiting = sum(rung.entries.waiting for system in self.ladder.systems for rung in system)  # whoever is paused
        parts = [f"{len(self.trials)} trials", f"{running} running", f"{waiting} paused"]
        if self.broken:
            parts.append(f"{len(self.broken)} broken")
        parts.append(f"best {self.best.value:.6g} at epoch {self.best.resource}" if self.best else "no result yet")
        return f"<{self.setup.method}: {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        best = self.best.trial if self.best else None
        ranked = leaders(self.trials, self.ladder, best)
        return trials_html(repr(self)[1:-1], ranked, self.setup.goal, best, len(self.trials))


make_state: Final = maker(State)


def initial(setup: Setup) -> State:
    """The state before the first event.

    Raises:
        TypeError: if it is no Setup.
    """
    expect_setup(setup, "initial")
    ladder = empty_ladder(setup.levels, setup.max_resource, setup.brackets, setup.separate_rungs)
    memory = setup.rule.begin(levels_of(ladder), setup.max_resource)
    return State(setup, 0, Trials(), ladder, Tried(), None, 0, memory=memory)


def better(best: Best | None, trial: int, resource: int, value: float, to_minimise: float) -> Best | None:
    """The better of the best result so far and a new one; the first among equals."""
    if not math.isfinite(value) or (best is not None and best.to_minimise <= to_minimise):
        return best
    return Best(trial, resource, value, to_minimise)
