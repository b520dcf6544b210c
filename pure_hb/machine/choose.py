"""WHAT SHALL BE DONE? `choose`: the slow, thinking half of a decision. It reads the state and changes nothing.

One function per event, in the order of the events; each reads like the rows of the table of events (docs/semantics.md),
the first that fits holds.
"""

import itertools
import math
from typing import assert_never

from attrs import evolve

from pure_hb.draws import Draws, KeyedDraws, Purpose, choose_index
from pure_hb.machine.life import Status
from pure_hb.machine.state import State, Trial, key_of, view
from pure_hb.protocol import (
    EVENTS,
    Action,
    Ask,
    Assignment,
    Because,
    Complete,
    Continue,
    Curve,
    Done,
    Drawn,
    Event,
    Evidence,
    Fail,
    Noted,
    Observe,
    Pause,
    Ranked,
    Reject,
    Release,
    Report,
    Resume,
    Start,
    Stop,
    Wait,
)
from pure_hb.rungs import LAST, Candidate, Standing, Verdict, rank_value
from pure_hb.space import Configuration, SpaceError, as_member
from pure_hb.space.domains import INT_LIMIT


def choose(state: State, event: Event, draws: Draws | None = None) -> Action:
    """The action that answers an event in a state.

    ``draws`` gives the random numbers; not given, they are keyed by the setup's seed and the state's clock.

    Raises:
        TypeError: if ``state`` is no State or ``event`` no Event.
    """
    if not isinstance(state, State) or not isinstance(event, EVENTS):
        raise TypeError(
            f"choose takes a State and an Event ({', '.join(kind.__name__ for kind in EVENTS)}), "
            f"got {type(state).__name__} and {type(event).__name__}"
        )
    match event:
        case Ask():
            return answer_ask(state, event, draws or KeyedDraws(state.setup.seed, state.clock))
        case Report():
            return answer_report(state, event)
        case Complete():
            return answer_complete(state, event)
        case Fail():
            return answer_fail(state, event)
        case Release():
            return answer_release(state, event)
        case Observe():
            return answer_observe(state, event)
        case _:
            assert_never(event)


# ---- Ask -----------------------------------------------------------------------------------------------------------


def answer_ask(state: State, event: Ask, draws: Draws) -> Action:
    """The held assignment again; else a broken trial; else a promotion; else a new trial; else wait, or done."""
    held = state.holders.get(event.worker)
    if held is not None:
        return _repeated(state.trials[held])
    if state.broken:
        trial = state.trials[state.broken[0]]
        return _resumed(trial, trial.until, None, (Because("it broke, and runs its leg again before anything else"),))
    bracket, drawn = 0, Evidence()
    if state.setup.separate_rungs:  # with shared rungs, promotion does not depend on the bracket
        bracket, drawn = _draw_bracket(state, draws)
    promoted, scanned = _promote(state, bracket)
    if promoted is not None:
        return evolve(promoted, evidence=(*drawn, *scanned))
    suggestion = state.setup.search.suggest(view(state), draws) if event.new_trials else None
    if suggestion is None:
        return _promote_elsewhere(state) or _nothing(state, (*drawn, *scanned))
    if not state.setup.separate_rungs:
        bracket, drawn = _draw_bracket(state, draws)
    until = state.ladder.milestone(bracket, 0)
    evidence = (*drawn, *scanned, *suggestion.evidence)
    return Start(len(state.trials), suggestion.configuration, bracket, until, evidence=evidence)


def _promote_elsewhere(state: State) -> Resume | None:
    """With separate rungs, a promotion in any bracket, lowest first: the same Ask draws the same bracket, so without a
    configuration to start the other brackets would wait for ever."""
    if not state.setup.separate_rungs:
        return None
    promotions = (_promote(state, bracket)[0] for bracket in range(state.setup.brackets))
    return next((promoted for promoted in promotions if promoted is not None), None)


def _draw_bracket(state: State, draws: Draws) -> tuple[int, Evidence]:
    if state.setup.brackets == 1:
        return 0, ()
    u = draws.uniform(Purpose.BRACKET)
    bracket = choose_index(u, state.setup.bracket_distribution())
    return bracket, (Drawn("bracket", u, str(bracket)),)


def _promote(state: State, bracket: int) -> tuple[Resume | None, Evidence]:
    """The promotion that the rule allows in the rungs of a bracket, and what was looked at."""
    scan = state.setup.rule.scan(state.ladder.rungs(bracket))
    evidence = tuple(_ranked_candidate(state, candidate) for candidate in scan.looked_at)
    if scan.promoted is None:
        return None, evidence
    trial = state.trials[scan.promoted.entry.trial]
    until = state.ladder.milestone(trial.bracket, trial.highest)
    return _resumed(trial, until, scan.promoted.rung.level, evidence), evidence


def _repeated(trial: Trial) -> Assignment:
    why = (Because("this worker holds it already"),)
    if trial.leg == 0:
        return Start(trial.number, trial.config, trial.bracket, trial.until, logged=False, evidence=why)
    return Resume(trial.number, trial.config, trial.start_from, trial.until, trial.leg, logged=False, evidence=why)


def _resumed(trial: Trial, until: int, promoted_from: int | None, evidence: Evidence) -> Resume:
    return Resume(trial.number, trial.config, trial.start_from, until, trial.leg + 1, promoted_from, evidence=evidence)


def _nothing(state: State, scanned: Evidence) -> Wait | Done:
    if len(state.holders):
        return Wait(evidence=(*scanned, Because(f"nothing to give now, {len(state.holders)} trials run")))
    return Done(evidence=(*scanned, Because("nothing to give, and nothing runs that could open something")))


# ---- Report --------------------------------------------------------------------------------------------------------


def answer_report(state: State, event: Report) -> Action:
    """Refuse, tell a stray worker to stop, or judge the result."""
    refused = _unknown(state, event) or _malformed(event)
    if refused is not None:
        return refused
    trial = state.trials[event.trial]
    over = _over(trial, event)
    if over is not None:
        return over
    if event.resource <= trial.highest:
        return _again(trial, event)
    if not math.isfinite(event.value):
        return _not_finite(state, trial, event)
    if event.resource >= state.setup.max_resource:
        return Stop(trial.number, evidence=(Because(f"finished: it reached the maximum, {state.setup.max_resource}"),))
    if event.resource >= trial.until:
        return _at_level(state, trial, event)
    return Continue(trial.number, trial.until, evidence=(Because(f"no level before {trial.until}"),))


def _malformed(event: Report) -> Reject | None:
    if not 1 <= event.resource <= INT_LIMIT:
        return Reject(
            f"trial {event.trial} reported resource {event.resource}; "
            "it is an integer from 1 to 2**53, and 1 is the first epoch"
        )
    if event.cost is not None and not 0.0 <= event.cost < math.inf:
        return Reject(f"trial {event.trial} reported cost {event.cost!r}; it is a finite number of at least 0, or None")
    return None


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
        return Stop(trial.number, evidence=(why,))
    level = state.ladder.level_reached(trial.bracket, event.resource)
    standing = state.ladder.rung(trial.bracket, level).standing_if_entered(LAST)
    return Stop(trial.number, level, evidence=(_ranked(state, event, level, standing), why))


def _at_level(state: State, trial: Trial, event: Report) -> Action:
    level = state.ladder.level_reached(trial.bracket, event.resource)
    value = rank_value(state.setup.goal.to_minimise(event.value))
    standing = state.ladder.rung(trial.bracket, level).standing_if_entered(value)
    evidence = (_ranked(state, event, level, standing),)
    match state.setup.rule.judge(standing):
        case Verdict.GO_ON:
            until = state.ladder.milestone(trial.bracket, event.resource)
            return Continue(trial.number, until, level, evidence=evidence)
        case Verdict.WAIT:
            return Pause(trial.number, level, evidence=evidence)
        case Verdict.END:
            return Stop(trial.number, level, evidence=evidence)
        case unknown:
            assert_never(unknown)


def _ranked(state: State, event: Report, level: int, standing: Standing) -> Ranked:
    return _evidence(state, event.trial, level, event.resource, standing)


def _ranked_candidate(state: State, candidate: Candidate) -> Ranked:
    entry, level = candidate.entry, candidate.rung.level
    return _evidence(state, entry.trial, level, state.trials[entry.trial].start_from, candidate.standing)


def _evidence(state: State, trial: int, level: int, resource: int, standing: Standing) -> Ranked:
    cutoff = None if standing.cutoff is None else state.setup.goal.to_minimise(standing.cutoff)
    return Ranked(trial, level, resource, standing.entries, standing.rank, standing.allowed, standing.passes, cutoff)


# ---- Complete, Fail, Release ---------------------------------------------------------------------------------------

_OfTrial = Report | Complete | Fail | Release


def _unknown(state: State, event: _OfTrial) -> Reject | None:
    if event.trial not in state.trials:
        known = f"0 to {len(state.trials) - 1}" if len(state.trials) else "none yet"
        return Reject(f"trial {event.trial} is unknown; known trials: {known}. Use the number that Start gave")
    leg = state.trials[event.trial].leg
    if event.leg is not None and not 0 <= event.leg <= leg:
        return Reject(
            f"leg {event.leg} of trial {event.trial} was not given out; legs 0 to {leg} were. Use the action's leg"
        )
    return None


def _is_current(trial: Trial, event: _OfTrial) -> bool:
    return event.leg is None or event.leg == trial.leg


def _over(trial: Trial, event: _OfTrial) -> Action | None:
    """The answer to whoever still works on a leg that is over; None if the leg runs."""
    if not _is_current(trial, event):
        return Pause(
            trial.number, logged=False, evidence=(Because(f"leg {event.leg} is over, leg {trial.leg} is the last"),)
        )
    if trial.status is Status.RUNNING:
        return None
    why = (Because(f"trial {trial.number} is {trial.status.value}"),)
    if trial.status is Status.ENDED:
        return Stop(trial.number, logged=False, evidence=why)
    return Pause(trial.number, logged=False, evidence=why)


def answer_complete(state: State, event: Complete) -> Action:
    """The trial ends if it runs. A paused one stays promotable: scripts exit when they are told to pause."""
    refused = _unknown(state, event)
    if refused is not None:
        return refused
    trial = state.trials[event.trial]
    runs = trial.status is Status.RUNNING and _is_current(trial, event)
    why = "the script ended by itself" if runs else f"nothing changes: trial {trial.number} is {trial.status.value}"
    return Noted(trial.number, logged=runs, evidence=(Because(why),))


def answer_fail(state: State, event: Fail) -> Action:
    """The trial runs its leg again later, or ends with the last failure it may have."""
    refused = _unknown(state, event)
    if refused is not None:
        return refused
    trial = state.trials[event.trial]
    over = _over(trial, event)
    if over is not None:
        return over
    failures, limit = trial.failures + 1, state.setup.max_failures
    why = (Because(f"failure {failures} of {limit}"),)
    return Pause(trial.number, evidence=why) if failures < limit else Stop(trial.number, evidence=why)


def answer_release(state: State, event: Release) -> Action:
    """The trial runs its leg again later."""
    refused = _unknown(state, event)
    if refused is not None:
        return refused
    trial = state.trials[event.trial]
    return _over(trial, event) or Pause(trial.number, evidence=(Because("released: it does not count as a failure"),))


# ---- Observe -------------------------------------------------------------------------------------------------------


def answer_observe(state: State, event: Observe) -> Action:
    """Take an earlier result into the table: as an ended trial, whose entries never wait."""
    fault = _curve_fault(event.curve)
    if fault is not None:
        return Reject(fault)
    try:
        config = as_member(state.setup.space, event.config)
    except SpaceError as error:
        return Reject(f"the observed configuration is not in the space: {error}")
    twin = _observed_before(state, config, event.curve)
    if twin is not None:
        return Noted(twin, logged=False, evidence=(Because(f"the same as trial {twin}"),))
    return Noted(len(state.trials), evidence=(Because("observed"),))


def _curve_fault(curve: Curve) -> str | None:
    if not curve:
        return "the observed curve has no values; give at least one (resource, value)"
    resources = [resource for resource, _ in curve]
    if not all(1 <= resource <= INT_LIMIT for resource in resources):
        return f"the observed resources are {resources}; each is an integer from 1 to 2**53"
    if any(low >= high for low, high in itertools.pairwise(resources)):
        return f"the observed resources are {resources}; they must increase strictly, sort them"
    return None


def _observed_before(state: State, config: Configuration, curve: Curve) -> int | None:
    for number in state.tried.observed.get(key_of(state, config)) or ():
        if state.trials[number].curve == curve:
            return number
    return None
