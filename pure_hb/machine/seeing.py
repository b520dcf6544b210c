"""WHAT MAY THE SEARCH SEE OF A STATE? Its view, made so that a search which looks at little costs little."""

import math
from functools import partial

from pure_hb.machine.life import Status
from pure_hb.machine.setup import Goal
from pure_hb.machine.state import State, Trial
from pure_hb.search import Known, View, Waits


def view(state: State, *, new_trials: bool = True, bracket: int | None = None) -> View:
    """What the search may see. ``bracket``: that of the next trial, where it is decided already."""
    setup, place = state.setup, state.tried.next_point
    return View(
        space=setup.space,
        next_point=setup.points[place] if place < len(setup.points) else None,
        taken=state.tried.keys,
        failed=state.tried.failed,
        levels=setup.levels,
        max_resource=setup.max_resource,
        odds=setup.bracket_distribution(),
        bracket=bracket,
        new_trials=new_trials,
        sign=math.copysign(1.0, setup.goal.to_minimise(1.0)),
        learned=state.learned,
        known=partial(_known, state),
        waiting=partial(_waiting, state),
    )


def _known(state: State) -> tuple[Known, ...]:
    return tuple(_of_trial(trial, state.setup.goal) for trial in state.trials)


def _of_trial(trial: Trial, goal: Goal) -> Known:
    """An observed curve may go on after a value that is not finite; what came after it is not looked at."""
    curve = []
    for resource, value in trial.curve:
        if not math.isfinite(value):
            break
        curve.append((resource, goal.to_minimise(value)))
    return Known(trial.number, trial.config, tuple(curve), trial.until if trial.status is Status.RUNNING else None)


def _waiting(state: State) -> tuple[Waits, ...]:
    return tuple(
        Waits(trial, state.trials[trial].config, rung.level, rung.next_level)
        for rung in reversed(state.ladder.rungs(0))
        for _, trial, waits in rung.entries
        if waits
    )
