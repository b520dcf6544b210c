"""WHEN DOES A RUN END? Its limits.

Limits belong to the session, not to the setup, so that a run can be continued with a higher limit.
"""

import math
import sys
from typing import Any

from attrs import field, frozen

from pure_hb.machine import State, too_few_trials
from pure_hb.space.domains import plain


@frozen
class Budget:
    """Limits after which no trial is given out; None: no limit. Running legs continue to the next level or the end.
    Scalars of numpy are converted.

    Raises:
        ValueError: if a limit is not positive, or the target is not finite.
    """

    max_trials: int | None = field(default=None, converter=plain)
    """The most trials to start; after that, trials are only promoted."""
    max_time: float | None = field(default=None, converter=plain)
    """Seconds of work on the run, over all its sessions."""
    max_resource_total: int | None = field(default=None, converter=plain)
    """Epochs, summed over all trials."""
    target: float | None = field(default=None, converter=plain)
    """A value of the metric: when the best value is at least as good, no trial is given out."""

    def __attrs_post_init__(self) -> None:
        for name in ("max_trials", "max_time", "max_resource_total"):
            value = getattr(self, name)
            kinds, kind = (int | float, "number") if name == "max_time" else (int, "integer")
            if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not value > 0):
                raise ValueError(f"{name} is {value!r}; it is a positive {kind}, or None for no limit")
        target = self.target
        if target is not None and not (_is_number(target) and abs(target) <= sys.float_info.max):
            raise ValueError(f"target is {target!r}; it is a value of the metric, a finite number, or None for none")

    def is_spent(self, state: State, elapsed: float) -> str | None:
        """The limit that is reached, so that no trial is given out; None if none is."""
        if self.max_time is not None and elapsed >= self.max_time:
            return f"max_time, {self.max_time:g} s"
        if self.max_resource_total is not None and state.resource_spent >= self.max_resource_total:
            return f"max_resource_total, {self.max_resource_total} epochs"
        goal, best = state.setup.goal, state.best
        if self.target is not None and best is not None and best.to_minimise <= goal.to_minimise(self.target):
            return f"target, {goal.metric} {self.target:g}: the best value is {best.value:g}, of trial {best.trial}"
        return None

    def allows_new_trials(self, state: State) -> bool:
        """Whether one more trial may be started."""
        return self.max_trials is None or state.tried.started < self.max_trials

    def doubt(self, state: State) -> str | None:
        """Why the limits are probably a mistake, and what to do; None if they are sensible."""
        if self.max_trials is None or not state.clock:
            return None if self.max_trials is None else too_few_trials(state.setup, self.max_trials)
        # only counted, so the order of the map does not matter; most trials of a long log are neither
        alive = (*state.trials.running.values(), *(state.trials[number] for number in state.broken))
        under_way = sum(trial.entry is None for trial in alive)
        entered = len(state.ladder.rungs(0)[0]) if state.setup.levels else 0
        return too_few_trials(state.setup, self.max_trials, lost=state.tried.started - entered - under_way)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def snapshot_interval(records: int | None) -> int | None:
    """After how many records a snapshot is written; None: never. Raises `ValueError` for anything else."""
    converted: int | None = plain(records)
    if converted is not None and not (isinstance(converted, int) and not isinstance(converted, bool) and converted > 0):
        raise ValueError(f"snapshot_every is {records!r}; it is a number of records, or None for never")
    return converted


def seconds_of(reading: Any) -> float:
    """The reading of a clock as a float; NaN if it is no number."""
    try:
        return float(reading)
    except (TypeError, ValueError, OverflowError):
        return math.nan
