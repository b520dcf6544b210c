"""WHAT MUST HOLD IN ONE STEP? The part of the laws that concerns one event in one state, which the explorer examines.

Each function raises `Broken` or returns nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

import numpy as np
from attrs import define, frozen

import pure_hb as hb
from pure_hb.auditing import Invariant, Step
from pure_hb.draws import Purpose, Uniforms
from pure_hb.protocol import ACTIONS, Action, Event
from pure_hb.testing.choices import every
from pure_hb.testing.general import ANSWERS, bare, kind_of
from pure_hb.testing.subject import Subject, Turn
from pure_hb.testing.world import Pick

S = TypeVar("S")


class Broken(Exception):  # not an error for callers: it never leaves this package
    """A law or an invariant does not hold."""

    def __init__(self, name: str, what: str) -> None:
        self.name: str = name
        self.what: str = what
        super().__init__(f"{name}: {what}")


class NotExplorable(ValueError):  # the name says what the setup is
    """A setup whose decisions have draws that cannot be enumerated."""


# ---- every answer --------------------------------------------------------------------------------------------------


@define
class _Given:
    """Draws that are picked. It records whether there were any."""

    pick: Pick
    options: tuple[float, ...]
    any: bool = False

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        """One of the options."""
        if purpose not in (Purpose.BRACKET, Purpose.COIN):
            raise NotExplorable(
                f"a draw of {purpose.name.lower()} cannot be explored; "
                "give a finite space, and all of its configurations as points_to_evaluate"
            )
        self.any = True
        return self.pick(self.options)

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        """One of the options for each index."""
        return np.array([self.uniform(purpose, index, attempt) for index in range(count)])


@frozen
class Answered:
    """A turn, and whether something was drawn in it."""

    turn: Turn[Any]
    drawn: bool = False


def answers(subject: Subject[S], state: S, event: Event, draws: tuple[float, ...]) -> Iterator[Answered]:
    """The answers of a subject to an event: for this library's machine one for each possible draw, for another
    scheduler its one answer."""
    if subject.setup is None:
        yield _decided_twice(subject, state, event)
        return
    for given, action in every(lambda pick: _chosen(state, event, _Given(pick, draws))):
        if given.any:
            yield Answered(Turn(0, state, event, action, hb.advance(_ours(state), event, action)), True)
        else:
            yield _both_ways(subject, state, event, action)


def _ours(state: object) -> hb.State:
    if not isinstance(state, hb.State):
        raise TypeError(f"a subject with a setup has states of ours, not {type(state).__name__}; leave setup out")
    return state


def _chosen(state: object, event: Event, given: _Given) -> tuple[_Given, Action]:
    return given, hb.choose(_ours(state), event, given)


def _both_ways(subject: Subject[S], state: S, event: Event, action: Action) -> Answered:
    after, decided = subject.decide(state, event)
    if decided != action:
        raise Broken("TWO_HALVES", f"choose says {action}, decide says {decided}")
    apart = hb.advance(_ours(state), event, action)
    if apart is not after and apart != after:
        raise Broken("TWO_HALVES", f"advance gives {apart}, decide gives {after}")
    return Answered(Turn(0, state, event, decided, after))


def _decided_twice(subject: Subject[S], state: S, event: Event) -> Answered:
    after, action = subject.decide(state, event)
    again, same = subject.decide(state, event)
    if (same, again) != (action, after):
        raise Broken("PURE", f"decided again, it gave {same} and {again}, not {action} and {after}")
    return Answered(Turn(0, state, event, action, after))


# ---- laws ----------------------------------------------------------------------------------------------------------

_OF_KEYED_DRAWS: Final = ("drawn_truly", "promoted_as_the_rule_says")


def examine(subject: Subject[S], answered: Answered, invariants: Iterable[Invariant]) -> None:
    """Checks that an answer keeps TOTAL, the invariants, and IDEMPOTENT, for which the event comes again at once."""
    turn = answered.turn
    _total(turn)
    step = Step(turn.before, turn.event, turn.action, turn.after)
    for invariant in invariants:
        what = invariant.holds(step)
        if what is not None and not (answered.drawn and invariant.name in _OF_KEYED_DRAWS):
            raise Broken(invariant.name, what)
    if turn.action.logged:
        _idempotent(subject, turn)


def _total(turn: Turn[Any]) -> None:
    action, kinds = turn.action, ANSWERS.get(type(turn.event), ACTIONS)
    if not isinstance(action, ACTIONS) or not isinstance(action, kinds):
        raise Broken("TOTAL", f"{type(turn.event).__name__} was answered with {action!r}")
    if not action.logged and turn.after is not turn.before:
        raise Broken("TOTAL", f"{action!r} is not logged, but the state after it is another object")
    if action.logged and isinstance(action, hb.Wait | hb.Done | hb.Reject):
        raise Broken("TOTAL", f"{action!r} is logged, though nothing has happened")


def _idempotent(subject: Subject[S], turn: Turn[S]) -> None:
    after, again = subject.decide(turn.after, turn.event)
    if after is not turn.after or again.logged:
        raise Broken("IDEMPOTENT", f"delivered twice, it changed the state again: {again}")
    if kind_of(again) != kind_of(turn.action):
        raise Broken("IDEMPOTENT", f"delivered twice, it was answered with {again}, first with {turn.action}")


def same_for_all(first: Action, other: Action) -> None:
    """Checks BLIND: two free workers that ask get the same answer."""
    if bare(first) != bare(other):
        raise Broken("BLIND", f"another free worker who asks gets {other}, not {first}")
