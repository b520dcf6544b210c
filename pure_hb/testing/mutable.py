"""WHAT IF A SCHEDULER IS AN OBJECT THAT CHANGES? `from_mutable` makes states and `decide` of it.

A state is then the list of events so far, and states compare by this list. The object of a state is made in one of two
ways: a new object gets all events again (replay), or the object of the state before is copied (copy).
"""

import copy
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from attrs import define, field, frozen

from pure_hb.protocol import Action, Event
from pure_hb.testing.subject import Subject

M = TypeVar("M")


@frozen
class Past(Generic[M]):
    """The state of an object that changes: the events that it has answered with a logged action."""

    events: tuple[Event, ...] = ()
    kept: M | None = field(default=None, eq=False, repr=False)
    """The object itself, which only `copy` needs."""


def from_mutable(
    make: Callable[[], M], answer: Callable[[M, Event], Action], *, by: Literal["replay", "copy"] = "replay"
) -> Subject[Past[M]]:
    """Makes a subject, whose states are values, from a scheduler that is an object and changes when it answers.

    ``make()`` returns a new object, and ``answer(object, event)`` its answer to an event. With ``by="replay"``, each
    state is made by a new object that gets all events again; so new objects must give equal answers to equal events.
    This
    also works for objects that hold files or locks. With ``by="copy"``, the object is copied with `copy.deepcopy` for
    each event, random generators included. An answer that is not logged leaves the state as it was.

    Raises:
        ValueError: if ``by`` is neither "replay" nor "copy".
    """
    match by:
        case "replay":
            replaying = _Replaying(make, answer)
            return Subject(Past[M], replaying.decide)
        case "copy":
            return Subject(lambda: Past((), make()), lambda state, event: _decide_on_copy(answer, state, event))
        case _:
            raise ValueError(f"by is {by!r}; write 'replay' or 'copy'")


def _decide_on_copy(answer: Callable[[M, Event], Action], state: Past[M], event: Event) -> tuple[Past[M], Action]:
    if state.kept is None:
        raise TypeError("a state made by replay has no object to copy; begin with initial() of the same subject")
    changed = copy.deepcopy(state.kept)
    action = answer(changed, event)
    return (Past((*state.events, event), changed) if action.logged else state), action


@define
class _Replaying(Generic[M]):
    """Keeps the object of the last state, so that a history is not replayed for every event."""

    make: Callable[[], M]
    answer: Callable[[M, Event], Action]
    last: Past[M] | None = None
    kept: M | None = None

    def decide(self, state: Past[M], event: Event) -> tuple[Past[M], Action]:
        """The state after an event, and the answer."""
        changed, self.last, self.kept = self._object_of(state), None, None
        action = self.answer(changed, event)
        if not action.logged:
            return state, action
        self.last, self.kept = Past((*state.events, event)), changed
        return self.last, action

    def _object_of(self, state: Past[M]) -> M:
        if self.kept is not None and state is self.last:
            return self.kept
        changed = self.make()
        for event in state.events:
            self.answer(changed, event)
        return changed
