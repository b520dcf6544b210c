"""WHAT HAPPENS NOW? The file to read first: a decision is a choice and its consequence.

    decide(state, event) -> (state, action)

`choose` computes the action and may be slow: it reads the state and changes nothing. `advance` updates the state and is
fast. The action carries, in typed fields, all that `advance` needs. So a log of (event, action) pairs rebuilds the
state without choosing again (*fold*), and to check a log one chooses again and compares (*verify*).

Here stand the two functions and the answers to a free worker (``Ask``) and to a fit (``Fitted``). Each reads like the
rows of the table of events (docs/semantics.md): the first that fits holds.
"""

from typing import assert_never

from attrs import evolve

from pure_hb.draws import Draws, KeyedDraws
from pure_hb.machine.advance import advance
from pure_hb.machine.observing import answer_observe
from pure_hb.machine.seeing import seen_by_rule, view
from pure_hb.machine.state import State
from pure_hb.machine.telling import answer_complete, answer_fail, answer_release, answer_report
from pure_hb.machine.trials import Trial
from pure_hb.protocol import (
    EVENTS,
    NOTHING_LEARNED,
    Action,
    Ask,
    Because,
    Complete,
    Done,
    Event,
    Evidence,
    Fail,
    Fitted,
    Named,
    Noted,
    Observe,
    Ranked,
    Reject,
    Release,
    Report,
    Resume,
    Start,
    Wait,
)
from pure_hb.rungs import Seen
from pure_hb.search import Lesson, Resumption, Suggestion


def decide(state: State, event: Event) -> tuple[State, Action]:
    """The next state and the action that answers an event.

    Every event in every state has an answer. Equal arguments give equal results, in every process. If the event is not
    accepted, the next state is the same object as ``state``.

    Raises:
        TypeError: if ``state`` is no State or ``event`` is no Event.
    """
    action = choose(state, event)
    return advance(state, event, action), action


def choose(
    state: State, event: Event, draws: Draws | None = None, *, fitted: tuple[Named, ...] | None = None
) -> Action:
    """The action that answers an event in a state.

    Args:
        state: the state before the event.
        event: what happened.
        draws: gives the random numbers; by default they are keyed by the setup's seed and the state's clock.
        fitted: the parameters of the surrogate that a log records for this answer. They are used where a fit is due,
            because a fit on another processor can end at other parameters. None: the surrogate is fitted.

    Raises:
        TypeError: if ``state`` is no State or ``event`` is no Event.
    """
    if not isinstance(state, State) or not isinstance(event, EVENTS):
        raise TypeError(
            f"choose takes a State and an Event ({', '.join(kind.__name__ for kind in EVENTS)}), "
            f"got {type(state).__name__} and {type(event).__name__}"
        )
    match event:
        case Report():
            return answer_report(state, event)
        case Ask():
            keyed = KeyedDraws(state.setup.seed, state.clock)
            return answer_ask(state, event, keyed if draws is None else draws, fitted)
        case Complete():
            return answer_complete(state, event)
        case Fail():
            return answer_fail(state, event)
        case Release():
            return answer_release(state, event)
        case Observe():
            return answer_observe(state, event)
        case Fitted():
            return answer_fitted(state, event)
        case _:
            assert_never(event)


# ---- a worker is free ----------------------------------------------------------------------------------------------


def answer_ask(state: State, event: Ask, draws: Draws, fitted: tuple[Named, ...] | None = None) -> Action:
    """The first that applies: the assignment that the worker holds, again; a broken trial; a promotion; a new trial;
    `Wait` if something is still running; otherwise `Done`."""
    held = state.trials.held(event.worker)
    if held is not None:
        return _repeated(held)
    if state.trials.broken:
        trial = state.trials[state.trials.broken[0]]
        return _resumed(trial, trial.until, None, (Because("it broke, and runs its leg again before anything else"),))
    search, rule, bracket, drawn = state.setup.search, state.setup.rule, None, Evidence()
    if state.setup.separate_rungs:  # each bracket has promotions of its own; shared rungs draw it for a new trial only
        seen = view(state)
        bracket, drawn = seen.draw_bracket(search.odds(seen), draws)
    looked_at = seen_by_rule(state, bracket or 0)
    promoted, scanned = _promoted(state, looked_at, draws)
    before = (*drawn, *scanned)
    if promoted is not None:
        return evolve(promoted, evidence=before)
    found, new_trials = None, event.new_trials and rule.is_open(looked_at.rungs)
    if new_trials or search.resumes:
        found = search.suggest(view(state, new_trials=new_trials, bracket=bracket, told=fitted), draws)
    match found:
        case None:
            return _promoted_elsewhere(state, draws) or _nothing(state, before)
        case Resumption(waits=waits):
            trial = state.trials[waits.trial]
            until = state.ladder.plan.milestone(trial.bracket, trial.highest)
            resumed = _resumed(trial, until, waits.level, (*before, *found.evidence))
            return evolve(resumed, learned=found.learned)
        case Suggestion():
            bracket = found.bracket if bracket is None else bracket
            if bracket is None:
                seen = view(state)
                seen = seen if found.learned is None else evolve(seen, learned=found.learned)
                bracket, drawn = seen.draw_bracket(search.odds(seen), draws)
                before = (*drawn, *before)
            until, evidence = state.ladder.plan.milestone(bracket, 0), (*before, *found.evidence)
            number = len(state.trials)
            return Start(number, found.configuration, bracket, until, learned=found.learned, evidence=evidence)
        case _:
            assert_never(found)


def is_over(state: State, *, new_trials: bool = True) -> bool:
    """Whether a worker that asks now would be answered `Done`. This makes no fit: whether anything is left to do does
    not depend on the parameters of the surrogate."""
    if state.trials.running or state.broken:
        return False
    search, rungs = state.setup.search, state.ladder.rungs(0)
    if search.resumes and any(rung.entries.waiting for rung in rungs):
        return False
    blind = evolve(state, learned=NOTHING_LEARNED)
    ask = Ask("nobody asks this", new_trials)
    return isinstance(answer_ask(blind, ask, KeyedDraws(state.setup.seed, state.clock), fitted=()), Done)


def _promoted(state: State, seen: Seen, draws: Draws) -> tuple[Resume | None, Evidence]:
    """The promotion that the rule allows in the rungs of a bracket, and what was looked at."""
    scan, sign = state.setup.rule.scan(seen, draws), state.setup.goal.sign
    evidence = list(scan.evidence)
    for one in scan.looked_at:
        number, (entries, rank, allowed, cutoff) = one.entry.trial, one.standing
        resource = state.trials[number].start_from
        shown = None if cutoff is None else sign * cutoff
        passes = one.standing.passes
        evidence.append(Ranked(number, one.rung.level, resource, entries, rank, allowed, passes, shown))
    if scan.promoted is None:
        return None, tuple(evidence)
    trial = state.trials[scan.promoted.entry.trial]
    until = state.ladder.plan.milestone(trial.bracket, trial.highest)
    return _resumed(trial, until, scan.promoted.rung.level, tuple(evidence)), tuple(evidence)


def _promoted_elsewhere(state: State, draws: Draws) -> Resume | None:
    """With separate rungs, a promotion in any bracket, lowest first: the same Ask draws the same bracket, so without a
    configuration to start the other brackets would wait for ever."""
    if not state.setup.separate_rungs:
        return None
    rungs = (seen_by_rule(state, bracket) for bracket in range(state.setup.brackets))
    promotions = (_promoted(state, seen, draws)[0] for seen in rungs)
    return next((promoted for promoted in promotions if promoted is not None), None)


def _repeated(trial: Trial) -> Start | Resume:
    why = (Because("this worker holds it already"),)
    if trial.leg == 0:
        return Start(trial.number, trial.config, trial.bracket, trial.until, logged=False, evidence=why)
    return Resume(trial.number, trial.config, trial.leg_from, trial.until, trial.leg, logged=False, evidence=why)


def _resumed(trial: Trial, until: int, promoted_from: int | None, evidence: Evidence) -> Resume:
    return Resume(trial.number, trial.config, trial.start_from, until, trial.leg + 1, promoted_from, evidence=evidence)


def _nothing(state: State, scanned: Evidence) -> Wait | Done:
    running = len(state.trials.running)
    if running:
        return Wait(evidence=(*scanned, Because(f"nothing to give now, {running} trials run")))
    return Done(evidence=(*scanned, Because("nothing to give, and nothing runs that could open something")))


# ---- fits beside training ------------------------------------------------------------------------------------------


def fit_if_due(state: State) -> Fitted | None:
    """Fits the surrogate to the data of a state, beside training. Returns the event `Fitted`, for `decide`; None if no
    fit is due.

    The function is pure, so it may run in another thread or process, and the event may be given at any later time. It
    is accepted unless a fit to the same or newer data was accepted before. Only setups with ``fit="background"`` use
    it; for all others it returns None.
    """
    found = lesson(state)
    return None if found is None else Fitted(state.clock, found.learned)


def lesson(state: State, *, fitted: tuple[Named, ...] | None = None) -> Lesson | None:
    """The fit that `fit_if_due` makes, with its evidence. ``fitted``: the parameters that a log records, as for
    `choose`."""
    if not state.setup.search.fits_beside:
        return None
    return state.setup.search.learn(view(state, told=fitted), KeyedDraws(state.setup.seed, state.clock))


def answer_fitted(state: State, event: Fitted) -> Action:
    """Accept a fit if it can be of this search and no fit to data as new has been accepted before."""
    if not state.setup.search.fits_beside:
        return Reject(
            f'{state.setup.method} makes its fits itself; a fit from outside is taken with the option fit="background"'
        )
    if not 0 <= event.clock <= state.clock:
        return Reject(
            f"the fit was made at clock {event.clock}, but the clock is at {state.clock}: it is of another log"
        )
    objection = state.setup.search.objection(view(state), event.learned)
    if objection is not None:
        return Reject(objection)
    seen, fitted = event.learned.observed, state.learned.observed
    if seen <= fitted:
        why = f"the fit saw {seen} values; the last one accepted saw {fitted}"
        return Noted(None, logged=False, evidence=(Because(why),))
    return Noted(None, evidence=(Because(f"from now on the parameters of the fit to {seen} values are used"),))
