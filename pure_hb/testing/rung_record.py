"""WHAT DOES THE REFEREE OF RUNGS RECORD? One trial, and its objection to an answer."""

from attrs import define, frozen

from pure_hb.protocol import Action, Report
from pure_hb.space import Configuration
from pure_hb.testing.rung_laws import RungLaw


@frozen
class Objection:
    """A law, and the fault in words."""

    law: RungLaw
    what: str


@define
class Record:
    """The referee's record of one trial."""

    number: int
    config: Configuration
    bracket: int
    worker: str | None
    leg: int = 0
    highest: int = 0
    level: int = 0
    """The level of its last entry; 0: none yet."""
    ended: bool = False
    last: tuple[Report, Action] | None = None
    round: int = 0

    @property
    def place(self) -> str:
        """Where it is, in a word."""
        return "running" if self.worker is not None else "ended" if self.ended else "paused"
