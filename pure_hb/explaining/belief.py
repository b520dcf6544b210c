"""WHAT DID THE SURROGATE BELIEVE, AND WHAT CAME OUT? The numbers of a suggestion beside the result of its trial."""

import math
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.machine import State
from pure_hb.protocol import Action, Figures, Resume, Scored, Start

_WIDTH: Final = 1.2815515655446004
"""The 90 % quantile of the standard normal distribution: so many deviations on both sides hold 80 %."""
_MEANS: Final = ("mean", "mean score")


@frozen
class Belief:
    """What was believed of the configuration that was chosen."""

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


def belief_of(action: Action) -> Belief | None:
    """What the action says was believed of its configuration at one level; None: no model chose it, or by several
    levels at once."""
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


def outcome_of(state: State, trial: int, belief: Belief) -> float | None:
    """What came out at that level, in the units of the belief; None: the trial has no finite value there.

    A normal score is that among the values known now at the level, counted as `pure_hb.surrogate.target_warping` does:
    for a metric that is maximised, a larger score is better.
    """
    value = dict(state.trials[trial].curve).get(belief.level)
    if value is None or not math.isfinite(value):
        return None
    if belief.name == "mean":
        return value
    from pure_hb.surrogate.target_warping import level_scores

    goal, values, levels = state.setup.goal, list[float](), list[int]()
    place = 0
    for one in state.trials:
        for resource, other in one.curve:
            if resource in (*state.setup.levels, state.setup.max_resource) and math.isfinite(other):
                place = len(values) if (one.number, resource) == (trial, belief.level) else place
                values.append(goal.to_minimise(other))
                levels.append(resource)
    return goal.to_minimise(float(level_scores(np.array(values), np.array(levels))[place]))
