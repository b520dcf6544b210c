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
from pure_hb.rungs.rules.rule import ByRank, Candidate, Pausing, Scan, Seen
from pure_hb.rungs.rung import Rung, Waiting


@frozen
class CostPromotion(ByRank, Pausing):
    """Everybody pauses at each level. From the top rung down: of the entries, best first, whose costs together are at
    most q times the cost of all n entries, the first that waits goes on. At least two entries are needed.

    An entry costs what its trial had cost in total when it made it; a trial that was observed cost nothing here.
    """

    needs_cost: ClassVar[bool] = True

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The first that waits within the budget."""
        found = _found(seen, rung) if len(rung) > 1 else None
        return None if found is None or found.entry is None else _candidate(rung, found.entry)

    def may_go_on(self, candidate: Candidate) -> bool:
        """It is within the budget."""
        return True

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """As `candidate` says, from the top rung down, with the numbers of each rung as evidence."""
        evidence = []
        for rung in reversed(seen.rungs):
            if len(rung) < 2:
                continue
            found = _found(seen, rung)
            numbers = (("level", float(rung.level)), ("entries", float(len(rung))), ("budget", found.budget))
            if found.entry is None:
                evidence.append(Figures("cost", numbers))
                continue
            evidence.append(Figures("cost", (*numbers, ("spent", found.spent), ("trial", float(found.entry.trial)))))
            return Scan((), _candidate(rung, found.entry), tuple(evidence))
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


@frozen
class _Found:
    """The first entry of a rung that waits within the budget, if there is one, and what is spent with it."""

    budget: float
    entry: Waiting | None = None
    spent: float = 0.0


def _found(seen: Seen, rung: Rung) -> _Found:
    """Sums run from the best on, without compensation: they are those of the order of the rung."""
    costs = [seen.cost(trial, rung.level) for trial in rung.trials]
    budget = sum_in_order(costs) * (rung.level / rung.next_level)
    for (value, trial, waits), spent in zip(rung.entries, accumulate(costs), strict=True):
        if spent > budget:
            break
        if waits:
            return _Found(budget, Waiting(value, trial), spent)
    return _Found(budget)


def _candidate(rung: Rung, entry: Waiting) -> Candidate:
    return Candidate(rung, entry, rung.standing(entry.value))
