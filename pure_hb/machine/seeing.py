"""WHAT MAY SEARCH AND RULE SEE OF A STATE? Views on the state, evaluated lazily so that a cheap question stays
cheap."""

import math
from functools import lru_cache, partial

from pure_hb.machine.life import Ended, Running
from pure_hb.machine.state import State
from pure_hb.machine.trials import Trial
from pure_hb.protocol import Curve, Named, Report
from pure_hb.rungs import Heard, Ladder, Seen, bracket_distribution, rank_value
from pure_hb.search import Known, View, Waits
from pure_hb.space import match_key


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
        odds=bracket_distribution(setup.levels, setup.max_resource, setup.brackets),
        bracket=bracket,
        new_trials=new_trials,
        sign=setup.goal.sign,
        learned=state.learned,
        told=told,
        points=setup.points,
        known=lru_cache(maxsize=1)(partial(_known, state)),
        waiting=partial(_waiting, state),
    )


def _known(state: State) -> tuple[Known, ...]:
    """What models may know of all trials. See `Known.lost`: a value that is not finite and jumped past the level that
    the trial was running to counts where a finite one would."""
    setup, ladder, found = state.setup, state.ladder, []
    for one in state.trials:
        curve, lost = _finite(one, setup.goal.sign), None
        highest = curve[-1][0] if curve else 0
        if len(curve) < len(one.curve):
            lost = _where_it_counts(ladder, one.bracket, highest, one.curve[len(curve)][0])
        elif isinstance(one.phase, Ended) and one.failures >= setup.max_failures and highest < setup.max_resource:
            lost = ladder.plan.milestone(one.bracket, highest)
        until = one.until if isinstance(one.phase, Running) else None
        found.append(Known(one.number, one.config, curve, until, lost, _pace(one)))
    return tuple(found)


def _pace(trial: Trial) -> float | None:
    """See `Known.pace`."""
    if not trial.costs:
        return None
    resource, spent = trial.costs[-1]
    return spent / resource or None  # the smallest float, divided, is 0


def _finite(trial: Trial, sign: float) -> Curve:
    """An observed curve may go on after a value that is not finite; what came after it is not looked at."""
    curve = []
    for resource, value in trial.curve:
        if not math.isfinite(value):
            break
        curve.append((resource, sign * value))
    return tuple(curve)


def _where_it_counts(ladder: Ladder, bracket: int, highest: int, resource: int) -> int | None:
    """The level of a value that follows on the one at ``highest``; None if that was the maximum already."""
    maximum = ladder.plan.max_resource
    if highest >= maximum or resource >= maximum:
        return None if highest >= maximum else maximum
    until = ladder.plan.milestone(bracket, highest)
    return max(until, ladder.rung_reached(bracket, resource).level) if resource >= until else until


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
    ladder, value = state.ladder, state.setup.goal.sign * event.value
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
        state.setup.goal.sign,
        lambda: _curves(state, trial, (event.resource, event.value)),
    )


def _point(state: State, trial: Trial) -> int | None:
    space, points = state.setup.space, state.setup.points
    key = match_key(space, trial.config)
    return next((place for place, point in enumerate(points) if match_key(space, point) == key), None)


def _curves(state: State, reporting: Trial, result: tuple[int, float]) -> tuple[Curve, ...]:
    """The curves of those that meet in the rungs of a trial that reports; its own goes on."""
    plan, sign = state.ladder.plan, state.setup.goal.sign
    system, found = plan.system(reporting.bracket), []
    for trial in state.trials:
        if plan.system(trial.bracket) == system:
            curve = _finite(trial, sign)
            more = ((result[0], sign * result[1]),) if trial.number == reporting.number else ()
            found.append((*curve, *more))
    return tuple(found)
