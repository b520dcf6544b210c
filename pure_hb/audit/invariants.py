"""WHICH STATEMENTS ARE ALWAYS TRUE? `INVARIANTS`: the list that explorer, stateful tests and audits share.

Each is checked on a step (state, event, action, state after). Statements about one state are about the state after, so
a history whose first state is the initial one is checked whole. For the rules they describe they are theorems: a
violation is a fault of the code, or a damaged log.
"""

from collections.abc import Callable, Iterable
from typing import Final

from attrs import frozen

from pure_hb.audit import evidence, rules, rungs, trials
from pure_hb.audit.steps import Step


@frozen
class Invariant:
    """A named statement. ``holds`` answers None, or a sentence that names what is violated."""

    name: str
    meaning: str
    holds: Callable[[Step], str | None]


@frozen
class Violation:
    """An invariant that a step violates. ``number`` counts the steps from 0."""

    number: int
    invariant: Invariant
    what: str

    def __str__(self) -> str:
        return f"step {self.number} violates {self.invariant.name}: {self.what}\n  ({self.invariant.meaning})"


def _invariant(holds: Callable[[Step], str | None]) -> Invariant:
    return Invariant(holds.__name__, " ".join((holds.__doc__ or "").split()), holds)


INVARIANTS: Final[tuple[Invariant, ...]] = tuple(
    map(
        _invariant,
        (
            trials.unlogged_changes_nothing,
            trials.clock_counts_accepted,
            trials.life,
            trials.one_place,
            trials.capacity,
            trials.resource_grows,
            trials.milestone,
            trials.not_finite_ends,
            trials.incumbent_monotone,
            trials.fits_are_of_this_search,
            trials.broken_first,
            trials.progress,
            rungs.rungs_only_grow,
            rungs.one_entry,
            rungs.observed_never_wait,
            rungs.promoted_at_most_once,
            rungs.nested,
            rungs.promoted_in_top,
            rungs.small_rung,
            rungs.best_first,
            rungs.promotion_bound,
            rungs.eager,
            rungs.best_continues,
            rungs.stopped_by_rank,
            rules.promoted_as_the_rule_says,
            rules.judged_as_the_rule_says,
            rules.remembered_truly,
            evidence.ranked_truly,
            evidence.drawn_truly,
        ),
    )
)


def violations(steps: Iterable[Step], invariants: Iterable[Invariant] = INVARIANTS) -> tuple[Violation, ...]:
    """All violations in a history, in its order."""
    chosen = tuple(invariants)
    found = (
        Violation(number, invariant, what)
        for number, step in enumerate(steps)
        for invariant in chosen
        if (what := invariant.holds(step)) is not None
    )
    return tuple(found)
