"""Do all events, actions, setups and states survive JSON, byte for byte?"""

import math
import random
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb import testing
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

SPACE = hb.Space(lr=hb.Float(1e-4, 1.0, log=True), width=hb.Int(0, 9), kind=hb.Choice("a", "\u00e9\u0000"))


def survives(value: Any, write: Callable[[Any], Any], read: Callable[[Any], Any]) -> None:
    """Written, read and written again it is the same value and the same bytes, and its numbers have not changed."""
    text = canonical(write(value))
    again = read(parse(text))
    assert again == value
    assert type(again) is type(value)
    assert repr(again) == repr(value)
    assert canonical(write(again)) == text


def some_state(setup: hb.Setup, seed: int, steps: int) -> hb.State:
    """A state that a world has led to."""
    subject = testing.subject_of(setup)
    events = testing.play(subject, testing.world_of(setup), random.Random(seed).choice, steps)
    state = subject.initial()
    for turn in testing.follow(subject, events):
        state = turn.after
    return state


_A_STATE = some_state(hb.asha(SPACE, hb.Minimize("error"), max_resource=9), seed=0, steps=30)


@given(event=testing.events(_A_STATE))
def test_events_survive(event: hb.Event) -> None:
    survives(event, event_to_json, event_from_json)


wholes = st.integers(1 - 2**63, 2**63 - 1)


@given(value=st.floats(), cost=st.none() | st.floats(), worker=st.text(), trial=wholes, resource=wholes)
def test_events_with_any_number_and_any_name_survive(
    value: float, cost: float | None, worker: str, trial: int, resource: int
) -> None:
    survives(hb.Report(trial, resource, value, cost), event_to_json, event_from_json)
    survives(hb.Observe({"lr": 0.5}, ((resource, value),)), event_to_json, event_from_json)
    try:
        ask = hb.Ask(worker)
    except TypeError:  # a lone surrogate
        return
    survives(ask, event_to_json, event_from_json)


anything = st.floats() | st.booleans() | st.integers() | st.sampled_from(("nan", "inf", "-inf", "1.0", ""))


@given(config=st.dictionaries(st.sampled_from(("lr", "width", "kind")), anything))
def test_observations_of_anything_survive(config: dict[str, float | str]) -> None:
    survives(hb.Observe(config, ((1, 0.5),)), event_to_json, event_from_json)


@given(action=testing.actions(SPACE))
def test_actions_survive(action: hb.Action) -> None:
    survives(action, action_to_json, action_from_json)


@given(setup=testing.setups())
def test_setups_survive(setup: hb.Setup) -> None:
    survives(setup, to_json, lambda data: from_json(data, hb.Setup))


@given(setup=testing.setups(), seed=st.integers(0, 10**6), steps=st.integers(0, 60))
def test_states_survive_and_decide_alike(setup: hb.Setup, seed: int, steps: int) -> None:
    state = some_state(setup, seed, steps)
    survives(state, to_json, lambda data: from_json(data, hb.State))
    again = from_json(parse(canonical(to_json(state))), hb.State)
    for event in (hb.Ask("ann"), hb.Ask("nobody yet"), hb.Report(0, 1, math.nan), hb.Report(0, 3, 0.25)):
        assert hb.decide(again, event) == hb.decide(state, event)


def test_minus_zero_and_nan_are_kept() -> None:
    for value, text in ((-0.0, b"-0.0"), (math.nan, b'"nan"'), (-math.inf, b'"-inf"'), (5e-324, b"5e-324")):
        line = canonical(event_to_json(hb.Report(0, 1, value)))
        assert b'"value":' + text in line
        read = event_from_json(parse(line))
        assert isinstance(read, hb.Report)
        assert repr(read.value) == repr(value)
