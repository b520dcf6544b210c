"""Promotion: a trial pauses at each level and goes on when it is among the best (ASHA, Li et al. 2020, algorithm 2)."""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rules.rule import Candidate, Pausing, Scan, Seen


@frozen
class Promotion(Pausing):
    """From the top rung down, the best waiting entry is promoted if at most floor((n - 1) q) of all n entries,
    promoted ones included, are strictly better. At least two entries are needed."""

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """At most one entry of each rung is looked at: if the best that waits does not pass, none does."""
        looked_at: list[Candidate] = []
        for rung in reversed(seen.rungs):
            entry = rung.best_waiting()
            if entry is None or len(rung) < 2:
                continue
            candidate = Candidate(rung, entry, rung.standing(entry.value))
            looked_at.append(candidate)
            if candidate.standing.passes:
                return Scan(tuple(looked_at), candidate)
        return Scan(tuple(looked_at), None)

    def expected_share(self, level: int, next_level: int) -> float:
        """q."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """New trials may always start."""
        return True
