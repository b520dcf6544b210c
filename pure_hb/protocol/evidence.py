"""WHAT DECIDED IT? Evidence: neutral records of named numbers and texts, carried by actions for people.

Evidence decides nothing: a fold of a log without it gives the same state. No type of a rule, search or model appears
here, so a new one needs no change of this module or of the journal's format.
"""

from attrs import field, frozen

from pure_hb.protocol.events import Curve
from pure_hb.space import Configuration


@frozen(weakref_slot=False)
class Ranked:
    """A comparison in a rung. The trial passes if at most ``allowed`` of the ``entries`` are strictly better."""

    trial: int
    """The number of the trial that is compared."""
    level: int
    """The level of the rung."""
    resource: int
    """The resource of the report that made its entry: the level, or more if the report jumped past it."""
    entries: int
    """The number of entries of the rung, this one included."""
    rank: int
    """How many entries are strictly better: 0 is the best."""
    allowed: int | None
    """floor((entries - 1) * level / next level); None with fewer than two entries, when nothing is compared."""
    passes: bool
    """Whether the trial is among the best."""
    cutoff: float | None = field(default=None, eq=repr)
    """The interpolated quantile in units of the metric, for display: ranks decide."""


@frozen(weakref_slot=False)
class Heard:
    """What a report or an observation said, as it was accepted.

    Most results decide nothing, so only this record in a log shows that a result was changed, moved or left out later.
    """

    clock: int
    """The number of events accepted before."""
    results: Curve = field(eq=repr)
    """The results ((resource, value), ...)."""
    cost: float | None = field(default=None, eq=repr)
    """The cost of the leg so far; None: not stated."""
    configuration: Configuration | None = None
    """The configuration that was observed; None for a report."""


@frozen
class Drawn:
    """A keyed random draw."""

    purpose: str
    """What was drawn, a name of `pure_hb.draws.Purpose`."""
    uniform: float
    """The uniform number, in [0, 1)."""
    selected: str
    """What it selected."""


@frozen
class Because:
    """A reason in words."""

    text: str
    """The reason."""


@frozen
class Figures:
    """Named numbers, such as the weights of levels or the parameters of a model."""

    of: str
    """The title: what these numbers belong to."""
    numbers: tuple[tuple[str, float], ...] = field(eq=repr)
    """(name, number) of each."""


@frozen
class Scored:
    """A candidate with the numbers by which it was judged. It is a new configuration, or a paused trial."""

    place: int
    """Its place in the order of the judgement: 1 is the best."""
    numbers: tuple[tuple[str, float], ...] = field(eq=repr)
    """(name, number) of each, such as mean, deviation and acquisition."""
    configuration: Configuration | None = None
    """The new configuration; None: it is a paused trial."""
    trial: int | None = None
    """The number of the paused trial; None: it is a new configuration."""


EvidenceRecord = Ranked | Heard | Drawn | Because | Figures | Scored
Evidence = tuple[EvidenceRecord, ...]
RECORDS = (Ranked, Heard, Drawn, Because, Figures, Scored)
