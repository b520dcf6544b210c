"""WHAT DOES A SCHEDULER CLAIM ABOUT ITS RUNGS? Its levels, its quota, and the meaning of ties, NaN and skipped levels.

Schedulers that are called ASHA differ in all of these, and no difference is a bug by itself. So the author of a
scheduler states what is meant, and `check_rungs` finds where the scheduler does something else.
"""

import math
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from attrs import field, frozen

from pure_hb.testing.nan import NotANumber as NotANumber
from pure_hb.testing.rounds import Rounds

_ROUNDING: Final = Fraction(1, 10**12)

# ---- quotas ----------------------------------------------------------------------------------------------------------


@frozen
class Place:
    """The place of a value in a rung. All values are converted so that less is better."""

    better: int
    """The number of better entries. Under `Ties.EARLIER`, equal entries that came before count too."""
    entries: int
    """The number of entries that are compared; the trial's own is one of them if `RungClaims.counts_itself`."""
    share: Fraction
    """The share of a rung that continues, 1/eta, in (0, 1)."""
    value: float
    values: tuple[float, ...]
    """The values that are compared, the best first."""


@frozen
class Quota:
    """A rule for how many entries of a rung continue. ``passes`` says whether a value is among them."""

    name: str
    passes: Callable[[Place], bool | None] = field(eq=False)
    """None: the value is so near to the cutoff that either answer is right."""


def _among(most: Callable[[Place], int]) -> Callable[[Place], bool | None]:
    return lambda place: place.better < most(place)


def _interpolated(place: Place) -> bool | None:
    """Whether the value is at most the quantile, with a line drawn between two entries, in exact numbers."""
    ranked = place.values
    if any(math.isinf(value) for value in ranked) or math.isinf(place.value):
        return place.better <= (place.entries - 1) * place.share
    position = (len(ranked) - 1) * place.share
    low = math.floor(position)
    below, above = Fraction(ranked[low]), Fraction(ranked[min(low + 1, len(ranked) - 1)])
    value = Fraction(place.value)
    distance = below + (above - below) * (position - low) - value
    near = abs(distance) <= _ROUNDING * max(abs(below), abs(above), abs(value))
    return None if near else distance > 0


FLOOR: Final = Quota("floor(n/eta) go on", _among(lambda place: math.floor(place.entries * place.share)))
"""The quota of the ASHA paper: with eta = 3, none of two entries continues, and one of three."""
FLOOR_OR_ONE: Final = Quota(
    "max(1, floor(n/eta)) go on", _among(lambda place: max(1, math.floor(place.entries * place.share)))
)
"""As `FLOOR`, but at least the best continues."""
CEIL: Final = Quota("ceil(n/eta) go on", _among(lambda place: math.ceil(place.entries * place.share)))
FLOOR_AND_ONE: Final = Quota(
    "those with at most n/eta better ones go on", _among(lambda place: math.floor(place.entries * place.share) + 1)
)
OTHERS: Final = Quota(
    "those with at most (n - 1)/eta better ones go on",
    _among(lambda place: math.floor((place.entries - 1) * place.share) + 1),
)
"""The quota of this library: the share is taken of the other entries, without the trial's own."""
INTERPOLATED: Final = Quota("those at or below the interpolated quantile 1/eta go on", _interpolated)
"""The cutoff is numpy's percentile of the values, so values count, not only ranks."""

QUOTAS: Final = (FLOOR, FLOOR_OR_ONE, CEIL, FLOOR_AND_ONE, OTHERS, INTERPOLATED)

# ---- choices ---------------------------------------------------------------------------------------------------------


class Ties(Enum):
    """The meaning of equal values."""

    TOGETHER = "only what is strictly better counts: equal values pass or fail together"
    EARLIER = "of equal values, the one that came first is better"
    EITHER = "it does not matter which of equal values goes on"


class Jumps(Enum):
    """The meaning of a report past more than one level."""

    HIGHEST = "one entry, at the highest level that is reached"
    EACH = "an entry at each level in turn, until one is not passed"


Kind = Literal["promotion", "stopping"]


@frozen
class RungClaims:
    """What the author of a scheduler claims about its rungs.

    ``levels`` are rung levels in increasing order, below ``max_resource``. ``kind`` is "stopping" (at a level a
    trial goes on or is stopped) or "promotion" (at a level a trial pauses, and a free worker takes the best that
    passes).
    """

    levels: tuple[int, ...]
    max_resource: int
    kind: Kind
    quota: Quota
    reduction_factor: int | None = None
    """eta, larger than 1; None: the next level (or the maximum) divided by the level."""
    maximize: bool = False
    ties: Ties = Ties.EITHER
    nan: NotANumber = NotANumber.ENDS
    jumps: Jumps = Jumps.HIGHEST
    counts_itself: bool = True
    """Whether the entries that a trial is compared with include its own."""
    fewest: int = 1
    """The smallest number of entries that are compared. With fewer, a trial goes on under stopping, and waits under
    promotion."""
    top_down: bool = True
    """Whether a promotion at a higher level comes before one at a lower level."""
    separate: bool = False
    """Whether each bracket has rungs of its own. A trial of bracket b is compared from ``levels[b]`` on."""
    says_until: bool = True
    """Whether ``until`` of its actions is the next level. If not, ``until`` is not checked."""
    same_again: bool = True
    """Whether a report that is delivered twice must get the same answer, and make no second entry."""
    new_trials: bool = True
    """Whether it can always start a new trial, so that `Wait` and `Done` are wrong answers to a free worker."""
    rounds: Rounds | None = None
    """The rounds of a synchronous scheduler; they replace ``quota``. It gets no reports that skip a level. None: the
    scheduler is asynchronous."""

    def __attrs_post_init__(self) -> None:
        rising = (0, *self.levels, self.max_resource)
        if not self.levels or any(low >= high for low, high in pairwise(rising)):
            raise ValueError(
                f"levels are {self.levels} and the maximum is {self.max_resource}: levels increase from 1 on and stay "
                "below the maximum, which is no level; write for example levels=(1, 3), max_resource=9"
            )
        if self.reduction_factor is not None and self.reduction_factor < 2:
            raise ValueError(
                f"reduction_factor is {self.reduction_factor}, at least 2 is needed; leave it out to use levels"
            )
        if self.rounds is not None:
            self.rounds.check(self.levels, self.kind, self.nan)

    def share(self, level: int) -> Fraction:
        """The share of the rung at a level that continues."""
        if self.reduction_factor is not None:
            return Fraction(1, self.reduction_factor)
        return Fraction(level, self.next_level(level))

    def next_level(self, resource: int, bracket: int = 0) -> int:
        """The first level of a bracket past a resource; the maximum if there is none."""
        return next((level for level in self.levels[bracket:] if level > resource), self.max_resource)
