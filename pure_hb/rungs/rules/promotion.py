"""Promotion: a trial pauses at each level and goes on when it is among the best (ASHA, Li et al. 2020, algorithm 2)."""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rules.rule import ByRank, Pausing, Scan, Seen, due


@frozen
class Promotion(ByRank, Pausing):
    """From the top rung down, the best waiting entry is promoted if at most floor((n - 1) q) of all n entries,
    promoted ones included, are strictly better. At least two entries are needed."""

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """At most one entry of each rung is looked at."""
        return due(self, seen)

    def expected_share(self, level: int, next_level: int) -> float:
        """q."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """New trials may always start."""
        return True
