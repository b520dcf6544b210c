"""WHAT IS THE STATE AFTER A LOG? Fold applies the logged actions without choosing, so it is fast and works on any
machine."""

from collections.abc import Iterable, Sequence

from pure_hb.machine import ImpossibleError, Setup, State, advance, initial
from pure_hb.machine.setup import expect_setup
from pure_hb.protocol import Action, Event
from pure_hb.space.showing import shown


class ReplayError(ValueError):
    """A record that cannot follow the records before it. ``number`` counts from 1, as in a journal."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"record {number}: {reason}")
        self.number: int = number
        self.reason: str = reason


def fold(setup: Setup, pairs: Iterable[tuple[Event, Action]]) -> State:
    """The state after a log of (event, action) pairs. The recorded actions are applied; nothing is decided again.

    Raises:
        ReplayError: naming the first record that cannot follow the records before it.
        TypeError: if ``setup`` is no Setup, or ``pairs`` are no pairs.
    """
    expect_setup(setup, "fold")
    state = initial(setup)
    for number, pair in enumerate(pairs, 1):
        event, action = pair if isinstance(pair, tuple) and len(pair) == 2 else as_pair(pair, "fold")
        state = step(state, number, event, action)
    return state


def as_pair(given: object, function: str) -> tuple[Event, Action]:
    """An (event, action) pair as a tuple, from any sequence of two values.

    Raises:
        TypeError: if it is anything else, such as a record of a journal or a path.
    """
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2:
        event, action = given
        return event, action
    way = "of a journal: [(record.event, record.action) for record in read_journal(path)[1]]"
    raise TypeError(f"{function} takes pairs of an event and an action, got {shown(given)}; {way}")


def step(state: State, number: int, event: Event, action: Action) -> State:
    """The state after record ``number``. Raises `ReplayError`."""
    try:
        return advance(state, event, action)
    except ImpossibleError as error:
        raise ReplayError(number, str(error)) from None
