"""WHAT DOES A LOG ADD UP TO? Fold applies the logged actions without choosing, so it is fast and works on any
machine."""

from collections.abc import Iterable

from pure_hb.machine import ImpossibleError, Setup, State, advance, initial
from pure_hb.protocol import Action, Event


class ReplayError(ValueError):
    """A pair that cannot follow on those before it. ``number`` counts from 1, as in a journal."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"record {number}: {reason}")
        self.number: int = number
        self.reason: str = reason


def fold(setup: Setup, pairs: Iterable[tuple[Event, Action]]) -> State:
    """The state after a log: `advance` only, nothing is decided.

    Raises:
        ReplayError: naming the first record that cannot follow on those before it.
    """
    state = initial(setup)
    for number, (event, action) in enumerate(pairs, 1):
        state = step(state, number, event, action)
    return state


def step(state: State, number: int, event: Event, action: Action) -> State:
    """The state after record ``number``. Raises `ReplayError`."""
    try:
        return advance(state, event, action)
    except ImpossibleError as error:
        raise ReplayError(number, str(error)) from None
