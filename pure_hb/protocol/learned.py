"""WHAT HAS A SEARCH LEARNED? The memory of a model-based search from one suggestion to the next.

It is part of the state. The actions that start or resume a trial carry it where it has changed, and so does `Fitted`.
Its members are named numbers, so that a new kernel or model changes neither this module nor the journal's format. As
for events, constructors raise `TypeError` for a wrong type; whether a number makes sense is checked by `choose`.
"""

import math
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from attrs import field, frozen

from pure_hb.protocol.checks import flag, optional_whole, real, text, whole

_T = TypeVar("_T")
_SLACK: Final = 1e-6
"""By so much may shares that sum to 1 miss it."""


def _each(kind: type[_T], name: str, value: Any) -> tuple[_T, ...]:
    return tuple(_one(kind, f"each of the {name}", one) for one in _listed(name, value))


def _listed(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a tuple, got {type(value).__name__}")
    return tuple(value)


def _one(kind: type[_T], name: str, value: Any) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")
    return value


@frozen(init=False)
class Named:
    """A parameter of the surrogate."""

    name: str
    """The name of the parameter, such as "noise_variance"."""
    numbers: tuple[float, ...] = field(eq=repr)
    """One number, or one for each coordinate or level."""

    def __init__(self, name: str, numbers: Iterable[float]) -> None:
        each = tuple(real("each of the numbers", number) for number in _listed("numbers", numbers))
        self.__attrs_init__(text("the name of a parameter", name), each)


@frozen(init=False)
class Share:
    """Hyper-Tune's estimate for one level: its weight theta, in [0, 1], and the mean of its ranking losses."""

    level: int
    theta: float
    loss: float

    def __init__(self, level: int, theta: float, loss: float) -> None:
        self.__attrs_init__(whole("level", level), real("theta", theta), real("loss", loss))


@frozen(init=False)
class Theta:
    """An estimate of theta, from ``observed`` values at the highest supported level r_*, ``supported``."""

    supported: int
    observed: int
    shares: tuple[Share, ...]

    def __init__(self, supported: int, observed: int, shares: Iterable[Share]) -> None:
        self.__attrs_init__(whole("supported", supported), whole("observed", observed), _each(Share, "shares", shares))

    def weights(self) -> dict[int, float]:
        """Level -> its weight theta."""
        return {share.level: share.theta for share in self.shares}


def theta_fault(theta: Theta, levels: tuple[int, ...]) -> str | None:
    """Why ``theta`` cannot be an estimate over these levels, the maximum resource included; None if it can be."""
    if theta.supported not in levels[1:]:
        return f"theta is of level {theta.supported}, which is none of {levels[1:]}"
    due = tuple(level for level in levels if level <= theta.supported)
    named = tuple(share.level for share in theta.shares)
    if named != due:
        return f"theta has shares of the levels {named}; up to level {theta.supported} they are {due}"
    numbers = [number for share in theta.shares for number in (share.theta, share.loss)]
    total = math.fsum(share.theta for share in theta.shares)
    if not all(-_SLACK <= number <= 1.0 + _SLACK for number in numbers) or not abs(total - 1.0) <= _SLACK:
        shown = ", ".join(f"{share.level}: {share.theta!r} (loss {share.loss!r})" for share in theta.shares)
        return f"theta is {shown}; shares and losses lie between 0 and 1, and shares sum to 1"
    return None


@frozen(init=False)
class Counts:
    """The counts by which the next fit may be skipped (`pure_hb.surrogate.training_data.due`)."""

    observed: int = -1
    """The number of values when the rule was asked last."""
    skipped: bool = False
    """Whether the rule skipped that fit."""
    growths: int = 0
    """How often the data have grown since ``opt_skip_init_length`` values."""
    at_maximum: int | None = None
    """The number of trials observed at the maximum resource when the rule last allowed a fit."""

    def __init__(
        self, observed: int = -1, skipped: bool = False, growths: int = 0, at_maximum: int | None = None
    ) -> None:
        self.__attrs_init__(
            whole("observed", observed),
            flag("skipped", skipped),
            whole("growths", growths),
            optional_whole("at_maximum", at_maximum),
        )


@frozen(init=False)
class Learned:
    """All that a search remembers from one suggestion to the next; empty at first."""

    parameters: tuple[Named, ...] = ()
    """The parameters of the last fit, in natural units and the order of the model; empty before the first fit."""
    observed: int = 0
    """The number of values at the last fit, before any down-sampling."""
    counts: Counts = Counts()
    """The counts by which the next fit may be skipped (``opt_skip_period`` and its neighbours)."""
    theta: Theta | None = None
    """The last estimate of theta (Hyper-Tune); None before the first."""
    resumed: bool = False
    """DyHPO: whether the last use of the model resumed a trial. Then its next use makes no fit."""

    def __init__(
        self,
        parameters: Iterable[Named] = (),
        observed: int = 0,
        counts: Counts = Counts(),  # immutable
        theta: Theta | None = None,
        resumed: bool = False,
    ) -> None:
        self.__attrs_init__(
            _each(Named, "parameters", parameters),
            whole("observed", observed),
            _one(Counts, "counts", counts),
            None if theta is None else _one(Theta, "theta", theta),
            flag("resumed", resumed),
        )

    def by_name(self) -> dict[str, tuple[float, ...]]:
        """The parameters by name."""
        return {named.name: named.numbers for named in self.parameters}


NOTHING_LEARNED = Learned()
