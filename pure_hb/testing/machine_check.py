"""DOES A SCHEDULER KEEP THE LAWS? `check_machine`, for any scheduler: two functions with the events and actions of this
library.

def test_my_scheduler():
    hb.testing.check_machine(my_initial, my_decide)
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from attrs import frozen

import pure_hb as hb
from pure_hb.auditing import Invariant, Step
from pure_hb.protocol import Event
from pure_hb.testing.breach import Breach
from pure_hb.testing.laws import LAWS, Law
from pure_hb.testing.subject import Events, Subject, follow, play
from pure_hb.testing.world import World, world_of

S = TypeVar("S")


@frozen
class Checked:
    """What was checked, and what occurred: without occurrences a check proves nothing."""

    laws: tuple[str, ...]
    passed_over: tuple[str, ...]
    """Laws that need a setup of this library, which was not given."""
    events: int
    occurred: tuple[tuple[str, int], ...]
    """("Event -> Action", how often), in the order of the alphabet."""


def check_machine(
    initial: Callable[[], S],
    decide: Callable[[S, Event], tuple[S, hb.Action]],
    *,
    laws: Iterable[Law] = LAWS,
    invariants: Iterable[Invariant] = (),
    setup: hb.Setup | None = None,
    world: World | None = None,
    seeds: Iterable[int] = range(10),
    steps: int = 80,
) -> Checked:
    """Examine a scheduler: ``initial()`` gives a state, ``decide(state, event)`` the next one and an action.

    States must compare by value, and never change. Without a ``setup``, the laws about the state of this library are
    left out, and the result says so. ``invariants`` (of `pure_hb.auditing`) may be given if states are those of this
    library. ``world`` has the workers and the values of the metric.

    Raises:
        LawBroken: naming law, seed, event and what differs, with the shortest list of events found that shows it.
        ValueError: if nothing is left to check.
    """
    subject = Subject(initial, decide, setup)
    asked = tuple(laws)
    checked = tuple(law for law in asked if setup is not None or not law.needs_setup)
    examined = (*checked, *(_as_law(invariant) for invariant in invariants))
    if not examined:
        raise ValueError("nothing to check: these laws look at our own state; give setup=..., or laws=hb.testing.LAWS")
    scene = world or (world_of(setup) if setup is not None else World())
    occurred: Counter[str] = Counter()
    count = 0
    for seed in seeds:
        events = play(subject, scene, random.Random(seed).choice, steps)
        for law in examined:
            law.check_events(subject, events, seed)
        count += len(events)
        occurred.update(f"{type(t.event).__name__} -> {type(t.action).__name__}" for t in follow(subject, events))
    return Checked(
        tuple(law.name for law in examined),
        tuple(law.name for law in asked if law not in checked),
        count,
        tuple(sorted(occurred.items())),
    )


def _as_law(invariant: Invariant) -> Law:
    def examine(subject: Subject[Any], events: Events) -> Breach | None:
        for turn in follow(subject, events):
            what = invariant.holds(Step(turn.before, turn.event, turn.action, turn.after))
            if what is not None:
                return Breach(turn.number, what)
        return None

    return Law(invariant.name, invariant.meaning, examine)
