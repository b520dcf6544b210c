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
    """A worker is free. With ``new_trials=False`` it accepts only a broken trial or a promotion."""

    worker: str
    new_trials: bool = True

    def __init__(self, worker: str, new_trials: bool = True) -> None:
        self.__attrs_init__(text("worker", worker), flag("new_trials", new_trials))


class ReportError(TypeError):
    """A report that cannot be made because a value is not a number. The script is wrong, not the trial."""


@frozen(init=False)
class Report:
    """A trial has a result: the value of the metric after ``resource`` epochs.

    ``cost`` is what was spent since the start of the leg. ``leg`` says which leg of the trial this is; None: the
    current one. Save the checkpoint before you report: a paused trial may be resumed elsewhere at once.
    """

    trial: int
    resource: int
    value: float = field(eq=repr)
    cost: float | None = field(default=None, eq=repr)
    leg: int | None = None

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
    """The training script ended by itself."""

    trial: int
    leg: int | None = None

    def __init__(self, trial: int, leg: int | None = None) -> None:
        self.__attrs_init__(whole("trial", trial), optional_whole("leg", leg))


@frozen(init=False)
class Fail:
    """The training script failed. This counts against ``max_failures``."""

    trial: int
    reason: str = ""
    leg: int | None = None

    def __init__(self, trial: int, reason: str = "", leg: int | None = None) -> None:
        self.__attrs_init__(whole("trial", trial), any_text("reason", reason), optional_whole("leg", leg))


@frozen(init=False)
class Release:
    """The worker has left the trial (preemption, Ctrl-C). This does not count as a failure."""

    trial: int
    reason: str = ""
    leg: int | None = None

    def __init__(self, trial: int, reason: str = "", leg: int | None = None) -> None:
        self.__attrs_init__(whole("trial", trial), any_text("reason", reason), optional_whole("leg", leg))


@frozen(init=False)
class Observe:
    """An earlier result, from another search: a complete configuration and its curve ((resource, value), ...).

    ``failed``: training it failed for good after the curve, which may then be empty. ``source`` identifies the trial
    and search that it comes from: of one source only the first observation is accepted, also if the curve has grown
    since.
    """

    config: Configuration
    curve: Curve
    failed: bool = False
    source: str = ""

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
    """A fit made beside training, of the data that were known at ``clock``; `pure_hb.fit_if_due` makes one."""

    clock: int
    learned: Learned

    def __init__(self, clock: int, learned: Learned) -> None:
        if not isinstance(learned, Learned):
            got = type(learned).__name__
            raise TypeError(f"learned must be what a fit gave, a Learned, got {got}; use fit_if_due(state)")
        self.__attrs_init__(whole("clock", clock), learned)


Event = Ask | Report | Complete | Fail | Release | Observe | Fitted
EVENTS = (Ask, Report, Complete, Fail, Release, Observe, Fitted)
