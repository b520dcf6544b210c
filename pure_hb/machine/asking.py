"""WHAT DOES A FREE WORKER DO? The answer to ``Ask``: what it holds, else a broken trial, else a promotion, else a new
trial, else wait, or done."""

from attrs import evolve

from pure_hb.draws import Draws, Purpose, choose_index
from pure_hb.machine.evidence import ranked
from pure_hb.machine.state import State, Trial, view
from pure_hb.protocol import (
    Action,
    Ask,
    Assignment,
    Because,
    Done,
    Drawn,
    Evidence,
    Ranked,
    Resume,
    Start,
    Wait,
)
from pure_hb.rungs import Candidate


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
    evidence = tuple(_of_candidate(state, candidate) for candidate in scan.looked_at)
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
    if len(state.holders):
        return Wait(evidence=(*scanned, Because(f"nothing to give now, {len(state.holders)} trials run")))
    return Done(evidence=(*scanned, Because("nothing to give, and nothing runs that could open something")))


def _of_candidate(state: State, candidate: Candidate) -> Ranked:
    entry, level = candidate.entry, candidate.rung.level
    return ranked(state, entry.trial, level, state.trials[entry.trial].start_from, candidate.standing)
