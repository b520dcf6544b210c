"""When is a fit made beside training taken, and what does it change?"""

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.protocol import Learned, Named

LINE = hb.Space(x=hb.Float(0.0, 1.0))
ERROR = hb.Minimize("error")


def beside() -> hb.Setup:
    return hb.mobster(LINE, ERROR, type="stopping", max_resource=9, fit="background")


def trained(setup: hb.Setup, trials: int) -> hb.State:
    state = hb.initial(setup)
    for trial in range(trials):
        state, _ = hb.decide(state, hb.Ask(f"w{trial}"))
        state, _ = hb.decide(state, hb.Report(trial, 1, 0.1 * trial))
    return state


def learned(observed: int) -> Learned:
    return Learned((Named("scale", (float(observed),)),), observed)


def test_a_fit_is_taken_and_ticks_the_clock() -> None:
    state = trained(beside(), 3)
    after, action = hb.decide(state, hb.Fitted(state.clock, learned(3)))
    assert isinstance(action, hb.Noted)
    assert (action.trial, action.logged) == (None, True)
    assert "From now on the parameters of the fit to 3 values are used" in hb.explain(action)
    assert (after.learned, after.clock) == (learned(3), state.clock + 1)
    assert evolve(after, learned=state.learned, clock=state.clock) == state


@pytest.mark.parametrize("clock", [0, 1, 6])
def test_a_fit_may_be_as_old_as_the_log(clock: int) -> None:
    state = trained(beside(), 3)
    assert state.clock == 6
    assert hb.decide(state, hb.Fitted(clock, learned(1)))[1].logged


@pytest.mark.parametrize("clock", [-1, 7])
def test_a_fit_of_another_log_is_rejected(clock: int) -> None:
    state = trained(beside(), 3)
    after, action = hb.decide(state, hb.Fitted(clock, learned(1)))
    assert isinstance(action, hb.Reject)
    assert action.reason == f"the fit was made at clock {clock}, but the clock is at 6: it is of another log"
    assert after is state


@pytest.mark.parametrize("observed", [1, 2])
def test_a_fit_to_no_more_than_the_last_one_saw_changes_nothing(observed: int) -> None:
    state, _ = hb.decide(trained(beside(), 3), hb.Fitted(6, learned(2)))
    after, action = hb.decide(state, hb.Fitted(7, learned(observed)))
    assert isinstance(action, hb.Noted)
    assert (action.trial, action.logged) == (None, False)
    assert f"The fit saw {observed} values; the last one accepted saw 2" in hb.explain(action)
    assert after is state


@pytest.mark.parametrize("setup", [hb.asha(LINE, ERROR, max_resource=9), hb.mobster(LINE, ERROR, max_resource=9)])
def test_whoever_makes_fits_itself_takes_none(setup: hb.Setup) -> None:
    state = trained(setup, 3)
    after, action = hb.decide(state, hb.Fitted(6, learned(3)))
    assert isinstance(action, hb.Reject)
    assert action.reason.startswith(
        f"{setup.method} makes its fits itself; a fit from outside is taken with the option"
    )
    assert after is state
    assert hb.fit(state) is None


def test_what_happened_since_the_fit_began_stays() -> None:
    state = trained(beside(), 3)
    resumed = evolve(state, learned=evolve(state.learned, resumed=True))
    after, _ = hb.decide(resumed, hb.Fitted(6, learned(3)))
    assert after.learned == evolve(learned(3), resumed=True)


def test_a_fit_that_is_due_says_at_which_clock_it_was_made() -> None:
    state = trained(beside(), 4)
    event = hb.fit(state)
    assert event is not None
    assert (event.clock, event.learned.observed) == (8, 4)
    taken, action = hb.decide(state, event)
    assert action.logged
    assert taken.learned.parameters == event.learned.parameters != ()
    assert hb.fit(taken) is None, "no new data"
