"""WHAT CAN BECOME OF A TRIAL? Its phases, and its life cycle as a table that code, docs and tests share.

(status, event, action) -> status, for events that are logged. What is absent cannot happen: `advance` refuses it, the
tests enumerate it, and `life_diagram` draws it for the docs. Two things the table cannot hold: a worker holds at most
one running trial, and an ``Ask`` resumes a broken trial before anything else.
"""

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from pure_hb.making import maker
from pure_hb.protocol import (
    Action,
    Ask,
    Complete,
    Continue,
    Event,
    Fail,
    Noted,
    Observe,
    Pause,
    Release,
    Report,
    Resume,
    Start,
    Stop,
)


class Status(Enum):
    """The status of a trial: running, paused, broken or ended."""

    UNBORN = "unborn"
    """There is no such trial yet. It stands in `LIFE` only."""
    RUNNING = "running"
    """A worker trains it."""
    PAUSED = "paused"
    """It waits for promotion in the rung of its last level."""
    BROKEN = "broken"
    """It failed or was released, and waits to run its leg again."""
    ENDED = "ended"
    """It is never trained again."""

    if not TYPE_CHECKING:
        __hash__ = object.__hash__  # members are single; that of Enum is a call of Python


@frozen(weakref_slot=False)
class Running:
    """A worker has the trial."""

    status: ClassVar[Status] = Status.RUNNING
    worker: str


@frozen(weakref_slot=False)
class Paused:
    """The trial waits for promotion."""

    status: ClassVar[Status] = Status.PAUSED
    worker: ClassVar[None] = None


@frozen(weakref_slot=False)
class Broken:
    """The trial waits to run its leg again."""

    status: ClassVar[Status] = Status.BROKEN
    worker: ClassVar[None] = None


@frozen(weakref_slot=False)
class Ended:
    """The trial never runs again."""

    status: ClassVar[Status] = Status.ENDED
    worker: ClassVar[None] = None


make_running: Final = maker(Running)
Phase = Running | Paused | Broken | Ended
"""What a trial holds in place of a status and a worker, which could contradict each other: a worker exists in the
running phase, and in no other."""
AT_REST: Final[dict[Status, Phase]] = {Status.PAUSED: Paused(), Status.BROKEN: Broken(), Status.ENDED: Ended()}
"""The phases without a worker, one instance of each."""


LIFE: Final[dict[tuple[Status, type[Event], type[Action]], Status]] = {
    (Status.UNBORN, Ask, Start): Status.RUNNING,
    (Status.UNBORN, Observe, Noted): Status.ENDED,
    (Status.PAUSED, Ask, Resume): Status.RUNNING,
    (Status.BROKEN, Ask, Resume): Status.RUNNING,
    (Status.RUNNING, Report, Continue): Status.RUNNING,
    (Status.RUNNING, Report, Pause): Status.PAUSED,
    (Status.RUNNING, Report, Stop): Status.ENDED,
    (Status.RUNNING, Complete, Noted): Status.ENDED,
    (Status.RUNNING, Fail, Pause): Status.BROKEN,
    (Status.RUNNING, Fail, Stop): Status.ENDED,
    (Status.RUNNING, Release, Pause): Status.BROKEN,
}


class ImpossibleError(ValueError):
    """An action that cannot answer this event in this state. It comes from a damaged log or from another program, never
    from `decide`."""


def next_status(status: Status, event: Event, action: Action) -> Status:
    """The status after a logged event.

    Raises:
        ImpossibleError: if the table has no such row.
    """
    after = LIFE.get((status, type(event), type(action)))
    if after is None:
        raise ImpossibleError(
            f"a trial that is {status.value} cannot get {type(action).__name__} for {type(event).__name__}"
        )
    return after


def life_diagram() -> str:
    """The table as a Mermaid state diagram."""
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for (before, event, action), after in LIFE.items():
        arrows.setdefault((before, after), []).append(f"{event.__name__} / {action.__name__}")
    lines = [
        f"    {'[*]' if before is Status.UNBORN else before.value} --> {after.value}: {', '.join(labels)}"
        for (before, after), labels in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", *lines, f"    {Status.ENDED.value} --> [*]"])
