"""RUSH: trusted configurations set a threshold at each level, and other trials must not be worse.

When good configurations are known from earlier searches, they are given as ``points_to_evaluate``. Any other trial that
is worse than the best of them at a level ends, or waits. Source: Zappella, Salinas and Archambeau, "A
resource-efficient method for repeated HPO and NAS problems", 2021.
"""

import math

from attrs import field, frozen

from pure_hb.protocol import Evidence, Figures, Memory
from pure_hb.rungs.ladder import Rung, Standing, Waiting, rank_value
from pure_hb.rungs.levels import whole_number
from pure_hb.rungs.rules.rule import ByRank, Candidate, Heard, NobodyWaits, Opinion, Pausing, Plain, Seen, Verdict
from pure_hb.rungs.rules.stopping import Stopping
from pure_hb.space.domains import plain


@frozen
class Threshold:
    """The best value of an accepted candidate at a level, to be minimised, and the trial of that candidate."""

    system: int
    level: int
    value: float
    trial: int


@frozen
class RushMemory(Memory):
    """The candidates that have reported, in order of their first report, and the thresholds that they have set."""

    candidates: tuple[int, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    def threshold(self, system: int, level: int) -> Threshold | None:
        """The threshold of a level; None if no candidate has set one."""
        return next((one for one in self.thresholds if (one.system, one.level) == (system, level)), None)

    def with_candidate(self, trial: int) -> "RushMemory":
        """The memory with one more candidate, if it is new."""
        return self if trial in self.candidates else RushMemory((*self.candidates, trial), self.thresholds)

    def with_threshold(self, new: Threshold) -> "RushMemory":
        """The memory with a threshold set or lowered; of equal ones the first stays."""
        old = self.threshold(new.system, new.level)
        if old is not None and old.value <= new.value:
            return self
        others = tuple(one for one in self.thresholds if one is not old)
        ordered = sorted((*others, new), key=lambda one: (one.system, one.level))
        return RushMemory(self.candidates, tuple(ordered))


@frozen
class Rush(Plain):
    """The part that both RUSH rules share. ``trusted``: the first so many of ``points_to_evaluate`` are trusted, and
    their trials are called candidates; with 0 there are no thresholds."""

    trusted: int = field(default=0, converter=plain)

    def __attrs_post_init__(self) -> None:
        whole_number("the number of trusted points_to_evaluate", self.trusted, low=0)

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> RushMemory:
        """An empty memory."""
        return RushMemory()

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """Whether every threshold of the memory is at an existing level."""
        if not isinstance(memory, RushMemory):
            return False
        return all(
            0 <= one.system < len(systems) and one.level in systems[one.system] and math.isfinite(one.value)
            for one in memory.thresholds
        )

    def is_candidate(self, heard: Heard) -> bool:
        """Whether the configuration of the report is a trusted one."""
        return heard.point is not None and heard.point < self.trusted


@frozen
class RushStopping(NobodyWaits, Rush):
    """`Stopping` with thresholds: a candidate that goes on sets or lowers the threshold of its level; any other trial
    goes on only if its value is not worse than the threshold, where there is one."""

    def judge(self, standing: Standing) -> Verdict:
        """As `Stopping`; `hear` may still end the trial."""
        return Stopping().judge(standing)

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """Update the threshold, or end a trial that is worse. A candidate that `Stopping` stops sets no threshold."""
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


@frozen
class RushPromotion(ByRank, Pausing, Rush):
    """`Promotion` of the best waiting entry among candidates and trials not worse than the threshold: the best value of
    all candidates in the rung."""

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """Update the threshold of a level by the entry of a candidate."""
        assert isinstance(memory, RushMemory)
        if heard.level is None:
            return Opinion(memory)
        if self.is_candidate(heard):
            new = Threshold(heard.system, heard.level, _value(heard), heard.trial)
            memory = memory.with_candidate(heard.trial).with_threshold(new)
        return Opinion(memory, _of_threshold(memory.threshold(heard.system, heard.level), heard.sign))

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The best waiting entry that is a candidate's, or not worse than the threshold; None if there is none."""
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
