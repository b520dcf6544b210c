"""HOW FAR COULD EARLY RESULTS AND SURROGATES BE TRUSTED? Rungs compared with final values, intervals with reported
values, and trials that were stopped too early.

- *Recall*: of the trials that have values at a level and at the maximum, how many of the best k at the end were among
  the best k at the level. Without a table, only trials that were trained to the end count. The stopped ones would often
  have been worse, so the recall then looks lower than it is.
- *Order*: the share of pairs of these trials whose order at the level is that at the end.
- *Coverage*: how often the reported value lay inside the 80 % interval of the surrogate; for a calibrated one it is 80
%.
- *Regret*: how much better than the best found value the stopped or paused trials would have become, by a table.
"""

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.explaining.belief import outcomes
from pure_hb.explaining.story import Story
from pure_hb.journal import fold
from pure_hb.machine import State, Trial
from pure_hb.tables import Table

SHARE: Final = 1.0 / 3.0
"""k is this share of the trials compared, at least 1."""
_MOST_PAIRS: Final = 1000
"""The order is computed from at most this many trials, the first ones."""


@frozen
class OfLevel:
    """How a level ranked the trials, compared with the end."""

    level: int
    trials: int
    """The number of trials with values at both."""
    best: int
    """k, the number of best trials that are compared."""
    recall: float | None
    """The share of the best k at the end that are among the best k at the level; None with fewer than two trials."""
    ordered: float | None
    """The share of pairs with the same order at both; None if there is no pair with an order."""


@frozen
class Coverage:
    """How often a reported value lay inside the 80 % interval that the surrogate predicted."""

    level: int
    """The level at which configurations were judged."""
    suggestions: int
    """The number of suggestions whose outcome is known."""
    inside: int


@frozen
class Regret:
    """The final values of stopped and paused trials, by a table, in units of the metric."""

    trials: int
    """The number of trials that were not trained to the end."""
    better: int
    """The number of them that would have ended better than the best trial of the run."""
    best_found: float
    best_missed: float | None
    """The best final value among them; None: none is finite."""


@frozen
class Calibration:
    """The answer of `calibration`."""

    levels: tuple[OfLevel, ...]
    coverage: tuple[Coverage, ...]
    regret: Regret | None
    """None without a table, or without any result."""
    by_table: bool
    """Whether a table gave the final values of all trials."""


def calibration(story: Story, table: Table | None = None) -> Calibration:
    """How far the early results and the surrogate of a run could be trusted.

    Raises:
        ReplayError: if a record cannot follow the records before it.
        TableError: if the table has no answer for a configuration.
    """
    state = fold(story.setup, ((one.event, one.action) for one in story.records))
    ends = {trial.number: _end(state, trial, table) for trial in state.trials if not trial.observed}
    levels = tuple(_of_level(state, level, ends) for level in state.setup.levels)
    return Calibration(levels, _coverage(story), _regret(state, ends, table), table is not None)


def _end(state: State, trial: Trial, table: Table | None) -> float | None:
    """The value at the maximum, to be minimised; infinite if training diverged; None if it is unknown."""
    maximum = state.setup.max_resource
    value = dict(trial.curve).get(maximum)
    if value is None and table is not None:
        value = table.value(table.row(trial.config), maximum)
    if value is None:
        return None
    return state.setup.goal.to_minimise(value) if math.isfinite(value) else math.inf


def _of_level(state: State, level: int, ends: dict[int, float | None]) -> OfLevel:
    early, late = list[float](), list[float]()
    for trial in state.trials:
        value, end = dict(trial.curve).get(level), ends.get(trial.number)
        if value is not None and end is not None and math.isfinite(value):
            early.append(state.setup.goal.to_minimise(value))
            late.append(end)
    count = len(early)
    k = max(1, round(count * SHARE))
    if count < 2:
        return OfLevel(level, count, min(k, count), None, None)
    best = [set(np.argsort(np.array(values), kind="stable")[:k].tolist()) for values in (early, late)]
    pairs = [
        (early[i] < early[j]) == (late[i] < late[j])
        for i, j in combinations(range(min(count, _MOST_PAIRS)), 2)
        if early[i] != early[j] and late[i] != late[j]
    ]
    return OfLevel(level, count, k, len(best[0] & best[1]) / k, sum(pairs) / len(pairs) if pairs else None)


def _coverage(story: Story) -> tuple[Coverage, ...]:
    counts: dict[int, list[bool]] = {}
    for outcome in outcomes(story.setup, story.records).values():
        if outcome.value is not None:
            counts.setdefault(outcome.belief.level, []).append(outcome.is_inside)
    return tuple(Coverage(level, len(found), sum(found)) for level, found in sorted(counts.items()))


def _regret(state: State, ends: dict[int, float | None], table: Table | None) -> Regret | None:
    if table is None or state.best is None:
        return None
    to_minimise = state.setup.goal.to_minimise
    short = [trial.number for trial in state.trials if not trial.observed and trial.highest < state.setup.max_resource]
    missed = [end for number in short if (end := ends[number]) is not None and math.isfinite(end)]
    better = sum(end < state.best.to_minimise for end in missed)
    return Regret(len(short), better, state.best.value, to_minimise(min(missed)) if missed else None)


def in_words(found: Calibration) -> Iterator[str]:
    """The results about the surrogate and about stopped trials, in sentences; those about levels are for a table."""
    for one in found.coverage:
        yield (
            f"The surrogate at level {one.level}: {one.inside} of {one.suggestions} outcomes "
            f"({one.inside / one.suggestions:.0%}) lay inside its 80 % interval."
        )
    regret = found.regret
    if regret is not None:
        yield (
            f"Of {regret.trials} trials that were not trained to the end, {regret.better} would have ended better than "
            f"{regret.best_found:.6g}, the best that was found."
        )
        if regret.best_missed is not None:
            yield f"The best of them would have ended with {regret.best_missed:.6g}."
