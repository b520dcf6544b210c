"""WHICH EVENT COMES NEXT? One function for each move of a world picks the details, and returns an event."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from pure_hb.protocol import Ask, Complete, Event, Fail, Observe, Release, Report
from pure_hb.testing.fits import spoilt
from pure_hb.testing.world import Move, Pick, Scene, Task, World

_FAR: Final = 5
"""How far past the maximum a report may be."""


def possible(world: World, scene: Scene) -> tuple[Move, ...]:
    """The moves of the world that are possible in a scene, as often as the world lists them."""
    return tuple(move for move in world.moves if can(world, scene, move))


def can(world: World, scene: Scene, move: Move) -> bool:
    """Whether a move can be made in a scene."""
    match move:
        case Move.ASK | Move.ASK_NOTHING_NEW:
            return bool(_free(world, scene))
        case Move.JUMP:
            return any(_jumps(world, task) for task in scene.tasks)
        case Move.REPEAT:
            return bool(scene.sent)
        case Move.STRAY:
            return bool(scene.strays)
        case Move.OBSERVE:
            return bool(world.observations or scene.configurations)
        case Move.UNKNOWN:
            return True
        case Move.FIT | Move.FIT_ELSE:
            return bool(scene.fits)
        case _:
            return bool(scene.tasks)


def next_event(world: World, scene: Scene, pick: Pick) -> Event | None:
    """The next event; None if no move is possible."""
    moves = possible(world, scene)
    return make(world, scene, pick(moves), pick) if moves else None


def make(world: World, scene: Scene, move: Move, pick: Pick) -> Event:
    """The event of a move, its details picked."""
    return _EVENTS[move](world, scene, pick)


# ---- asking --------------------------------------------------------------------------------------------------------


def _free(world: World, scene: Scene) -> tuple[str, ...]:
    return tuple(worker for worker in world.workers if scene.task_of(worker) is None)


def _ask(world: World, scene: Scene, pick: Pick) -> Event:
    return Ask(pick(_free(world, scene)))


def _ask_nothing_new(world: World, scene: Scene, pick: Pick) -> Event:
    return Ask(pick(_free(world, scene)), new_trials=False)


def _ask_again(world: World, scene: Scene, pick: Pick) -> Event:
    return Ask(pick(scene.tasks).worker)


# ---- reporting -----------------------------------------------------------------------------------------------------


def _truth(world: World, scene: Scene, trial: int, resource: int, pick: Pick) -> float:
    told = scene.told.get((trial, resource))
    return pick(world.values) if told is None else told


def _leg(world: World, task: Task, pick: Pick) -> int | None:
    return task.leg if pick(world.names_leg) else None


def _report(world: World, scene: Scene, task: Task, resource: int, pick: Pick) -> Report:
    value = _truth(world, scene, task.trial, resource, pick)
    return Report(task.trial, resource, value, pick(world.costs), _leg(world, task, pick))


def _step(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    return _report(world, scene, task, min(task.reached + 1, world.max_resource), pick)


def _reach(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    return _report(world, scene, task, task.until, pick)


def _jumps(world: World, task: Task) -> tuple[int, ...]:
    return tuple(sorted({task.until + 1, world.max_resource - 1} & {*range(task.until + 1, world.max_resource)}))


def _jump(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(tuple(task for task in scene.tasks if _jumps(world, task)))
    return _report(world, scene, task, pick(_jumps(world, task)), pick)


def _finish(world: World, scene: Scene, pick: Pick) -> Event:
    resource = pick((world.max_resource, world.max_resource + _FAR))
    return _report(world, scene, pick(scene.tasks), resource, pick)


def _not_finite(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    options = (task.reached + 1, task.until, *_jumps(world, task), world.max_resource)
    value = pick((math.nan, math.inf, -math.inf))
    return Report(task.trial, pick(options), value, pick(world.costs), _leg(world, task, pick))


def _retell(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    resource = pick(tuple(sorted({1, max(1, task.reached - 1), max(1, task.reached)})))
    value = pick((_truth(world, scene, task.trial, resource, pick), *world.values[:2]))
    return Report(task.trial, resource, value, pick(world.costs), _leg(world, task, pick))


# ---- ending --------------------------------------------------------------------------------------------------------


def _complete(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    return Complete(task.trial, _leg(world, task, pick))


def _fail(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    return Fail(task.trial, "out of memory", _leg(world, task, pick))


def _release(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    return Release(task.trial, "preempted", _leg(world, task, pick))


# ---- out of order --------------------------------------------------------------------------------------------------


def _repeat(world: World, scene: Scene, pick: Pick) -> Event:
    return pick(scene.sent[-_FAR:]) if pick((True, False)) else pick(scene.sent)


def _stray(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.strays)
    value = _truth(world, scene, task.trial, task.reached + 1, pick)
    report = Report(task.trial, task.reached + 1, value, pick(world.costs), task.leg)
    return _any_of_trial(report, pick)


def _any_of_trial(report: Report, pick: Pick) -> Event:
    trial, leg = report.trial, report.leg
    options: tuple[Event, ...] = (report, Complete(trial, leg), Fail(trial, "late", leg), Release(trial, "late", leg))
    return pick(options)


def _observe(world: World, scene: Scene, pick: Pick) -> Event:
    seen = tuple(Observe(config, ((1, world.values[0]),)) for config in scene.configurations[:1])
    return pick((*world.observations, *seen))


def _unknown(world: World, scene: Scene, pick: Pick) -> Event:
    trial, leg = pick(((len(scene.legs), None), (-1, 0), (0, scene.legs.get(0, 0) + 1), (0, -1)))
    report = Report(trial, 1, world.values[0], leg=leg)
    return _any_of_trial(report, pick)


def _malformed(world: World, scene: Scene, pick: Pick) -> Event:
    task = pick(scene.tasks)
    resource, cost = pick(((0, None), (-1, None), (2**60, None), (task.until, -1.0), (task.until, math.inf)))
    return Report(task.trial, resource, world.values[0], cost, task.leg)


def _fit(world: World, scene: Scene, pick: Pick) -> Event:
    return pick(scene.fits)


def _fit_else(world: World, scene: Scene, pick: Pick) -> Event:
    return spoilt(pick(scene.fits), pick)


_EVENTS: Final[Mapping[Move, Callable[[World, Scene, Pick], Event]]] = {
    Move.ASK: _ask,
    Move.ASK_NOTHING_NEW: _ask_nothing_new,
    Move.ASK_AGAIN: _ask_again,
    Move.STEP: _step,
    Move.REACH: _reach,
    Move.JUMP: _jump,
    Move.FINISH: _finish,
    Move.NOT_FINITE: _not_finite,
    Move.RETELL: _retell,
    Move.REPEAT: _repeat,
    Move.STRAY: _stray,
    Move.COMPLETE: _complete,
    Move.FAIL: _fail,
    Move.RELEASE: _release,
    Move.OBSERVE: _observe,
    Move.UNKNOWN: _unknown,
    Move.MALFORMED: _malformed,
    Move.FIT: _fit,
    Move.FIT_ELSE: _fit_else,
}
