"""WHAT SHALL BE DONE? The actions, a closed union of frozen values.

Typed fields hold what `advance` needs; ``evidence`` is for people. ``logged`` says whether the event was accepted: only
then does it change the state, appear in the journal and advance the clock. `Wait`, `Done` and `Reject` are never
logged; to construct a logged one is a `ValueError`.
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
    """Train a new trial from the beginning to resource ``until``. ``learned`` is the new memory of the search; None if
    it has not changed."""

    trial: int
    config: Configuration
    bracket: int
    until: int
    leg: int = 0
    learned: Learned | None = None
    logged: bool = True
    evidence: Evidence = ()


@frozen
class Resume:
    """Train a known trial on from resource ``start_from`` (0: from the beginning) to ``until``, as leg number ``leg``.

    ``promoted_from`` is the rung level that the trial leaves; None if a broken leg is run again. ``learned``: as in
    `Start`.
    """

    trial: int
    config: Configuration
    start_from: int
    until: int
    leg: int
    promoted_from: int | None = None
    learned: Learned | None = None
    logged: bool = True
    evidence: Evidence = ()


@frozen(weakref_slot=False)
class Continue:
    """Train on to resource ``until``. ``level`` is the rung level at which the report made an entry; None: it made
    none. ``memory`` is the new memory of the rule; None if it has not changed."""

    trial: int
    until: int
    level: int | None = None
    logged: bool = True
    evidence: Evidence = ()
    memory: Memory | None = None


@frozen(weakref_slot=False)
class Pause:
    """Leave the trial, which may be resumed later, on this worker or another. ``level``, ``memory``: as in
    `Continue`."""

    trial: int
    level: int | None = None
    logged: bool = True
    evidence: Evidence = ()
    memory: Memory | None = None


@frozen(weakref_slot=False)
class Stop:
    """Leave the trial for good. ``level``, ``memory``: as in `Continue`."""

    trial: int
    level: int | None = None
    logged: bool = True
    evidence: Evidence = ()
    memory: Memory | None = None


@frozen
class Wait:
    """There is nothing to do now, but a running trial may change that: ask again after the next report."""

    logged: bool = False
    evidence: Evidence = ()

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


@frozen
class Done:
    """The search is over: nothing more will come."""

    logged: bool = False
    evidence: Evidence = ()

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


@frozen
class Noted:
    """The event is accepted, and there is nothing to do. ``trial`` is the number of the trial that the event concerns
    or created; None for a fit."""

    trial: int | None
    logged: bool = True
    evidence: Evidence = ()


@frozen
class Reject:
    """The event cannot be accepted. ``reason`` names the value, the limit and the way out."""

    reason: str
    logged: bool = False
    evidence: Evidence = ()

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


Assignment = Start | Resume
"""The actions that give work to a free worker."""

Action = Start | Resume | Continue | Pause | Stop | Wait | Done | Noted | Reject
ACTIONS: Final = (Start, Resume, Continue, Pause, Stop, Wait, Done, Noted, Reject)
