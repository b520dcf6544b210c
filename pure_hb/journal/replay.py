"""WHAT DOES A LOG SAY, AND IS IT TRUE? Fold and verify, over any iterable of (event, action) pairs. No files here.

*Fold* applies what was decided and never thinks: it is fast, and works on any machine. *Verify* decides everything
again and names the first decision that differs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from pure_hb.codec import action_to_json, event_to_json
from pure_hb.machine import ImpossibleError, Setup, State, advance, choose, fit, initial
from pure_hb.protocol import Action, Event, Fitted

RELATIVE_TOLERANCE: Final = 1e-9
"""How far numbers of a log from another platform may lie apart and still be called the same."""


class ReplayError(ValueError):
    """A pair that cannot follow on those before it. ``number`` counts from 1, as in a journal."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"record {number}: {reason}")
        self.number: int = number
        self.reason: str = reason


@frozen
class Difference:
    """A place in an action at which a log and a new decision disagree."""

    path: str
    recorded: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.path} is {self.recorded!r} in the log, but decided again it is {self.recomputed!r}"


@frozen
class Disagreement:
    """The first decision of a log that comes out differently."""

    number: int
    event: Event
    recorded: Action
    recomputed: Action
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        places = "\n".join(f"  {difference}" for difference in self.differences)
        return f"record {self.number}, {self.event}:\n{places}"


@frozen
class Verification:
    """What `verify` found."""

    records: int
    """How many decisions agree."""
    disagreement: Disagreement | None
    exact: bool
    """False if numbers agree within the tolerance only."""
    state: State
    """The state after the records that agree."""

    @property
    def ok(self) -> bool:
        """Whether every decision agrees."""
        return self.disagreement is None


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


def verify(setup: Setup, pairs: Iterable[tuple[Event, Action]], *, same_platform: bool = True) -> Verification:
    """Decides every event of a log again and compares, evidence included. Stops at the first difference.

    With ``same_platform=False`` numbers may differ by 1e-9, relatively: libraries elsewhere may round otherwise.

    Raises:
        ReplayError: naming the first record that cannot follow on those before it.
    """
    state, exact, number = initial(setup), True, 0
    tolerance = 0.0 if same_platform else RELATIVE_TOLERANCE
    past = _Past(setup)
    for number, (event, recorded) in enumerate(pairs, 1):
        past.see(state)
        recomputed = choose(state, event)
        ours, theirs = action_to_json(recorded), action_to_json(recomputed)
        found = (*differences(ours, theirs), *past.differences(event))
        if any(not _close(difference, tolerance) for difference in found):
            wrong = Disagreement(number, event, recorded, recomputed, found)
            return Verification(number - 1, wrong, exact, state)
        exact = exact and not found
        state = step(state, number, event, recorded)
    return Verification(number, None, exact, state)


class _Past:
    """The states that a fit made beside training can be of: all since the last accepted one began."""

    def __init__(self, setup: Setup) -> None:
        self._needed = setup.search.fits_beside
        self._states: dict[int, State] = {}

    def see(self, state: State) -> None:
        """Keep a state for as long as fits of it may come."""
        if self._needed:
            self._states[state.clock] = state

    def differences(self, event: Event) -> Iterator[Difference]:
        """Where a fit comes out differently when it is made again."""
        if not isinstance(event, Fitted) or not self._needed:
            return
        if event.clock not in self._states:
            yield Difference("$.event.clock", event.clock, f"at least {min(self._states)}, of the last fit accepted")
            return
        again = fit(self._states[event.clock])
        yield from differences(event_to_json(event), None if again is None else event_to_json(again), "$.event")
        self._states = {clock: state for clock, state in self._states.items() if clock >= event.clock}


def differences(recorded: Any, recomputed: Any, path: str = "$") -> Iterator[Difference]:
    """All places at which two JSON values differ."""
    if isinstance(recorded, Mapping) and isinstance(recomputed, Mapping):
        for name in sorted({*recorded, *recomputed}):
            yield from differences(recorded.get(name), recomputed.get(name), f"{path}.{name}")
    elif _are_lists(recorded, recomputed) and len(recorded) == len(recomputed):
        for index, pair in enumerate(zip(recorded, recomputed, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif type(recorded) is not type(recomputed) or repr(recorded) != repr(recomputed):
        yield Difference(path, recorded, recomputed)


def _are_lists(*values: Any) -> bool:
    return all(isinstance(value, Sequence) and not isinstance(value, str) for value in values)


def _close(difference: Difference, tolerance: float) -> bool:
    ours, theirs = difference.recorded, difference.recomputed
    if not (isinstance(ours, float) and isinstance(theirs, float)):
        return False
    return abs(ours - theirs) <= tolerance * max(abs(ours), abs(theirs))
