"""The one-epoch baseline: many trials train to the first level, then the best of them to the end.

An adaptive method should beat this: it is successive halving with one rung, where all is bet on early results.
"""

from attrs import field, frozen

from pure_hb.rungs.ladder import Rung, Standing, System
from pure_hb.rungs.levels import whole_number
from pure_hb.rungs.rules.rule import ByRank, Candidate, Pausing, Seen
from pure_hb.space.domains import plain


@frozen
class BestOfFirst(ByRank, Pausing):
    """New trials start until the first rung has ``entries``. Then the paused trials among its ``best`` are promoted,
    best first, and no new trial starts. Trials that are running when the rung becomes full still reach the first level,
    and count."""

    entries: int = field(default=100, converter=plain)
    best: int = field(default=10, converter=plain)

    def __attrs_post_init__(self) -> None:
        whole_number("num_trials", self.entries)
        whole_number("num_best", self.best)

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The best waiting entry of the first rung, once that is full; otherwise None."""
        entry = None if self.is_open(seen.rungs) or rung is not seen.rungs[0] else rung.best_waiting()
        return None if entry is None else Candidate(rung, entry, self.standing(rung, entry.value))

    def standing(self, rung: Rung, value: float) -> Standing:
        """How a value compares with the ``best`` entries of the rung."""
        return Standing(len(rung), rung.rank(value), self.best - 1, rung.kth_best(min(self.best, len(rung)) - 1))

    def expected_share(self, level: int, next_level: int) -> float:
        """The share best / entries at the first level."""
        return min(1.0, self.best / self.entries)

    def is_open(self, rungs: System) -> bool:
        """True until the first rung is full."""
        return len(rungs[0]) < self.entries
