"""RUSH: trusted configurations set a threshold at each level, and others must not be worse.

Where good configurations are known from earlier searches, they are given as ``points_to_evaluate``; whoever is worse
than the best of them ends, or waits. Source: Zappella, Salinas and Archambeau (2021), "A resource-efficient method for
repeated HPO and NAS problems".
"""

import math
from typing import ClassVar

from attrs import field, frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Evidence, Figures, Memory
from pure_hb.rungs.ladder import System
from pure_hb.rungs.levels import whole_number
from pure_hb.rungs.rules.rule import ByRank, Candidate, Heard, NobodyWaits, Opinion, Scan, Seen, Verdict, due
from pure_hb.rungs.rules.stopping import Stopping
from pure_hb.rungs.rung import Rung, Standing, Waiting, rank_value
from pure_hb.space.domains import plain


@frozen
class Threshold:
    """The best value of a candidate that was accepted at a level, to be minimised, and whose it is."""

    system: int
    level: int
    value: float
    trial: int


@frozen
class RushMemory(Memory):
    """The candidates that have reported, in the order in which they did, and the thresholds that they have set."""

    candidates: tuple[int, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    def threshold(self, system: int, level: int) -> Threshold | None:
        """That of a level, None if no candidate has set one."""
        return next((one for one in self.thresholds if (one.system, one.level) == (system, level)), None)

    def with_candidate(self, trial: int) -> "RushMemory":
        """One candidate more, if it is new."""
        return self if trial in self.candidates else RushMemory((*self.candidates, trial), self.thresholds)

    def with_threshold(self, new: Threshold) -> "RushMemory":
        """A threshold set or lowered; the first of equals stays."""
        old = self.threshold(new.system, new.level)
        if old is not None and old.value <= new.value:
            return self
        others = tuple(one for one in self.thresholds if one is not old)
        ordered = sorted((*others, new), key=lambda one: (one.system, one.level))
        return RushMemory(self.candidates, tuple(ordered))


@frozen
class Rush:
    """What both have in common. ``trusted``: the trials with the first so many of ``points_to_evaluate`` are
    candidates; with none, everything is as without thresholds."""

    needs_cost: ClassVar[bool] = False
    trusted: int = field(default=0, converter=plain)

    def __attrs_post_init__(self) -> None:
        whole_number("the number of trusted points_to_evaluate", self.trusted, low=0)

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> RushMemory:
        """No candidate has reported."""
        return RushMemory()

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """Thresholds at levels that are there."""
        if not isinstance(memory, RushMemory):
            return False
        return all(
            0 <= one.system < len(systems) and one.level in systems[one.system] and math.isfinite(one.value)
            for one in memory.thresholds
        )

    def is_candidate(self, heard: Heard) -> bool:
        """Whether the configuration is a trusted one."""
        return heard.point is not None and heard.point < self.trusted

    def expected_share(self, level: int, next_level: int) -> float:
        """q at most; thresholds let fewer go on."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """New trials may always start."""
        return True


@frozen
class RushStopping(NobodyWaits, Rush):
    """`Stopping`, and then: a candidate that goes on sets or lowers the threshold of its level; any other trial goes on
    iff there is none or its value is not worse."""

    @property
    def waits(self) -> bool:
        """False: nobody pauses."""
        return False

    def judge(self, standing: Standing) -> Verdict:
        """As `Stopping`; `hear` may end the trial yet."""
        return Stopping().judge(standing)

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """A candidate that `Stopping` stops sets no threshold."""
        assert isinstance(memory, RushMemory)
        if heard.level is None or heard.standing is None:
            return Opinion(memory)
        goes_on = self.judge(heard.standing) is Verdict.GO_ON
        if self.is_candidate(heard):
            memory = memory.with_candidate(heard.trial)
            if goes_on:
                memory = memory.with_threshold(Threshold(heard.system, heard.level, _value(heard), heard.trial))
        threshold = memory.threshold(heard.system, heard.level)
        worse = threshold is not None and _value(heard) > threshold.value
        ends = goes_on and worse and not self.is_candidate(heard)
        return Opinion(memory, _of_threshold(threshold, heard.sign), ends)

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Nobody waits."""
        return Scan((), None)


@frozen
class RushPromotion(ByRank, Rush):
    """`Promotion` of the best that waits among candidates and those that are not worse than the threshold: the best
    value of all candidates in the rung."""

    @property
    def waits(self) -> bool:
        """True: everybody pauses."""
        return True

    def judge(self, standing: Standing) -> Verdict:
        """Wait for the others."""
        return Verdict.WAIT

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """A candidate sets or lowers the threshold of a level by its entry."""
        assert isinstance(memory, RushMemory)
        if heard.level is None:
            return Opinion(memory)
        if self.is_candidate(heard):
            new = Threshold(heard.system, heard.level, _value(heard), heard.trial)
            memory = memory.with_candidate(heard.trial).with_threshold(new)
        return Opinion(memory, _of_threshold(memory.threshold(heard.system, heard.level), heard.sign))

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """One entry of each rung is examined, as in `Promotion`; to find it may take a walk through the rung."""
        return due(self, seen)

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The best that waits and is a candidate or not worse than the threshold."""
        assert isinstance(seen.memory, RushMemory)
        entry = _eligible(rung, seen.memory, seen.system) if len(rung) > 1 else None
        return None if entry is None else Candidate(rung, entry, rung.standing(entry.value))


def _eligible(rung: Rung, memory: RushMemory, system: int) -> Waiting | None:
    """The best that waits and is a candidate or not worse than the threshold."""
    first, threshold = rung.best_waiting(), memory.threshold(system, rung.level)
    if first is None or threshold is None or first.value <= threshold.value:
        return first
    # all that follow are worse than the threshold too: only candidates are left
    waiting = (Waiting(value, trial) for value, trial, waits in rung.entries if waits and trial in memory.candidates)
    return next(waiting, None)


def _value(heard: Heard) -> float:
    return rank_value(heard.value)


def _of_threshold(threshold: Threshold | None, sign: float) -> Evidence:
    """The threshold in units of the metric, and who set it."""
    if threshold is None:
        return ()
    numbers = (("level", float(threshold.level)), ("threshold", sign * threshold.value + 0.0))
    return (Figures("RUSH", (*numbers, ("set by trial", float(threshold.trial)))),)
