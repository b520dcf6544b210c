"""WAS THE RULE KEPT? For each step, the rule of the setup (`pure_hb.rungs.rules.rule.Goes`) is asked again, with the
state before it, which trials continue and what it remembers.

`rungs.py` checks plain promotion and stopping independently; here every rule of this library is asked, so that a forged
coin of DyHPO, cap, threshold, cost or rank is found. Rules that are not of this library are skipped.
"""

import math
from collections.abc import Iterable

from pure_hb.auditing.steps import Step, rung_at
from pure_hb.draws import KeyedDraws
from pure_hb.machine import State
from pure_hb.machine.seeing import heard_by_rule, seen_by_rule
from pure_hb.protocol import Ask, Continue, Done, Pause, Report, Resume, Start, Stop, Wait
from pure_hb.rungs import RULES, Candidate, Opinion, Verdict, due, rank_value

_ANSWERS = {Verdict.GO_ON: Continue, Verdict.WAIT: Pause, Verdict.END: Stop}


def promoted_as_the_rule_says(step: Step) -> str | None:
    """A promoted trial is the one that the rule lets go on before all others, unless it leaves that to the search;
    and as long as it lets a trial go on, none is started in these rungs, and no worker waits or is done."""
    state, action = step.before, step.action
    rule = state.setup.rule
    if not isinstance(step.event, Ask) or not isinstance(rule, RULES) or state.broken:
        return None
    brackets: Iterable[int]
    match action:
        case Resume(logged=True, promoted_from=int()):
            brackets = (state.trials[action.trial].bracket,)
        case Start(logged=True):
            brackets = (action.bracket,)
        case Wait() | Done():
            brackets = range(state.setup.brackets if state.setup.separate_rungs else 1)
        case _:
            return None
    looks = rule.looks(KeyedDraws(state.setup.seed, state.clock))
    for bracket in brackets:
        promoted = due(rule, seen_by_rule(state, bracket)).promoted if looks else None
        if not _is_due(state, action, promoted):
            says = "nobody" if promoted is None else f"{promoted.entry} at level {promoted.rung.level}"
            return (
                f"{type(action).__name__} of trial {step.trial} from {step.promoted_from}, but the rule promotes {says}"
            )
    return None


def _is_due(state: State, action: Resume | Start | Wait | Done, promoted: Candidate | None) -> bool:
    if promoted is None:
        return not isinstance(action, Resume) or state.setup.search.resumes
    place = (promoted.entry.trial, promoted.rung.level)
    return isinstance(action, Resume) and place == (action.trial, action.promoted_from)


def judged_as_the_rule_says(step: Step) -> str | None:
    """A report is answered as the rule judges it: at a level by how it stands there, between levels it goes on; and
    where a rule that remembers ends a trial, that has ended."""
    event, action, rule = step.event, step.action, step.before.setup.rule
    if not isinstance(rule, RULES) or not _is_heard(step) or not isinstance(event, Report):
        return None
    verdict, level = Verdict.GO_ON, getattr(action, "level", None)
    if level is not None:
        rung = rung_at(step.after, step.after.trials[event.trial], level)
        if rung is None:
            return None  # `one_entry` says so
        verdict = rule.judge(rung.standing(rank_value(step.before.setup.goal.to_minimise(event.value))))
    opinion = _opinion(step, event)
    if opinion is not None and opinion.ends:
        verdict = Verdict.END
    if isinstance(action, _ANSWERS[verdict]):
        return None
    return f"{event} was answered with {type(action).__name__} at level {level}; the rule says: {verdict.value}"


def remembered_truly(step: Step) -> str | None:
    """The memory of the rule is what the rule computes from each report, and nothing else changes it."""
    if not step.changed or not isinstance(step.before.setup.rule, RULES):
        return None
    opinion = _opinion(step, step.event) if _is_heard(step) and isinstance(step.event, Report) else None
    memory = step.before.memory if opinion is None else opinion.memory
    return None if step.after.memory == memory else f"{step.event} left {step.after.memory}, due is {memory}"


def _is_heard(step: Step) -> bool:
    """Whether the rule gets a report: one below the maximum with a finite value."""
    event = step.event
    known = isinstance(event, Report) and step.action.logged and event.trial in step.before.trials
    if not known or not isinstance(event, Report):
        return False
    return math.isfinite(event.value) and event.resource < step.before.setup.max_resource


def _opinion(step: Step, event: Report) -> Opinion | None:
    state, level = step.before, getattr(step.action, "level", None)
    if state.memory is None:
        return None
    return state.setup.rule.hear(state.memory, heard_by_rule(state, state.trials[event.trial], event, level))
