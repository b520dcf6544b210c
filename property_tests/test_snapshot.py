"""Is a snapshot the state that it was made of, whatever the method, and does the search go on from it identically?"""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pure_hb as hb
from property_tests.trace import setup_of
from pure_hb import testing
from pure_hb.journal import Head, Snapshot, SnapshotError, restored, snapshot_lines, snapshot_of
from pure_hb.search import RandomSearch

PLAIN = tuple(name for name in hb.METHODS if isinstance(setup_of(name, 0).search, RandomSearch))
MODELS = tuple(name for name in hb.METHODS if name not in PLAIN)


def head_of(state: hb.State, seed: int = 0) -> Head:
    """A head as a journal might have it."""
    return Head(state.clock, random.Random(seed).randbytes(32), 1000 + seed, seed / 7)


def through_bytes(state: hb.State, seed: int = 0) -> Snapshot:
    written = b"".join(snapshot_lines(snapshot_of(state, head_of(state, seed))))
    read = restored(state.setup, io.BytesIO(written))
    assert b"".join(snapshot_lines(read)) == written
    assert read.head == head_of(state, seed)
    return read


def assert_same(state: hb.State) -> None:
    again = through_bytes(state).state
    assert again == state
    assert hb.to_json(again) == hb.to_json(state)
    assert repr(again) == repr(state)


def played(setup: hb.Setup, seed: int, steps: int) -> list[hb.State]:
    """The states that a world has led to, from the first."""
    subject = testing.subject_of(setup)
    events = testing.play(subject, testing.world_of(setup), random.Random(seed).choice, steps)
    return [subject.initial(), *(turn.after for turn in testing.follow(subject, events))]


@given(setup=testing.setups(), seed=st.integers(0, 10**6), steps=st.integers(0, 60))
def test_every_state_of_every_setup_comes_back(setup: hb.Setup, seed: int, steps: int) -> None:
    state = played(setup, seed, steps)[-1]
    assert_same(state)
    again = through_bytes(state).state
    for event in (hb.Ask("ann"), hb.Ask("nobody yet"), hb.Report(0, 1, float("nan")), hb.Report(0, 3, 0.25)):
        assert hb.decide(again, event) == hb.decide(state, event)


@pytest.mark.parametrize("name", PLAIN)
def test_every_state_of_a_played_search_comes_back(name: str) -> None:
    for state in played(setup_of(name, 1), seed=7, steps=150):
        assert_same(state)


@pytest.mark.parametrize("name", MODELS)
def test_states_of_model_based_searches_come_back_with_what_they_have_learned(name: str) -> None:
    states = played(setup_of(name, 1), seed=7, steps=70)
    for state in states[::5]:
        assert_same(state)
    assert name == "BOHB" or states[-1].learned.parameters, "a search that has learned nothing shows nothing"


@given(seed=st.integers(0, 10**6), events=st.integers(1, 40), data=st.data())
@settings(max_examples=30)
def test_whatever_byte_is_damaged_it_is_found(seed: int, events: int, data: st.DataObject) -> None:
    state = played(setup_of("HYPERBAND-PROM", 1), seed, events)[-1]
    written = bytearray(b"".join(snapshot_lines(snapshot_of(state, head_of(state)))))
    place = data.draw(st.integers(0, len(written) - 1))
    cut = data.draw(st.booleans())
    damaged = (
        bytes(written[:place]) if cut else bytes(written[:place] + bytes([written[place] ^ 4]) + written[place + 1 :])
    )
    with pytest.raises(SnapshotError, match="it is damaged"):
        restored(state.setup, io.BytesIO(damaged))
