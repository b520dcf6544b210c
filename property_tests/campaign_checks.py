"""WHAT IS EXAMINED OF A WORLD? Each step as it is made, and the whole at its end.

What costs the same however large the search is, is examined at every step. What walks through all trials or a whole
rung is examined at every step of a small search and at ever fewer of a large one, so that its cost stays in proportion.
"""

from collections import Counter
from typing import Any, Final

from attrs import define, field

import pure_hb as hb
from property_tests.campaign_worlds import Plan, Teams
from property_tests.quick_rungs import QuickRungs
from property_tests.twin import Twin
from property_tests.twin_records import answer_of
from pure_hb.auditing import INVARIANTS, Step, history
from pure_hb.codec import (
    action_from_json,
    action_to_json,
    canonical,
    event_from_json,
    event_to_json,
    from_json,
    parse,
    to_json,
)
from pure_hb.rungs import Promotion, Stopping
from pure_hb.search import RandomSearch
from pure_hb.testing import (
    SOMETIMES,
    SOMETIMES_FITS,
    SOMETIMES_PROMOTION,
    SOMETIMES_STOPPING,
    Breach,
    Occurrence,
    Tally,
    subject_of,
)
from pure_hb.testing.books import Books
from pure_hb.testing.subject import Events

CHEAP: Final = tuple(
    invariant
    for invariant in INVARIANTS
    if invariant.name
    in (
        "unlogged_changes_nothing",
        "clock_counts_accepted",
        "not_finite_ends",
        "incumbent_monotone",
        "broken_first",
        "resource_grows",
        "drawn_truly",
    )
)
"""Their cost does not depend on how many trials there are."""
DEAR: Final = tuple(invariant for invariant in INVARIANTS if invariant not in CHEAP)
_QUADRATIC: Final = "eager"
"""It asks of each entry that waits how it ranks: in large rungs `QuickRungs` does that."""
_LARGE: Final = 300

OCCURRENCES: Final = (*SOMETIMES, *SOMETIMES_PROMOTION, *SOMETIMES_STOPPING, *SOMETIMES_FITS)
_TWIN_STEPS_MAX: Final = 500
_LAW_STEPS: Final = 40
_JSON_STEPS: Final = 400
_COUNTED_FIRST: Final = 40
"""Occurrences are counted in the first events of a world, and in some of the others."""


@define
class Counts:
    """What a campaign, or a part of it, has met."""

    worlds: Counter[str] = field(factory=Counter)
    events: int = 0
    answers: Counter[str] = field(factory=Counter)
    """("Event -> Action", how often); with an asterisk where the answer is logged."""
    occurred: Counter[str] = field(factory=Counter)
    looked_at: int = 0
    """Events in which occurrences were looked for."""
    checks: Counter[str] = field(factory=Counter)
    largest_rung: int = 0
    most_trials: int = 0

    def add(self, other: "Counts") -> None:
        """Add those of another part."""
        for mine, its in (
            (self.worlds, other.worlds),
            (self.answers, other.answers),
            (self.occurred, other.occurred),
            (self.checks, other.checks),
        ):
            mine.update(its)
        self.events += other.events
        self.looked_at += other.looked_at
        self.largest_rung = max(self.largest_rung, other.largest_rung)
        self.most_trials = max(self.most_trials, other.most_trials)


class Examiner:
    """Follows one world."""

    def __init__(self, plan: Plan, counts: Counts) -> None:
        setup = plan.setup
        plain = isinstance(setup.rule, Promotion | Stopping) and isinstance(setup.search, RandomSearch)
        self.plan, self.counts = plan, counts
        self.twin = Twin(setup) if plain and plan.steps <= _TWIN_STEPS_MAX else None
        self.rungs = QuickRungs(setup)
        self.books = Books(setup) if plan.books else None
        self.tally = Tally(_may_occur(setup))
        self.log: list[tuple[hb.Event, hb.Action]] = []
        self.events: list[hb.Event] = []
        self.dear = 0

    def fault(self, step: Step) -> str | None:
        """What is wrong with the next step, or None."""
        number, trials = len(self.events), len(step.after.trials)
        self.events.append(step.event)
        if step.action.logged:
            self.log.append((step.event, step.action))
            if self.books is not None:
                self.books.write(step.event, step.action)
        logged = " *" if step.action.logged else ""
        self.counts.answers[f"{type(step.event).__name__} -> {type(step.action).__name__}{logged}"] += 1
        if number < _COUNTED_FIRST or number % (8 * (1 + trials // 64)) == 0:
            self.tally.count(step)
        return self._against_twins(step) or self._against_invariants(step, number, trials)

    def _against_twins(self, step: Step) -> str | None:
        if self.twin is not None:
            due, got = self.twin.answer(step.event), answer_of(step.action)
            if due != got:
                return f"the twin says {due}, the machine {got}"
        objection = self.rungs.objection(step.event, step.action)
        return None if objection is None else f"ranks: {objection}"

    def _against_invariants(self, step: Step, number: int, trials: int) -> str | None:
        chosen = CHEAP
        if number % (1 + trials // 12) == 0 or number == self.plan.steps - 1:
            chosen = INVARIANTS
            self.dear += 1
        for invariant in chosen:
            if trials > _LARGE and invariant.name == _QUADRATIC:
                continue
            what = invariant.holds(step)
            if what is not None:
                return f"invariant {invariant.name}: {what}"
        return None

    def fault_at_end(self, state: hb.State) -> str | None:
        """What is wrong with the whole, or None."""
        counts, plan = self.counts, self.plan
        counts.occurred.update(self.tally.counts)
        counts.looked_at += self.tally.steps
        counts.most_trials = max(counts.most_trials, len(state.trials))
        sizes = (len(rung) for bracket in range(plan.setup.brackets) for rung in state.ladder.rungs(bracket))
        counts.largest_rung = max(counts.largest_rung, max(sizes, default=0))
        counts.checks["events with the twin"] += len(self.events) if self.twin is not None else 0
        counts.checks["events with all invariants"] += self.dear
        return self._folded(state) or self._rebuilt(state) or self._through_json() or self._lawful()

    def _folded(self, state: hb.State) -> str | None:
        self.counts.checks["logs folded"] += 1
        if hb.fold(self.plan.setup, self.log) != state:
            return "the log folds to another state"
        if self.plan.verified:
            self.counts.checks["decisions verified"] += len(self.log)
            found = hb.verify(self.plan.setup, self.log)
            return None if found.ok else f"chosen again, the log has {found.disagreement}"
        return None

    def _rebuilt(self, state: hb.State) -> str | None:
        difference = self.rungs.difference(state)
        if difference is None and self.books is not None:
            self.counts.checks["logs rebuilt by hand"] += 1
            difference = next(self.books.differences(state), None)
        return None if difference is None else f"books: {difference}"

    def _through_json(self) -> str | None:
        if not self.plan.json:
            return None
        text = canonical(to_json(self.plan.setup))
        if from_json(parse(text), hb.Setup) != self.plan.setup:
            return f"the setup is another one after JSON: {text!r}"
        for event, action in self.log[:_JSON_STEPS]:
            self.counts.checks["records through JSON"] += 1
            for value, write, read in _both_ways(event, action):
                text = canonical(write(value))
                if repr(read(parse(text))) != repr(value) or canonical(write(read(parse(text)))) != text:
                    return f"{value} is another one after JSON: {text!r}"
        return None

    def _lawful(self) -> str | None:
        law = self.plan.law
        if law is None:
            return None
        self.counts.checks[f"law {law.name}"] += 1
        breach = law.examine(subject_of(self.plan.setup), tuple(self.events[:_LAW_STEPS]))
        return None if breach is None else f"law {law.name}, event {breach.number}: {breach.what}"


def _both_ways(event: hb.Event, action: hb.Action) -> tuple[tuple[Any, Any, Any], ...]:
    return ((event, event_to_json, event_from_json), (action, action_to_json, action_from_json))


def _may_occur(setup: hb.Setup) -> tuple[Occurrence, ...]:
    if not setup.levels:
        return SOMETIMES
    fits = SOMETIMES_FITS if setup.search.fits_beside else ()
    return (*SOMETIMES, *fits, *(SOMETIMES_PROMOTION if setup.rule.waits else SOMETIMES_STOPPING))


# ---- whole worlds --------------------------------------------------------------------------------------------------


def played(plan: Plan, counts: Counts) -> tuple[Events, Breach | None]:
    """Play a world, and examine it: the events up to the first fault, and that."""
    examiner, teams = Examiner(plan, counts), Teams(plan)
    state = hb.initial(plan.setup)
    breach = None
    try:
        for before, event, after, action in teams.play(state):
            state = after
            what = examiner.fault(Step(before, event, action, after))
            if what is not None:
                breach = Breach(len(examiner.events) - 1, what)
                break
        else:
            what = examiner.fault_at_end(state)
            breach = None if what is None else Breach(len(examiner.events), what)
    except Exception as error:  # whatever is raised is a fault of the machine or of an examiner
        if len(examiner.events) < plan.steps and (not examiner.events or examiner.events[-1] is not teams.tried):
            examiner.events.append(teams.tried)
        breach = Breach(len(examiner.events) - 1, f"raised {type(error).__name__}: {error}")
    counts.worlds[plan.kind] += 1
    counts.events += len(examiner.events)
    return tuple(examiner.events), breach


def examined(plan: Plan, events: Events) -> Breach | None:
    """The first fault in a list of events, whoever made it."""
    examiner = Examiner(plan, Counts())
    state = hb.initial(plan.setup)
    try:
        for step in history(state, events, lambda state, event: hb.decide(state, event)):
            state = step.after
            what = examiner.fault(step)
            if what is not None:
                return Breach(len(examiner.events) - 1, what)
        what = examiner.fault_at_end(state)
    except Exception as error:
        return Breach(min(len(examiner.events), len(events) - 1), f"raised {type(error).__name__}: {error}")
    return None if what is None else Breach(len(events), what)
