"""WHAT HAPPENED IN ONE STEP? A step of a history, and how checks read its states.

Invariants count and sort for themselves: of a rung they take only the entries, nothing that it has computed. All that
they know of the representation of rungs and ladders is in this module.
"""

from collections.abc import Callable, Iterable, Iterator

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
    """The index of the rung system in which trials of a bracket meet."""
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
