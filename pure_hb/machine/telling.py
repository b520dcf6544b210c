"""WHAT HAPPENS TO A TRIAL THAT A WORKER REPORTS ON? The answers to ``Report``, ``Complete``, ``Fail`` and ``Release``.

In all four, an unknown trial or leg is refused, and a worker on a leg that is over is told to leave it.
"""

import math
from typing import Final, assert_never

from attrs import evolve

from pure_hb.machine.life import Status
from pure_hb.machine.seeing import heard_by_rule
from pure_hb.machine.state import State
from pure_hb.machine.trials import Trial
from pure_hb.making import maker
from pure_hb.protocol import (
    Action,
    Because,
    Complete,
    Continue,
    Fail,
    Heard,
    Noted,
    Pause,
    Ranked,
    Reject,
    Release,
    Report,
    Stop,
)
from pure_hb.rungs import LAST, Verdict
from pure_hb.space.domains import INT_LIMIT

_OfTrial = Report | Complete | Fail | Release


def _unknown(state: State, event: _OfTrial) -> Reject:
    last = len(state.trials) - 1
    known = "none yet" if last < 0 else "0" if last == 0 else f"0 to {last}"
    return Reject(f"trial {event.trial} is unknown; known trials: {known}. Use the number that Start gave")


def _runs(trial: Trial, event: _OfTrial) -> bool:
    """Whether the leg runs that the event is about."""
    return trial.worker is not None and event.leg in (None, trial.leg)


def _not_running(trial: Trial, event: _OfTrial) -> Pause | Stop | Reject:
    """The answer to a worker on a leg that was never given out, or that is over."""
    if event.leg is None or event.leg == trial.leg:
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

_continue: Final = maker(Continue)
_pause: Final = maker(Pause)
_stop: Final = maker(Stop)
_ranked: Final = maker(Ranked)
_heard: Final = maker(Heard)


def answer_report(state: State, event: Report) -> Action:
    """Judge the result of a leg that runs; anything else is refused, or its worker is told to leave."""
    trial, setup = state.trials.running.get(event.trial), state.setup
    is_priced = 0.0 <= event.cost < math.inf if event.cost is not None else not setup.rule.needs_cost
    if trial is None or not is_priced or event.leg not in (None, trial.leg) or not 1 <= event.resource <= INT_LIMIT:
        return _not_heard(state, event)
    if event.resource <= trial.highest:
        return _again(trial, event)
    heard = _heard(state.clock, ((event.resource, event.value),), event.cost)
    if trial.until <= event.resource < setup.max_resource:
        answer = _at_level(state, trial, event, heard)
    elif not math.isfinite(event.value):
        return Stop(trial.number, evidence=(_not_finite(event), heard))
    elif event.resource >= setup.max_resource:
        why = Because(f"finished: it reached the maximum, {setup.max_resource}")
        return Stop(trial.number, evidence=(why, heard))
    else:
        evidence = (Because(f"no level before {trial.until}"), heard)
        answer = _continue(trial.number, trial.until, None, True, evidence)
    if state.memory is None or not math.isfinite(event.value):
        return answer
    return _with_opinion(state, trial, event, answer)


def _at_level(state: State, trial: Trial, event: Report, heard: Heard) -> Continue | Pause | Stop:
    """The rule's verdict at the level that was reached. A value that is not finite ranks last, and its trial ends."""
    setup, ladder, resource, value = state.setup, state.ladder, event.resource, event.value
    sign, is_finite = setup.goal.sign, math.isfinite(value)
    rung = ladder.rung_reached(trial.bracket, resource)
    standing = rung.standing_if_entered(sign * value + 0.0 if is_finite else LAST)
    entries, rank, allowed, cutoff = standing
    shown = None if cutoff is None else sign * cutoff
    number, level = trial.number, rung.level
    ranked = _ranked(number, level, resource, entries, rank, allowed, standing.passes, shown)
    if not is_finite:
        return _stop(number, level, True, (ranked, _not_finite(event), heard))
    match setup.rule.judge(standing):
        case Verdict.GO_ON:
            return _continue(number, ladder.plan.milestone(trial.bracket, resource), level, True, (ranked, heard))
        case Verdict.WAIT:
            return _pause(number, level, True, (ranked, heard))
        case Verdict.END:
            return _stop(number, level, True, (ranked, heard))
        case unknown:
            assert_never(unknown)


def _not_finite(event: Report) -> Because:
    return Because(f"the value is {event.value!r}: it ranks last and the trial ends")


def _with_opinion(
    state: State, trial: Trial, event: Report, answer: Continue | Pause | Stop
) -> Continue | Pause | Stop:
    """The answer of a rule that remembers: it may end the trial yet, and carries what it will remember."""
    opinion = state.setup.rule.hear(state.memory, heard_by_rule(state, trial, event, answer.level))
    if opinion.ends:
        answer = Stop(trial.number, answer.level, evidence=answer.evidence)
    memory = None if opinion.memory == state.memory else opinion.memory
    return evolve(answer, evidence=(*answer.evidence, *opinion.evidence), memory=memory)


def _not_heard(state: State, event: Report) -> Action:
    """The answer to a report of an unknown trial, of a resource or cost that cannot be, or of a leg that is over."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    if not 1 <= event.resource <= INT_LIMIT:
        return Reject(
            f"trial {event.trial} reported resource {event.resource}; "
            "it is an integer from 1 to 2**53, and 1 is the first epoch"
        )
    if event.cost is None and state.setup.rule.needs_cost:
        return Reject(
            f"trial {event.trial} reported no cost, but promotion by cost needs it: give what its leg has cost so far, "
            "Report(trial, resource, value, cost=...)"
        )
    if event.cost is not None and not 0.0 <= event.cost < math.inf:
        return Reject(f"trial {event.trial} reported cost {event.cost!r}; it is a finite number of at least 0, or None")
    return _not_running(trial, event)


def _again(trial: Trial, event: Report) -> Continue:
    known = dict(trial.curve).get(event.resource)
    if known is None:
        text = f"resource {event.resource} is not past {trial.highest}, which has been accepted"
    elif repr(known) == repr(event.value):
        text = f"a repeat: resource {event.resource} has been accepted"
    else:
        text = f"the first value stands: {known!r} at resource {event.resource}, not {event.value!r}"
    return Continue(trial.number, trial.until, logged=False, evidence=(Because(text),))


# ---- Complete, Fail, Release ----------------------------------------------------------------------------------------


def answer_complete(state: State, event: Complete) -> Action:
    """The trial ends if it is running. A paused trial stays promotable, because a script exits when it is told to
    pause."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    if _runs(trial, event):
        return Noted(trial.number, evidence=(Because("the script ended by itself"),))
    other = _not_running(trial, event)
    why = Because(f"nothing changes: trial {trial.number} is {trial.status.value}")
    return other if isinstance(other, Reject) else Noted(trial.number, logged=False, evidence=(why,))


def answer_fail(state: State, event: Fail) -> Action:
    """The trial runs its leg again later, or ends if this is the last failure allowed."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    if not _runs(trial, event):
        return _not_running(trial, event)
    failures, limit = trial.failures + 1, state.setup.max_failures
    why = (Because(f"failure {failures} of {limit}"),)
    return Pause(trial.number, evidence=why) if failures < limit else Stop(trial.number, evidence=why)


def answer_release(state: State, event: Release) -> Action:
    """The trial is broken: it runs its leg again later."""
    trial = state.trials.get(event.trial)
    if trial is None:
        return _unknown(state, event)
    if not _runs(trial, event):
        return _not_running(trial, event)
    return Pause(trial.number, evidence=(Because("released: it does not count as a failure"),))
