"""Stopping: a trial runs on until a rung stops it (ASHA as in Li et al. 2020, section 4.2 of the Syne Tune paper)."""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rules.rule import NobodyWaits, Plain, Scan, Seen, Verdict
from pure_hb.rungs.rung import Standing


@frozen
class Stopping(NobodyWaits, Plain):
    """At a level, a trial goes on iff at most floor((n - 1) q) of the n entries, its own included, are strictly better.

    The first to arrive goes on: with one entry there is nothing to compare.
    """

    @property
    def waits(self) -> bool:
        """False: nobody pauses."""
        return False

    def judge(self, standing: Standing) -> Verdict:
        """Go on or end."""
        return Verdict.GO_ON if standing.entries < 2 or standing.passes else Verdict.END

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Nobody waits."""
        return Scan((), None)

    def expected_share(self, level: int, next_level: int) -> float:
        """q."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """New trials may always start."""
        return True
