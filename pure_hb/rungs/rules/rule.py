"""WHAT MUST A RULE ANSWER? The protocol of `pure_hb.rungs.rules`, and the values of its answers."""

from collections.abc import Callable
from enum import Enum
from typing import ClassVar, Protocol

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Curve, Evidence, Memory
from pure_hb.rungs.ladder import System
from pure_hb.rungs.rung import Rung, Standing, Waiting


class Verdict(Enum):
    """What becomes of a trial at a rung level."""

    GO_ON = "go on"
    WAIT = "wait"
    END = "end"


def no_cost(trial: int, level: int) -> float:
    """Where costs are not told."""
    return 0.0


@frozen
class Seen:
    """What a rule may look at when a worker is free."""

    rungs: System
    system: int = 0
    """Which of the rung systems that is."""
    memory: Memory | None = None
    cost: Callable[[int, int], float] = no_cost
    """Trial, level -> the trial's total cost when it made its entry there."""


@frozen
class Heard:
    """A report as a rule hears it that remembers."""

    trial: int
    resource: int
    value: float
    """To be minimised."""
    level: int | None
    """The level at which the report makes an entry, None: at none."""
    standing: Standing | None
    """How it stands there."""
    system: int
    rungs: System
    """The rungs of that system, the entry included."""
    point: int | None
    """Which of the given ``points_to_evaluate`` the trial's configuration is; None: none of them."""
    sign: float
    """-1 if the metric is maximised: values to minimise times this are values of the metric."""
    curves: Callable[[], tuple[Curve, ...]]
    """The curves of the trials of that system, by number, the report included: finite values to be minimised."""


@frozen
class Opinion:
    """What a rule that remembers makes of a report."""

    memory: Memory | None
    evidence: Evidence = ()
    ends: bool = False
    """Whether the trial ends here, though `Rule.judge` lets it go on."""


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
    """A way to stop or promote. Rules are frozen values without state: what they remember they are given.

    A rule that remembers nothing derives from `Plain`.
    """

    needs_cost: ClassVar[bool]
    """Whether every report must tell its cost."""

    @property
    def waits(self) -> bool:
        """Whether a trial pauses at a level and waits there to be promoted."""
        ...

    def judge(self, standing: Standing) -> Verdict:
        """What becomes of a trial that reached a level with a finite value and stands there so, its entry included."""
        ...

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> Memory | None:
        """What it remembers at first, None if it never remembers anything. ``systems``: their levels."""
        ...

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """Whether it can remember that: what is read may be foreign."""
        ...

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """What it remembers after a report below the maximum, whose value is finite. Only asked if it remembers."""
        ...

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Which waiting trial goes on, if any."""
        ...

    def expected_share(self, level: int, next_level: int) -> float:
        """The share of the entries at a level that goes on, in the long run."""
        ...

    def is_open(self, rungs: System) -> bool:
        """Whether new trials may start."""
        ...


class Goes(Protocol):
    """Who may go on, as each rule of this library states it once: `Rule.scan` reads it, audits and books read it again.

    A rule of one's own need not have it; then nobody checks whom it promotes.
    """

    def looks(self, draws: Draws) -> bool:
        """Whether anybody may be promoted now."""
        ...

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The one of a rung who goes on before all others there, and how it stands; None if nobody can."""
        ...

    def may_go_on(self, candidate: Candidate) -> bool:
        """Whether that one goes on."""
        ...


def due(rule: Goes, seen: Seen) -> Scan:
    """From the top rung down, the first candidate that may go on; and those that were looked at."""
    looked_at: list[Candidate] = []
    for rung in reversed(seen.rungs):
        candidate = rule.candidate(seen, rung)
        if candidate is None:
            continue
        looked_at.append(candidate)
        if rule.may_go_on(candidate):
            return Scan(tuple(looked_at), candidate)
    return Scan(tuple(looked_at), None)


class ByRank:
    """What rules have in common under which the best of a rung go on."""

    __slots__ = ()

    def looks(self, draws: Draws) -> bool:
        """Always."""
        return True

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The best that waits: if it does not pass, none does. With fewer than two entries nothing is compared."""
        entry = rung.best_waiting() if len(rung) > 1 else None
        return None if entry is None else Candidate(rung, entry, rung.standing(entry.value))

    def may_go_on(self, candidate: Candidate) -> bool:
        """Whether it is among the best."""
        return candidate.standing.passes


class NobodyWaits:
    """What rules have in common under which nobody pauses."""

    __slots__ = ()

    def looks(self, draws: Draws) -> bool:
        """Never."""
        return False

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """Nobody."""
        return None

    def may_go_on(self, candidate: Candidate) -> bool:
        """Nobody does."""
        return False


class Plain:
    """What rules have in common that remember nothing and need no cost."""

    __slots__ = ()
    needs_cost: ClassVar[bool] = False

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> Memory | None:
        """Nothing is remembered."""
        return None

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """Nothing is remembered."""
        return memory is None

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """Nothing is remembered."""
        return Opinion(memory)


class Pausing(Plain):
    """What rules have in common that pause everybody at each level."""

    __slots__ = ()

    @property
    def waits(self) -> bool:
        """True: everybody pauses."""
        return True

    def judge(self, standing: Standing) -> Verdict:
        """Wait for the others."""
        return Verdict.WAIT
