"""HOW ARE RUNGS FILLED IN A TEST? Worlds with several entries at each level, written so that any step can be left out.

A world is a list of steps such as "worker 2 reports 0.5 at its next level". The trial is only determined when the step
is played. So if steps are left out, the others still have a meaning, and trials are numbered again.
"""

import math
import random
from enum import Enum
from typing import Any, Final

from attrs import evolve, field, frozen

from pure_hb.protocol import Action, Ask, Event, Report
from pure_hb.testing.claims import RungClaims
from pure_hb.testing.rung_laws import ANSWERED
from pure_hb.testing.rung_referee import Objection, Record, RungReferee
from pure_hb.testing.subject import Subject


class Scenery(Enum):
    """What occurs in a world besides questions and reports of different values at the levels."""

    PLAIN = "all values are different, all reports are at levels"
    BETWEEN = "trials also report between the levels"
    TIES = "some values are equal"
    NAN = "some values are NaN"
    JUMPS = "some reports skip a level"
    TWICE = "some reports come twice"


class Act(Enum):
    """The action of a worker."""

    ASK = "asks, if it is free"
    LEVEL = "reports at its next level"
    EPOCH = "reports its next epoch"
    JUMP = "reports past its next level"
    AGAIN = "repeats the last report of all"


_ACTS: Final = {
    Scenery.BETWEEN: (Act.LEVEL, Act.EPOCH),
    Scenery.JUMPS: (Act.LEVEL, Act.JUMP, Act.JUMP, Act.EPOCH),
    Scenery.TWICE: (Act.LEVEL, Act.LEVEL, Act.AGAIN),
}
_WORKERS: Final = (9, 4, 12, 3)
"""With many workers, many trials reach one level early; with few, some trials reach high levels. Worlds use these
numbers in turn."""


@frozen
class Step:
    """One action of a worker. It is skipped if it is impossible."""

    worker: int
    act: Act
    value: float = field(default=0.0, eq=repr)


@frozen
class Answered:
    """An event, its answer, and the faults of the answer."""

    step: int
    event: Event
    action: Action | None
    """None: an exception was raised."""
    objections: tuple[Objection, ...]


def steps_of(scenery: Scenery, claims: RungClaims, seed: int, count: int) -> tuple[Step, ...]:
    """Steps that a seed draws, a few for each of ``count`` values. With even seeds workers take turns: all ask, then
    all report; with odd seeds their order is random."""
    chance = random.Random(f"{scenery.name} {seed}")
    values = [float(value) for value in range(count)]
    chance.shuffle(values)
    if scenery is Scenery.TIES:
        values = [value // (count / 4) for value in values]
    if scenery is Scenery.NAN:
        values = [math.nan if chance.random() < 0.25 else value for value in values]
    skips = scenery is Scenery.JUMPS and claims.rounds is not None
    acts = (Act.LEVEL,) if skips else _ACTS.get(scenery, (Act.LEVEL,))
    workers = range(_WORKERS[seed % len(_WORKERS)])
    steps: list[Step] = []
    for number, value in enumerate(values):
        worker = workers[number % len(workers)] if seed % 2 == 0 else chance.choice(workers)
        steps += [Step(worker, Act.ASK), Step(worker, chance.choice(acts), value)][:: chance.choice((1, -1))]
    return (*(Step(worker, Act.ASK) for worker in workers), *steps)


def play_steps(subject: Subject[Any], claims: RungClaims, steps: tuple[Step, ...]) -> list[Answered]:
    """The events of the steps, with their answers; the last one may be an exception."""
    referee, state, played = RungReferee(claims), subject.initial(), list[Answered]()
    for number, step in enumerate(steps):
        event = _event(referee, step, played)
        if event is None:
            continue
        try:
            state, action = subject.decide(state, event)
        except Exception as error:  # training code never sees an exception from a scheduler
            objection = Objection(ANSWERED, f"{type(error).__name__} was raised: {error}")
            return [*played, Answered(number, event, None, (objection,))]
        played.append(Answered(number, event, action, tuple(referee.objections(event, action))))
    return played


def _event(referee: RungReferee, step: Step, played: list[Answered]) -> Event | None:
    worker = f"w{step.worker}"
    held = referee.held_by(worker)
    match step.act:
        case Act.ASK:
            return Ask(worker) if held is None else None
        case Act.AGAIN:
            last = played[-1].event if played else None
            return last if isinstance(last, Report) and referee.claims.same_again else None
        case _:
            return None if held is None else Report(held.number, _resource(referee, step.act, held), step.value)


def _resource(referee: RungReferee, act: Act, held: Record) -> int:
    due, maximum = referee.due(held), referee.claims.max_resource
    match act:
        case Act.EPOCH:
            return held.highest + 1
        case Act.JUMP:
            past = referee.claims.next_level(due, held.bracket)
            jump = past if past < maximum else due + 1
            return max(held.highest + 1, jump if jump < maximum else due)
        case _:
            return max(held.highest + 1, due)


def simpler(steps: tuple[Step, ...]) -> list[tuple[Step, ...]]:
    """The same steps with fewer workers, or with smaller numbers: ranks for values, as long as all are numbers."""
    used = sorted({step.worker for step in steps})
    one_less = [
        tuple(evolve(step, worker=other) if step.worker == worker else step for step in steps)
        for worker in used
        for other in used
        if other < worker
    ]
    numbers = sorted({step.value for step in steps if step.act is not Act.ASK and not math.isnan(step.value)})
    ranks = {value: float(rank) for rank, value in enumerate(numbers)}
    ranked = tuple(evolve(step, value=ranks.get(step.value, step.value)) for step in steps)
    first = {worker: number for number, worker in enumerate(dict.fromkeys(step.worker for step in steps))}
    renamed = tuple(evolve(step, worker=first[step.worker]) for step in steps)
    levels = [
        (*steps[:number], evolve(step, act=Act.LEVEL), *steps[number + 1 :])
        for number, step in enumerate(steps)
        if step.act in (Act.EPOCH, Act.JUMP)
    ]
    return [other for other in (*one_less, *levels, ranked, renamed) if other != steps]
