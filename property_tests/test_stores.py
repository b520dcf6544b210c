"""Do decisions over a store equal those over a file, in every world?"""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import pure_hb as hb
from tests.play import promotion, stopping
from tests.stores import decides_as_a_file, decides_together_as_alone

_EVENTS = st.one_of(
    st.builds(hb.Ask, st.sampled_from("abcd"), st.booleans()),
    st.builds(
        hb.Report,
        st.integers(0, 5),
        st.integers(0, 10),
        st.floats(0.0, 1.0) | st.just(float("nan")),
        leg=st.none() | st.integers(0, 2),
    ),
    st.builds(hb.Complete, st.integers(0, 5)),
    st.builds(hb.Fail, st.integers(0, 5), st.just("broke")),
    st.builds(hb.Release, st.integers(0, 5), st.just("left")),
)


@settings(max_examples=15, deadline=None)
@given(events=st.lists(_EVENTS, max_size=40), kind=st.sampled_from(["stopping", "promotion"]))
def test_decisions_over_a_store_equal_those_over_a_file(events: list[hb.Event], kind: str) -> None:
    setup = stopping() if kind == "stopping" else promotion()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decides_as_a_file(f"sqlite:///{folder}/run.db?synchronous=NORMAL", folder / "run.jsonl", events, setup)


@settings(max_examples=15, deadline=None)
@given(parts=st.lists(st.lists(_EVENTS, max_size=8), max_size=8), kind=st.sampled_from(["stopping", "promotion"]))
def test_events_that_are_decided_together_are_decided_as_one_by_one(parts: list[list[hb.Event]], kind: str) -> None:
    setup = stopping() if kind == "stopping" else promotion()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decides_together_as_alone(f"sqlite:///{folder}/run.db?synchronous=NORMAL", folder / "run.jsonl", parts, setup)
