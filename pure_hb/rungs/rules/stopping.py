"""Stopping: a trial trains on without pausing, and is stopped at a level where it is not among the best.

Source: the stopping variant of ASHA in Syne Tune. Ranks are compared as for promotion (`promotion.py`, which cites its
paper), where trials pause instead.
"""

from attrs import frozen

from pure_hb.rungs.ladder import Standing
from pure_hb.rungs.rules.rule import NobodyWaits, Plain, Verdict


@frozen
class Stopping(NobodyWaits, Plain):
    """At a level, a trial goes on if at most floor((n - 1) q) of the n entries, its own included, are strictly better;
    q = level / next level. The first trial to arrive goes on, because there is nothing to compare it with."""

    def judge(self, standing: Standing) -> Verdict:
        """Go on if the trial is among the best, otherwise stop it."""
        return Verdict.GO_ON if standing.entries < 2 or standing.passes else Verdict.END
