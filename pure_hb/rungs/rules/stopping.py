"""Stopping: a trial trains on without pausing, and is stopped at a level where it is not among the best.

The comparison is that of ASHA's promotion (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020),
which pauses trials instead. The stopping variant is that of Syne Tune (Salinas et al., "Syne Tune: A Library for Large
Scale Hyperparameter Tuning and Reproducible Research", 2022) and of Klein et al. 2020 (MOBSTER).
"""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rules.rule import NobodyWaits, Plain, Scan, Seen, Verdict
from pure_hb.rungs.rung import Standing


@frozen
class Stopping(NobodyWaits, Plain):
    """At a level, a trial goes on if at most floor((n - 1) q) of the n entries, its own included, are strictly better;
    q = level / next level. The first trial to arrive goes on, because there is nothing to compare it with."""

    @property
    def waits(self) -> bool:
        """False: no trial pauses."""
        return False

    def judge(self, standing: Standing) -> Verdict:
        """Go on if the trial is among the best, otherwise stop it."""
        return Verdict.GO_ON if standing.entries < 2 or standing.passes else Verdict.END

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """No promotion: no trial waits."""
        return Scan((), None)

    def expected_share(self, level: int, next_level: int) -> float:
        """The share q = level / next level."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """True: new trials may always start."""
        return True
