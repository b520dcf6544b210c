"""What have these tests found? Each bug once more, as the shortest events that show it."""

import math

import pytest

import pure_hb as hb
from pure_hb.codec import canonical, event_from_json, event_to_json, parse

SPACE = hb.Space(x=hb.Choice("a", "b", "c"))


def told(state: hb.State, *events: hb.Event) -> tuple[hb.State, hb.Action]:
    """The state after some events, and the last answer."""
    answers = []
    for event in events:
        state, action = hb.decide(state, event)
        answers.append(action)
    return state, answers[-1]


def test_a_worker_may_have_an_empty_name() -> None:
    """It was taken for no worker when its trial went on, and got a second trial."""
    state = hb.initial(hb.random_search(SPACE, hb.Minimize("error"), max_resource=9))
    state, action = told(state, hb.Ask(""), hb.Report(0, 1, 0.5), hb.Ask(""))
    assert isinstance(action, hb.Start)
    assert (action.trial, action.logged) == (0, False)


def test_a_repeated_assignment_goes_on_from_where_it_did() -> None:
    """Under stopping a leg makes entries while it runs; the assignment that is repeated is still the same."""
    state = hb.initial(hb.asha(SPACE, hb.Minimize("error"), max_resource=9, type="stopping"))
    state, first = told(state, hb.Ask("ann"), hb.Release(0), hb.Ask("ann"))
    state, again = told(state, hb.Report(0, 1, 0.5), hb.Ask("ann"))
    assert isinstance(first, hb.Resume)
    assert isinstance(again, hb.Resume)
    assert (again.leg, again.start_from, again.until) == (first.leg, first.start_from, 3)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "nan", "inf"])
def test_an_observation_of_no_number_can_be_written(value: float | str) -> None:
    """It is rejected, but it is an event, and events turn to JSON and back. The text "nan" is not the number."""
    event = hb.Observe({"x": value}, ((1, 0.5),))
    text = canonical(event_to_json(event))
    assert repr(event_from_json(parse(text))) == repr(event)


@pytest.mark.parametrize("domain", [hb.Finite(0.5, 1.0, 2, integer=True), hb.Finite(0.4, 1.6, 2, integer=True)])
def test_a_grid_whose_ends_are_rounded_out_of_it_can_be_searched(domain: hb.Finite) -> None:
    """The default configuration, the first to be tried, was cast before it was moved into the range."""
    state = hb.initial(hb.random_search(hb.Space(x=domain), hb.Minimize("error"), max_resource=9))
    assert isinstance(told(state, hb.Ask("ann"))[1], hb.Start)
