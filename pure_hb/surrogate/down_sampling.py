"""WHICH OBSERVATIONS DOES THE MODEL SEE? At most ``max_size_data_for_model`` of them, chosen by level, never by value.

A Gaussian process costs O(n^3) in its n observations. Syne Tune's rule (`thinning`) keeps, from the highest level down,
all observations of the trials that reached the level, as long as there is room. The first group of trials without room
loses its lowest levels, and of the level that fits in part a uniform sample stays.

By itself this may leave no trial that was stopped at the lowest level, and the model would know good configurations
only. So here each group (the trials with the same highest level; lost trials are groups of their own) is sure of a
quarter of an equal share of the room.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.surrogate.arrays import Indices
from pure_hb.surrogate.table import ObservationTable


@frozen
class Thinning:
    """The result of `thinning`: the rows ``kept`` for certain, and how many of the rows in ``pool`` are to be ``drawn``
    at random. Row numbers increase."""

    kept: tuple[int, ...]
    pool: tuple[int, ...] = ()
    drawn: int = 0


def thinning(trial: Indices, resource: Indices, limit: int) -> Thinning:
    """Which ``limit`` of n observations to keep, given the trial and resource of each, shape (n,); all if n <=
    ``limit``.

    Raises:
        ValueError: for a limit below 1.
    """
    _check(limit)
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


def _check(limit: int) -> None:
    if limit < 1:
        raise ValueError(f"max_size_data_for_model is {limit}; give at least 1, or None for no limit")


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
    """A deterministic first pass for curves with many levels (DyHPO), before `thinning`; returns the rows that stay.

    In each of the ranges [0, 1], (1, 3], (3, 9], ... a trial keeps its value of highest resource. Other values are
    removed from the highest resource down, until ``limit`` rows are left.
    """
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


def rooms(sizes: Sequence[int], limit: int) -> tuple[int, ...]:
    """How many rows each group keeps, for groups of these sizes: min(size, a quarter of ``limit`` / groups) for
    certain; the rest of ``limit`` goes to the first groups first."""
    certain = [min(size, limit // (4 * len(sizes))) for size in sizes]
    left, found = limit - sum(certain), []
    for size, sure in zip(sizes, certain, strict=True):
        more = min(size - sure, left)
        found.append(sure + more)
        left -= more
    return tuple(found)


def _chosen(rows: ObservationTable, limit: int, draws: Draws) -> Indices:
    """The numbers of the rows that stay, increasing."""
    group_of: dict[int, tuple[int, bool]] = {}
    for trial, resource, lost in zip(rows.trial.tolist(), rows.resource.tolist(), rows.lost.tolist(), strict=True):
        highest, _ = group_of.get(trial, (0, False))
        group_of[trial] = max(highest, resource), lost > 0  # a loss is the last row of its trial
    kinds = sorted(set(group_of.values()), key=lambda kind: (-kind[0], kind[1]))
    number = {kind: place for place, kind in enumerate(kinds)}
    of_row = np.array([number[group_of[trial]] for trial in rows.trial.tolist()])
    groups = [np.flatnonzero(of_row == place) for place in range(len(kinds))]
    chosen, lot = set[int](), 0
    for group, room in zip(groups, rooms([len(one) for one in groups], limit), strict=True):
        if not room:
            continue
        rule = thinning(rows.trial[group], rows.resource[group], room)
        lots = sorted((draws.uniform(Purpose.SUBSAMPLE, lot + index), row) for index, row in enumerate(rule.pool))
        lot += len(rule.pool)
        chosen.update(group[[*rule.kept, *(row for _, row in lots[: rule.drawn])]].tolist())
    return np.array(sorted(chosen), dtype=np.intp)


def down_sample(table: ObservationTable, limit: int | None, draws: Draws, *, dense: bool = False) -> ObservationTable:
    """The table with at most ``limit`` observed rows (None: no limit). Pending rows stay, and so do the rows that
    `with_lost_above` added for lost trials, if the trial stays.

    ``dense`` applies `sparse` first. The random choice is drawn for the purpose SUBSAMPLE.

    Raises:
        ValueError: for a limit below 1.
    """
    observed = np.flatnonzero(table.own)
    if limit is None or len(observed) <= limit:
        return table
    _check(limit)
    if dense:
        observed = observed[list(sparse(table.trial[observed], table.resource[observed], limit))]
    kept = observed[_chosen(table.rows(observed), limit, draws)]
    lost = table.trial[kept[table.lost[kept] > 0]]
    rest = table.pending | (~table.own & np.isin(table.trial, lost))
    return table.rows(np.union1d(kept, np.flatnonzero(rest)))
