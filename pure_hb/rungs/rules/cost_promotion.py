"""Cost-aware promotion: the best entries of a rung are promoted as long as their total cost is within a share of the
cost of all entries.

Where the cost of an epoch differs much between trials, a rung is divided by cost instead of by number of trials.
Source: Syne Tune; ASHA (Li et al. 2020) counts entries.
"""

from itertools import accumulate
from typing import ClassVar

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Figures
from pure_hb.rungs.ladder import Rung, Waiting
from pure_hb.rungs.rules.rule import ByRank, Candidate, Pausing, Scan, Seen


@frozen
class CostPromotion(ByRank, Pausing):
    """All trials pause at each level. Rungs are scanned from the top down. In a rung, entries are taken best first as
    long as their costs sum to at most q times the cost of all n entries; the first of these that waits is promoted. At
    least two entries are needed.

    The cost of an entry is the total cost of its trial when it made the entry; an observed trial has cost 0.
    """

    needs_cost: ClassVar[bool] = True

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The best waiting entry within the budget; None if there is none."""
        found = _found(seen, rung) if len(rung) > 1 else None
        return None if found is None or found.entry is None else _candidate(rung, found.entry)

    def may_go_on(self, candidate: Candidate) -> bool:
        """True: a candidate is within the budget."""
        return True

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Promote the first `candidate` from the top rung down; evidence: the sums of each rung."""
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


def sum_in_order(costs: list[float]) -> float:
    """The plain sum from left to right. `sum` is compensated in newer versions of Python, and a journal may not depend
    on that."""
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
