"""Cost-aware promotion: the best of a rung go on as long as their cost fits a budget, a share of the cost of all.

Where trials differ much in what an epoch costs, a rung is shared by cost and not by the number of trials. Source: the
reference system; ASHA (Li et al. 2020) counts entries.
"""

from itertools import accumulate
from typing import ClassVar

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Figures
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rules.rule import Candidate, Pausing, Scan, Seen
from pure_hb.rungs.rung import Rung, Waiting


@frozen
class CostPromotion(Pausing):
    """Everybody pauses at each level. From the top rung down: of the entries, best first, whose costs together are at
    most q times the cost of all n entries, the first that waits goes on. At least two entries are needed.

    An entry costs what its trial had cost in total when it made it; a trial that was observed cost nothing here.
    """

    needs_cost: ClassVar[bool] = True

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Sums run from the best on, without compensation: they are those of the order of the rung."""
        evidence = []
        for rung in reversed(seen.rungs):
            if len(rung) < 2:
                continue
            costs = [seen.cost(trial, rung.level) for trial in rung.trials]
            budget = sum_in_order(costs) * (rung.level / rung.next_level)
            found = _affordable(rung, costs, budget)
            numbers = (("level", float(rung.level)), ("entries", float(len(rung))), ("budget", budget))
            if found is None:
                evidence.append(Figures("cost", numbers))
                continue
            entry, spent = found
            evidence.append(Figures("cost", (*numbers, ("spent", spent), ("trial", float(entry.trial)))))
            return Scan((), Candidate(rung, entry, rung.standing(entry.value)), tuple(evidence))
        return Scan((), None, tuple(evidence))

    def expected_share(self, level: int, next_level: int) -> float:
        """q, where costs do not differ."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """New trials may always start."""
        return True


def sum_in_order(costs: list[float]) -> float:
    """The plain sum from left to right: newer versions of Python compensate in `sum`, and no log may depend on it."""
    total = 0.0
    for cost in costs:
        total += cost
    return total


def _affordable(rung: Rung, costs: list[float], budget: float) -> tuple[Waiting, float] | None:
    """The first entry that waits within the budget, and what is spent with it."""
    for (value, trial, waits), spent in zip(rung.entries, accumulate(costs), strict=True):
        if spent > budget:
            return None
        if waits:
            return Waiting(value, trial), spent
    return None
