"""WHICH RUNGS AND INDICES FOLLOW FROM A LOG? They are rebuilt in the simplest way, to compare with those of the state.

The state keeps rungs and indices incrementally; here they are lists that are sorted again for each question (law
ONE_TRUTH). Logged decisions are taken as they are, and none is judged.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

from attrs import define, evolve, field

from pure_hb.auditing.steps import all_rungs, places
from pure_hb.machine import Setup, State, initial
from pure_hb.machine.seeing import seen_by_rule
from pure_hb.protocol import (
    NOTHING_LEARNED,
    Action,
    Ask,
    Complete,
    Continue,
    Event,
    Fail,
    Fitted,
    Learned,
    Memory,
    Noted,
    Observe,
    Pause,
    Release,
    Report,
    Resume,
    Start,
    Stop,
)
from pure_hb.rungs import RULES, Rung, Seen, due, ordered
from pure_hb.space import as_member, match_key

Line = tuple[float, int, int]
"""An entry of a rung: value, number in order of arrival, trial."""


@define
class Books:
    """The rungs and indices of one log."""

    setup: Setup
    clock: int = 0
    lines: dict[tuple[int, int], list[Line]] = field(factory=dict)
    """(system, level) -> entries in order of arrival."""
    waiting: set[tuple[int, int]] = field(factory=set)
    """(trial, level) of the entries that wait for promotion."""
    brackets: list[int] = field(factory=list)
    keys: list[str] = field(factory=list)
    """By trial: the match key of its configuration."""
    highest: list[int] = field(factory=list)
    observed: set[int] = field(factory=set)
    failed: set[str] = field(factory=set)
    holders: dict[str, int] = field(factory=dict)
    broken: list[int] = field(factory=list)
    results: list[tuple[float, int, int, int]] = field(factory=list)
    """Finite results: (value to minimise, number of arrival, trial, resource)."""
    learned: Learned = NOTHING_LEARNED
    memory: Memory | None = None
    costs: dict[int, list[tuple[int, float]]] = field(factory=dict)
    """Trial -> (resource, total cost so far) of each report that stated its cost."""
    leg_costs: dict[int, float] = field(factory=dict)
    """Trial -> its total cost when its leg began."""

    def __attrs_post_init__(self) -> None:
        self.memory = initial(self.setup).memory

    def write(self, event: Event, action: Action) -> None:
        """Enter one accepted event."""
        self.clock += 1
        match event, action:
            case Ask(), Start():
                self._born(action.trial, action.bracket, match_key(self.setup.space, action.config))
                self.holders[event.worker] = action.trial
            case Ask(), Resume():
                self.holders[event.worker] = action.trial
                self.broken = [trial for trial in self.broken if trial != action.trial]
                self.waiting.discard((action.trial, action.promoted_from or 0))
                self.leg_costs[action.trial] = self._cost(action.trial)
            case Report(), (Continue() | Pause() | Stop()):
                self._reported(event, action)
            case Observe(), Noted(trial=int(number)):
                self._observed(event, number)
            case Fitted(), _:
                self.learned = evolve(event.learned, resumed=self.learned.resumed)
            case _:
                pass
        if isinstance(action, Start | Resume) and action.learned is not None:
            self.learned = action.learned
        if not isinstance(event, Ask | Observe | Fitted) and not isinstance(action, Continue):
            self._left(event, action)

    def _born(self, trial: int, bracket: int, key: str) -> None:
        assert trial == len(self.brackets)
        self.brackets.append(bracket)
        self.keys.append(key)
        self.highest.append(0)

    def _reported(self, event: Report, action: Continue | Pause | Stop) -> None:
        resource = min(event.resource, self.setup.max_resource)
        self.highest[event.trial] = resource
        self._result(event.trial, resource, event.value)
        self.memory = self.memory if action.memory is None else action.memory
        if event.cost is not None:
            total = self.leg_costs.get(event.trial, 0.0) + event.cost
            self.costs.setdefault(event.trial, []).append((resource, total))
        if action.level is not None:
            self._enter(event.trial, action.level, event.value)
            if isinstance(action, Pause):
                self.waiting.add((event.trial, action.level))

    def _left(self, event: Report | Complete | Fail | Release, action: Action) -> None:
        self.holders = {worker: trial for worker, trial in self.holders.items() if trial != event.trial}
        if isinstance(event, Fail | Release) and isinstance(action, Pause):
            self.broken.append(event.trial)
        if isinstance(event, Fail) and isinstance(action, Stop):
            self.failed.add(self.keys[event.trial])

    def _observed(self, event: Observe, trial: int) -> None:
        self._born(trial, 0, match_key(self.setup.space, as_member(self.setup.space, event.config)))
        self.observed.add(trial)
        if event.failed:
            self.failed.add(self.keys[trial])
        entered = 0
        for resource, value in event.curve:
            reached = [level for level in self.setup.levels if entered < level <= resource]
            if resource < self.setup.max_resource and reached:
                entered = reached[-1]
                self._enter(trial, entered, value)
            self._result(trial, min(resource, self.setup.max_resource), value)
            if resource >= self.setup.max_resource or not math.isfinite(value):
                break

    def _enter(self, trial: int, level: int, value: float) -> None:
        system = self.brackets[trial] if self.setup.separate_rungs else 0
        lines = self.lines.setdefault((system, level), [])
        ranked = self.setup.goal.to_minimise(value) if math.isfinite(value) else math.inf
        lines.append((ranked, len(lines), trial))

    def _result(self, trial: int, resource: int, value: float) -> None:
        if math.isfinite(value):
            self.results.append((self.setup.goal.to_minimise(value), len(self.results), trial, resource))

    def _cost(self, trial: int) -> float:
        return max((total for _, total in self.costs.get(trial, [])[-1:]), default=0.0)

    def _cost_at(self, trial: int, level: int) -> float:
        return next((total for resource, total in self.costs.get(trial, []) if resource >= level), 0.0)

    # ---- comparing ---------------------------------------------------------------------------------------------

    def differences(self, state: State) -> Iterator[str]:
        """Where a state differs from these books, as sentences."""
        for system, rung in all_rungs(state):
            lines = sorted(self.lines.get((system, rung.level), []))
            expected = [(trial, value, (trial, rung.level) in self.waiting) for value, _, trial in lines]
            found = [(place.trial, place.value, place.waits) for place in places(rung)]
            waiting = [entry.trial for entry in rung.waiting]
            if found != expected or waiting != [trial for trial, _, waits in expected if waits]:
                yield f"system {system}, level {rung.level}: the log gives {expected}, the state has {found}, {waiting}"
        for system, rungs in enumerate(state.ladder.systems):
            seen = Seen(tuple(map(partial(self._rung, system), rungs)), system, self.memory, self._cost_at)
            first, kept = _goes_on(state, seen), _goes_on(state, seen_by_rule(state, system))
            if first != kept:
                yield f"system {system}: by the log {first} goes on next, by the state {kept}"
        for name, read in _INDICES.items():
            by_log, kept_so = read[0](self), read[1](state)
            if by_log != kept_so:
                yield f"{name}: the log gives {by_log}, the state has {kept_so}"

    def _rung(self, system: int, rung: Rung) -> Rung:
        """A rung with the entries of the log."""
        lines = sorted(self.lines.get((system, rung.level), []))
        return evolve(
            rung, entries=ordered([(value, trial, (trial, rung.level) in self.waiting) for value, _, trial in lines])
        )


def _goes_on(state: State, seen: Seen) -> tuple[int, int] | None:
    """The trial that the rule would promote now, and its level; None if there is none."""
    rule = state.setup.rule
    found = due(rule, seen).promoted if isinstance(rule, RULES) else None
    return None if found is None else (found.entry.trial, found.rung.level)


def _best(books: Books) -> tuple[float, int, int] | None:
    value, _, trial, resource = min(books.results, default=(0.0, 0, -1, 0))
    return None if trial < 0 else (value, trial, resource)


def _best_of_state(state: State) -> tuple[float, int, int] | None:
    best = state.best
    return None if best is None else (best.to_minimise, best.trial, best.resource)


def _holders(state: State) -> dict[str, int]:
    return {trial.worker: trial.number for trial in state.trials if trial.worker is not None}


def _spent(books: Books) -> int:
    return sum(highest for trial, highest in enumerate(books.highest) if trial not in books.observed)


_INDICES: dict[str, tuple[Callable[[Books], object], Callable[[State], object]]] = {
    "clock": (lambda books: books.clock, lambda state: state.clock),
    "brackets": (lambda books: books.brackets, lambda state: [trial.bracket for trial in state.trials]),
    "best": (_best, _best_of_state),
    "holders": (lambda books: books.holders, _holders),
    "broken": (lambda books: books.broken, lambda state: list(state.broken)),
    "resource spent": (_spent, lambda state: state.resource_spent),
    "keys tried": (lambda books: set(books.keys), lambda state: set(state.tried.keys)),
    "keys failed": (lambda books: books.failed, lambda state: set(state.tried.failed)),
    "what was learned": (lambda books: books.learned, lambda state: state.learned),
    "what the rule remembers": (lambda books: books.memory, lambda state: state.memory),
    "number started": (lambda books: len(books.keys) - len(books.observed), lambda state: state.tried.started),
}
