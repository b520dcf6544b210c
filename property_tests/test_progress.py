"""Does every search come to its end? After any amount of trouble, workers that only train on reach `Done`."""

import random

import pytest

import pure_hb as hb
from pure_hb import testing
from pure_hb.machine import Status
from pure_hb.search import RandomSearch
from pure_hb.testing import Scene
from pure_hb.testing.small_setups import SPACES, TYPES, Type

ROUNDS = 400


def _finished(setup: hb.Setup, seed: int, steps: int, value: float) -> hb.State | None:
    """The state at the end, after so many steps of trouble."""
    subject, world = testing.subject_of(setup), testing.world_of(setup)
    state, scene, pick = subject.initial(), Scene(), random.Random(seed).choice
    for _ in range(steps):
        event = testing.next_event(world, scene, pick)
        assert event is not None
        state, action = subject.decide(state, event)
        scene = testing.heard(scene, event, action)
    return testing.finish(subject, state, scene, world.workers, value, ROUNDS)


@pytest.mark.parametrize("separate", [False, True], ids=["shared", "separate"])
@pytest.mark.parametrize("type", TYPES)
def test_when_trouble_stops_a_finite_search_ends(type: Type, separate: bool) -> None:
    for seed in range(40):
        pick = random.Random(seed).choice
        setup = testing.pick_setup(pick, type=type, separate=separate)
        if setup.space == SPACES[2] or setup.search == RandomSearch(allow_duplicates=True):
            continue
        state = _finished(setup, seed, steps=seed, value=float(seed % 3))
        assert state is not None, f"seed {seed}: no Done in {ROUNDS} rounds of {setup}"
        assert not state.broken
        assert not len(state.trials.running)
        assert all(trial.status in (Status.ENDED, Status.PAUSED) for trial in state.trials)
        assert len({tuple(trial.config.items()) for trial in state.trials}) == _size(setup)


def _size(setup: hb.Setup) -> int:
    """The number of configurations of the space."""
    return 3 if setup.space == SPACES[0] else 12


@pytest.mark.parametrize("type", TYPES)
def test_an_infinite_search_never_ends_by_itself(type: Type) -> None:
    setup = hb.asha(SPACES[2], hb.Minimize("error"), max_resource=4, type=type)
    assert _finished(setup, seed=1, steps=50, value=0.5) is None


def test_the_next_report_of_a_running_trial_is_always_accepted() -> None:
    for seed in range(20):
        pick = random.Random(seed).choice
        subject = testing.subject_of(testing.pick_setup(pick))
        assert subject.setup is not None
        events = testing.play(subject, testing.world_of(subject.setup), pick, 60)
        for turn in testing.follow(subject, events):
            for trial in turn.after.trials:
                if trial.status is Status.RUNNING:
                    _, action = hb.decide(turn.after, hb.Report(trial.number, trial.highest + 1, 0.0, leg=trial.leg))
                    assert action.logged
