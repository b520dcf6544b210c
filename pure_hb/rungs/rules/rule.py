"""WHAT MUST A RULE ANSWER? The protocol of the rules that stop or promote trials, and the values of their answers."""

from collections.abc import Callable
from enum import Enum
from typing import ClassVar, Protocol

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Curve, Evidence, Memory
from pure_hb.rungs.ladder import Rung, Standing, System, Waiting


class Verdict(Enum):
    """What happens to a trial that has reached a rung level."""

    GO_ON = "go on"
    WAIT = "wait"
    END = "end"


def no_cost(trial: int, level: int) -> float:
    """The cost when costs are not reported: 0 for every entry."""
    return 0.0


@frozen
class Seen:
    """What a rule may read when a worker is free."""

    rungs: System
    system: int = 0
    """The index of the rung system."""
    memory: Memory | None = None
    cost: Callable[[int, int], float] = no_cost
    """(trial, level) -> the total cost of the trial when it made its entry there."""


@frozen
class Heard:
    """A report, as a rule with memory receives it."""

    trial: int
    resource: int
    value: float
    """The value, to be minimised."""
    level: int | None
    """The level at which the report makes an entry; None if it makes none."""
    standing: Standing | None
    """How the entry compares with the rung; None without an entry."""
    system: int
    rungs: System
    """The rungs of the trial's system, the new entry included."""
    point: int | None
    """The index of the trial's configuration among ``points_to_evaluate``; None if it is none of them."""
    sign: float
    """-1 if the metric is maximised, otherwise 1: a value to minimise times ``sign`` is a value of the metric."""
    curves: Callable[[], tuple[Curve, ...]]
    """The curves of all trials of that system in order of trial number, this report included: finite values to be
    minimised."""


@frozen
class Opinion:
    """The reaction of a rule with memory to a report."""

    memory: Memory | None
    evidence: Evidence = ()
    ends: bool = False
    """Whether the trial ends here although `Rule.judge` lets it go on."""


@frozen
class Candidate:
    """The best waiting entry of a rung that may be promoted, and how it compares with the rung."""

    rung: Rung
    entry: Waiting
    standing: Standing


@frozen
class Scan:
    """A search for a promotion: the candidates examined, from the top rung down, and the one promoted (None if
    none)."""

    looked_at: tuple[Candidate, ...]
    promoted: Candidate | None
    evidence: Evidence = ()
    """Further evidence, such as a random draw."""


class Rule(Protocol):
    """A rule that stops or promotes trials. Rules are frozen values; their memory is part of the state. A rule without
    memory derives from `Plain`."""

    needs_cost: ClassVar[bool]
    """Whether every report must state its cost."""

    @property
    def waits(self) -> bool:
        """Whether a trial pauses at a level and waits there to be promoted."""
        ...

    def judge(self, standing: Standing) -> Verdict:
        """What happens to a trial that reached a level with a finite value; ``standing`` compares it with the rung, its
        own entry included."""
        ...

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> Memory | None:
        """The memory before the first report; None if the rule has no memory. ``systems``: the levels of each rung
        system."""
        ...

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """Whether a memory that was read from a journal can be one of this rule."""
        ...

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """The memory after a report below the maximum resource with a finite value. Called only if the rule has a
        memory."""
        ...

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """The waiting trial that is promoted, if there is one."""
        ...

    def expected_share(self, level: int, next_level: int) -> float:
        """The share of the entries at a level that is promoted in the long run, in [0, 1]."""
        ...

    def is_open(self, rungs: System) -> bool:
        """Whether new trials may start."""
        ...


class Goes(Protocol):
    """The conditions of a promotion, stated once by each rule of this library. `Rule.scan`, the audit and the test
    models read them. A user's rule need not have them; then its promotions are not audited."""

    def looks(self, draws: Draws) -> bool:
        """Whether any promotion is possible now."""
        ...

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The waiting entry of a rung that would be promoted first, and how it compares with the rung; None if there is
        none."""
        ...

    def may_go_on(self, candidate: Candidate) -> bool:
        """Whether this candidate may be promoted."""
        ...


def due(rule: Goes, seen: Seen) -> Scan:
    """Promote the first candidate that may go on, from the top rung down; and the candidates examined."""
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
    """The part that rules share which promote the best entries of a rung by rank."""

    __slots__ = ()

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """The first promotion from the top rung down. `candidate` says which entry of a rung is examined."""
        return due(self, seen)

    def looks(self, draws: Draws) -> bool:
        """True: a promotion is always possible."""
        return True

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """The best waiting entry; if it is not good enough, no other is. None with fewer than two entries."""
        entry = rung.best_waiting() if rung.entries.size > 1 else None
        return None if entry is None else Candidate(rung, entry, rung.standing(entry.value))

    def may_go_on(self, candidate: Candidate) -> bool:
        """Whether the candidate is among the best entries, see `Standing.passes`."""
        return candidate.standing.passes


class NobodyWaits:
    """The part that rules share which never pause a trial."""

    __slots__ = ()

    @property
    def waits(self) -> bool:
        """False: no trial pauses."""
        return False

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """No promotion: no trial waits."""
        return Scan((), None)

    def looks(self, draws: Draws) -> bool:
        """False: nothing waits for a promotion."""
        return False

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """None: nothing waits for a promotion."""
        return None

    def may_go_on(self, candidate: Candidate) -> bool:
        """False: nothing waits for a promotion."""
        return False


class Plain:
    """What most rules have in common: no memory, no need of costs, and new trials may always start."""

    __slots__ = ()
    needs_cost: ClassVar[bool] = False

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> Memory | None:
        """None: the rule has no memory."""
        return None

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """True only for None: the rule has no memory."""
        return memory is None

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """No reaction: the rule has no memory."""
        return Opinion(memory)

    def expected_share(self, level: int, next_level: int) -> float:
        """The share q = level / next level."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """True: new trials may always start."""
        return True


class Pausing(Plain):
    """The part that rules share which pause every trial at each level."""

    __slots__ = ()

    @property
    def waits(self) -> bool:
        """True: every trial pauses."""
        return True

    def judge(self, standing: Standing) -> Verdict:
        """Always pause."""
        return Verdict.WAIT
