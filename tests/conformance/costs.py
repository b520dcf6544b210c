"""Cost promotion as the reference counts costs: what a restarted script spends again replaces what was spent before.

Ours counts it again (decisions, 3.7). So a promotion may differ once a trial has begun afresh, and then only if the
reference's totals give the promotion that is expected.
"""

from collections.abc import Mapping
from typing import Any

from attrs import Factory, define, field

from pure_hb.draws import Draws
from pure_hb.machine import State
from pure_hb.rungs import Seen
from pure_hb.rungs.rules import CostPromotion


@define
class ReferenceCosts:
    """The totals of the reference, by trial and level."""

    restarted: bool = False
    offsets: dict[int, float] = Factory(dict)
    totals: dict[tuple[int, int], float] = field(factory=dict)

    def follow(self, step: Mapping[str, Any]) -> None:
        """Counts what a step that was accepted reports."""
        report, expect = step["event"].get("report"), step["expect"]
        if report is None or "cost" not in report:
            return
        trial = report["trial"]
        if expect.get("ignored"):
            self.restarted, self.offsets[trial] = True, 0.0
        elif expect["action"] == "pause":
            total = self.offsets.get(trial, 0.0) + report["cost"]
            self.offsets[trial] = self.totals[trial, expect["at"]] = total

    def explain(self, state: State, step: Mapping[str, Any], bracket: int, draws: Draws) -> bool:
        """Whether the expected answer to a request is what these totals give, and not what ours give."""
        if not self.restarted or "ask" not in step["event"]:
            return False
        expect, rungs = step["expect"], state.ladder.rungs(bracket)
        seen = Seen(rungs, cost=lambda trial, level: self.totals.get((trial, level), 0.0))
        theirs = CostPromotion().scan(seen, draws).promoted
        return (theirs.entry.trial if theirs else None) == (expect["trial"] if expect["action"] == "resume" else None)
