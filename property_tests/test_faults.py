"""Would the suites notice? Faults planted in the machine, each of which twin, invariants or laws must find.

A check that has never failed proves nothing. Each fault is planted by a patch in this file, and the table says which
suites must catch it; without a fault all of them pass.
"""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

import pure_hb as hb
from property_tests.twin import Twin
from property_tests.twin_records import answer_of
from pure_hb import testing
from pure_hb.auditing import Step, history, violations
from pure_hb.rungs import Rung, Standing
from pure_hb.rungs.ladder import Waiting
from pure_hb.testing.small_setups import TYPES

SEEDS: Final = range(12)
STEPS: Final = 80

Patch = pytest.MonkeyPatch


# ---- the suites ----------------------------------------------------------------------------------------------------


def worlds() -> Iterator[tuple[hb.Setup, tuple[hb.Event, ...]]]:
    """Setups of both types, and events that were played with them."""
    for seed in SEEDS:
        for type in TYPES:
            pick = random.Random(seed).choice
            setup = testing.pick_setup(pick, type=type)
            yield setup, testing.play(testing.subject_of(setup), testing.world_of(setup), pick, STEPS)


def steps_of(setup: hb.Setup, events: tuple[hb.Event, ...]) -> Iterator[Step]:
    """The steps of our machine; what it raises is a failure like any other."""
    try:
        yield from history(hb.initial(setup), events, hb.decide)
    except Exception as error:
        raise AssertionError(f"decide raised {error!r}") from error


def by_twin() -> None:
    for setup, events in worlds():
        twin = Twin(setup)
        for step in steps_of(setup, events):
            assert answer_of(step.action) == twin.answer(step.event)


def by_invariants() -> None:
    for setup, events in worlds():
        assert not violations(steps_of(setup, events))


def by_laws() -> None:
    for seed in SEEDS:
        for type in TYPES:
            setup = testing.pick_setup(random.Random(seed).choice, type=type)
            for law in testing.LAWS:
                law.check(setup, seed=seed, steps=STEPS // 2)


SUITES: Final = {"twin": by_twin, "invariants": by_invariants, "laws": by_laws}


# ---- the faults ----------------------------------------------------------------------------------------------------


def cutoff_off_by_one(patch: Patch) -> None:
    def passes(self: Standing) -> bool:
        return self.allowed is not None and self.rank <= self.allowed + 1

    patch.setattr(Standing, "passes", property(passes))


def cutoff_of_the_paper(patch: Patch) -> None:
    """rank < n // eta: the rule that this library does not follow."""

    def passes(self: Standing) -> bool:
        return self.allowed is not None and self.rank < self.allowed

    patch.setattr(Standing, "passes", property(passes))


def promoted_entry_still_waits(patch: Patch) -> None:
    patch.setattr(Rung, "promote", lambda self, trial: self)


def pause_forgotten(patch: Patch) -> None:
    enter = Rung.enter
    patch.setattr(Rung, "enter", lambda self, trial, value, waits: enter(self, trial, value, False))


def ties_turned(patch: Patch) -> None:
    def last_of_equals(self: Rung) -> Waiting | None:
        waiting = self.waiting
        return next((one for one in reversed(waiting) if one.value == waiting[0].value), None)

    patch.setattr(Rung, "best_waiting", last_of_equals)


def nan_let_through(patch: Patch) -> None:
    """It is judged like any large value."""
    decide = hb.decide

    def faulty(state: hb.State, event: hb.Event) -> tuple[hb.State, hb.Action]:
        if isinstance(event, hb.Report) and not math.isfinite(event.value):
            event = evolve_event(event, value=1e9)
        return decide(state, event)

    patch.setattr(hb, "decide", faulty)


def old_leg_taken_for_the_new(patch: Patch) -> None:
    decide = hb.decide

    def faulty(state: hb.State, event: hb.Event) -> tuple[hb.State, hb.Action]:
        if isinstance(event, hb.Report) and event.leg is not None and event.leg >= 0:
            event = evolve_event(event, leg=None)
        return decide(state, event)

    patch.setattr(hb, "decide", faulty)


def evolve_event(event: hb.Report, **changes: Any) -> hb.Report:
    fields = {"trial": event.trial, "resource": event.resource, "value": event.value, "cost": event.cost}
    return hb.Report(**{**fields, "leg": event.leg, **changes})


def entry_changes_the_old_rung(patch: Patch) -> None:
    """Structure that is shared and then written to."""
    enter = Rung.enter

    def enter_in_place(self: Rung, trial: int, value: float, waits: bool) -> Rung:
        after = enter(self, trial, value, waits)
        if len(after) == 3:
            object.__setattr__(self, "entries", after.entries)
        return after

    patch.setattr(Rung, "enter", enter_in_place)


FAULTS: Final[dict[Callable[[Patch], None], set[str]]] = {
    cutoff_off_by_one: {"twin", "invariants"},
    cutoff_of_the_paper: {"twin", "invariants"},
    promoted_entry_still_waits: {"twin", "invariants", "laws"},
    pause_forgotten: {"twin", "invariants", "laws"},
    ties_turned: {"twin", "invariants"},
    nan_let_through: {"twin", "invariants"},
    old_leg_taken_for_the_new: {"twin", "laws"},
    entry_changes_the_old_rung: {"invariants", "laws"},
}
"""Fault -> the suites that must find it."""

CASES: Final = [(fault, suite) for fault, suites in FAULTS.items() for suite in sorted(suites)]


@pytest.mark.parametrize(("fault", "suite"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_fault_is_found(fault: Callable[[Patch], None], suite: str, monkeypatch: Patch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        SUITES[suite]()


@pytest.mark.parametrize("suite", SUITES)
def test_without_a_fault_every_suite_passes(suite: str) -> None:
    SUITES[suite]()
