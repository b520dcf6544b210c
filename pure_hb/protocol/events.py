"""WHAT CAN HAPPEN OUTSIDE? The events, a closed union of frozen values.

Constructors convert the numbers of other libraries and raise `TypeError` for a wrong type, and nothing else. Whether a
value makes sense is checked by `choose`, which answers `Reject`. A new event needs a class here, a place in `Event`,
and a new format version of the journal.
"""

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from pure_hb.protocol.checks import any_text, flag, optional_real, optional_whole, pairs, real, text, whole
from pure_hb.protocol.learned import Learned
from pure_hb.space import Configuration, Value

Curve = tuple[tuple[int, float], ...]
"""The results of a trial, ((resource, value), ...), in increasing order of resource."""


@frozen(init=False)
class Ask:
    """A worker is free and asks what to train."""

    worker: str
    """The name of the worker. It holds at most one trial at a time."""
    new_trials: bool = True
    """Whether a new trial may be started; otherwise only a broken trial or a promotion is given."""

    def __init__(self, worker: str, new_trials: bool = True) -> None:
        self.__attrs_init__(text("worker", worker), flag("new_trials", new_trials))


class ReportError(TypeError):
    """A report that cannot be made because a value is not a number. The script is wrong, not the trial."""


@frozen(init=False)
class Report:
    """A trial has a result: the value of the metric after ``resource`` epochs. Save the checkpoint before you report:
    a paused trial may be resumed elsewhere at once."""

    trial: int
    """The number of the trial, as its `Start` said."""
    resource: int
    """The resource trained so far, counted from the beginning of the trial: 1 after its first epoch."""
    value: float = field(eq=repr)
    """The metric, with its own sign; NaN or infinite if training diverged, which ends the trial."""
    cost: float | None = field(default=None, eq=repr)
    """What was spent since the start of the leg, in any one unit, at least 0; None: not known."""
    leg: int | None = None
    """The leg of the trial that this is about, as its `Start` or `Resume` said; None: the current one."""

    def __init__(
        self, trial: int, resource: int, value: float, cost: float | None = None, leg: int | None = None
    ) -> None:
        try:
            self.__attrs_init__(
                whole("trial", trial),
                whole("resource", resource),
                real("value", value),
                optional_real("cost", cost),
                optional_whole("leg", leg),
            )
        except TypeError as error:
            raise ReportError(str(error)) from None


@frozen(init=False)
class Complete:
    """The training script ended by itself: the trial ends."""

    trial: int
    """The number of the trial, as its `Start` said."""
    leg: int | None = None
    """The leg of the trial that this is about, as its `Start` or `Resume` said; None: the current one."""

    def __init__(self, trial: int, leg: int | None = None) -> None:
        self.__attrs_init__(whole("trial", trial), optional_whole("leg", leg))


@frozen(init=False)
class Fail:
    """The training script failed. The trial runs its leg again, or ends at its failure number ``max_failures``."""

    trial: int
    """The number of the trial, as its `Start` said."""
    reason: str = ""
    """Why, in words, for people."""
    leg: int | None = None
    """The leg of the trial that this is about, as its `Start` or `Resume` said; None: the current one."""

    def __init__(self, trial: int, reason: str = "", leg: int | None = None) -> None:
        self.__attrs_init__(whole("trial", trial), any_text("reason", reason), optional_whole("leg", leg))


@frozen(init=False)
class Release:
    """The worker has left the trial (preemption, Ctrl-C). The trial runs its leg again; this is no failure."""

    trial: int
    """The number of the trial, as its `Start` said."""
    reason: str = ""
    """Why, in words, for people."""
    leg: int | None = None
    """The leg of the trial that this is about, as its `Start` or `Resume` said; None: the current one."""

    def __init__(self, trial: int, reason: str = "", leg: int | None = None) -> None:
        self.__attrs_init__(whole("trial", trial), any_text("reason", reason), optional_whole("leg", leg))


@frozen(init=False)
class Observe:
    """An earlier result, from another search."""

    config: Configuration
    """A value for each parameter of the space."""
    curve: Curve
    """Its results ((resource, value), ...), in increasing order of resource."""
    failed: bool = False
    """Whether training it failed for good after the curve, which may then be empty."""
    source: str = ""
    """The trial and the search that it comes from, as a text. The first observation of a source is accepted, and no
    other, even if the curve has grown since."""

    def __init__(
        self, config: Mapping[str, Value], curve: Iterable[tuple[int, float]], failed: bool = False, source: str = ""
    ) -> None:
        self.__attrs_init__(
            config if isinstance(config, Configuration) else Configuration(config),
            tuple((whole("resource", resource), real("value", value)) for resource, value in pairs("curve", curve)),
            flag("failed", failed),
            text("source", source),
        )


@frozen(init=False)
class Fitted:
    """A fit of the surrogate that was made beside training; `pure_hb.fit_if_due` makes one."""

    clock: int
    """The clock of the state whose data were fitted: its number of accepted events."""
    learned: Learned
    """The fitted parameters, and what else the search remembers."""

    def __init__(self, clock: int, learned: Learned) -> None:
        if not isinstance(learned, Learned):
            got = type(learned).__name__
            raise TypeError(f"learned must be what a fit gave, a Learned, got {got}; use fit_if_due(state)")
        self.__attrs_init__(whole("clock", clock), learned)


Event = Ask | Report | Complete | Fail | Release | Observe | Fitted
EVENTS = (Ask, Report, Complete, Fail, Release, Observe, Fitted)
