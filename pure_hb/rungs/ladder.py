"""WHERE DOES A TRIAL GO, AND HOW DOES IT COMPARE THERE? A rung holds the values that trials had at one level; the
ladder holds all brackets with their rungs. Both are immutable values.

All values are to be minimised (a maximised metric is negated before). NaN and infinities are stored as infinity, so
they rank last; -0.0 is stored as 0.0. Entries are kept in a tree (`pure_hb.rungs.ordered`), so every query and change
is O(log n).

A trial of bracket s is not compared below the level of index s. With shared rungs all trials meet in one set of rungs,
and the bracket decides only at which level a trial enters first (ASHA with brackets). With separate rungs each bracket
is a competition of its own (Hyperband).
"""

import itertools
import math
from bisect import bisect_right
from typing import Final, NamedTuple

from attrs import field, frozen

from pure_hb.making import maker
from pure_hb.rungs.ordered import Ordered

LAST: Final = math.inf
"""The value of an entry that ranks last: its metric was NaN or infinite."""


def rank_value(value: float) -> float:
    """A value as it is stored in a rung: a finite one unchanged, -0.0 as 0.0, any other as infinity."""
    return value + 0.0 if math.isfinite(value) else LAST


@frozen
class Waiting:
    """The entry of a paused trial that has not been promoted."""

    value: float
    trial: int


class Standing(NamedTuple):  # one for each report: cheaper to make than a class of attrs
    """How one value compares with the n entries of a rung."""

    entries: int
    rank: int
    """The number of entries that are strictly better."""
    allowed: int | None
    """The largest rank that passes: floor((n - 1) q) with q = level / next level, in exact integer arithmetic. None
    with fewer than two entries."""
    cutoff: float | None
    """The interpolated q-quantile of the values, for display only; None with fewer than two entries."""

    @property
    def passes(self) -> bool:
        """Whether the value is among the best; False with fewer than two entries."""
        return self.allowed is not None and self.rank <= self.allowed


def _between(low: float, high: float | None, weight: float) -> float:
    """Linear interpolation as numpy does it, within [low, high] whatever the rounding, and never NaN; ``low`` if
    nothing is higher."""
    if high is None or low == high or weight == 0.0:
        return low
    if high == LAST:
        return LAST
    inside = low + (high - low) * weight if weight < 0.5 else high - (high - low) * (1.0 - weight)
    return min(max(inside, low), high)


@frozen(repr=False, weakref_slot=False)
class Rung:
    """The entries at a resource ``level``; the best of them go on to ``next_level``. Rungs with equal entries are
    equal."""

    level: int
    next_level: int
    entries: Ordered = field(default=Ordered(), eq=tuple)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return f"Rung(level {self.level}: {len(self)} entries, {self.entries.waiting} waiting)"

    @property
    def values(self) -> tuple[float, ...]:
        """All values, best first."""
        return tuple(value for value, _, _ in self.entries)

    @property
    def trials(self) -> tuple[int, ...]:
        """The trials of ``values``; of equal values in order of arrival."""
        return tuple(trial for _, trial, _ in self.entries)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """The entries that wait for promotion, best first, of equal values in order of arrival."""
        return tuple(Waiting(value, trial) for value, trial, waits in self.entries if waits)

    def standing(self, value: float) -> Standing:
        """How a value that is an entry compares with all entries."""
        entries, rank = self.entries, self.entries.rank(value)
        if entries.size < 2:
            return Standing(entries.size, rank, None, None)
        allowed, rest = divmod((entries.size - 1) * self.level, self.next_level)
        low, high = entries.kth_and_next(allowed)
        return Standing(entries.size, rank, allowed, _between(low, high, rest / self.next_level))

    def standing_if_entered(self, value: float) -> Standing:
        """How a value would compare if it were one more entry."""
        entries, rank = self.entries, self.entries.rank(value)
        if not entries.size:
            return Standing(1, 0, None, None)
        allowed, rest = divmod(entries.size * self.level, self.next_level)
        if allowed > rank:
            low, high = entries.kth_and_next(allowed - 1)
        elif allowed == rank:
            low, high = value, entries.kth(rank)  # fewer than all are allowed: there is one
        else:
            low, high = entries.kth_and_next(allowed)
            high = value if allowed + 1 == rank else high
        return Standing(entries.size + 1, rank, allowed, _between(low, high, rest / self.next_level))

    def rank(self, value: float) -> int:
        """The number of entries strictly better than a value."""
        return self.entries.rank(value)

    def kth_best(self, k: int) -> float:
        """The k-th best value, counted from k = 0."""
        return self.entries.kth(k)

    def best_waiting(self) -> Waiting | None:
        """The best entry that waits for promotion, the earliest among equals; None if none waits."""
        first = self.entries.first_waiting()
        return None if first is None else Waiting(first.value, first.trial)

    def enter(self, trial: int, value: float, waits: bool) -> "Rung":
        """The rung with one more entry. ``waits``: the trial is paused here and may be promoted."""
        return _rung(self.level, self.next_level, self.entries.enter(trial, value, waits))

    def promote(self, trial: int) -> "Rung":
        """The rung in which the trial's entry no longer waits. Fastest for the best waiting entry.

        Raises:
            ValueError: if the trial does not wait here.
        """
        first = self.entries.first_waiting()
        place = first.place if first is not None and first.trial == trial else self._place(trial)
        return _rung(self.level, self.next_level, self.entries.settle(place))

    def _place(self, trial: int) -> int:
        for place, (_, other, waits) in enumerate(self.entries):
            if waits and other == trial:
                return place
        raise ValueError(f"trial {trial} does not wait in the rung at level {self.level}")


_rung: Final = maker(Rung)


# ---- all rungs ------------------------------------------------------------------------------------------------------

System = tuple[Rung, ...]
"""One set of rungs, in increasing order of level."""


@frozen
class Plan:
    """What does not change: levels, brackets, and whether brackets share their rungs."""

    levels: tuple[int, ...]
    max_resource: int
    brackets: int
    separate: bool

    def milestone(self, bracket: int, resource: int) -> int:
        """The next level of the bracket above a resource, or the maximum resource if there is none."""
        place = max(bisect_right(self.levels, resource), bracket)
        return self.levels[place] if place < len(self.levels) else self.max_resource

    def system(self, bracket: int) -> int:
        """The index of the rung system in which trials of a bracket meet."""
        return bracket if self.separate else 0

    def place(self, bracket: int, level: int) -> tuple[int, int]:
        """The index of the rung system of a bracket, and the index of a level's rung in it.

        Raises:
            ValueError: if the bracket has no such level.
        """
        levels = self.levels[bracket:] if bracket else self.levels
        if level not in levels:
            raise ValueError(f"level {level} is none of {levels}, the levels of bracket {bracket}")
        return (bracket, levels.index(level)) if self.separate else (0, self.levels.index(level))


@frozen(repr=False, weakref_slot=False)
class Ladder:
    """The plan, and all rungs with their entries. Build one with `empty_ladder`."""

    plan: Plan
    systems: tuple[System, ...]
    """The rung systems: one that all brackets share, or one for each bracket s with the levels from number s on."""

    def __repr__(self) -> str:
        return f"Ladder({self.systems})"

    def rungs(self, bracket: int) -> System:
        """The rungs in which trials of a bracket meet; all rungs if they are shared."""
        return self.systems[self.plan.system(bracket)]

    def rung(self, bracket: int, level: int) -> Rung:
        """The rung of a bracket at a level.

        Raises:
            ValueError: if the bracket has no such level.
        """
        system, place = self.plan.place(bracket, level)
        return self.systems[system][place]

    def rung_reached(self, bracket: int, resource: int) -> Rung:
        """The rung of the highest level of the bracket that is at or below a resource.

        Raises:
            ValueError: if there is none.
        """
        plan = self.plan
        place = bisect_right(plan.levels, resource) - 1
        if place < bracket:
            raise ValueError(f"resource {resource} is below the levels {plan.levels[bracket:]} of bracket {bracket}")
        return self.systems[bracket][place - bracket] if plan.separate else self.systems[0][place]

    def enter(self, bracket: int, level: int, trial: int, value: float, waits: bool) -> "Ladder":
        """The ladder with one more entry at a level; ``waits``: the trial is paused there."""
        system, place = self.plan.place(bracket, level)
        return self.put(system, place, self.systems[system][place].enter(trial, value, waits))

    def promote(self, bracket: int, level: int, trial: int) -> "Ladder":
        """The ladder in which the trial's entry at a level no longer waits."""
        system, place = self.plan.place(bracket, level)
        return self.put(system, place, self.systems[system][place].promote(trial))

    def put(self, number: int, place: int, rung: Rung) -> "Ladder":
        """The ladder with the rung at index ``place`` of system ``number`` replaced."""
        system, systems = list(self.systems[number]), list(self.systems)
        system[place] = rung
        systems[number] = tuple(system)
        return _ladder(self.plan, tuple(systems))


_ladder: Final = maker(Ladder)


def empty_ladder(levels: tuple[int, ...], max_resource: int, brackets: int, separate: bool) -> Ladder:
    """A ladder without entries."""
    steps = (*levels, max_resource)
    rungs = tuple(Rung(low, high) for low, high in itertools.pairwise(steps))
    systems = tuple(rungs[bracket:] for bracket in range(brackets)) if separate else (rungs,)
    return Ladder(Plan(levels, max_resource, brackets, separate), systems)


def levels_of(ladder: Ladder) -> tuple[tuple[int, ...], ...]:
    """The levels of each rung system."""
    return tuple(tuple(rung.level for rung in system) for system in ladder.systems)
