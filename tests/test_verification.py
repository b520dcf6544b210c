"""What does `verify` say of fits? Logs of a machine on which fits end elsewhere, and of one that lies about them."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.journal import Part
from pure_hb.machine import State, advance, choose, fit_if_due
from pure_hb.protocol import Action, Event, Fitted, Learned, Named, Start
from tests.play import ERROR

PLANE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(1e-3, 1.0, log=True))
Log = list[tuple[Event, Action]]
Parameters = tuple[Named, ...]


def setup(**options: Any) -> hb.Setup:
    return hb.mobster(PLANE, ERROR, max_resource=9, seed=1, num_init_random=3, num_init_candidates=20, **options)


def log_of(given: hb.Setup, answer: Callable[[State, Event, Start], Action], count: int = 14) -> Log:
    """A log of one worker, whose suggestions are answered as ``answer`` says, given what is decided here."""
    state, log = hb.initial(given), Log()

    def take(event: Event, action: Action) -> None:
        nonlocal state
        state = advance(state, event, action)
        log.append((event, action))

    for _ in range(count):
        made = fit_if_due(state)
        if made is not None:
            take(made, choose(state, made))
        ask = hb.Ask("ann")
        action = choose(state, ask)
        if isinstance(action, Start):
            action = answer(state, ask, action)
        take(ask, action)
        assert isinstance(action, hb.Start | hb.Resume)
        while state.trials[action.trial].worker is not None:
            trial = state.trials[action.trial]
            x, y = float(trial.config["x"]), float(trial.config["y"])
            report = hb.Report(trial.number, trial.highest + 1, (x - 0.4) ** 2 + y + 1.0 / (2 + trial.highest))
            take(report, choose(state, report))
    return log


def fitted_now(state: State, action: Action) -> Parameters:
    """The parameters that were fitted for a suggestion; none if no fit was made."""
    learned = getattr(action, "learned", None)
    is_new = isinstance(learned, Learned) and learned.parameters != state.learned.parameters
    return learned.parameters if is_new and learned is not None else ()


def changed(parameters: Parameters, name: str, share: float) -> Parameters:
    """One parameter changed, with four digits as a fit has."""
    assert name in {one.name for one in parameters}
    return tuple(
        Named(one.name, tuple(float(f"{number * share:.4g}") for number in one.numbers)) if one.name == name else one
        for one in parameters
    )


def elsewhere(share: float) -> Log:
    """A log of a machine on which every fit ends elsewhere, and decides by that."""

    def answer(state: State, event: Event, action: Start) -> Action:
        parameters = fitted_now(state, action)
        return choose(state, event, fitted=changed(parameters, "noise_variance", share)) if parameters else action

    return log_of(setup(), answer)


def parts(found: hb.Verification) -> set[Part]:
    return {one.part for one in found.disagreements}


def test_a_log_of_ours_is_the_same_to_the_last_bit() -> None:
    log = log_of(setup(), lambda _, __, action: action)
    found = hb.verify(setup(), log)
    assert (found.ok, found.exact, found.records, found.elsewhere) == (True, True, len(log), ())
    assert found.fits >= 3
    assert hb.verify(setup(), log, strict=True).exact


def test_fits_that_end_elsewhere_and_are_as_good_are_no_fault_but_told() -> None:
    log = elsewhere(1.01)
    found = hb.verify(setup(), log)
    assert (found.ok, found.exact) == (True, False), str(found.disagreement)
    assert len(found.elsewhere) == found.fits >= 3
    assert all(abs(one.worse) < 0.5 for one in found.elsewhere)
    assert Part.FIT in parts(hb.verify(setup(), log, strict=True))


def test_fits_that_are_worse_are_found_and_what_follows_from_them_is_not() -> None:
    found = hb.verify(setup(), elsewhere(3000.0))
    assert parts(found) == {Part.FIT}, "the decisions are those of these parameters"
    objective = found.disagreements[0].differences[0]
    assert objective.path == "$.learned.parameters: the objective"
    assert objective.recorded > objective.recomputed + 0.5
    assert found.impossible is None


def test_a_fit_that_is_missing_is_found() -> None:
    def answer(state: State, event: Event, action: Start) -> Action:
        if not fitted_now(state, action) or not state.learned.parameters:
            return action
        kept = choose(state, event, fitted=state.learned.parameters)
        assert isinstance(kept, Start)
        return evolve(kept, learned=None, evidence=())

    found = hb.verify(setup(), log_of(setup(), answer))
    assert {Part.FIT, Part.EVIDENCE} == parts(found), "as by the last parameters, but a fit was due"


def test_a_fit_that_was_not_due_is_found() -> None:
    given = setup(opt_skip_init_length=0, opt_skip_period=5)
    made = 0

    def answer(state: State, _: Event, action: Start) -> Action:
        nonlocal made
        if fitted_now(state, action) or not state.learned.parameters:
            return action
        made += 1
        learned = action.learned or state.learned
        other = changed(learned.parameters, "noise_variance", 1.01)
        return evolve(action, learned=evolve(learned, parameters=other, observed=sum(1 for _ in state.trials)))

    log = log_of(given, answer)
    assert made
    assert Part.FIT in parts(hb.verify(given, log))


@pytest.mark.parametrize(("share", "ok"), [(1.0, True), (1.01, True), (3000.0, False)])
def test_fits_made_beside_training_are_judged_alike(share: float, ok: bool) -> None:
    given = setup(fit="background")
    log, state = Log(), hb.initial(given)
    for event, action in log_of(given, lambda _, __, action: action):
        if isinstance(event, Fitted):
            parameters = changed(event.learned.parameters, "noise_variance", share)
            log.append((Fitted(event.clock, evolve(event.learned, parameters=parameters)), action))
            state = advance(state, *log[-1])
            break
        log.append((event, action))
        state = advance(state, event, action)
    ask = hb.Ask("ann")
    log.append((ask, choose(state, ask)))  # decided by these parameters
    found = hb.verify(given, log)
    assert found.ok is ok
    assert parts(found) == (set() if ok else {Part.FIT})
    assert len(found.elsewhere) == (share == 1.01)


# ---- numbers of a model ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shares", "ok"),
    [("mean score", 0.9e-4, True), ("mean score", 1.1e-4, False), ("deviation", 0.9e-4, False)],
)
def test_a_mean_agrees_as_far_as_the_deviation_beside_it_makes_it_matter(name: str, shares: float, ok: bool) -> None:
    """A nearly singular matrix loses digits of a mean; what it says is told by the deviation."""

    def answer(state: State, event: Event, action: Start) -> Action:
        return evolve(action, evidence=tuple(map(off, action.evidence)))

    def off(one: Any) -> Any:
        if not isinstance(one, hb.evidence.Scored):
            return one
        by = shares * dict(one.numbers)["deviation"]
        return evolve(one, numbers=tuple((this, value + by if this == name else value) for this, value in one.numbers))

    found = hb.verify(setup(), log_of(setup(), answer, count=5))
    assert not found.exact
    assert found.ok is ok
