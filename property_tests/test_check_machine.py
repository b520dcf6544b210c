"""Does `check_machine` find what is wrong with somebody's scheduler, and say it so that it helps?"""

import subprocess
import sys
from collections.abc import Callable

import pytest
from attrs import evolve

import pure_hb as hb
from property_tests import toy
from property_tests.toy import Decision, Toy
from pure_hb import testing
from pure_hb.testing import LAWS, Law, LawBroken, World

GENERAL = ["PURE", "TOTAL", "IDEMPOTENT", "ONE_PLACE", "BLIND"]


def test_a_sound_scheduler_passes_and_the_answer_says_what_was_checked() -> None:
    checked = testing.check_machine(toy.initial, toy.decide, seeds=range(30))
    assert list(checked.laws) == GENERAL
    assert list(checked.passed_over) == ["TWO_HALVES", "EVIDENCE", "ONE_TRUTH"]
    assert checked.events == 30 * 80
    occurred = dict(checked.occurred)
    for name in ("Ask -> Start", "Ask -> Resume", "Ask -> Done", "Report -> Continue", "Fail -> Pause"):
        assert occurred[name] > 5


def test_our_own_machine_passes_with_all_laws_and_invariants() -> None:
    setup = hb.hyperband(testing.SPACES[0], hb.Minimize("error"), max_resource=9)
    checked = testing.check_machine(
        lambda: hb.initial(setup), hb.decide, setup=setup, invariants=testing.INVARIANTS, seeds=range(2)
    )
    assert not checked.passed_over
    assert len(checked.laws) == len(LAWS) + len(testing.INVARIANTS)


# ---- broken ones ---------------------------------------------------------------------------------------------------


def raises_on_unknown_trials(state: Toy, event: hb.Event) -> Decision:
    if isinstance(event, hb.Report) and event.trial >= len(state.trials):
        raise KeyError(event.trial)
    return toy.decide(state, event)


def starts_again_what_runs(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    if isinstance(action, hb.Start) and action.logged and action.trial == 3:
        return after, evolve(action, trial=1)
    return after, action


def accepts_repeats(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    if isinstance(action, hb.Continue) and not action.logged:
        return evolve(after), evolve(action, logged=True)
    return after, action


def copies_for_nothing(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    return (evolve(after), action) if isinstance(action, hb.Wait) else (after, action)


def prefers_ann(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    if isinstance(action, hb.Start) and isinstance(event, hb.Ask) and event.worker < "b":
        return after, evolve(action, until=toy.MAXIMUM - 1)
    return after, action


class Forgetful:
    """Remembers between decisions what no state says."""

    def __init__(self) -> None:
        self.calls = 0

    def decide(self, state: Toy, event: hb.Event) -> Decision:
        self.calls += 1
        after, action = toy.decide(state, event)
        if isinstance(action, hb.Continue) and self.calls % 2:
            return after, evolve(action, until=toy.MAXIMUM + 1)
        return after, action


FAULTY: list[tuple[Law, Callable[[Toy, hb.Event], Decision], int]] = [
    (testing.TOTAL, raises_on_unknown_trials, 1),
    (testing.ONE_PLACE, starts_again_what_runs, 10),
    (testing.IDEMPOTENT, accepts_repeats, 3),
    (testing.TOTAL, copies_for_nothing, 2),
    (testing.BLIND, prefers_ann, 1),
    (testing.PURE, Forgetful().decide, 3),
]


@pytest.mark.parametrize(("law", "decide", "most"), FAULTY, ids=lambda value: getattr(value, "__name__", None))
def test_a_broken_scheduler_is_found_with_few_events(
    law: Law, decide: Callable[[Toy, hb.Event], Decision], most: int
) -> None:
    with pytest.raises(LawBroken) as caught:
        testing.check_machine(toy.initial, decide, laws=(law,))
    broken = caught.value
    message = str(broken)
    assert broken.law == law.name
    assert len(broken.events) <= most, message
    assert f"law {law.name} is broken under seed {broken.seed} at event {broken.breach.number}" in message
    assert all(repr(event) in message for event in broken.events)
    with pytest.raises(LawBroken):
        law.check_events(testing.Subject(toy.initial, decide), broken.events, broken.seed)


def test_laws_that_need_a_setup_are_not_passed_over_in_silence() -> None:
    with pytest.raises(ValueError, match="give setup="):
        testing.check_machine(toy.initial, toy.decide, laws=(testing.ONE_TRUTH,))


def test_a_world_without_free_workers_or_tasks_plays_nothing() -> None:
    world = World(workers=())
    assert testing.check_machine(toy.initial, toy.decide, world=world, seeds=(0,)).events == 80
    assert testing.check_machine(toy.initial, toy.decide, world=evolve(world, moves=testing.USUAL)).events == 0


def test_the_package_needs_no_hypothesis_until_a_strategy_is_used() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import pure_hb.testing as testing\n"
        "try: testing.setups\n"
        "except ModuleNotFoundError as error: assert 'needs Hypothesis' in str(error), error\n"
        "else: raise SystemExit('a strategy without Hypothesis')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_exported_name_is_there() -> None:
    assert all(getattr(testing, name) is not None for name in dir(testing) if not name.startswith("__"))
    with pytest.raises(AttributeError, match="no 'strategy'"):
        testing.strategy  # noqa: B018  # the access is the test
