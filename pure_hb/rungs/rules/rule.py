"""WHAT MUST A RULE ANSWER? The protocol of `pure_hb.rungs.rules`, and the values of its answers."""

from enum import Enum
from typing import Protocol

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Evidence
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rung import Rung, Standing, Waiting


class Verdict(Enum):
    """What becomes of a trial at a rung level."""

    GO_ON = "go on"
    WAIT = "wait"
    END = "end"


@frozen
class Candidate:
    """The best entry that waits in a rung, and how it stands there."""

    rung: Rung
    entry: Waiting
    standing: Standing


@frozen
class Scan:
    """A search for a promotion: the candidates that were looked at, from the top rung down, and the one promoted."""

    looked_at: tuple[Candidate, ...]
    promoted: Candidate | None
    evidence: Evidence = ()
    """What else there is to say, such as a draw."""


class Rule(Protocol):
    """A way to stop or promote. Rules are frozen values without state; ranks decide in all of them."""

    @property
    def waits(self) -> bool:
        """Whether a trial pauses at a level and waits there to be promoted."""
        ...

    def judge(self, standing: Standing) -> Verdict:
        """What becomes of a trial that reached a level with a finite value and stands there so, its entry included."""
        ...

    def scan(self, rungs: System, draws: Draws) -> Scan:
        """Which waiting trial goes on, if any."""
        ...

    def expected_share(self, level: int, next_level: int) -> float:
        """The share of the entries at a level that goes on, in the long run."""
        ...

    def is_open(self, rungs: System) -> bool:
        """Whether new trials may start."""
        ...
