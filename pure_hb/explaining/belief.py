"""WHAT DID THE SURROGATE PREDICT, AND WHAT WAS REPORTED? The numbers of a suggestion beside the result of its trial."""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from attrs import frozen

from pure_hb.journal import Record
from pure_hb.machine import Setup
from pure_hb.protocol import Action, Continue, Event, Fail, Figures, Report, Resume, Scored, Start, Stop

_WIDTH: Final = 1.2815515655446004
"""The 90 % quantile of the standard normal distribution: this many deviations on both sides contain 80 %."""
_MEANS: Final = ("mean", "mean score")


@frozen
class Belief:
    """What the surrogate predicted for the chosen configuration."""

    level: int
    """The level at which it was judged."""
    name: str
    """"mean", in units of the metric, or "mean score", in normal scores among the values of the level."""
    mean: float
    deviation: float

    @property
    def low(self) -> float:
        """The lower end of the 80 % interval."""
        return self.mean - _WIDTH * self.deviation

    @property
    def high(self) -> float:
        """The upper end of the 80 % interval."""
        return self.mean + _WIDTH * self.deviation


@frozen
class Outcome:
    """A prediction, and the reported value."""

    belief: Belief
    value: float | None = None
    """The value at the level of the prediction, in its units; None: the trial has no finite value there."""

    @property
    def is_inside(self) -> bool:
        """Whether the value lies inside the 80 % interval."""
        return self.value is not None and self.belief.low <= self.value <= self.belief.high


def belief_of(action: Action) -> Belief | None:
    """The prediction for the chosen configuration in the evidence of an action; None: no model chose it, or it was
    judged at several levels at once."""
    if not isinstance(action, Start | Resume):
        return None
    best = next((one for one in action.evidence if isinstance(one, Scored) and one.place == 1), None)
    if best is None:
        return None
    numbers = dict(best.numbers)
    name = next((one for one in _MEANS if one in numbers), None)
    level = numbers.get("level", _level_judged(action))
    if name is None or level is None or "deviation" not in numbers:
        return None
    return Belief(int(level), name, numbers[name], numbers["deviation"])


def _level_judged(action: Start | Resume) -> float | None:
    for one in action.evidence:
        if isinstance(one, Figures) and one.of == "level of the acquisition":
            return dict(one.numbers)["r_acq"]
    return None


def outcomes(setup: Setup, records: Iterable[Record], trials: Collection[int] | None = None) -> dict[int, Outcome]:
    """Trial -> the prediction when it was started, and the reported value. ``trials``: only for these.

    A normal score is counted as `pure_hb.surrogate.training_data` does, among the values that were known when the
    trial reported at the level; where the metric is maximised a larger score is better.
    """
    found: dict[int, Outcome] = {}
    until: dict[int, int] = {}
    rows = list[_Row]()
    wanted = {*setup.levels, setup.max_resource}
    for record in records:
        event, action = record.event, record.action
        if isinstance(action, Start) and (trials is None or action.trial in trials):
            belief = belief_of(action)
            if belief is not None:
                found[action.trial] = Outcome(belief)
        if isinstance(action, Start | Resume | Continue):
            until[action.trial] = action.until
        lost = _lost_by(event, action)
        if lost is not None and lost in until:
            rows.append(_Row(0.0, until[lost], True, lost))
        if not isinstance(event, Report) or event.resource not in wanted or not math.isfinite(event.value):
            continue
        rows.append(_Row(setup.goal.to_minimise(event.value), event.resource, False, event.trial))
        outcome = found.get(event.trial)
        if outcome is not None and outcome.belief.level == event.resource:
            score = event.value if outcome.belief.name == "mean" else setup.goal.to_minimise(_last_score(rows))
            found[event.trial] = Outcome(outcome.belief, score)
    return found


class _Row(NamedTuple):
    """What `pure_hb.surrogate.training_data.level_scores` is told of one result."""

    value: float
    level: int
    lost: bool
    trial: int


def _lost_by(event: Event, action: Action) -> int | None:
    """The trial that this event ended without a finite value."""
    if not isinstance(action, Stop):
        return None
    if isinstance(event, Fail) or (isinstance(event, Report) and not math.isfinite(event.value)):
        return event.trial
    return None


def _last_score(rows: Sequence[_Row]) -> float:
    """The normal score of the last value, to be minimised."""
    from pure_hb.surrogate.training_data import level_scores

    values, levels, lost, trials = (np.array(column) for column in zip(*rows, strict=True))
    return float(level_scores(values, levels, lost, trials)[-1])
