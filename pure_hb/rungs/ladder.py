"""WHERE DOES A TRIAL GO? The ladder: all brackets with their rungs, as one value.

A trial of bracket s is never compared below level number s. With shared rungs all trials meet in one set of rungs and
the bracket decides only where a trial joins; with separate rungs each bracket is a competition of its own.
"""

import itertools
from bisect import bisect_left, bisect_right

from attrs import frozen

from pure_hb.rungs.rung import Rung

System = tuple[Rung, ...]
"""One set of rungs, by increasing level."""


@frozen(repr=False)
class Ladder:
    """Levels, brackets and rungs. Build one with `empty_ladder`."""

    levels: tuple[int, ...]
    max_resource: int
    brackets: int
    separate: bool
    systems: tuple[System, ...]
    """The rung systems: one that all brackets share, or one for each bracket s with the levels from number s on."""

    def __repr__(self) -> str:
        return f"Ladder({self.systems})"

    def milestone(self, bracket: int, resource: int) -> int:
        """The next level of the bracket above a resource, or the maximum."""
        place = max(bisect_right(self.levels, resource), bracket)
        return self.levels[place] if place < len(self.levels) else self.max_resource

    def level_reached(self, bracket: int, resource: int) -> int:
        """The highest level of the bracket that is at or below a resource.

        Raises:
            ValueError: if there is none.
        """
        return self.levels[self._reached(bracket, resource)]

    def rung_reached(self, bracket: int, resource: int) -> Rung:
        """The rung at `level_reached`.

        Raises:
            ValueError: if there is none.
        """
        place = self._reached(bracket, resource)
        return self.systems[bracket][place - bracket] if self.separate else self.systems[0][place]

    def _reached(self, bracket: int, resource: int) -> int:
        """Which of the levels that is."""
        place = bisect_right(self.levels, resource) - 1
        if place < bracket:
            raise ValueError(f"resource {resource} is below the levels {self.levels[bracket:]} of bracket {bracket}")
        return place

    def rungs(self, bracket: int) -> System:
        """The rungs in which trials of a bracket meet: all of them if rungs are shared."""
        return self.systems[bracket if self.separate else 0]

    def rung(self, bracket: int, level: int) -> Rung:
        """The rung of a bracket at a level.

        Raises:
            ValueError: if the bracket has no such level.
        """
        return self.rungs(bracket)[self._place(bracket, level)]

    def enter(self, bracket: int, level: int, trial: int, value: float, waits: bool) -> "Ladder":
        """The ladder with one more entry."""
        place = self._place(bracket, level)
        return self._with(bracket, place, self.rungs(bracket)[place].enter(trial, value, waits))

    def promote(self, bracket: int, level: int, trial: int) -> "Ladder":
        """The ladder in which the trial has left the level upwards."""
        place = self._place(bracket, level)
        return self._with(bracket, place, self.rungs(bracket)[place].promote(trial))

    def _place(self, bracket: int, level: int) -> int:
        """Where the rung of a level stands in the system of a bracket."""
        place = bisect_left(self.levels, level)
        if place < bracket or place == len(self.levels) or self.levels[place] != level:
            raise ValueError(f"level {level} is none of {self.levels[bracket:]}, the levels of bracket {bracket}")
        return place - bracket if self.separate else place

    def _with(self, bracket: int, place: int, rung: Rung) -> "Ladder":
        number = bracket if self.separate else 0
        system = self.systems[number]
        changed = (*system[:place], rung, *system[place + 1 :])
        systems = (*self.systems[:number], changed, *self.systems[number + 1 :])
        return Ladder(self.levels, self.max_resource, self.brackets, self.separate, systems)


def empty_ladder(levels: tuple[int, ...], max_resource: int, brackets: int, separate: bool) -> Ladder:
    """A ladder without entries."""
    steps = (*levels, max_resource)
    rungs = tuple(Rung(low, high) for low, high in itertools.pairwise(steps))
    systems = tuple(rungs[bracket:] for bracket in range(brackets)) if separate else (rungs,)
    return Ladder(levels, max_resource, brackets, separate, systems)
