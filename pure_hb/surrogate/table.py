"""WHAT HAS BEEN OBSERVED? The observation table: the trials' learning curves as one row for each value.

Rows are ordered by trial, and within a trial by resource. There is one row for each value and each pending evaluation.
Nothing is averaged: trials with equal configurations keep separate rows. Values that are not finite are left out.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cached_property

import numpy as np
from attrs import evolve, frozen

from pure_hb.surrogate.arrays import Array, Indices, Mask, frozen_array
from pure_hb.surrogate.points import DataError, Points, points


class SearcherData(Enum):
    """Which values of a learning curve the surrogate sees."""

    RUNGS = "rungs"
    """Values at rung levels, also those below the trial's bracket, and at the maximum resource."""
    ALL = "all"
    """All values."""
    RUNGS_AND_LAST = "rungs_and_last"
    """Values at rung levels, and the latest value of each trial if it is not at a level."""


_Pairs = Sequence[tuple[int, float]]
"""Resources, increasing, and the values there."""
_Row = tuple[int, int, int, float, bool, int]
"""Trial, configuration, resource, value, whether it is pending, and where it was lost."""


@frozen
class TrialCurve:
    """One trial as the surrogate sees it: its number; its encoded configuration x, d floats; its values to minimise, as
    (resource, value) in increasing order of resource; and the resources that are pending, at which it will report next.
    """

    trial: int
    x: tuple[float, ...]
    curve: tuple[tuple[int, float], ...]
    pending: tuple[int, ...] = ()
    lost: int | None = None
    """The level that the trial was running to when it ended without a finite value (it failed, or reported infinity or
    NaN); None if it did not."""


@frozen(eq=False)
class ObservationTable:
    """The rows, as one array of shape (rows,) for each column. ``value`` is NaN where a row is ``pending``.

    ``lost`` is 0, except for trials that ended without a finite value: in their row it is the level where that
    happened, and the value is the worst one observed there. The rows that `with_lost_above` adds for higher levels have
    it too.
    """

    configurations: Array
    """The distinct encoded configurations, shape (N, d)."""
    trial: Indices
    configuration: Indices
    resource: Indices
    value: Array
    pending: Mask
    lost: Indices

    def __len__(self) -> int:
        return len(self.trial)

    @cached_property
    def observed(self) -> "ObservationTable":
        """The rows that are not pending: reported values, and lost rows, which count as worst."""
        return self.rows(~self.pending)

    @property
    def reported(self) -> Mask:
        """Which rows hold a value that a trial reported, shape (rows,)."""
        found: Mask = ~self.pending & (self.lost == 0)
        return found

    @cached_property
    def sound(self) -> "ObservationTable":
        """The rows that are not lost: reported values, and pending evaluations."""
        return self if not self.lost.any() else self.rows(self.lost == 0)

    @property
    def own(self) -> Mask:
        """Which rows are results of a trial, shape (rows,): a reported value, or a loss at the level where it happened.
        Rows that `with_lost_above` added are not."""
        found: Mask = ~self.pending & ((self.lost == 0) | (self.lost == self.resource))
        return found

    def points(self, chosen: Indices | Mask | slice = slice(None)) -> Points:
        """The points (x, r) of the rows, in their order: of all, or of those chosen as in `rows`."""
        x = self.configurations[self.configuration[chosen]]
        return points(x, self.resource[chosen], self.trial[chosen])

    def with_values(self, warp: Callable[[Array, Indices, Mask, Indices], Array]) -> "ObservationTable":
        """The same rows with observed values replaced by ``warp(values, resources, lost, trials)``, all of shape
        (observed,)."""
        values, seen = self.value.copy(), ~self.pending
        values[seen] = warp(self.value[seen], self.resource[seen], self.lost[seen] > 0, self.trial[seen])
        return evolve(self, value=frozen_array(values, np.float64))

    def with_lost_above(self) -> "ObservationTable":
        """The table with rows for each lost trial at all higher levels that have a value, with the worst value of the
        level.

        For models that look at one level alone: without these rows, a configuration that cannot get to a level would
        look like one that nobody has tried.
        """
        reported = self.reported
        worst = _worst_by_resource(self.resource[reported].tolist(), self.value[reported].tolist())
        more = [(row, r) for row in np.flatnonzero(self.lost > 0).tolist() for r in worst if r > self.resource[row]]
        if not more:
            return self
        source = np.array([*range(len(self)), *(row for row, _ in more)])
        resource = np.array([*self.resource.tolist(), *(r for _, r in more)])
        value = np.array([*self.value.tolist(), *(worst[r] for _, r in more)])
        order = np.lexsort((resource, source))
        return evolve(
            self.rows(source[order]),
            resource=frozen_array(resource[order], np.intp),
            value=frozen_array(value[order], np.float64),
        )

    def rows(self, chosen: Indices | Mask) -> "ObservationTable":
        """The rows of these numbers, in this order; or those of which a mask of shape (rows,) is true."""
        return evolve(
            self,
            trial=frozen_array(self.trial[chosen], np.intp),
            configuration=frozen_array(self.configuration[chosen], np.intp),
            resource=frozen_array(self.resource[chosen], np.intp),
            value=frozen_array(self.value[chosen], np.float64),
            pending=frozen_array(self.pending[chosen], np.bool_),
            lost=frozen_array(self.lost[chosen], np.intp),
        )


def observation_table(
    curves: Iterable[TrialCurve],
    *,
    levels: Sequence[int],
    max_resource: int,
    data: SearcherData = SearcherData.RUNGS,
) -> ObservationTable:
    """The table of some trials. ``levels`` are all rung levels of the scheduler; the maximum resource always counts as
    one.

    Raises:
        DataError: if configurations differ in their number of coordinates, or a level is not between 1 and the maximum.
    """
    rungs = tuple(sorted({*levels, max_resource}))
    if not 1 <= rungs[0] <= rungs[-1] <= max_resource:
        raise DataError(
            f"the levels {', '.join(map(str, rungs))} are not all between 1 and the maximum resource {max_resource}; "
            "give the rung levels and the maximum resource of one scheduler"
        )
    rows: list[_Row] = []
    numbers: dict[tuple[float, ...], int] = {}
    for one in curves:
        configuration = numbers.setdefault(one.x, len(numbers))
        seen = _chosen(one.curve, rungs, data)
        rows += [(one.trial, configuration, r, value, False, 0) for r, value in seen if math.isfinite(value)]
        rows += [(one.trial, configuration, r, math.nan, True, 0) for r in one.pending]
        rows += [(one.trial, configuration, r, math.nan, False, r) for r in (one.lost,) if r is not None]
    widths = {len(x) for x in numbers}
    if len(widths) > 1:
        raise DataError(
            f"configurations have {sorted(widths)} coordinates; all must come from one space: "
            "encode(space, configuration)"
        )
    if any(lost for *_, lost in rows):
        rows = _with_worst(rows)
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return ObservationTable(
        frozen_array(np.array(list(numbers)).reshape(len(numbers), widths.pop() if widths else 0), np.float64),
        frozen_array(columns[0], np.intp),
        frozen_array(columns[1], np.intp),
        frozen_array(columns[2], np.intp),
        frozen_array(columns[3], np.float64),
        frozen_array(columns[4], np.bool_),
        frozen_array(columns[5], np.intp),
    )


def _with_worst(rows: list[_Row]) -> list[_Row]:
    """The lost rows with the worst value of their level, or of the nearest that has one; left out if none has."""
    reported = [row for row in rows if not row[4] and not row[5]]
    worst = _worst_by_resource([row[2] for row in reported], [row[3] for row in reported])
    found = []
    for trial, configuration, resource, value, pending, lost in rows:
        if lost and not worst:
            continue
        told = worst[min(worst, key=lambda r: (abs(r - lost), r))] if lost else value
        found.append((trial, configuration, resource, told, pending, lost))
    return found


def _worst_by_resource(resources: Iterable[int], values: Iterable[float]) -> dict[int, float]:
    worst: dict[int, float] = {}
    for resource, value in zip(resources, values, strict=True):
        worst[resource] = max(worst.get(resource, value), value)
    return worst


def _chosen(curve: _Pairs, rungs: tuple[int, ...], data: SearcherData) -> _Pairs:
    """Resources and values. A report past a level it jumped to counts for the highest level it has reached."""
    if data is SearcherData.ALL:
        return sorted({min(resource, rungs[-1]): value for resource, value in reversed(curve)}.items())
    found, reached, last = [], 0, 0
    for resource, value in curve:
        place = bisect_right(rungs, resource)
        if place > reached:
            reached, last = place, resource
            found.append((rungs[place - 1], value))
    if data is SearcherData.RUNGS_AND_LAST and curve and last < curve[-1][0] and reached < len(rungs):
        found.append(curve[-1])
    return found
