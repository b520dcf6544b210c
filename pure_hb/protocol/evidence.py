"""WHAT DECIDED IT? Neutral records of named numbers and texts, carried by actions for people.

Evidence decides nothing: a fold of a log without it gives the same state. No type of a rule, search or model appears
here, so a new one needs no change of this file or of the journal's format.
"""

from attrs import field, frozen

from pure_hb.protocol.events import Curve
from pure_hb.space import Configuration


@frozen(weakref_slot=False)
class Ranked:
    """A comparison in a rung. The trial passes iff at most ``allowed`` of the ``entries`` are strictly better.

    ``allowed`` is floor((entries - 1) * level / next level), None with fewer than two entries: nothing is compared
    yet. ``cutoff`` is the interpolated quantile in units of the metric, for people: ranks decide.
    """

    trial: int
    level: int
    resource: int
    entries: int
    rank: int
    allowed: int | None
    passes: bool
    cutoff: float | None = field(default=None, eq=repr)


@frozen(weakref_slot=False)
class Heard:
    """What was told from outside, as it was taken: the results ((resource, value), ...) of a report or an observation,
    the cost of the leg, the configuration that was observed. ``clock`` counts the events that were accepted before.

    Of most results nothing is decided, so nothing else in a log shows that one was changed later, moved or left out.
    """

    clock: int
    results: Curve = field(eq=repr)
    cost: float | None = field(default=None, eq=repr)
    configuration: Configuration | None = None


@frozen
class Drawn:
    """A keyed draw: what for, its uniform number in [0, 1), and what it selected."""

    purpose: str
    uniform: float
    selected: str


@frozen
class Because:
    """A reason in words."""

    text: str


@frozen
class Figures:
    """Named numbers, such as the shares of levels or the parameters of a model, and what they are of."""

    of: str
    numbers: tuple[tuple[str, float], ...] = field(eq=repr)


@frozen
class Scored:
    """A candidate with the numbers by which it was judged, such as mean, deviation and acquisition. ``place`` counts
    from 1, the best. It is a new configuration, or a ``trial`` that waits."""

    place: int
    numbers: tuple[tuple[str, float], ...] = field(eq=repr)
    configuration: Configuration | None = None
    trial: int | None = None


Record = Ranked | Heard | Drawn | Because | Figures | Scored
Evidence = tuple[Record, ...]
RECORDS = (Ranked, Heard, Drawn, Because, Figures, Scored)
