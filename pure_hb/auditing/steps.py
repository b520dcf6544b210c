"""WHAT HAPPENED IN ONE STEP? A step of a history, and how checks read its states.

Invariants count and sort themselves: they use only the entries of a rung, and nothing that it has computed. Only this
module knows the representation of rungs and ladders.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from attrs import frozen

from pure_hb.machine import Setup, State, Trial, advance, decide, initial
from pure_hb.protocol import Action, Event, Resume
from pure_hb.rungs import Rung

Decide = Callable[[State, Event], tuple[State, Action]]


@frozen
class Step:
    """A state, an event in it, the action that answered, and the state after."""

    before: State
    event: Event
    action: Action
    after: State

    @property
    def changed(self) -> bool:
        """Whether the state changed."""
        return self.after is not self.before

    @cached_property
    def touched(self) -> frozenset[int]:
        """The trials that the step may have changed: their record is different, or their entry in a rung is. If a
        statement holds for all trials before a step, and for these trials after it, it holds for all trials after
        it."""
        return frozenset((*self.changed_trials, *_moved(self.before, self.after)))

    @cached_property
    def changed_trials(self) -> tuple[int, ...]:
        """The numbers of the trials whose record has changed, new ones included."""
        old, new = self.before.trials, self.after.trials
        return tuple(number for number in range(len(new)) if number >= len(old) or new[number] is not old[number])

    @property
    def trial(self) -> int | None:
        """The number of the trial that the action names; None if it names none."""
        return getattr(self.action, "trial", None)

    @property
    def promoted_from(self) -> int | None:
        """The level that a trial was promoted from in this step; None if none was."""
        return self.action.promoted_from if self.action.logged and isinstance(self.action, Resume) else None


History = tuple[Step, ...]
"""Steps in order, each beginning with the state in which the one before ended."""


def history(state: State, events: Iterable[Event], decide: Decide = decide) -> Iterator[Step]:
    """The steps that events take from a state."""
    for event in events:
        after, action = decide(state, event)
        yield Step(state, event, action, after)
        state = after


def history_of_log(setup: Setup, log: Iterable[tuple[Event, Action]]) -> Iterator[Step]:
    """The steps of a log of accepted events, without choosing again."""
    state = initial(setup)
    for event, action in log:
        after = advance(state, event, action)
        yield Step(state, event, action, after)
        state = after


# ---- reading rungs -------------------------------------------------------------------------------------------------


@frozen
class Place:
    """One entry of a rung: the value to be minimised, and whether it waits for promotion."""

    trial: int
    value: float
    waits: bool


@frozen
class Entries:
    """The trials with an entry in a rung, and those that wait there."""

    trials: frozenset[int]
    waiting: frozenset[int]


def entries(rung: Rung) -> Entries:
    """The entries of a rung."""
    return Entries(frozenset(rung.trials), frozenset(entry.trial for entry in rung.waiting))


def _moved(before: State, after: State) -> Iterator[int]:
    """The trials whose entry in a rung has changed."""
    for (_, old), (_, new) in zip(all_rungs(before), all_rungs(after), strict=True):
        if new is not old:
            one, other = entries(old), entries(new)
            yield from (one.trials ^ other.trials) | (one.waiting ^ other.waiting)


def places(rung: Rung) -> tuple[Place, ...]:
    """The entries of a rung, best first, equal values in the order of arrival."""
    waiting = {entry.trial for entry in rung.waiting}
    return tuple(Place(trial, value, trial in waiting) for trial, value in zip(rung.trials, rung.values, strict=True))


def all_rungs(state: State) -> Iterator[tuple[int, Rung]]:
    """Every rung with the number of its system: the bracket, or 0 if brackets share rungs."""
    for number, system in enumerate(state.ladder.systems):
        for rung in system:
            yield number, rung


def system_of(state: State, bracket: int) -> int:
    """The index of the rung system in which trials of a bracket are compared."""
    return bracket if state.setup.separate_rungs else 0


def rung_at(state: State, trial: Trial, level: int) -> Rung | None:
    """The rung of a trial's system at a level."""
    rungs = state.ladder.systems[system_of(state, trial.bracket)]
    return next((rung for rung in rungs if rung.level == level), None)


def milestones(state: State, bracket: int) -> tuple[int, ...]:
    """The levels of a bracket, and the maximum resource."""
    return (*state.setup.levels[bracket:], state.setup.max_resource)


def passes(rung: Rung, value: float) -> bool:
    """Whether an entry of this value passes: of n >= 2, at most (n - 1) r_j // r_{j+1} are strictly better."""
    better = sum(other < value for other in rung.values)
    return len(rung.values) >= 2 and better <= (len(rung.values) - 1) * rung.level // rung.next_level
