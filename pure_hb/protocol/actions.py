"""WHAT IS TO BE DONE? The actions, a closed union of frozen values.

Every action has two fields for the log. ``logged``: whether the event was accepted; only then does it change the state,
appear in the journal and advance the clock. ``evidence``: what decided, for people; nothing is computed from it. All
that `advance` needs stands in the other fields. `Wait`, `Done` and `Reject` are never logged; to construct a logged one
is a `ValueError`.

Resources are whole numbers of epochs (or whatever unit the training reports), from 1 to ``max_resource``.
"""

from typing import Final

from attrs import frozen

from pure_hb.protocol.evidence import Evidence
from pure_hb.protocol.learned import Learned
from pure_hb.protocol.memory import Memory
from pure_hb.space import Configuration


def _never_logged(action: "Wait | Done | Reject") -> None:
    if action.logged:
        raise ValueError(f"{type(action).__name__} is never logged: it changes nothing; leave logged out")


@frozen
class Start:
    """Train a new trial from the beginning to resource ``until``."""

    trial: int
    """The number of the trial, counted from 0. Later events name it."""
    config: Configuration
    """The values of all parameters."""
    bracket: int
    """The bracket of the trial, from 0 on: its first comparison is at level number ``bracket``."""
    until: int
    """The resource at which this leg ends."""
    leg: int = 0
    """The number of the leg: 0, the first."""
    learned: Learned | None = None
    """The new memory of the search; None if it has not changed."""
    logged: bool = True
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""


@frozen
class Resume:
    """Continue the training of a known trial from resource ``start_from`` to ``until``."""

    trial: int
    """The number of the trial."""
    config: Configuration
    """The values of all parameters, those of its `Start`."""
    start_from: int
    """The resource whose checkpoint is loaded; 0: there is none, begin again."""
    until: int
    """The resource at which this leg ends."""
    leg: int
    """The number of the leg, from 1 on."""
    promoted_from: int | None = None
    """The rung level that the trial leaves; None: it runs a broken leg again."""
    learned: Learned | None = None
    """The new memory of the search; None if it has not changed."""
    logged: bool = True
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""


@frozen(weakref_slot=False)
class Continue:
    """Train on to resource ``until``."""

    trial: int
    """The number of the trial."""
    until: int
    """The resource at which this leg ends."""
    level: int | None = None
    """The rung level at which the report made an entry; None: it made none."""
    logged: bool = True
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""
    memory: Memory | None = None
    """The new memory of the rule; None if it has not changed."""


@frozen(weakref_slot=False)
class Pause:
    """Leave the trial. It may be resumed later, by this worker or another."""

    trial: int
    """The number of the trial."""
    level: int | None = None
    """The rung level at which the report made an entry; None: it made none."""
    logged: bool = True
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""
    memory: Memory | None = None
    """The new memory of the rule; None if it has not changed."""


@frozen(weakref_slot=False)
class Stop:
    """Leave the trial for good."""

    trial: int
    """The number of the trial."""
    level: int | None = None
    """The rung level at which the report made an entry; None: it made none."""
    logged: bool = True
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""
    memory: Memory | None = None
    """The new memory of the rule; None if it has not changed."""


@frozen
class Wait:
    """There is nothing to do now, but a running trial may change that: ask again after the next report."""

    logged: bool = False
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


@frozen
class Done:
    """The search is over: no later Ask gets anything to train."""

    logged: bool = False
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


@frozen
class Noted:
    """The event is accepted, and there is nothing to do."""

    trial: int | None
    """The number of the trial that the event concerns or created; None for a fit."""
    logged: bool = True
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""


@frozen
class Reject:
    """The event cannot be accepted. The state stays as it is."""

    reason: str
    """The value, the limit and the way out, in a sentence."""
    logged: bool = False
    """Whether the event was accepted."""
    evidence: Evidence = ()
    """What decided, for people."""

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


Assignment = Start | Resume
"""The actions that give work to a free worker."""

Action = Start | Resume | Continue | Pause | Stop | Wait | Done | Noted | Reject
ACTIONS: Final = (Start, Resume, Continue, Pause, Stop, Wait, Done, Noted, Reject)
