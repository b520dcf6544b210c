"""PASHA: promotion under a cap on the resource, which grows while the rankings of the two highest rungs disagree.

When two successive rungs rank the trials alike, training further will hardly change the ranking, so resources are
saved. Source: Bohdal, Balles, Wistuba, Ermis, Archambeau and Zappella, "PASHA: efficient HPO and NAS with progressive
resource allocation", ICLR 2023, algorithm 1 and section 4. Where the text leaves a choice, it is that of Syne Tune.
"""

import math
from bisect import bisect_left, bisect_right

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from pure_hb.protocol import Curve, Evidence, Figures, Memory
from pure_hb.rungs.ladder import Rung, System
from pure_hb.rungs.rules.rule import ByRank, Candidate, Heard, Opinion, Pausing, Seen

_NOISY_SHARE = 0.9
"""Epsilon is this quantile of the distances of noisy pairs."""


@frozen
class Cap:
    """How far trials of one rung system may be promoted, and the noise level epsilon estimated from its curves."""

    cap: int
    """No trial is promoted from this level or above. The maximum resource: trials are promoted from every level."""
    top: int
    """The index of the higher of the two rungs that are compared, r_k; 0 if there is only one level."""
    epsilon: float = field(default=0.0, eq=repr)


@frozen
class PashaMemory(Memory):
    """The cap of each rung system."""

    caps: tuple[Cap, ...]


@frozen
class Pasha(ByRank, Pausing):
    """`Promotion` in the rungs below the cap.

    After each report the rankings of the two highest rungs up to the cap are compared. If they disagree by more than
    epsilon, the cap grows by one level. Epsilon comes from noisy pairs: of all pairs of trials that have both trained
    beyond the lower of the two rungs, those whose order changed and changed back. It is the 90% quantile of their
    distances at the last resource where both have reported.
    """

    def begin(self, systems: tuple[tuple[int, ...], ...], max_resource: int) -> PashaMemory:
        """The cap at the second level, so that the lowest two levels can be compared. With one level there is no
        cap."""
        return PashaMemory(tuple(Cap(levels[1], 1) if len(levels) > 1 else Cap(max_resource, 0) for levels in systems))

    def fits(self, memory: Memory | None, systems: tuple[tuple[int, ...], ...]) -> bool:
        """Whether the memory has a valid cap for each rung system."""
        if not isinstance(memory, PashaMemory) or len(memory.caps) != len(systems):
            return False
        return all(map(_fits, memory.caps, systems))

    def hear(self, memory: Memory | None, heard: Heard) -> Opinion:
        """Estimate epsilon again, compare the rankings, and raise the cap if they disagree."""
        assert isinstance(memory, PashaMemory)
        cap, rungs = memory.caps[heard.system], heard.rungs
        if not cap.top:
            return Opinion(memory, _of_cap(cap))
        lower, upper = rungs[cap.top - 1], rungs[cap.top]
        cap = evolve(cap, epsilon=estimated_noise(heard.curves(), lower.level, upper.level, cap.epsilon))
        settled = cap.cap == rungs[-1].next_level  # there is nothing to raise any more
        disagreement = () if settled else disagreeing(lower, upper, cap.epsilon)
        if disagreement:
            cap = _raised(cap, rungs)
        caps = tuple(cap if place == heard.system else other for place, other in enumerate(memory.caps))
        return Opinion(PashaMemory(caps), (*_of_cap(cap), *disagreement))

    def candidate(self, seen: Seen, rung: Rung) -> Candidate | None:
        """As `Promotion`, in a rung below the cap; otherwise None."""
        assert isinstance(seen.memory, PashaMemory)
        return super().candidate(seen, rung) if rung.level < seen.memory.caps[seen.system].cap else None


def _fits(cap: Cap, levels: tuple[int, ...]) -> bool:
    """Whether a cap can be one over these levels: that of the higher rung or, at the highest two, the maximum."""
    if not (0 <= cap.top < max(1, len(levels)) and 0.0 <= cap.epsilon < math.inf):
        return False
    if cap.top and cap.cap == levels[cap.top]:
        return True
    return cap.top == max(0, len(levels) - 1) and cap.cap > max(levels, default=0)


def _raised(cap: Cap, rungs: System) -> Cap:
    if cap.top + 1 < len(rungs):
        return evolve(cap, cap=rungs[cap.top + 1].level, top=cap.top + 1)
    return evolve(cap, cap=rungs[-1].next_level)


def _of_cap(cap: Cap) -> Evidence:
    return (Figures("PASHA", (("cap", float(cap.cap)), ("epsilon", cap.epsilon))),)


# ---- the noise -----------------------------------------------------------------------------------------------------


def estimated_noise(curves: tuple[Curve, ...], lower: int, upper: int, before: float) -> float:
    """Epsilon from all curves, in increasing order of trial number; ``before``, its last value, if no pair is noisy.

    A pair is compared at the highest resource above ``lower`` and up to ``upper`` where both have reported. It is noisy
    if, going back from there over the common resources, its order was once the opposite and, before that, the same
    again.
    """
    values, met = _beyond(curves, lower, upper)
    distances = [distance for row in range(len(values) - 1) for distance in _noisy(values, row, met)]
    return float(np.quantile(np.array(distances), _NOISY_SHARE)) if distances else before


def _beyond(curves: tuple[Curve, ...], lower: int, upper: int) -> tuple[NDArray[np.float64], int]:
    """One row for each trial that has reported above ``lower``, one column for each resource up to ``upper`` at which
    one of them has, NaN where it has not; and the first column above ``lower``."""
    met = [curve for curve in curves if any(lower < resource <= upper for resource, _ in curve)]
    resources = sorted({resource for curve in met for resource, _ in curve if resource <= upper})
    columns = {resource: column for column, resource in enumerate(resources)}
    values = np.full((len(met), len(resources)), np.nan)
    for row, curve in enumerate(met):
        for resource, value in curve:
            if resource <= upper:
                values[row, columns[resource]] = value
    return values, bisect_right(resources, lower)


def _noisy(values: NDArray[np.float64], row: int, first: int) -> NDArray[np.float64]:
    """The distances of the noisy pairs of one trial with all later ones, where they met last: at a column from
    ``first`` on."""
    one, others = values[row], values[row + 1 :]
    both = ~np.isnan(one) & ~np.isnan(others)
    worse = one > others
    last = _last(both[:, first:]) + first
    pairs = np.flatnonzero(last >= first)
    both, worse, last = both[pairs], worse[pairs], last[pairs]
    order = worse[np.arange(len(pairs)), last]
    places = np.arange(values.shape[1])
    other = both & (worse != order[:, None]) & (places < last[:, None])
    same = both & (worse == order[:, None]) & (places < _last(other)[:, None])
    noisy = same.any(axis=1)
    ours, theirs = one[last[noisy]], others[pairs[noisy], last[noisy]]
    with np.errstate(over="ignore"):
        distances: NDArray[np.float64] = np.minimum(np.abs(ours - theirs), np.finfo(np.float64).max)
    return distances


def _last(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The place of the last true flag of each row; -1 - (columns) or less if there is none."""
    columns = flags.shape[1]
    found: NDArray[np.intp] = columns - 1 - np.argmax(flags[:, ::-1], axis=1)
    last: NDArray[np.intp] = np.where(flags.any(axis=1), found, -1 - columns)
    return last


# ---- the rankings --------------------------------------------------------------------------------------------------


def disagreeing(lower: Rung, upper: Rung, epsilon: float) -> Evidence:
    """The first rank at which the two rungs disagree, as evidence; empty if they agree. Only trials in both rungs are
    compared. A trial may have a rank in the upper rung if its value in the lower one is within epsilon of the value of
    that rank there."""
    above = set(upper.trials)
    shared = [(value, trial) for value, trial, _ in lower.entries if trial in above]
    values, place = [value for value, _ in shared], {trial: rank for rank, (_, trial) in enumerate(shared)}
    for rank, trial in enumerate(trial for trial in upper.trials if trial in place):
        low, high = bisect_left(values, values[rank] - epsilon), bisect_right(values, values[rank] + epsilon)
        if not low <= place[trial] < high:
            both = ((f"trial at level {lower.level}", shared[rank][1]), (f"trial at level {upper.level}", trial))
            numbers = tuple((name, float(number)) for name, number in (("rank", rank), *both))
            return (Figures("rankings that disagree", numbers),)
    return ()
