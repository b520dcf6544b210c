"""When is a fit made beside training taken, what does it change, and what is refused?"""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.protocol import Counts, Learned, Named, Share, Theta

LINE = hb.Space(x=hb.Float(0.0, 1.0))
ERROR = hb.Minimize("error")
FEW: dict[str, Any] = {"fit": "background", "num_init_random": 2, "opt_maxiter": 5, "opt_nstarts": 1}


def beside() -> hb.Setup:
    return hb.mobster(LINE, ERROR, type="stopping", max_resource=9, gp_resource_kernel="exp-decay-sum", **FEW)


def trained(setup: hb.Setup, trials: int) -> hb.State:
    state = hb.initial(setup)
    for trial in range(trials):
        state, _ = hb.decide(state, hb.Ask(f"w{trial}"))
        state, _ = hb.decide(state, hb.Report(trial, 1, 0.1 * trial))
    return state


def fitted(state: hb.State) -> hb.Fitted:
    event = hb.fit_if_due(state)
    assert event is not None
    return event


def learned(observed: int) -> Learned:
    """What a fit could have learned of so many values."""
    return evolve(fitted(trained(beside(), 3)).learned, observed=observed)


def refused(state: hb.State, event: hb.Fitted) -> str:
    after, action = hb.decide(state, event)
    assert isinstance(action, hb.Reject), action
    assert after is state
    return action.reason


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
    reason = refused(trained(beside(), 3), hb.Fitted(clock, learned(1)))
    assert reason == f"the fit was made at clock {clock}, but the clock is at 6: it is of another log"


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
    reason = refused(state, hb.Fitted(6, learned(3)))
    assert reason.startswith(f"{setup.method} makes its fits itself; a fit from outside is taken with the option")
    assert hb.fit_if_due(state) is None


def test_what_happened_since_the_fit_began_stays() -> None:
    state = trained(beside(), 3)
    resumed = evolve(state, learned=evolve(state.learned, resumed=True))
    after, _ = hb.decide(resumed, hb.Fitted(6, learned(3)))
    assert after.learned == evolve(learned(3), resumed=True)


def test_a_fit_that_is_due_says_at_which_clock_it_was_made() -> None:
    state = trained(beside(), 4)
    event = fitted(state)
    assert (event.clock, event.learned.observed) == (8, 4)
    taken, action = hb.decide(state, event)
    assert action.logged
    assert taken.learned.parameters == event.learned.parameters != ()
    assert hb.fit_if_due(taken) is None, "no new data"


# ---- what is none of this search -----------------------------------------------------------------------------------


def _one(change: Callable[[Named], Named], name: str = "inverse_bandwidths") -> Callable[[Learned], Learned]:
    def changed(good: Learned) -> Learned:
        return evolve(good, parameters=[change(one) if one.name == name else one for one in good.parameters])

    return changed


SPOILT: dict[str, tuple[Callable[[Learned], Learned], str]] = {
    "unknown": (lambda good: evolve(good, parameters=[Named("scale", (3.0,))]), "unknown: scale"),
    "one more": (lambda good: evolve(good, parameters=[*good.parameters, Named("scale", (3.0,))]), "unknown: scale"),
    "none": (lambda good: evolve(good, parameters=()), "missing: alpha"),
    "twice": (lambda good: evolve(good, parameters=[*good.parameters, good.parameters[0]]), "more than once"),
    "NaN": (_one(lambda one: Named(one.name, (float("nan"),))), "inverse_bandwidths is nan"),
    "infinite": (_one(lambda one: Named(one.name, (float("inf"),)), "mean_lambda"), "mean_lambda is inf"),
    "out of bounds": (_one(lambda one: Named(one.name, (1e3,))), "outside its bounds 0.0001 to 100"),
    "too many": (_one(lambda one: Named(one.name, (1.0, 1.0))), "it takes 1 numbers (x)"),
    "too many of a single one": (_one(lambda one: Named(one.name, (1.0, 1.0)), "alpha"), "it takes one number"),
    "no number": (_one(lambda one: Named(one.name, ()), "alpha"), "it takes one number"),
    "more values than there are": (lambda good: evolve(good, observed=10**9), "saw 1000000000 values, but there are 3"),
    "one value more": (lambda good: evolve(good, observed=4), "the fit saw 4 values, but there are 3"),
    "no values": (lambda good: evolve(good, observed=0), "the fit saw 0 values, but there are 3"),
    "counts of values": (lambda good: evolve(good, counts=Counts(observed=10**9)), "Counts(observed=1000000000"),
    "counts of growths": (lambda good: evolve(good, counts=Counts(growths=10**9)), "growths=1000000000"),
    "counts at the maximum": (lambda good: evolve(good, counts=Counts(at_maximum=1)), "0 of them at the maximum"),
    "theta": (lambda good: evolve(good, theta=Theta(9, 6, [Share(9, 1.0, 0.0)])), "does not estimate"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_fit_that_is_none_of_this_search_is_refused(how: str) -> None:
    spoil, said = SPOILT[how]
    state = trained(beside(), 3)
    reason = refused(state, hb.Fitted(6, spoil(learned(3))))
    assert said in reason
    assert reason.endswith("make it by fit_if_due(state), of a state of this search"), reason
    after, action = hb.decide(state, fitted(state))
    assert action.logged, "the way out works"
    assert hb.decide(after, hb.Ask("free"))[1].logged


def over_levels() -> hb.State:
    """Hyper-Tune, with seven values at the lowest two levels each."""
    setup = hb.hyper_tune(LINE, ERROR, type="stopping", max_resource=9, **FEW)
    state = hb.initial(setup)
    for trial in range(7):
        state, _ = hb.decide(state, hb.Ask(f"w{trial}"))
        for resource in (1, 3):
            state, _ = hb.decide(state, hb.Report(trial, resource, 1.0 / (1 + trial) / resource))
    return state


NAN = float("nan")
THETAS: dict[str, tuple[Theta, str]] = {
    "no level": (Theta(4, 7, [Share(1, 0.5, 0.1), Share(4, 0.5, 0.1)]), "of level 4, which is none of (3, 9)"),
    "the lowest level": (Theta(1, 7, [Share(1, 1.0, 0.1)]), "of level 1, which is none of (3, 9)"),
    "too short": (Theta(3, 7, [Share(1, 1.0, 0.1)]), "of the levels (1,); up to level 3 they are (1, 3)"),
    "too long": (Theta(3, 7, [Share(1, 0.5, 0.1), Share(3, 0.5, 0.1), Share(9, 0.0, 0.1)]), "of the levels (1, 3, 9)"),
    "empty": (Theta(3, 7, []), "of the levels ()"),
    "NaN": (Theta(3, 7, [Share(1, NAN, 0.1), Share(3, NAN, 0.1)]), "theta is 1: nan"),
    "a loss of NaN": (Theta(3, 7, [Share(1, 0.5, NAN), Share(3, 0.5, 0.1)]), "loss nan"),
    "negative": (Theta(3, 7, [Share(1, -1.0, 0.1), Share(3, 2.0, 0.1)]), "theta is 1: -1.0"),
    "more than all": (Theta(3, 7, [Share(1, 0.9, 0.1), Share(3, 0.9, 0.1)]), "shares sum to 1"),
    "of too many": (Theta(3, 8, [Share(1, 0.5, 0.1), Share(3, 0.5, 0.1)]), "from 8 values at level 3"),
    "of too few": (Theta(3, 5, [Share(1, 0.5, 0.1), Share(3, 0.5, 0.1)]), "it takes 6, and there are 7"),
}


@pytest.mark.parametrize("how", THETAS)
def test_a_theta_that_does_not_fit_the_levels_is_refused(how: str) -> None:
    theta, said = THETAS[how]
    state = over_levels()
    good = fitted(state)
    assert good.learned.theta is not None
    assert (good.learned.theta.supported, good.learned.theta.observed) == (3, 7)
    assert said in refused(state, hb.Fitted(good.clock, evolve(good.learned, theta=theta)))
    after, action = hb.decide(state, good)
    assert action.logged
    assert hb.decide(after, hb.Ask("free"))[1].logged


@pytest.mark.parametrize(
    "make",
    # the wrong types are what is tested
    [
        lambda: Named(1, (1.0,)),  # type: ignore[arg-type]  # what it refuses
        lambda: Named("a", "12"),  # type: ignore[arg-type]  # what it refuses
        lambda: Named("a", ("1",)),  # type: ignore[arg-type]  # what it refuses
        lambda: Share("1", 0.5, 0.1),  # type: ignore[arg-type]  # what it refuses
        lambda: Theta(1, 1, [0.5]),  # type: ignore[list-item]  # what it refuses
        lambda: Counts(1.5),  # type: ignore[arg-type]  # what it refuses
        lambda: Counts(skipped=0),  # type: ignore[arg-type]  # what it refuses
        lambda: Learned([1.0]),  # type: ignore[list-item]  # what it refuses
        lambda: Learned(observed=None),  # type: ignore[arg-type]  # what it refuses
        lambda: Learned(counts=None),  # type: ignore[arg-type]  # what it refuses
        lambda: Learned(theta=0.5),  # type: ignore[arg-type]  # what it refuses
        lambda: Learned(resumed="no"),  # type: ignore[arg-type]  # what it refuses
    ],
)
def test_what_a_fit_says_has_the_right_types(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="must be"):
        make()
