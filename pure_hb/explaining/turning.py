"""WHICH VALUE WOULD HAVE CHANGED A DECISION? The worst value with which a trial would still continue, found by deciding
again.

With the rules of this library a trial continues up to some value and not beyond it. So the floats are bisected, at most
64 times, and the answer is exact: with `Turn.limit` the trial continues, with the next worse float it does not. The
cutoff in the evidence of an action is not this value: it is a quantile between two entries, for display, while ranks
decide.

Three questions can be asked about a value, while everything else stays the same:

- For a report with a rule that stops: would the answer be `Continue`?
- For a report with a rule that pauses: would the rule promote the trial, if no other trial waited at its level?
- For a promotion: would the rule promote the same trial at this `Ask`, if its entry had this value? Here other waiting
trials count.
"""

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from pure_hb.auditing import Step
from pure_hb.draws import KeyedDraws
from pure_hb.machine import Goal, State, choose
from pure_hb.machine.seeing import seen_by_rule
from pure_hb.protocol import Continue, Memory, Report
from pure_hb.rungs import RULES, Rung, rank_value
from pure_hb.rungs.ordered import ordered

_LARGEST: Final = 1.7976931348623157e308
_SIGN: Final = 2**63


@frozen
class Turn:
    """The values with which a trial continues. ``always``: with every finite value; ``never``: with none."""

    goes_on: bool
    """Whether it continues with the value that it had."""
    limit: float | None = None
    """The worst value, in units of the metric, with which it continues; None if there is none, or it always does."""
    always: bool = False
    never: bool = False
    why_not: str | None = None
    """Why there is no single value; None if there is one, or ``always`` or ``never`` holds."""

    @property
    def is_single(self) -> bool:
        """Whether there is one value beyond which the trial does not continue."""
        return self.limit is not None


Arrivals = Mapping[tuple[int, int], Mapping[int, int]]
"""(rung system, level) -> trial -> the record that made its entry: of equal values the first comes first."""


def next_worse(value: float, goal: Goal) -> float:
    """The next float after a value of the metric in the direction of worse."""
    return goal.to_minimise(math.nextafter(goal.to_minimise(value), math.inf))


# ---- a report ------------------------------------------------------------------------------------------------------


def turn_of_report(step: Step) -> Turn | None:
    """The values with which the trial of a report continues; None if the report made no entry."""
    event, level = step.event, getattr(step.action, "level", None)
    if not isinstance(event, Report) or level is None:
        return None
    rule, goal = step.before.setup.rule, step.before.setup.goal
    if not rule.waits:
        return _stopping(step, event, level)
    if not isinstance(rule, RULES):
        return Turn(False, why_not=f"the rule {type(rule).__name__} does not state its conditions")
    alone = _Alone(step.after, event.trial, level)
    remembers = step.before.memory is not None

    def promotable(value: float) -> bool:
        memory = _memory_after(step.before, event, value) if remembers else None
        return alone.may_go_on(value, memory)

    return _found(promotable, goal, event.value)


def _stopping(step: Step, event: Report, level: int) -> Turn:
    def goes_on(value: float) -> bool:
        return _continues(step.before, event, value)

    setup = step.before.setup
    if type(setup.rule) not in RULES:  # for rules of other authors a better value may be worse
        rung = step.after.ladder.rung(step.after.trials[event.trial].bracket, level)
        values = sorted({-_LARGEST, *filter(math.isfinite, rung.values), _LARGEST})
        answers = [goes_on(value) for value in values]
        if answers != sorted(answers, reverse=True):
            worse = next(n for n, one in enumerate(answers[1:]) if one and not answers[n]) + 1
            stops, goes = (setup.goal.to_minimise(values[n]) for n in (worse - 1, worse))
            why = f"the rule {type(setup.rule).__name__} lets a trial go on with {goes!r} that it stops with {stops!r}"
            return Turn(goes_on(setup.goal.to_minimise(event.value)), why_not=why)
    return _found(goes_on, setup.goal, event.value)


def _continues(state: State, event: Report, to_minimise: float) -> bool:
    return isinstance(choose(state, _with(event, state, to_minimise)), Continue)


def _with(event: Report, state: State, to_minimise: float) -> Report:
    return Report(event.trial, event.resource, state.setup.goal.to_minimise(to_minimise), event.cost, event.leg)


def _memory_after(state: State, event: Report, to_minimise: float) -> Memory | None:
    found: Any = getattr(choose(state, _with(event, state, to_minimise)), "memory", None)
    return state.memory if found is None else found


def turn_now(state: State, trial: int, level: int) -> Turn | None:
    """The values at a level with which a trial that waits there could be promoted now, if no other trial waited at the
    level; None if it does not wait there, or the rule does not state its conditions."""
    rule, own = state.setup.rule, state.trials[trial].entry
    if not isinstance(rule, RULES) or not rule.waits or own is None or own.level != level:
        return None
    alone, value = _Alone(state, trial, level), dict(state.trials[trial].curve)[own.resource]
    return _found(lambda one: alone.may_go_on(one, state.memory), state.setup.goal, value)


class _Alone:
    """A rung in which only one entry waits, so that a rule judges this trial only."""

    def __init__(self, state: State, trial: int, level: int) -> None:
        bracket = state.trials[trial].bracket
        self._trial, self._rule, self._seen = trial, state.setup.rule, seen_by_rule(state, bracket)
        self._place, rung = _rung(self._seen.rungs, level)
        others = [(value, other, False) for value, other, _ in rung.entries if other != trial]
        self._rung = evolve(rung, entries=ordered(others))

    def may_go_on(self, to_minimise: float, memory: Memory | None) -> bool:
        """Whether the rule promotes the trial, with an entry of this value."""
        rung = self._rung.enter(self._trial, rank_value(to_minimise), True)
        rungs = (*self._seen.rungs[: self._place], rung, *self._seen.rungs[self._place + 1 :])
        assert isinstance(self._rule, RULES)
        found = self._rule.candidate(evolve(self._seen, rungs=rungs, memory=memory), rung)
        return found is not None and found.entry.trial == self._trial and self._rule.may_go_on(found)


def _rung(rungs: tuple[Rung, ...], level: int) -> tuple[int, Rung]:
    return next((place, rung) for place, rung in enumerate(rungs) if rung.level == level)


# ---- a promotion ---------------------------------------------------------------------------------------------------


def turn_of_promotion(step: Step, arrivals: Arrivals) -> Turn | None:
    """The values of its entry with which a trial is promoted in this step; None if the rule promoted none."""
    level, number, state = step.promoted_from, step.trial, step.before
    if level is None or number is None:
        return None
    rule, trial = state.setup.rule, state.trials[number]
    if not isinstance(rule, RULES):
        return Turn(True, why_not=f"the rule {type(rule).__name__} does not state its conditions")
    draws, seen = KeyedDraws(state.setup.seed, state.clock), seen_by_rule(state, trial.bracket)
    scanned = rule.scan(seen, draws).promoted
    if scanned is None or scanned.entry.trial != number:
        return Turn(True, why_not="the model chose it among all that could be done, not the rule")
    place, rung = _rung(seen.rungs, level)
    arrived = arrivals.get((seen.system, level), {})
    others = [entry for entry in rung.entries if entry[1] != number]
    before = {entry[1] for entry in others if arrived.get(entry[1], 0) < arrived.get(number, 0)}

    def promoted(value: float) -> bool:
        own = rank_value(value)
        at = sum(1 for other in others if other[0] < own or (other[0] == own and other[1] in before))
        entries = ordered([*others[:at], (own, number, True), *others[at:]])
        rungs = (*seen.rungs[:place], evolve(rung, entries=entries), *seen.rungs[place + 1 :])
        found = rule.scan(evolve(seen, rungs=rungs), draws).promoted
        return found is not None and found.entry.trial == number and found.rung.level == level

    own_value = next(value for value, other, _ in rung.entries if other == number)
    return _found(promoted, state.setup.goal, state.setup.goal.to_minimise(own_value))


# ---- bisection -----------------------------------------------------------------------------------------------------


def _found(goes_on: Callable[[float], bool], goal: Goal, value: float) -> Turn:
    """The turn of a question, found by bisection; the question takes values to be minimised, and a better value never
    changes yes to no."""
    had = goes_on(goal.to_minimise(value)) if math.isfinite(value) else False
    if not goes_on(-_LARGEST):
        return Turn(had, never=True)
    if goes_on(_LARGEST):
        return Turn(had, always=True)
    low, high = _place(-_LARGEST), _place(_LARGEST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if goes_on(_float(middle)) else (low, middle)
    return Turn(had, goal.to_minimise(_float(low)) + 0.0)


def _place(value: float) -> int:
    """The place of a float among all floats in increasing order."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits) if bits >= 0 else -(int(bits) + _SIGN)


def _float(place: int) -> float:
    """The float at a place."""
    value: float
    (value,) = struct.unpack("<d", struct.pack("<q", place if place >= 0 else -place - _SIGN))
    return value
