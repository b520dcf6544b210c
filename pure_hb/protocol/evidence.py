"""WHAT DECIDED IT? Evidence: neutral records of named numbers and texts, carried by actions for people.

Evidence decides nothing: a fold of a log without it gives the same state. No type of a rule, search or model appears
here, so a new one needs no change of this module or of the journal's format.
"""

from attrs import field, frozen

from pure_hb.protocol.events import Curve
from pure_hb.space import Configuration


@frozen(weakref_slot=False)
class Ranked:
    """A comparison in a rung. The trial passes if at most ``allowed`` of the ``entries`` are strictly better.

    ``allowed`` is floor((entries - 1) * level / next level); None with fewer than two entries, when nothing is
    compared. ``cutoff`` is the interpolated quantile in units of the metric, for display: ranks decide.
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
    """What was told from outside, as it was accepted: the results ((resource, value), ...) of a report or an
    observation, the cost of the leg, the configuration that was observed.

    ``clock`` is the number of events accepted before. Most results decide nothing, so only this record in a log shows
    that a result was changed, moved or left out later.
    """

    clock: int
    results: Curve = field(eq=repr)
    cost: float | None = field(default=None, eq=repr)
    configuration: Configuration | None = None


@frozen
class Drawn:
    """A keyed random draw: its purpose, its uniform number in [0, 1), and what it selected."""

    purpose: str
    uniform: float
    selected: str


@frozen
class Because:
    """A reason in words."""

    text: str


@frozen
class Figures:
    """Named numbers, such as the weights of levels or the parameters of a model, with a title."""

    of: str
    numbers: tuple[tuple[str, float], ...] = field(eq=repr)


@frozen
class Scored:
    """A candidate with the numbers by which it was judged, such as mean, deviation and acquisition. ``place`` counts
    from 1, the best. It is a new configuration, or a paused ``trial``."""

    place: int
    numbers: tuple[tuple[str, float], ...] = field(eq=repr)
    configuration: Configuration | None = None
    trial: int | None = None


Record = Ranked | Heard | Drawn | Because | Figures | Scored
Evidence = tuple[Record, ...]
RECORDS = (Ranked, Heard, Drawn, Because, Figures, Scored)
