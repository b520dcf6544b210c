"""WHAT DOES A RECORDED CURVE SAY? `Table`: learning curves, and their answer to any configuration."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pure_hb.machine import Goal, Minimize
from pure_hb.problems import Answer
from pure_hb.space import Space, Value, size
from pure_hb.tables.encoding import coordinates, key, natural_number
from pure_hb.tables.errors import TableError
from pure_hb.tables.faults import number_faults, shape_faults

Array = NDArray[np.float64]


def frozen_numbers(given: Any) -> Array:
    """Numbers as an array of floats that cannot be changed."""
    array = np.array(given, dtype=np.float64)
    array.setflags(write=False)
    return array


@frozen(eq=False, repr=False)
class Table:
    """Recorded learning curves of n configurations over the resources 1 to R.

    Raises:
        TableError: if shapes do not fit, or a number is outside its range.
    """

    name: str
    """The name of the table, for display."""
    space: Space
    """`Float`, `Int`, `Choice`, `Ordinal` and `Finite` parameters, in the order of the columns of ``configs``."""
    goal: Goal
    """The metric, and whether it is minimised or maximised."""
    configs: Array = field(converter=frozen_numbers)
    """Shape (n, d), in natural units. A choice or an ordinal stands as the index of its value, from 0 on."""
    values: Array = field(converter=frozen_numbers)
    """Shape (n, R): the metric after resource 1, ..., R. NaN: training diverged, or nothing was recorded."""
    seconds: Array = field(converter=frozen_numbers)
    """Shape (n, R): seconds from the start of training to the end of resource 1, ..., R."""
    exact: bool = field(default=False, kw_only=True)
    """Whether only configurations that have a row are answered. Otherwise the nearest row answers for the others."""
    _rows: dict[tuple[float, ...], int] = field(factory=dict, init=False)
    """What `row` has answered already."""

    def __attrs_post_init__(self) -> None:
        found = shape_faults(self) or number_faults(self)
        if found:
            raise TableError(f"The table {self.name} cannot be used.\n" + "\n".join(f"  {fault}" for fault in found))

    def __repr__(self) -> str:
        rows, parameters = self.configs.shape
        return f"<table {self.name}: {rows} configurations of {parameters} parameters, {self.max_resource} resources>"

    @property
    def max_resource(self) -> int:
        """R, the last resource that was recorded."""
        return int(self.values.shape[1])

    # ---- answers ---------------------------------------------------------------------------------------------------

    def row(self, config: Mapping[str, Value]) -> int:
        """The index, from 0 on, of the row that answers for a configuration: the first row with an equal configuration,
        else the nearest row (the first of several that are equally near). In an exact table a configuration without a
        row is an error.

        A number outside its range counts as the border of the range. Names that the table does not have are ignored.

        Raises:
            TableError: if a parameter is missing, a number has another type, a value is not in the list of a choice or
                an ordinal, or an exact table has no row for the configuration.
        """
        natural = tuple([natural_number(name, domain, config) for name, domain in self.space.domains])
        known = self._rows.get(natural)
        if known is None:
            known = self._rows[natural] = self._find(natural, config)
        return known

    def _find(self, natural: tuple[float, ...], config: Mapping[str, Value]) -> int:
        own_key = key(self.space, natural)
        own_row = None if own_key is None else self._keys.get(own_key)
        if own_row is not None:
            return own_row
        if self.exact:
            asked = {name: config[name] for name, _ in self.space.domains}
            count, total = len(self._keys), size(self.space)
            of_all = f" of the {total} configurations of its space" if total is not None else " configurations"
            raise TableError(f"the exact table {self.name} has no row for {asked!r}; it has {count}{of_all}")
        gaps = self._codes - np.array(coordinates(self.space, natural))
        return int(np.argmin((gaps * gaps).sum(axis=1)))

    def value(self, row: int, resource: int) -> float:
        """The metric of a row after a resource of 1 to R, with its own sign; NaN where training had diverged.

        Raises:
            TableError: for a row or a resource that the table does not have.
        """
        self._check(row, resource, 1)
        return float(self.values[row, resource - 1])

    def elapsed(self, row: int, resource: int) -> float:
        """Seconds from the start of training to the end of a resource of 0 (no time has passed) to R.

        Raises:
            TableError: for a row or a resource that the table does not have.
        """
        self._check(row, resource, 0)
        return float(self.seconds[row, resource - 1]) if resource else 0.0

    def answer(self, config: Mapping[str, Value], resource: int) -> Answer:
        """Metric and seconds of the row that answers for a configuration, after a resource of 1 to R.

        Raises:
            TableError: as `row`, and for a resource that the table does not have.
        """
        row = self.row(config)
        return Answer(self.value(row, resource), self.elapsed(row, resource))

    def _check(self, row: int, resource: int, lowest: int) -> None:
        if not (0 <= row < len(self.configs) and lowest <= resource <= self.max_resource):
            limits = f"rows 0 to {len(self.configs) - 1}, resources {lowest} to {self.max_resource}"
            raise TableError(f"the table {self.name} has no row {row} at resource {resource}; it has {limits}")

    # ---- how good is a value? --------------------------------------------------------------------------------------

    @property
    def best(self) -> float:
        """The best finite value of any row at any resource, with the sign of the metric."""
        return self.goal.to_minimise(self._scale[0])

    @property
    def median(self) -> float:
        """The median over rows of the value at R, with the sign of the metric. A value that is not finite counts as
        `worst`."""
        return self.goal.to_minimise(self._scale[1])

    @property
    def worst(self) -> float:
        """The worst finite value of any row at any resource, with the sign of the metric."""
        return self.goal.to_minimise(self._scale[2])

    def regret(self, value: float) -> float:
        """The normalised regret (value - best) / (median - best) of a value of the metric: 0 is the best of the table,
        1 a median configuration trained to R. If median and best are equal, every worse value has infinite regret.
        """
        best, median, _ = self._scale
        gap = self.goal.to_minimise(value) - best
        if median == best:
            return gap * math.inf if gap else 0.0
        return gap / (median - best)

    @cached_property
    def _scale(self) -> tuple[float, float, float]:
        """Best, median final and worst value, to be minimised."""
        signed = self.values if isinstance(self.goal, Minimize) else -self.values
        finite, finals = signed[np.isfinite(signed)], signed[:, -1]
        worst = float(finite.max())
        return float(finite.min()), float(np.median(np.where(np.isfinite(finals), finals, worst))), worst

    @cached_property
    def _keys(self) -> dict[str, int]:
        """Match key -> the first row that has it."""
        found: dict[str, int] = {}
        for row, natural in enumerate(self.configs.tolist()):
            own_key = key(self.space, tuple(natural))
            if own_key is not None:
                found.setdefault(own_key, row)
        return found

    @cached_property
    def _codes(self) -> Array:
        """All rows in the unit cube."""
        return np.array([coordinates(self.space, tuple(row)) for row in self.configs.tolist()])
