"""WHICH OBSERVATIONS DOES THE MODEL SEE? At most so many: whole curves of trials that got far before anything else.

The rule is the reference system's: from the highest level down, all observations of the trials that reached it, as long
as there is room; the first group without room loses its lowest levels, and of the level that fits in part a uniform
sample stays. Values play no part.
"""

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.surrogate.arrays import Indices
from pure_hb.surrogate.table import ObservationTable


@frozen
class Thinning:
    """Rows that stay for certain, and how many of a pool are drawn; all as row numbers, increasing."""

    kept: tuple[int, ...]
    pool: tuple[int, ...] = ()
    drawn: int = 0


def thinning(trial: Indices, resource: Indices, limit: int) -> Thinning:
    """How to choose ``limit`` of n observations; all of them if there are no more.

    Raises:
        ValueError: for a limit below 1.
    """
    if limit < 1:
        raise ValueError(f"max_size_data_for_model is {limit}; give at least 1, or None for no limit")
    if len(trial) <= limit:
        return Thinning(tuple(range(len(trial))))
    kept: list[int] = []
    done: set[int] = set()
    for level in sorted(set(resource.tolist()), reverse=True):
        members = {int(one) for one in trial[resource == level]} - done
        done |= members
        group = [row for row in range(len(trial)) if int(trial[row]) in members]
        room = limit - len(kept)
        if len(group) > room:
            return _thin(group, resource, kept, room)
        kept += group
    return Thinning(tuple(sorted(kept)))


def _thin(group: list[int], resource: Indices, kept: list[int], room: int) -> Thinning:
    """Cut levels from below until the rest leaves room; then part of the level that was cut last may stay."""
    rest = group
    for low in sorted({int(resource[row]) for row in group}):
        pool = [row for row in rest if resource[row] == low]
        rest = [row for row in rest if resource[row] > low]
        if len(rest) < room:
            return Thinning(tuple(sorted(kept + rest)), tuple(pool), room - len(rest))
    return Thinning(tuple(sorted(kept)))


def sparse(trial: Indices, resource: Indices, limit: int) -> tuple[int, ...]:
    """The rows that stay of curves with many levels (DyHPO), before `thinning`: one value a trial in each of the ranges
    [0, 1], (1, 3], (3, 9], ..., the one of highest resource, until ``limit`` rows are left. No draw."""
    highest = int(resource.max()) if len(resource) else 0
    if len(trial) <= limit or highest <= 1:
        return tuple(range(len(trial)))
    edges = [1]
    while edges[-1] * 3 < highest:
        edges.append(edges[-1] * 3)
    edges.append(highest)
    order = sorted(range(len(trial)), key=lambda row: (-int(resource[row]), -int(trial[row])))
    occupied: set[tuple[int, int]] = set()
    surplus, kept = len(trial) - limit, []
    for row in order:
        place = int(trial[row]), int(np.searchsorted(edges, resource[row]))
        if surplus and place in occupied:
            surplus -= 1
            continue
        occupied.add(place)
        kept.append(row)
    return tuple(sorted(kept))


def down_sample(table: ObservationTable, limit: int | None, draws: Draws, *, dense: bool = False) -> ObservationTable:
    """The table with at most ``limit`` observed rows; pending ones stay. ``dense``: with `sparse` first."""
    observed = np.flatnonzero(table.own)
    if limit is None or len(observed) <= limit:
        return table
    if dense:
        observed = observed[list(sparse(table.trial[observed], table.resource[observed], limit))]
    rule = thinning(table.trial[observed], table.resource[observed], limit)
    lots = sorted((draws.uniform(Purpose.SUBSAMPLE, index), row) for index, row in enumerate(rule.pool))
    chosen = {*rule.kept, *(row for _, row in lots[: rule.drawn])}
    kept = observed[sorted(chosen)]
    lost = table.trial[kept[table.lost[kept] > 0]]
    rest = table.pending | (~table.own & np.isin(table.trial, lost))
    return table.rows(np.union1d(kept, np.flatnonzero(rest)))
