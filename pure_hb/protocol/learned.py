"""WHAT HAS A SEARCH LEARNED? What a model-based search remembers from one suggestion to the next.

It is part of the state: the actions that start or resume a trial carry it where it has changed, and so does `Fitted`.
Its members are named numbers: a new kernel or model changes nothing here, nor in the journal's format.
"""

from attrs import field, frozen


@frozen
class Named:
    """A parameter of the surrogate by its name: one number, or one for each coordinate or level."""

    name: str
    numbers: tuple[float, ...] = field(eq=repr)


@frozen
class Share:
    """What Hyper-Tune thinks of one level: its share theta, and the mean of its ranking losses."""

    level: int
    theta: float
    loss: float


@frozen
class Theta:
    """An estimate of theta, from ``observed`` values at the highest supported level ``supported``, r_*."""

    supported: int
    observed: int
    shares: tuple[Share, ...]

    def weights(self) -> dict[int, float]:
        """Level -> theta."""
        return {share.level: share.theta for share in self.shares}


@frozen
class Counts:
    """What decides whether the next fit may be skipped, besides the data (`pure_hb.surrogate.refitting`)."""

    observed: int = -1
    """How many values there were at the last question."""
    skipped: bool = False
    """The last answer."""
    growths: int = 0
    """Growths of the data since ``opt_skip_init_length``."""
    at_maximum: int | None = None
    """How many trials had been observed at the maximum resource when it last allowed a fit."""


@frozen
class Learned:
    """All that is remembered. At first, nothing."""

    parameters: tuple[Named, ...] = ()
    """Of the last fit, in natural units and the order of the model; none before the first."""
    observed: int = 0
    """How many values the last fit could see, before any cap on their number."""
    counts: Counts = Counts()
    theta: Theta | None = None
    """The last estimate (Hyper-Tune); None before the first."""
    resumed: bool = False
    """Whether the last use of the model resumed a trial (DyHPO): then the parameters stay as they are."""

    def by_name(self) -> dict[str, tuple[float, ...]]:
        """The parameters by name."""
        return {named.name: named.numbers for named in self.parameters}


NOTHING_LEARNED = Learned()
