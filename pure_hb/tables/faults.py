"""WHAT CAN BE WRONG WITH A TABLE? Its shapes, and its numbers."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pure_hb.space import Choice, Domain, Finite, Float, Int, Ordinal
from pure_hb.tables.encoding import on_grid

if TYPE_CHECKING:
    from pure_hb.tables.table import Table

Array = NDArray[np.float64]


def shape_faults(table: "Table") -> list[str]:
    """What is wrong with the domains and the shapes of the arrays."""
    others = [name for name, domain in table.space.domains if not _fits(domain)]
    if others:
        known = "a Float, an Int, a Choice, an Ordinal or a Finite, without reverse_log"
        return [f"{', '.join(others)}: a parameter of a table is {known}"]
    width = len(table.space.domains)
    configs, values, seconds = table.configs.shape, table.values.shape, table.seconds.shape
    if len(configs) != 2 or configs[0] < 1 or configs[1] != width:
        return [f"configs has shape {configs}; for {width} parameters it is (n, {width}), n >= 1"]
    if len(values) != 2 or values[0] != configs[0] or values[1] < 1:
        return [f"metric has shape {values}; for {configs[0]} configurations it is ({configs[0]}, R), R >= 1"]
    return [] if seconds == values else [f"elapsed has shape {seconds}; it is that of metric, {values}"]


def _fits(domain: Domain) -> bool:
    return isinstance(domain, Int | Choice | Ordinal | Finite) or (isinstance(domain, Float) and not domain.reverse_log)


def number_faults(table: "Table") -> list[str]:
    """What is wrong with the numbers, where the shapes fit."""
    columns = zip(table.space.domains, table.configs.T, strict=True)
    found = [fault for (name, domain), column in columns for fault in _column_faults(name, domain, column)]
    if not np.isfinite(table.values).any():
        found.append("metric has no finite value; at least one is needed")
    sound = np.isfinite(table.seconds) & (np.diff(table.seconds, axis=1, prepend=0.0) >= 0.0)
    for row, place in np.argwhere(~sound)[:1].tolist():
        seconds = float(table.seconds[row, place])
        found.append(f"elapsed is {seconds!r} in row {row} at resource {place + 1}; it is finite and never falls")
    return found


def _column_faults(name: str, domain: Domain, column: Array) -> list[str]:
    if isinstance(domain, Choice | Ordinal):
        sound, limit = np.isin(column, np.arange(len(domain.values))), f"an index from 0 to {len(domain.values) - 1}"
    elif isinstance(domain, Finite):
        sound, limit = np.array([on_grid(domain, number) for number in column.tolist()]), f"a value of {domain!r}"
    else:
        sound, limit = np.isfinite(column), "a finite number"
    bad = np.flatnonzero(~sound)[:1]
    return [f"{name} is {float(column[row])!r} in row {row} of configs; it is {limit}" for row in bad]
