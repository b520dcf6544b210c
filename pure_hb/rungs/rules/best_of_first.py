"""The one-epoch baseline: many trials train to the first level, then the best of them to the end.

It is what reviewers ask for: whatever adapts should beat the plain bet on early results.
"""

from attrs import field, frozen

from pure_hb.draws import Draws
from pure_hb.rungs.ladder import System
from pure_hb.rungs.levels import whole_number
from pure_hb.rungs.rules.rule import Candidate, Pausing, Scan, Seen
from pure_hb.rungs.rung import Standing
from pure_hb.space.domains import plain


@frozen
class BestOfFirst(Pausing):
    """New trials start until the first rung has ``entries``; then whoever waits there and is among its ``best`` goes
    on, best first, and nobody else starts. Trials that run when the rung is full still reach the first level, and
    count."""

    entries: int = field(default=100, converter=plain)
    best: int = field(default=10, converter=plain)

    def __attrs_post_init__(self) -> None:
        whole_number("num_trials", self.entries)
        whole_number("num_best", self.best)

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """The best that waits, once the rung is full, unless enough have gone on."""
        if self.is_open(seen.rungs):
            return Scan((), None)
        first = seen.rungs[0]
        entry = first.best_waiting()
        if entry is None:
            return Scan((), None)
        cutoff = first.kth_best(min(self.best, len(first)) - 1)
        standing = Standing(len(first), first.rank(entry.value), self.best - 1, cutoff)
        candidate = Candidate(first, entry, standing)
        return Scan((candidate,), candidate if standing.passes else None)

    def expected_share(self, level: int, next_level: int) -> float:
        """The best of the first."""
        return min(1.0, self.best / self.entries)

    def is_open(self, rungs: System) -> bool:
        """Whether the first rung is not full yet."""
        return len(rungs[0]) < self.entries
