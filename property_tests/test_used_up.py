"""Whatever is left of a space, does every search answer? Awkward spaces, played to their end by every method."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb import testing
from pure_hb.space import match_key, size

GOAL = hb.Minimize("error")


def few(low: float, count: int) -> float:
    """The float ``count`` floats above one."""
    for _ in range(count):
        low = math.nextafter(low, math.inf)
    return low


SPACES: dict[str, hb.Space] = {
    "three floats": hb.Space(x=hb.Float(1.0, few(1.0, 2))),
    "three floats, log": hb.Space(x=hb.Float(1e6, few(1e6, 2), log=True)),
    "floats below one": hb.Space(x=hb.Float(1 - 2**-50, 1 - 2**-53, reverse_log=True)),
    "subnormal floats": hb.Space(x=hb.Float(0.0, 2e-323), y=hb.Choice("a")),
    "floats by floats": hb.Space(x=hb.Float(1.0, few(1.0, 2)), y=hb.Float(-1.0, -math.nextafter(1.0, 0.0))),
    "constants": hb.Space(c=hb.Constant(3), d=hb.Constant("a")),
    "one value": hb.Space(c=hb.Constant(3), x=hb.Choice("a"), f=hb.Float(2.0, 2.0, log=True), o=hb.Ordinal(4)),
    "zeros": hb.Space(x=hb.Float(-0.0, 0.0), y=hb.Int(0, 3)),
    "merged": hb.Space(x=hb.Finite(0.4, 1.6, 5, integer=True), y=hb.Ordinal(1, 2, 4)),
    "seven": hb.Space(x=hb.Int(1, 7, log=True)),
    "grid": hb.Space(x=hb.Finite(0.1, 0.9, 3), y=hb.Choice(True, False), z=hb.Ordinal("a", "b")),
}


def played(
    setup: hb.Setup, turns: int, fate: Callable[[int], str], observed: tuple[hb.Event, ...] = ()
) -> tuple[hb.State, hb.Action]:
    """The state after so many questions of two workers, or once there is nothing left, and the last answer."""
    state = hb.initial(setup)
    for event in observed:
        state, action = hb.decide(state, event)
        assert isinstance(action, hb.Noted)
    for turn in range(turns):
        state, action = hb.decide(state, hb.Ask(f"w{turn % 2}"))
        if isinstance(action, hb.Done | hb.Wait):
            return state, action
        assert isinstance(action, hb.Start | hb.Resume)
        trial, until, what = action.trial, action.until, fate(turn)
        while True:
            value = math.nan if what == "nan" else trial * 7919 % 13 / 13
            told: hb.Event = hb.Report(trial, until, value, cost=float(until))
            state, answer = hb.decide(state, hb.Fail(trial) if what == "fail" else told)
            if not isinstance(answer, hb.Continue):
                break
            until = answer.until
    return state, action


@pytest.mark.parametrize("name", hb.METHODS)
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_every_method_plays_an_awkward_space_to_its_end(name: str, space: hb.Space) -> None:
    total = size(space)
    assert total is not None
    setup = hb.METHODS[name](space, GOAL, max_resource=3, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state, action = played(setup, 60, lambda turn: "")
    assert isinstance(action, hb.Done), action
    keys = [match_key(space, trial.config) for trial in state.trials]
    assert sorted(set(keys)) == sorted(keys), "each once"
    assert len(keys) == total


@pytest.mark.parametrize("name", hb.METHODS)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_whatever_is_left_there_is_an_answer(name: str, data: st.DataObject) -> None:
    """Random small spaces; trials that fail or report NaN; earlier results; configurations that may come again."""
    space = data.draw(testing.finite_spaces(4) | st.sampled_from(list(SPACES.values())))
    options: dict[str, Any] = {"allow_duplicates": data.draw(st.booleans()), "seed": data.draw(st.integers(0, 99))}
    fates = data.draw(st.lists(st.sampled_from(("", "", "fail", "nan")), min_size=4, max_size=4))
    known = data.draw(st.lists(testing.configurations(space), max_size=3, unique_by=lambda one: match_key(space, one)))
    setup = hb.METHODS[name](space, GOAL, max_resource=3, **options)
    observed = tuple(hb.Observe(one, ((1, 0.5),)) for one in known)
    played(setup, 25, lambda turn: fates[turn % 4], observed)
