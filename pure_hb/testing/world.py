"""WHO SENDS EVENTS IN A TEST? A small world of workers: the possible events, and what its workers know.

The world knows only events and actions, so it can drive any scheduler with this protocol. It never chooses by itself:
each choice is made by a `Pick`, so one world can be driven by a seed, by Hypothesis, or through all choices. Workers
report true values, each drawn when it is first reported; the members of `Move` say what else they may do, and
`moves.py` makes the events.
"""

from __future__ import annotations  # rpds classes take no parameters at run time

import math
from collections.abc import Sequence
from enum import Enum
from typing import Final, Protocol, TypeVar

from attrs import evolve, frozen
from rpds import HashTrieMap

from pure_hb.draws import Purpose, uniform
from pure_hb.machine import Setup
from pure_hb.protocol import (
    Action,
    Ask,
    Complete,
    Continue,
    Event,
    Fail,
    Fitted,
    Noted,
    Observe,
    Pause,
    Release,
    Report,
    Resume,
    Start,
    Stop,
)
from pure_hb.space import Configuration, Space, default_configuration, draw

T = TypeVar("T")


class Pick(Protocol):
    """Picks one of several options; all choices of a world are made by it. ``random.Random(1).choice`` is one."""

    def __call__(self, options: Sequence[T], /) -> T:
        """One of the options, of which there is at least one."""
        ...


class Move(Enum):
    """The kinds of events that may come next."""

    ASK = "a free worker asks"
    ASK_NOTHING_NEW = "a free worker asks, but not for a new trial"
    ASK_AGAIN = "a worker that holds a trial asks: the answer was lost"
    STEP = "a worker reports the next resource"
    REACH = "a worker reports at the resource it was to train to"
    JUMP = "a worker reports past it, and below the maximum"
    FINISH = "a worker reports at or past the maximum"
    NOT_FINITE = "a worker reports NaN or an infinity"
    RETELL = "a worker reports a resource that it has reported before, or skipped: its script was restarted"
    REPEAT = "an earlier event comes again"
    STRAY = "whoever works on a leg that is over speaks up"
    COMPLETE = "a script ends by itself"
    FAIL = "a script breaks"
    RELEASE = "a worker is taken away"
    OBSERVE = "an earlier result is told"
    UNKNOWN = "somebody speaks of a trial or a leg that was not given out"
    MALFORMED = "somebody reports what no report can hold"
    FIT = "a fit made beside training is handed in, early or late"
    FIT_ELSE = "a fit is handed in that is none of this search's"


USUAL: Final = (Move.ASK, Move.STEP, Move.REACH)
"""Moves of a world without faults."""

MOVES: Final = (*(USUAL * 4), Move.ASK, *Move)
"""All moves; the usual ones several times, so that a random choice leads somewhere."""

_FITS: Final = (Move.FIT, Move.FIT, Move.FIT, Move.FIT_ELSE)
_STRAYS_MAX: Final = 8


@frozen
class World:
    """The options of a world. A tuple that has an option twice makes it twice as likely under a random pick."""

    workers: tuple[str, ...] = ("ann", "bob", "eve")
    max_resource: int = 9
    values: tuple[float, ...] = (0.0, 0.25, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, -0.0, -1.0)
    """Values of the metric; few of them, so that ties occur."""
    moves: tuple[Move, ...] = MOVES
    names_leg: tuple[bool, ...] = (True, False)
    """Whether events carry the number of the leg."""
    costs: tuple[float | None, ...] = (None, 0.0, 1.5)
    observations: tuple[Observe, ...] = ()
    """Earlier results that may be observed, valid and invalid ones."""


@frozen
class Task:
    """A leg of a trial, as its worker sees it."""

    worker: str
    trial: int
    leg: int
    reached: int
    until: int


@frozen
class Scene:
    """Everything that workers and scheduler have said so far."""

    tasks: tuple[Task, ...] = ()
    """The legs that are running."""
    strays: tuple[Task, ...] = ()
    """Legs that are over, whose workers may not have noticed; the last few."""
    sent: tuple[Event, ...] = ()
    legs: HashTrieMap[int, int] = HashTrieMap()  # noqa: RUF009  # immutable
    """Trial -> its last leg."""
    told: HashTrieMap[tuple[int, int], float] = HashTrieMap()  # noqa: RUF009  # immutable
    """(trial, resource) -> the true value, where one has been reported."""
    configurations: tuple[Configuration, ...] = ()
    """The configurations that trials were started with."""
    fits: tuple[Fitted, ...] = ()
    """Fits that were made and may be sent; the last few."""

    def task_of(self, worker: str) -> Task | None:
        """The task of a worker; None if it has none."""
        return next((task for task in self.tasks if task.worker == worker), None)


# ---- what workers make of an answer --------------------------------------------------------------------------------


def heard(scene: Scene, event: Event, action: Action) -> Scene:
    """The scene after an event and its answer. Wrong answers are accepted here, since the laws judge them."""
    after = evolve(scene, sent=(*scene.sent, event))
    match event:
        case Ask():
            return _assigned(after, event.worker, action) if isinstance(action, Start | Resume) else after
        case Observe():
            return after if not isinstance(action, Noted) or action.trial is None else _named(after, action.trial, 0)
        case Fitted():
            return after
        case Report():
            return _answered(_truth_told(after, event), event, action)
        case _:
            return _answered(after, event, action)


def _assigned(scene: Scene, worker: str, action: Start | Resume) -> Scene:
    held = scene.task_of(worker)
    if held is not None and (held.trial, held.leg) == (action.trial, action.leg):
        return _replaced(scene, held, evolve(held, until=action.until))
    start_from = action.start_from if isinstance(action, Resume) else 0
    task = Task(worker, action.trial, action.leg, start_from, action.until)
    others = tuple(other for other in scene.tasks if other.worker != worker)
    changed = evolve(scene, tasks=(*others, task))
    if isinstance(action, Start):
        changed = evolve(changed, configurations=(*scene.configurations, action.config))
    return _named(changed, action.trial, action.leg)


def _answered(scene: Scene, event: Report | Complete | Fail | Release, action: Action) -> Scene:
    task = next((task for task in scene.tasks if _concerns(event, task)), None)
    if task is None:
        return scene
    if isinstance(action, Continue):
        reached = max(task.reached, event.resource) if isinstance(event, Report) else task.reached
        return _replaced(scene, task, evolve(task, reached=reached, until=action.until))
    if isinstance(action, Pause | Stop | Noted):
        return evolve(_replaced(scene, task, None), strays=(*scene.strays, task)[-_STRAYS_MAX:])
    return scene


def _concerns(event: Report | Complete | Fail | Release, task: Task) -> bool:
    return task.trial == event.trial and event.leg in (None, task.leg)


def _replaced(scene: Scene, old: Task, new: Task | None) -> Scene:
    tasks = tuple(new if task is old else task for task in scene.tasks)
    return evolve(scene, tasks=tuple(task for task in tasks if task is not None))


def _named(scene: Scene, trial: int, leg: int) -> Scene:
    return evolve(scene, legs=scene.legs.insert(trial, leg))


def _truth_told(scene: Scene, event: Report) -> Scene:
    place = (event.trial, event.resource)
    if scene.told.get(place) is not None or not math.isfinite(event.value):
        return scene
    return evolve(scene, told=scene.told.insert(place, event.value))


# ---- the world of a setup ------------------------------------------------------------------------------------------


def world_of(setup: Setup) -> World:
    """The usual world for a setup: with its maximum, and some earlier results inside and outside its space."""
    costs = (0.0, 0.5, 1.5) if setup.rule.needs_cost else (None, 0.0, 1.5)
    observations = observations_of(setup.space, setup.max_resource)
    moves = (*MOVES, *_FITS) if setup.search.fits_beside else MOVES
    return World(max_resource=setup.max_resource, observations=observations, costs=costs, moves=moves)


def observations_of(space: Space, max_resource: int) -> tuple[Observe, ...]:
    """Earlier results for a space: a few configurations with short and long curves, ties and NaN, and some that must be
    refused."""
    first, *others = (default_configuration(space), *(_drawn(space, number) for number in range(3)))
    middle = max(1, max_resource // 2)
    long = tuple((resource, 1.0 / resource) for resource in range(1, max_resource + 1))
    sound = (
        Observe(first, ((1, 0.5),)),
        Observe(others[0], long),
        Observe(others[1], ((middle, 0.25), (max_resource + 2, 0.0))),
        Observe(others[2], ((middle, math.nan), (max_resource, -1.0))),
        Observe(first, ((1, math.inf),)),
        Observe(others[0], ((1, 0.5),), source="an older search 0"),
        Observe(others[0], long, source="an older search 0"),
        Observe(others[1], (), failed=True, source="an older search 1"),
    )
    unsound = (
        Observe({}, ((1, 0.5),)),
        Observe({**first, "not in the space": 1}, ((1, 0.5),)),
        Observe(first, ()),
        Observe(first, ((0, 0.5),)),
        Observe(first, ((2, 0.5), (1, 0.5))),
    )
    return (*sound, *sound, *unsound)


def _drawn(space: Space, number: int) -> Configuration:
    return draw(space, lambda index: uniform(0, Purpose.CONFIGURATION, number, index))
