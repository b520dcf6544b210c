"""Promotion: a trial pauses at each level, and is promoted when it is among the best entries of the rung.

This is ASHA (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020, algorithm 2). No trial waits for
a rung to be complete: a free worker promotes what can be promoted, otherwise it starts a new trial.
"""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rules.rule import ByRank, Pausing, Scan, Seen, due


@frozen
class Promotion(ByRank, Pausing):
    """From the top rung down, the best waiting entry is promoted if at most floor((n - 1) q) of all n entries, promoted
    ones included, are strictly better; q = level / next level. At least two entries are needed."""

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """The first promotion from the top rung down; one entry of each rung is examined."""
        return due(self, seen)

    def expected_share(self, level: int, next_level: int) -> float:
        """The share q = level / next level."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """True: new trials may always start."""
        return True
