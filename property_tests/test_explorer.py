"""Are small worlds without fault, and exactly as large as they were? Does the explorer see faults?"""

import math
from collections.abc import Hashable
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from property_tests import toy
from property_tests.small_worlds import FEW, SMALL, USUAL, SmallWorld, rungs, workers
from property_tests.toy import Decision, Toy
from pure_hb import testing
from pure_hb.testing import Explored, Move, Subject, World, every


@pytest.mark.parametrize("small", SMALL, ids=lambda small: small.name)
def test_a_small_world_is_without_fault_and_as_large_as_it_was(small: SmallWorld) -> None:
    explored = small.explore().check()
    assert explored.whole
    assert small.reached(explored) == small.counted
    assert set(explored.missing) == small.never
    assert sum(count for _, count in explored.occurred) == explored.transitions + explored.refusals


def explored_of(setup: hb.Setup, world: World, **options: Any) -> Explored:
    return testing.explore(testing.subject_of(setup), world, **options).check()


# ---- what is taken for the same ------------------------------------------------------------------------------------


def unreduced(state: hb.State) -> Hashable:
    """The value of a state with the names of its workers."""
    return testing.state_key(state), tuple(trial.worker for trial in state.trials)


def test_names_of_workers_double_what_is_not_symmetric_and_change_nothing_else() -> None:
    setup, world = rungs(2, "promotion", max_resource=2), workers(FEW, max_resource=2)
    reduced = explored_of(setup, world)
    named = explored_of(setup, world, key=unreduced)
    assert reduced.states < named.states < 2 * reduced.states
    assert dict(reduced.occurred).keys() == dict(named.occurred).keys()
    assert reduced.depth == named.depth
    again = evolve(world, workers=("zoe", "\u00fc"))
    assert explored_of(setup, again) == reduced


def test_a_maximised_metric_gives_as_many_states_as_the_negated_one_minimised() -> None:
    named = {small.name: small.counted for small in SMALL}
    assert named["stopping, maximised"] == named["stopping, two levels"]


def test_every_way_to_choose_comes_once() -> None:
    def body(pick: testing.Pick) -> tuple[object, ...]:
        first = pick("ab")
        return (first, pick((1, 2)), pick((3,))) if first == "a" else (first, pick((4, 5, 6)))

    assert list(every(body)) == [("a", 1, 3), ("a", 2, 3), ("b", 4), ("b", 5), ("b", 6)]
    assert list(every(lambda pick: 7)) == [7]


def test_configurations_that_are_drawn_are_refused() -> None:
    setup = hb.asha(testing.SPACES[2], hb.Minimize("error"), max_resource=3)
    with pytest.raises(testing.NotExplorable, match="points_to_evaluate"):
        explored_of(setup, workers(USUAL, max_resource=3))


def test_a_limit_of_states_is_said() -> None:
    explored = explored_of(rungs(3, "stopping"), workers(FEW), states_max=100)
    assert not explored.whole
    assert 100 <= explored.states < 130


def test_states_that_are_wrongly_taken_for_the_same_make_a_circle() -> None:
    """By a key that forgets all, whoever pauses is back at the beginning: nobody ever comes to an end."""
    setup = rungs(2, "promotion", max_resource=2)
    fault = testing.explore(testing.subject_of(setup), workers(USUAL, max_resource=2), key=lambda state: 0).fault
    assert fault is not None
    assert (fault.name, fault.events) == ("PROGRESS", ())


# ---- schedulers of others ------------------------------------------------------------------------------------------

TOY = workers((*USUAL, Move.COMPLETE, Move.STRAY, Move.UNKNOWN), (0.0, math.nan), max_resource=toy.MAXIMUM)


def explored_toy(decide: Any) -> Explored:
    return testing.explore(Subject(toy.initial, decide), TOY)


def test_a_sound_scheduler_of_somebody_else_is_explored() -> None:
    explored = explored_toy(toy.decide).check()
    assert explored.whole
    assert explored.states > 100
    assert dict(explored.occurred)["Ask -> Done, nothing new"] > 0


def never_done(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    return after, hb.Wait() if isinstance(action, hb.Done) else action


def raises_late(state: Toy, event: hb.Event) -> Decision:
    if isinstance(event, hb.Ask) and len(state.trials) == 2:
        raise KeyError(2)
    return toy.decide(state, event)


def starts_again_what_runs(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    changed = isinstance(action, hb.Start) and action.logged and action.trial == 1
    return after, evolve(action, trial=0) if isinstance(action, hb.Start) and changed else action


def stops_never(state: Toy, event: hb.Event) -> Decision:
    """A report at the maximum is not accepted, so its worker reports it for ever."""
    if isinstance(event, hb.Report) and event.resource == toy.MAXIMUM and 0 <= event.trial < len(state.trials):
        return state, hb.Continue(event.trial, toy.MAXIMUM, logged=False)
    return toy.decide(state, event)


def prefers_ann(state: Toy, event: hb.Event) -> Decision:
    after, action = toy.decide(state, event)
    if isinstance(action, hb.Start) and isinstance(event, hb.Ask) and event.worker == "ann":
        return after, evolve(action, until=toy.MAXIMUM - 1)
    return after, action


@pytest.mark.parametrize(
    ("decide", "name", "events"),
    [
        (never_done, "ONE_PLACE", 11),
        (raises_late, "TOTAL", 2),
        (starts_again_what_runs, "IDEMPOTENT", 2),
        (stops_never, "PROGRESS", 3),
        (prefers_ann, "BLIND", 1),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_broken_scheduler_is_found_with_the_fewest_events(decide: Any, name: str, events: int) -> None:
    fault = explored_toy(decide).fault
    assert fault is not None
    assert fault.name == name
    assert len(fault.events) == events
    assert f"{name} is broken: " in str(fault)
    assert all(repr(event) in str(fault) for event in fault.events)
    with pytest.raises(AssertionError, match=name):
        explored_toy(decide).check()
