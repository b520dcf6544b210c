"""WHAT MAY A SEARCH SEE, AND WHAT DOES IT ANSWER? A small frozen view in, one suggestion or nothing out."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from attrs import frozen

from pure_hb.draws import Draws, Purpose, choose_index
from pure_hb.protocol import NOTHING_LEARNED, Drawn, Evidence, Learned, Named
from pure_hb.search.lesson import Lesson
from pure_hb.space import Configuration, Space


@frozen
class Known:
    """What is known of one trial, for models."""

    trial: int
    configuration: Configuration
    curve: tuple[tuple[int, float], ...]
    """Values to minimise at increasing resources; the first that is not finite ends it."""
    until: int | None
    """Where the running leg goes; None if the trial does not run."""
    lost: int | None = None
    """Of a trial that ended by a value that is not finite, or by failing: the level it was running to."""


@frozen
class Waits:
    """A trial that waits in a rung and may be resumed, to train from ``level`` to ``next_level``."""

    trial: int
    configuration: Configuration
    level: int
    next_level: int


def _nobody() -> tuple[Known, ...]:
    return ()


def _nothing() -> tuple[Waits, ...]:
    return ()


@frozen
class View:
    """What has been tried so far. Configurations are named by their match keys (`pure_hb.space.match_key`)."""

    space: Space
    next_point: Configuration | None
    """The initial configuration whose turn it is; None when all have been tried."""
    taken: Collection[str]
    """The keys of all configurations that were started or observed."""
    failed: Collection[str]
    """The keys of those whose trial ended by failing."""
    levels: tuple[int, ...] = ()
    """The rung levels, below the maximum."""
    max_resource: int = 1
    odds: tuple[float, ...] = (1.0,)
    """The default probability of each bracket for a new trial."""
    bracket: int | None = None
    """The bracket of the next trial where it is decided already (separate rungs); None: the search draws it."""
    new_trials: bool = True
    """Whether a new trial may be started."""
    sign: float = 1.0
    """-1 if the metric is maximised: values to minimise times this are values of the metric."""
    learned: Learned = NOTHING_LEARNED
    """What the search remembers."""
    told: tuple[Named, ...] | None = None
    """The parameters that a log says were fitted for this suggestion. If a fit is due they are taken in its place: a
    decision can be made again where a fit would end elsewhere. None: the search fits."""
    known: Callable[[], Sequence[Known]] = _nobody
    """All trials by number."""
    waiting: Callable[[], Sequence[Waits]] = _nothing
    """All trials that wait, from the highest rung down, in a rung best value first."""

    def first_milestone(self, bracket: int) -> int:
        """Where a new trial of a bracket goes first."""
        return self.levels[bracket] if bracket < len(self.levels) else self.max_resource

    def draw_bracket(self, odds: tuple[float, ...], draws: Draws) -> tuple[int, Evidence]:
        """The bracket of a new trial: the one decided already, or drawn with these odds."""
        if self.bracket is not None:
            return self.bracket, ()
        if len(odds) == 1:
            return 0, ()
        u = draws.uniform(Purpose.BRACKET)
        bracket = choose_index(u, odds)
        return bracket, (Drawn("bracket", u, str(bracket)),)


@frozen
class Suggestion:
    """A configuration to start, and why this one."""

    configuration: Configuration
    evidence: Evidence
    bracket: int | None = None
    """The bracket it was chosen for; None: any."""
    learned: Learned | None = None
    """What is to be remembered, None: what has been."""


@frozen
class Resumption:
    """A trial that waits and is to be resumed, and why this one."""

    waits: Waits
    evidence: Evidence
    learned: Learned | None = None


class Search(Protocol):
    """A way to choose what a free worker does. Searches are frozen values without state: what they remember is in the
    view."""

    @property
    def resumes(self) -> bool:
        """Whether it also says which waiting trial goes on: then it is asked even when no new trial may start."""
        ...

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made beside training only."""
        ...

    def odds(self, view: View) -> tuple[float, ...]:
        """The probability of each bracket for a new trial, by what is remembered."""
        ...

    def suggest(self, view: View, draws: Draws) -> Suggestion | Resumption | None:
        """What to start, or to resume; None if there is nothing."""
        ...

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """A fit beside training: what is to be remembered from now on; None if nothing new is to be learned."""
        ...

    def objection(self, view: View, learned: Learned) -> str | None:
        """Why a fit that somebody made beside training cannot be one of this search; None if it can be taken."""
        ...
