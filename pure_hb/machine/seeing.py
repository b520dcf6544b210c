"""WHAT MAY SEARCH AND RULE SEE OF A STATE? Views on the state, evaluated lazily so that a cheap question stays
cheap."""

import math
from functools import partial

from pure_hb.machine.life import Status
from pure_hb.machine.setup import Goal
from pure_hb.machine.state import State, Trial, key_of
from pure_hb.protocol import Curve, Named, Report
from pure_hb.rungs import Heard, Seen, rank_value
from pure_hb.rungs.ladder import Plan
from pure_hb.search import Known, View, Waits


def view(
    state: State,
    *,
    new_trials: bool = True,
    bracket: int | None = None,
    told: tuple[Named, ...] | None = None,
) -> View:
    """The view for the search. ``bracket``: that of the next trial, if it is decided already; ``told``: see
    `View.told`."""
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
        sign=_sign(state),
        learned=state.learned,
        told=told,
        known=partial(_known, state),
        waiting=partial(_waiting, state),
    )


def _sign(state: State) -> float:
    return math.copysign(1.0, state.setup.goal.to_minimise(1.0))


def _known(state: State) -> tuple[Known, ...]:
    goal = state.setup.goal
    return tuple(
        Known(
            trial.number,
            trial.config,
            _finite(trial, goal),
            trial.until if trial.worker is not None else None,
            _lost(state, trial),
        )
        for trial in state.trials
    )


def _finite(trial: Trial, goal: Goal) -> Curve:
    """An observed curve may go on after a value that is not finite; what came after it is not looked at."""
    curve = []
    for resource, value in trial.curve:
        if not math.isfinite(value):
            break
        curve.append((resource, goal.to_minimise(value)))
    return tuple(curve)


def _lost(state: State, trial: Trial) -> int | None:
    """See `Known.lost`. A value that is not finite and jumped past that level counts where a finite one would."""
    setup, plan, highest = state.setup, state.ladder.plan, 0
    for resource, value in trial.curve:
        if not math.isfinite(value):
            return _where_it_counts(plan, trial.bracket, highest, resource)
        highest = resource
    failed = trial.status is Status.ENDED and trial.failures >= setup.max_failures
    return plan.milestone(trial.bracket, highest) if failed and highest < setup.max_resource else None


def _where_it_counts(plan: Plan, bracket: int, highest: int, resource: int) -> int | None:
    """The level of a value that follows on the one at ``highest``; None if that was the maximum already."""
    if highest >= plan.max_resource or resource >= plan.max_resource:
        return None if highest >= plan.max_resource else plan.max_resource
    until = plan.milestone(bracket, highest)
    return max(until, plan.level_reached(bracket, resource)) if resource >= until else until


def _waiting(state: State) -> tuple[Waits, ...]:
    return tuple(
        Waits(trial, state.trials[trial].config, rung.level, rung.next_level)
        for rung in reversed(state.ladder.rungs(0))
        for _, trial, waits in rung.entries
        if waits
    )


# ---- rules ---------------------------------------------------------------------------------------------------------


def seen_by_rule(state: State, bracket: int) -> Seen:
    """The view for the rule when a worker is free: the rungs of a bracket."""
    ladder = state.ladder
    system = ladder.plan.system(bracket)
    return Seen(ladder.systems[system], system, state.memory, lambda trial, level: state.trials[trial].cost_at(level))


def heard_by_rule(state: State, trial: Trial, event: Report, level: int | None) -> Heard:
    """A report as the rule receives it, with its entry at ``level``; None: it makes no entry."""
    ladder, value = state.ladder, state.setup.goal.to_minimise(event.value)
    system = ladder.plan.system(trial.bracket)
    standing = None
    if level is not None:
        ladder = ladder.enter(trial.bracket, level, trial.number, rank_value(value), state.setup.rule.waits)
        standing = ladder.rung(trial.bracket, level).standing(rank_value(value))
    return Heard(
        trial.number,
        event.resource,
        value,
        level,
        standing,
        system,
        ladder.systems[system],
        _point(state, trial),
        _sign(state),
        lambda: _curves(state, trial, (event.resource, event.value)),
    )


def _point(state: State, trial: Trial) -> int | None:
    key = key_of(state, trial.config)
    return next((place for place, point in enumerate(state.setup.points) if key_of(state, point) == key), None)


def _curves(state: State, reporting: Trial, result: tuple[int, float]) -> tuple[Curve, ...]:
    """The curves of those that meet in the rungs of a trial that reports; its own goes on."""
    plan, goal = state.ladder.plan, state.setup.goal
    system, found = plan.system(reporting.bracket), []
    for trial in state.trials:
        if plan.system(trial.bracket) == system:
            curve = _finite(trial, goal)
            more = ((result[0], goal.to_minimise(result[1])),) if trial.number == reporting.number else ()
            found.append((*curve, *more))
    return tuple(found)
