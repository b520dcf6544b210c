"""WHAT DOES A FREE WORKER DO? The answer to ``Ask``, the first that applies: the assignment that it holds, a broken
trial, a promotion, a new trial, wait, done."""

from typing import assert_never

from attrs import evolve

from pure_hb.draws import Draws, KeyedDraws
from pure_hb.machine.evidence import ranked
from pure_hb.machine.seeing import seen_by_rule, view
from pure_hb.machine.state import State, Trial
from pure_hb.protocol import (
    NOTHING_LEARNED,
    Action,
    Ask,
    Assignment,
    Because,
    Done,
    Evidence,
    Named,
    Ranked,
    Resume,
    Start,
    Wait,
)
from pure_hb.rungs import Candidate
from pure_hb.search import Resumption, Suggestion


def answer_ask(state: State, event: Ask, draws: Draws, fitted: tuple[Named, ...] | None = None) -> Action:
    """The first that applies: the assignment that the worker holds, again; a broken trial; a promotion; a new trial;
    `Wait` if something is still running; otherwise `Done`."""
    held = state.trials.held(event.worker)
    if held is not None:
        return _repeated(held)
    if state.broken:
        trial = state.trials[state.broken[0]]
        return _resumed(trial, trial.until, None, (Because("it broke, and runs its leg again before anything else"),))
    bracket, drawn = _bracket_decided_first(state, draws)
    promoted, scanned = _promote(state, bracket or 0, draws)
    if promoted is not None:
        return evolve(promoted, evidence=(*drawn, *scanned))
    found = _suggested(state, event, bracket, draws, fitted)
    match found:
        case None:
            return _promote_elsewhere(state, draws) or _nothing(state, (*drawn, *scanned))
        case Resumption():
            return _resumption(state, found, (*drawn, *scanned))
        case Suggestion():
            return _start(state, found, bracket, (*drawn, *scanned), draws)
        case _:
            assert_never(found)


def is_over(state: State, *, new_trials: bool = True) -> bool:
    """Whether a worker that asks now would be answered `Done`. No fit is made: whether anything is left does not depend
    on the surrogate, so a search without parameters is asked."""
    if state.trials.running or state.broken:
        return False
    search, rungs = state.setup.search, state.ladder.rungs(0)
    if search.resumes and any(rung.entries.waiting for rung in rungs):
        return False
    blind = evolve(state, learned=NOTHING_LEARNED)
    ask = Ask("nobody asks this", new_trials)
    return isinstance(answer_ask(blind, ask, KeyedDraws(state.setup.seed, state.clock), fitted=()), Done)


def _bracket_decided_first(state: State, draws: Draws) -> tuple[int | None, Evidence]:
    """With separate rungs a bracket is drawn first of all, since each has promotions of its own; else None: it is drawn
    with the configuration."""
    if not state.setup.separate_rungs:
        return None, ()
    seen = view(state)
    return seen.draw_bracket(state.setup.search.odds(seen), draws)


def _suggested(
    state: State, event: Ask, bracket: int | None, draws: Draws, fitted: tuple[Named, ...] | None
) -> Suggestion | Resumption | None:
    """What the search says. It is not asked for a new trial where none may start."""
    new_trials = event.new_trials and state.setup.rule.is_open(state.ladder.rungs(bracket or 0))
    if not new_trials and not state.setup.search.resumes:
        return None
    return state.setup.search.suggest(view(state, new_trials=new_trials, bracket=bracket, told=fitted), draws)


def _start(state: State, found: Suggestion, bracket: int | None, before: Evidence, draws: Draws) -> Start:
    drawn = Evidence()
    if bracket is None:
        bracket = found.bracket
    if bracket is None:
        seen = view(state)
        seen = seen if found.learned is None else evolve(seen, learned=found.learned)
        bracket, drawn = seen.draw_bracket(state.setup.search.odds(seen), draws)
    return Start(
        len(state.trials),
        found.configuration,
        bracket,
        state.ladder.milestone(bracket, 0),
        learned=found.learned,
        evidence=(*drawn, *before, *found.evidence),
    )


def _resumption(state: State, found: Resumption, before: Evidence) -> Resume:
    trial = state.trials[found.waits.trial]
    until = state.ladder.milestone(trial.bracket, trial.highest)
    resumed = _resumed(trial, until, found.waits.level, (*before, *found.evidence))
    return evolve(resumed, learned=found.learned)


def _promote_elsewhere(state: State, draws: Draws) -> Resume | None:
    """With separate rungs, a promotion in any bracket, lowest first: the same Ask draws the same bracket, so without a
    configuration to start the other brackets would wait for ever."""
    if not state.setup.separate_rungs:
        return None
    promotions = (_promote(state, bracket, draws)[0] for bracket in range(state.setup.brackets))
    return next((promoted for promoted in promotions if promoted is not None), None)


def _promote(state: State, bracket: int, draws: Draws) -> tuple[Resume | None, Evidence]:
    """The promotion that the rule allows in the rungs of a bracket, and what was looked at."""
    scan = state.setup.rule.scan(seen_by_rule(state, bracket), draws)
    evidence = (*scan.evidence, *(_of_candidate(state, candidate) for candidate in scan.looked_at))
    if scan.promoted is None:
        return None, evidence
    trial = state.trials[scan.promoted.entry.trial]
    until = state.ladder.milestone(trial.bracket, trial.highest)
    return _resumed(trial, until, scan.promoted.rung.level, evidence), evidence


def _repeated(trial: Trial) -> Assignment:
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


def _of_candidate(state: State, candidate: Candidate) -> Ranked:
    entry, level = candidate.entry, candidate.rung.level
    return ranked(state, entry.trial, level, state.trials[entry.trial].start_from, candidate.standing)
