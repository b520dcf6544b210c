"""WHICH SCHEDULER IS TESTED? A subject: how a search begins, and how it decides; any scheduler with this protocol."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from attrs import frozen

import pure_hb as hb
from pure_hb.protocol import Action, Ask, Done, Event, Report
from pure_hb.testing.fits import with_fit
from pure_hb.testing.moves import next_event
from pure_hb.testing.world import Pick, Scene, World, heard

S = TypeVar("S")
Events = tuple[Event, ...]


@frozen
class Subject(Generic[S]):
    """A scheduler. If it has a ``setup``, it is this library's machine, for which more can be tested."""

    initial: Callable[[], S]
    decide: Callable[[S, Event], tuple[S, Action]]
    setup: hb.Setup | None = None


def subject_of(setup: hb.Setup) -> Subject[hb.State]:
    """The machine of this library with a setup."""
    return Subject(lambda: hb.initial(setup), lambda state, event: hb.decide(state, event), setup)


@frozen
class Turn(Generic[S]):
    """One event that a subject has answered."""

    number: int
    before: S
    event: Event
    action: Action
    after: S


def follow(subject: Subject[S], events: Events) -> Iterator[Turn[S]]:
    """The turns of a subject, from its first state on."""
    state = subject.initial()
    for number, event in enumerate(events):
        after, action = subject.decide(state, event)
        yield Turn(number, state, event, action, after)
        state = after


def play(subject: Subject[S], world: World, pick: Pick, steps: int) -> Events:
    """Events of a world in which the subject decides; fewer than ``steps`` if it raises on the last one."""
    state, scene = subject.initial(), Scene()
    events: list[Event] = []
    for _ in range(steps):
        scene = with_fit(subject.setup, state, scene, pick)
        event = next_event(world, scene, pick)
        if event is None:
            break
        events.append(event)
        try:
            state, action = subject.decide(state, event)
        except Exception:  # the laws will find and name it
            break
        scene = heard(scene, event, action)
    return tuple(events)


def finish(
    subject: Subject[S], state: S, scene: Scene, workers: tuple[str, ...], value: float, rounds: int
) -> S | None:
    """The state after all workers have only trained until each of them got ``Done``; None if that does not happen
    within ``rounds``. New results all have the same value."""
    for _ in range(rounds):
        done = 0
        for worker in workers:
            task = scene.task_of(worker)
            event = Report(task.trial, task.until, value, leg=task.leg) if task else Ask(worker)
            state, action = subject.decide(state, event)
            scene = heard(scene, event, action)
            done += isinstance(action, Done)
        if done == len(workers):
            return state
    return None
