"""WHAT IS TRUE NEXT? `advance`: the cheap half of a decision, which applies a chosen action to the state.

All that it needs is in the action, so a log of (event, action) pairs rebuilds the state without choosing again. There
is one function for each action; the life cycle table (`pure_hb.machine.life`) gives the next status of a trial.
"""

import math
from typing import Final, assert_never

from attrs import evolve

from pure_hb.machine.life import AT_REST, LIFE, Ended, ImpossibleError, Status, make_running, next_status
from pure_hb.machine.observing import curve_fault
from pure_hb.machine.state import State, Tried, better, make_state
from pure_hb.machine.trials import Trial, entry_of, make_trial
from pure_hb.protocol import (
    Action,
    Ask,
    Continue,
    Done,
    Event,
    Fail,
    Fitted,
    Learned,
    Noted,
    Observe,
    Pause,
    Reject,
    Report,
    Resume,
    Start,
    Stop,
    Wait,
)
from pure_hb.protocol.learned import theta_fault
from pure_hb.rungs import LAST, levels_of, rank_value
from pure_hb.space import Configuration, as_member, match_key, refuse_stranger


def advance(state: State, event: Event, action: Action) -> State:
    """The state after an event was answered with an action. If the action is not logged, it is the same object as
    ``state``.

    Raises:
        ImpossibleError: if this action cannot answer this event in this state. Then the log was changed, or another
            program wrote it.
    """
    if not action.logged:
        return state
    try:
        match action:
            case Continue() | Pause() | Stop():  # first: this is what happens most
                return _hear(state, event, action) if isinstance(event, Report) else _lose(state, event, action)
            case Start():
                return _start(state, event, action)
            case Resume():
                return _resume(state, event, action)
            case Noted():
                return _note(state, event, action)
            case Wait() | Done() | Reject():
                raise ImpossibleError(f"{type(action).__name__} is never logged")
            case _:
                assert_never(action)
    except (KeyError, ValueError) as error:
        if isinstance(error, ImpossibleError):
            raise
        why = f"{type(action).__name__} cannot follow on {type(event).__name__} here: {error}"
        raise ImpossibleError(why) from error


# ---- assignments ---------------------------------------------------------------------------------------------------


def _start(state: State, event: Event, action: Start) -> State:
    if not isinstance(event, Ask):
        raise _no_assignment(event)
    milestone = None
    if 0 <= action.bracket < state.setup.brackets:
        milestone = state.ladder.plan.milestone(action.bracket, 0)
    if action.until != milestone:
        raise ImpossibleError(f"until is {action.until}, bracket {action.bracket}: not a milestone of this setup")
    if action.leg or state.trials.broken or not event.new_trials:
        raise ImpossibleError(f"trial {action.trial} cannot be started as leg {action.leg}: {_not_now(state, event)}")
    refuse_stranger(state.setup.space, action.config)
    trial = Trial(action.trial, action.config, action.bracket, make_running(event.worker), action.leg, action.until)
    return evolve(
        state,
        clock=state.clock + 1,
        trials=state.trials.add(trial),
        tried=_take(state, trial.config, started=True),
        learned=state.learned if action.learned is None else _remembered(state, action.learned),
    )


def _resume(state: State, event: Event, action: Resume) -> State:
    before = state.trials.get(action.trial)
    if before is None:
        raise ImpossibleError(f"trial {action.trial} is unknown")
    next_status(before.status, event, action)  # it is running, or this raises
    if not isinstance(event, Ask):
        raise _no_assignment(event)
    if action.leg != before.leg + 1 or action.config != before.config or action.start_from != before.start_from:
        raise ImpossibleError(f"the resumed leg {action.leg} of trial {action.trial} does not fit what is known of it")
    if before.status is Status.BROKEN:
        ladder, until = state.ladder, before.until
        if state.trials.broken[0] != before.number or action.promoted_from is not None:
            raise ImpossibleError(f"trial {action.trial} is broken, and cannot go on so: {_not_now(state, event)}")
    elif action.promoted_from is not None and not state.trials.broken:
        ladder = state.ladder.promote(before.bracket, action.promoted_from, before.number)
        until = ladder.plan.milestone(before.bracket, before.highest)
    else:
        level, why = action.promoted_from, _not_now(state, event)
        raise ImpossibleError(f"trial {action.trial} is paused, and cannot go on from level {level}: {why}")
    if action.until != until:
        raise ImpossibleError(f"trial {action.trial} goes on to {until}, not to {action.until}")
    trial = evolve(
        before,
        phase=make_running(event.worker),
        leg=action.leg,
        until=action.until,
        leg_from=action.start_from,
        leg_cost=before.cost,
    )
    return evolve(
        state,
        clock=state.clock + 1,
        trials=state.trials.begin(trial),
        ladder=ladder,
        learned=state.learned if action.learned is None else _remembered(state, action.learned),
    )


def _remembered(state: State, learned: Learned) -> Learned:
    """What is remembered from now on. A theta of levels that are not there would make the next `choose` raise."""
    levels = (*state.setup.levels, state.setup.max_resource)
    if learned.theta is not None and (fault := theta_fault(learned.theta, levels)) is not None:
        raise ImpossibleError(fault)
    return learned


def _no_assignment(event: Event) -> ImpossibleError:
    return ImpossibleError(f"{type(event).__name__} is not answered with an assignment, only an Ask is")


def _not_now(state: State, event: Event) -> str:
    if state.broken:
        return f"trial {state.broken[0]} is broken, and runs its leg again before anything else"
    if isinstance(event, Ask) and not event.new_trials:
        return "the worker asked for no new trial"
    return "it needs the level where it waits, and a leg that comes next"


# ---- answers to a running trial ------------------------------------------------------------------------------------


def _hear(state: State, event: Report, action: Continue | Pause | Stop) -> State:
    """The report has joined the trial's curve and, where the action says so, a rung."""
    before, number = state.trials.running.get(event.trial), action.trial
    if before is None or event.trial != number or event.leg not in (None, before.leg):
        before = _running(state, event, number)
        status = next_status(before.status, event, action)
    else:
        status = _AFTER_REPORT[type(action)]
    setup, ladder, best, entry, level = state.setup, state.ladder, state.best, before.entry, action.level
    resource, highest, value = event.resource, before.highest, event.value
    if resource > setup.max_resource:
        resource = setup.max_resource
    if resource <= highest:
        raise ImpossibleError(f"resource {resource} of trial {before.number} is not past {highest}")
    if event.cost is not None and not 0.0 <= event.cost < math.inf:
        raise ImpossibleError(f"trial {before.number} cannot have cost {event.cost!r}")
    to_minimise, runs, until = setup.goal.sign * value, status is _RUNNING, before.until
    is_finite = value - value == 0.0
    if level is None:
        follows = runs and resource < until
    else:
        system, place = ladder.plan.place(before.bracket, level)
        rung = ladder.systems[system][place]
        follows = until <= resource < rung.next_level and level <= resource
        until = rung.next_level
        ladder = ladder.put(
            system, place, rung.enter(number, to_minimise + 0.0 if is_finite else LAST, status is _PAUSED)
        )
        entry = entry_of(level, resource, before.leg)
    # what mostly happens cannot be otherwise; of anything else more is asked
    if not (follows and is_finite and action.memory is None and (not runs or action.until == until)):  # type: ignore[union-attr]  # who runs goes on
        _refuse_answer(state, before, event, action)
    if best is None or to_minimise < best.to_minimise:
        best = better(best, before.number, resource, value, to_minimise)
    trial = make_trial(  # written out, as is the state: this is what happens most
        before.number,
        before.config,
        before.bracket,
        before.phase if runs else AT_REST[status],
        before.leg,
        until if runs else before.until,
        before.leg_from,
        (*before.curve, (resource, value)),
        entry,
        before.failures,
        before.observed,
        before.costs if event.cost is None else (*before.costs, (resource, before.leg_cost + event.cost)),
        before.leg_cost,
    )
    return make_state(
        setup,
        state.clock + 1,
        state.trials.put(trial),
        ladder,
        state.tried,
        best,
        state.resource_spent + resource - highest,
        state.learned,
        state.memory if action.memory is None else action.memory,
    )


def _refuse_answer(state: State, trial: Trial, event: Report, action: Continue | Pause | Stop) -> None:
    """Raises `ImpossibleError` if an answer to a report goes nowhere, makes no entry where one is due or one where none
    is, goes on after a value that is not finite, or has the memory of another rule."""
    plan, level, until, resource = state.ladder.plan, action.level, trial.until, event.resource
    if level is not None:
        after = plan.milestone(trial.bracket, level)
        if not (until <= resource < after and level <= resource):
            raise ImpossibleError(f"trial {trial.number} on the way to {until} cannot enter level {level} by {event}")
        until = after
    elif isinstance(action, Pause) or until <= resource < plan.max_resource:
        raise ImpossibleError(f"{type(action).__name__} without an entry cannot answer {event} on the way to {until}")
    if isinstance(action, Continue) and action.until != until:
        raise ImpossibleError(f"trial {trial.number} goes on to {until}, not to {action.until}")
    if not isinstance(action, Stop) and not (math.isfinite(event.value) and resource < plan.max_resource):
        raise ImpossibleError(f"{type(action).__name__} cannot answer {event}: after that the trial ends")
    if action.memory is not None and not state.setup.rule.fits(action.memory, levels_of(state.ladder)):
        raise ImpossibleError(f"the rule of this setup cannot remember {action.memory}")


def _lose(state: State, event: Event, action: Continue | Pause | Stop) -> State:
    """The worker has gone from the trial, by no fault of its own or by a failure."""
    before = _running(state, event, action.trial)
    status, failed = next_status(before.status, event, action), isinstance(event, Fail)
    trial = evolve(before, phase=AT_REST[status], failures=before.failures + failed)
    if (trial.failures >= state.setup.max_failures) is not (status is Status.ENDED):
        limit = f"{trial.failures} failures of {state.setup.max_failures}"
        raise ImpossibleError(f"{type(action).__name__} cannot answer {event}: it makes {limit}")
    if action.level is not None or action.memory is not None:
        raise ImpossibleError(f"{type(event).__name__} makes no entry and teaches the rule nothing: {action}")
    tried = state.tried
    if status is Status.ENDED:
        tried = evolve(tried, failed=tried.failed.insert(match_key(state.setup.space, trial.config)))
    return evolve(
        state,
        clock=state.clock + 1,
        trials=state.trials.put(trial),
        tried=tried,
    )


_RUNNING, _PAUSED = Status.RUNNING, Status.PAUSED  # the member of an Enum costs more to reach
_AFTER_REPORT: Final[dict[type[Action], Status]] = {
    answer: after for (before, event, answer), after in LIFE.items() if before is _RUNNING and event is Report
}
"""What the answer to a report makes of a trial that runs."""


def _running(state: State, event: Event, number: int) -> Trial:
    trial = state.trials.get(number)
    if trial is None:
        raise ImpossibleError(f"trial {number} is unknown")
    if isinstance(event, Ask | Observe | Fitted) or event.trial != number:
        raise ImpossibleError(f"the event does not concern trial {number}, the answer does")
    if event.leg is not None and event.leg != trial.leg:
        raise ImpossibleError(f"leg {event.leg} of trial {number} does not run, leg {trial.leg} is the last")
    return trial


# ---- notes ---------------------------------------------------------------------------------------------------------


def _note(state: State, event: Event, action: Noted) -> State:
    if isinstance(event, Fitted):
        if not (state.setup.search.fits_beside and 0 <= event.clock <= state.clock):
            raise ImpossibleError(f"a fit of clock {event.clock} cannot be taken at clock {state.clock} of this setup")
        if action.trial is not None or event.learned.observed <= state.learned.observed:
            raise ImpossibleError(f"a fit to {event.learned.observed} values is none to newer data, or is of no trial")
        resumed = state.learned.resumed  # what happened since the fit began
        return evolve(state, clock=state.clock + 1, learned=evolve(_remembered(state, event.learned), resumed=resumed))
    if action.trial is None:
        raise ImpossibleError(f"{type(event).__name__} concerns a trial, its answer names none")
    if isinstance(event, Observe):
        return _observe(state, event, action.trial, action)
    before = _running(state, event, action.trial)
    after = evolve(before, phase=AT_REST[next_status(before.status, event, action)])
    return evolve(state, clock=state.clock + 1, trials=state.trials.put(after))


def _observe(state: State, event: Observe, number: int, action: Noted) -> State:
    if number != len(state.trials):  # asked first: rungs take numbers as they are
        raise ImpossibleError(f"trial {number} is not the next one, which is {len(state.trials)}")
    if (fault := curve_fault(event)) is not None:
        raise ImpossibleError(fault)
    config = as_member(state.setup.space, event.config)
    failures = state.setup.max_failures if event.failed else 0
    until, source = state.ladder.plan.milestone(0, 0), event.source
    trial = Trial(number, config, 0, Ended(), 0, until, failures=failures, observed=True, source=source)
    best, ladder, maximum, sign = state.best, state.ladder, state.setup.max_resource, state.setup.goal.sign
    for reported, value in event.curve:
        resource = min(reported, maximum)
        if trial.until <= resource < maximum:
            level = ladder.rung_reached(0, resource).level
            ladder = ladder.enter(0, level, trial.number, rank_value(sign * value), False)
            trial = evolve(trial, entry=entry_of(level, resource, 0), until=ladder.plan.milestone(0, resource))
        best = better(best, trial.number, resource, value, sign * value)
        if resource == maximum or not math.isfinite(value):
            break
    tried = _take(state, config, started=False)
    key = match_key(state.setup.space, config)
    tried = evolve(
        tried,
        observed=tried.observed.insert(key, (*(tried.observed.get(key) or ()), number)),
        sources=tried.sources.insert(source, number) if source else tried.sources,
        failed=tried.failed.insert(key) if event.failed else tried.failed,
    )
    return evolve(
        state,
        clock=state.clock + 1,
        trials=state.trials.add(evolve(trial, curve=event.curve)),
        ladder=ladder,
        tried=tried,
        best=best,
    )


def _take(state: State, config: Configuration, *, started: bool) -> Tried:
    """What has been tried, with one more configuration, and the next initial point that has not been."""
    before, points, space = state.tried, state.setup.points, state.setup.space
    keys = before.keys.insert(match_key(space, config))
    place = before.next_point
    while place < len(points) and match_key(space, points[place]) in keys:
        place += 1
    return evolve(before, next_point=place, started=before.started + started, keys=keys)
