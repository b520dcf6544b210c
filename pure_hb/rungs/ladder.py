"""WHERE DOES A TRIAL GO? The ladder: all brackets with their rungs, as one immutable value.

A trial of bracket s is not compared below the level of index s. With shared rungs all trials meet in one set of rungs,
and the bracket decides only at which level a trial enters first (ASHA with brackets). With separate rungs each bracket
is a competition of its own (Hyperband).
"""

import itertools
from bisect import bisect_right
from typing import Final

from attrs import frozen

from pure_hb.making import maker
from pure_hb.rungs.rung import Rung

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

    def level_reached(self, bracket: int, resource: int) -> int:
        """The highest level of the bracket that is at or below a resource.

        Raises:
            ValueError: if there is none.
        """
        return self.levels[self.reached(bracket, resource)]

    def reached(self, bracket: int, resource: int) -> int:
        """The index of `level_reached` among the levels of the bracket's system.

        Raises:
            ValueError: if there is none.
        """
        place = bisect_right(self.levels, resource) - 1
        if place < bracket:
            raise ValueError(f"resource {resource} is below the levels {self.levels[bracket:]} of bracket {bracket}")
        return place

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

    def milestone(self, bracket: int, resource: int) -> int:
        """The next level of the bracket above a resource, or the maximum resource if there is none."""
        return self.plan.milestone(bracket, resource)

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
        """The rung at `Plan.level_reached`.

        Raises:
            ValueError: if there is none.
        """
        plan = self.plan
        place = plan.reached(bracket, resource)
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
