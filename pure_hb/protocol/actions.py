"""WHAT SHALL BE DONE? The actions, a closed union of frozen values.

What `advance` needs stands in typed fields; ``evidence`` is for people. ``logged`` says whether the event was
accepted: only then does it change the state, stand in the journal and tick the clock. `Wait`, `Done` and `Reject` never
are: to make a logged one is a `ValueError`.
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
    """Train a new trial from scratch to resource ``until``. ``learned`` is what the search will remember, None if that
    has not changed."""

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
    """Train a known trial on from resource ``start_from`` (0: begin afresh) to ``until``, as run number ``leg``.

    ``promoted_from`` is the rung level that it leaves; None if a broken leg runs again. ``learned``: as in `Start`.
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
    """Train on to ``until``. ``level`` is the rung level at which the report made an entry, None: it made none.
    ``memory`` is what the rule will remember, None if that has not changed."""

    trial: int
    until: int
    level: int | None = None
    logged: bool = True
    evidence: Evidence = ()
    memory: Memory | None = None


@frozen(weakref_slot=False)
class Pause:
    """Leave the trial; it may go on later, here or elsewhere. ``level``, ``memory``: as in `Continue`."""

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
    """Nothing to do now, but a running trial may still open something: ask again after the next report."""

    logged: bool = False
    evidence: Evidence = ()

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


@frozen
class Done:
    """Nothing can come any more."""

    logged: bool = False
    evidence: Evidence = ()

    def __attrs_post_init__(self) -> None:
        _never_logged(self)


@frozen
class Noted:
    """Understood; nothing to do. ``trial`` is the number the event concerns or was given, None for a fit."""

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
"""What a free worker gets to do."""

Action = Start | Resume | Continue | Pause | Stop | Wait | Done | Noted | Reject
ACTIONS: Final = (Start, Resume, Continue, Pause, Stop, Wait, Done, Noted, Reject)
