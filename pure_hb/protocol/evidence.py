"""WHAT DECIDED IT? Neutral records of named numbers and texts, carried by actions for people.

Evidence decides nothing: a fold of a log without it gives the same state. No type of a rule, search or model appears
here, so a new one needs no change of this file or of the journal's format.
"""

from attrs import field, frozen


@frozen
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


Evidence = tuple[Ranked | Drawn | Because, ...]
RECORDS = (Ranked, Drawn, Because)
