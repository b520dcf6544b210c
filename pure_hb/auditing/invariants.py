"""WHICH STATEMENTS ARE ALWAYS TRUE? `INVARIANTS`: the list that explorer, stateful tests and audits share.

Each is checked for a step (state, event, action, state after). Statements about one state are about the state after, so
a history whose first state is the initial one is checked completely. For the rules that they describe they can be
proved: a violation is a fault of the code, or a damaged log.
"""

from collections.abc import Callable, Iterable
from typing import Final

from attrs import frozen

from pure_hb.auditing import evidence, rules, rungs, trials
from pure_hb.auditing.steps import Step


@frozen
class Invariant:
    """A named statement about every step of a history. docs/audit.md shows how to write one."""

    name: str
    """The name, for tables and messages."""
    meaning: str
    """The statement in a sentence, for tables and messages."""
    holds: Callable[[Step], str | None]
    """Returns None for a step that keeps it, otherwise a sentence that says what is wrong."""
    law: str = "OWN"
    """The law (docs/design.md) of which it examines a part, such as "ONE_PLACE"; "RULE" for what the rule of a setup
    promises; "OWN" for an invariant that is not of this library."""


@frozen
class Violation:
    """An invariant that a step violates. ``number`` counts the steps from 0."""

    number: int
    invariant: Invariant
    what: str

    def __str__(self) -> str:
        return f"step {self.number} violates {self.invariant.name}: {self.what}\n  ({self.invariant.meaning})"


def _invariant(holds: Callable[[Step], str | None], law: str) -> Invariant:
    return Invariant(holds.__name__, " ".join((holds.__doc__ or "").split()), holds, law)


INVARIANTS: Final[tuple[Invariant, ...]] = tuple(
    _invariant(holds, law)
    for holds, law in (
        (trials.unlogged_changes_nothing, "TOTAL"),
        (trials.clock_counts_accepted, "ONE_TRUTH"),
        (trials.life, "ONE_PLACE"),
        (trials.one_place, "ONE_PLACE"),
        (trials.capacity, "ONE_PLACE"),
        (trials.resource_grows, "ONE_PLACE"),
        (trials.milestone, "ONE_PLACE"),
        (trials.not_finite_ends, "TOTAL"),
        (trials.incumbent_monotone, "ONE_TRUTH"),
        (trials.fits_are_of_this_search, "TOTAL"),
        (trials.broken_first, "TOTAL"),
        (trials.progress, "TOTAL"),
        (rungs.rungs_only_grow, "ONE_TRUTH"),
        (rungs.one_entry, "ONE_TRUTH"),
        (rungs.observed_never_wait, "ONE_PLACE"),
        (rungs.promoted_at_most_once, "ONE_PLACE"),
        (rungs.nested, "ONE_PLACE"),
        (rungs.promoted_in_top, "RULE"),
        (rungs.small_rung, "RULE"),
        (rungs.best_first, "RULE"),
        (rungs.promotion_bound, "RULE"),
        (rungs.eager, "RULE"),
        (rungs.best_continues, "RULE"),
        (rungs.stopped_by_rank, "RULE"),
        (rules.promoted_as_the_rule_says, "RULE"),
        (rules.judged_as_the_rule_says, "RULE"),
        (rules.remembered_truly, "RULE"),
        (evidence.ranked_truly, "EVIDENCE"),
        (evidence.drawn_truly, "EVIDENCE"),
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
