"""WHAT HAPPENS TO A TRIAL THAT A WORKER REPORTS ON? The answers to ``Report``, ``Complete``, ``Fail`` and ``Release``.

In all four, an unknown trial or leg is refused, and a worker on a leg that is over is told to leave it.
"""

import math
from typing import Final, assert_never

from attrs import evolve

from pure_hb.machine.evidence import heard, ranked
from pure_hb.machine.life import Status
from pure_hb.machine.seeing import heard_by_rule
from pure_hb.machine.state import State, Trial
from pure_hb.making import maker
from pure_hb.protocol import (
    Action,
    Because,
    Complete,
    Continue,
    Fail,
    Noted,
    Pause,
    Reject,
    Release,
    Report,
    Stop,
)
from pure_hb.rungs import LAST, Verdict, rank_value
from pure_hb.space.domains import INT_LIMIT

_OfTrial = Report | Complete | Fail | Release


def _unknown(state: State, event: _OfTrial) -> Reject:
    last = len(state.trials) - 1
    known = "none yet" if last < 0 else "0" if last == 0 else f"0 to {last}"
    return Reject(f"trial {event.trial} is unknown; known trials: {known}. Use the number that Start gave")


def _not_running(trial: Trial, event: _OfTrial) -> Action | None:
    """The answer to whoever works on a leg that was never given out or is over; None if the leg runs."""
    if event.leg is None or event.leg == trial.leg:
        if trial.worker is not None:
            return None
        why = (Because(f"trial {trial.number} is {trial.status.value}"),)
        if trial.status is Status.ENDED:
            return Stop(trial.number, logged=False, evidence=why)
        return Pause(trial.number, logged=False, evidence=why)
    if 0 <= event.leg < trial.leg:
        why = (Because(f"leg {event.leg} is over, leg {trial.leg} is the last"),)
        return Pause(trial.number, logged=False, evidence=why)
    return Reject(
        f"leg {event.leg} of trial {event.trial} was not given out; legs 0 to {trial.leg} were. Use the action's leg"
    )


# ---- Report ---------------------------------------------------------------------------------------------------------


def answer_report(state: State, event: Report) -> Action:
    """Refuse the report, tell a worker on an ended leg to stop, or judge the result."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    other = _malformed(state, event) or _not_running(trial, event)
    if other is not None:
        return other
    if event.resource <= trial.highest:
        return _again(trial, event)
    if not math.isfinite(event.value):
        return _not_finite(state, trial, event)
    if event.resource >= state.setup.max_resource:
        why = Because(f"finished: it reached the maximum, {state.setup.max_resource}")
        return Stop(trial.number, evidence=(why, heard(state, event)))
    answer = (_at_level if event.resource >= trial.until else _between_levels)(state, trial, event)
    return answer if state.memory is None else _with_opinion(state, trial, event, answer)


def _between_levels(state: State, trial: Trial, event: Report) -> Continue:
    evidence = (Because(f"no level before {trial.until}"), heard(state, event))
    return _continue(trial.number, trial.until, None, True, evidence)


def _with_opinion(
    state: State, trial: Trial, event: Report, answer: Continue | Pause | Stop
) -> Continue | Pause | Stop:
    """The answer of a rule that remembers: it may end the trial yet, and carries what it will remember."""
    opinion = state.setup.rule.hear(state.memory, heard_by_rule(state, trial, event, answer.level))
    if opinion.ends:
        answer = Stop(trial.number, answer.level, evidence=answer.evidence)
    memory = None if opinion.memory == state.memory else opinion.memory
    return evolve(answer, evidence=(*answer.evidence, *opinion.evidence), memory=memory)


def _malformed(state: State, event: Report) -> Reject | None:
    if not 1 <= event.resource <= INT_LIMIT:
        return Reject(
            f"trial {event.trial} reported resource {event.resource}; "
            "it is an integer from 1 to 2**53, and 1 is the first epoch"
        )
    if event.cost is None:
        return _without_cost(event) if state.setup.rule.needs_cost else None
    if not 0.0 <= event.cost < math.inf:
        return Reject(f"trial {event.trial} reported cost {event.cost!r}; it is a finite number of at least 0, or None")
    return None


def _without_cost(event: Report) -> Reject:
    return Reject(
        f"trial {event.trial} reported no cost, but promotion by cost needs it: give what its leg has cost so far, "
        "Report(trial, resource, value, cost=...)"
    )


def _again(trial: Trial, event: Report) -> Continue:
    known = dict(trial.curve).get(event.resource)
    if known is None:
        text = f"resource {event.resource} is not past {trial.highest}, which has been accepted"
    elif repr(known) == repr(event.value):
        text = f"a repeat: resource {event.resource} has been accepted"
    else:
        text = f"the first value stands: {known!r} at resource {event.resource}, not {event.value!r}"
    return Continue(trial.number, trial.until, logged=False, evidence=(Because(text),))


def _not_finite(state: State, trial: Trial, event: Report) -> Stop:
    why = Because(f"the value is {event.value!r}: it ranks last and the trial ends")
    if not trial.until <= event.resource < state.setup.max_resource:
        return Stop(trial.number, evidence=(why, heard(state, event)))
    rung = state.ladder.rung_reached(trial.bracket, event.resource)
    evidence = ranked(state, event.trial, rung.level, event.resource, rung.standing_if_entered(LAST))
    return Stop(trial.number, rung.level, evidence=(evidence, why, heard(state, event)))


_continue: Final = maker(Continue)
_pause: Final = maker(Pause)
_stop: Final = maker(Stop)


def _at_level(state: State, trial: Trial, event: Report) -> Continue | Pause | Stop:
    setup, ladder, number, resource = state.setup, state.ladder, event.trial, event.resource
    rung = ladder.rung_reached(trial.bracket, resource)
    level = rung.level
    standing = rung.standing_if_entered(rank_value(setup.goal.to_minimise(event.value)))
    evidence = (ranked(state, number, level, resource, standing), heard(state, event))
    match setup.rule.judge(standing):
        case Verdict.GO_ON:
            return _continue(number, ladder.plan.milestone(trial.bracket, resource), level, True, evidence)
        case Verdict.WAIT:
            return _pause(number, level, True, evidence)
        case Verdict.END:
            return _stop(number, level, True, evidence)
        case unknown:
            assert_never(unknown)


# ---- Complete, Fail, Release ----------------------------------------------------------------------------------------


def answer_complete(state: State, event: Complete) -> Action:
    """The trial ends if it is running. A paused trial stays promotable, because a script exits when it is told to
    pause."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    match _not_running(trial, event):
        case None:
            return Noted(trial.number, evidence=(Because("the script ended by itself"),))
        case Reject() as refused:
            return refused
        case _:
            why = Because(f"nothing changes: trial {trial.number} is {trial.status.value}")
            return Noted(trial.number, logged=False, evidence=(why,))


def answer_fail(state: State, event: Fail) -> Action:
    """The trial runs its leg again later, or ends if this is the last failure allowed."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    other = _not_running(trial, event)
    if other is not None:
        return other
    failures, limit = trial.failures + 1, state.setup.max_failures
    why = (Because(f"failure {failures} of {limit}"),)
    return Pause(trial.number, evidence=why) if failures < limit else Stop(trial.number, evidence=why)


def answer_release(state: State, event: Release) -> Action:
    """The trial is broken: it runs its leg again later."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    released = Pause(trial.number, evidence=(Because("released: it does not count as a failure"),))
    return _not_running(trial, event) or released
