"""HOW DOES A FIT GO DOWN FROM ONE START? By L-BFGS-B on internal coordinates (logarithms of positive parameters) inside
their bounds, until it arrives, or there is no point in going on. scipy is imported at the first one.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, SingularError
from pure_hb.surrogate.parameters import Specification

_CORRECTIONS: Final = 30
"""How many steps the optimiser remembers: with so few coordinates, nearly all of the curvature."""
_PATIENCE, _HOPELESS = 24, 10.0
"""After so many evaluations, or one a coordinate, a further start that is so far behind another is given up; twice as
far one evaluation earlier, and so on."""
_FAR = 1000
"""Earlier than by so many evaluations, it makes no difference: the factor would be beyond what floats can be."""
_LOOKS, _SAME = 3, 0.2
"""Every so many evaluations it is asked whether a start arrives, to within so much, where another has ended."""
_WALL = 1e3
"""How far above the best value a singular matrix is said to be, as a multiple of it."""

Evaluate = Callable[[Array], tuple[float, Array, float]]
"""From internal coordinates, shape (size,), to the objective, its gradient, and the jitter that was added."""


@frozen
class FitOptions:
    """How long the optimiser works, and from where it starts.

    Raises:
        ValueError: for a count below 1, or a tolerance that is not positive.
    """

    opt_maxiter: int = 50
    """The most L-BFGS-B iterations of each start, at least 1."""
    opt_nstarts: int = 2
    """The number of starts, the warm one included, at least 1. A fit has fewer where no neighbour of an optimum is left
    to look at."""
    opt_warmstart: bool = False
    """Whether the first start is the last fitted parameters, if there are any. It takes at most
    ``opt_warm_evaluations`` evaluations."""
    opt_warm_evaluations: int = 15
    tolerance: float = 1e-6
    """A start ends when an iteration improves the objective by less than this share of it, or when every entry of the
    projected gradient is smaller than this."""

    def __attrs_post_init__(self) -> None:
        for name in ("opt_maxiter", "opt_nstarts", "opt_warm_evaluations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least 1")
        if not self.tolerance > 0.0:
            raise ValueError(f"tolerance is {self.tolerance}; give a small positive number, such as 1e-6")


@frozen
class Start:
    """The outcome of one start of the optimiser; ``message`` says why it ended."""

    objective: float
    """The smallest value seen; infinite if the first evaluation failed."""
    evaluations: int
    message: str


class _EnoughError(Exception):
    """No more evaluations for this start; the message says why."""


@frozen(eq=False)
class Descent:
    """One start: its outcome, its best point in internal coordinates, and the jitter there."""

    start: Start
    vector: Array
    jitter: float


class _Watched:
    """The objective of one descent as the optimiser sees it: scaled, counted, and ended when there is no point in going
    on. It keeps the best point seen."""

    def __init__(self, evaluate: Evaluate, steps: Array, most: float, rival: float) -> None:
        self.evaluate, self.steps, self.most, self.rival = evaluate, steps, most, rival
        self.count, self.value, self.vector, self.jitter = 0, math.inf, steps, 0.0
        self.patience = max(_PATIENCE, len(steps))
        self.checkpoint = math.inf  # the best value at the last look at the rival

    def __call__(self, scaled: Array) -> tuple[float, Array]:
        self._end_if_enough()
        self.count += 1
        vector = scaled * self.steps
        try:
            value, gradient, jitter = self.evaluate(vector)
        except SingularError:
            if self.count == 1:
                raise
            return self.value + _WALL * max(1.0, abs(self.value)), np.zeros_like(scaled)
        if value < self.value:
            self.value, self.vector, self.jitter = value, vector, jitter
        return value, gradient * self.steps

    def _end_if_enough(self) -> None:
        if self.count >= self.most:
            raise _EnoughError(f"ended after {self.count} evaluations")
        behind, left = self.value - self.rival, self.patience - self.count
        if left >= 0 and self.count and behind > _HOPELESS * 2.0 ** min(left, _FAR):
            raise _EnoughError(f"given up after {self.count} evaluations, {behind:.3g} behind another start")
        if left > 0 or left % _LOOKS != 0:
            return
        gained, self.checkpoint = self.checkpoint - self.value, self.value
        if 0.0 <= behind < _SAME and gained < _SAME:
            raise _EnoughError(f"ended after {self.count} evaluations, where another start had ended")


def descend(
    evaluate: Evaluate,
    specification: Specification,
    begin: Array,
    options: FitOptions,
    *,
    most: float = math.inf,
    rival: float = math.inf,
) -> Descent:
    """Minimise from the point ``begin``, clipped to the bounds, in at most ``most`` evaluations.

    ``rival`` is the best objective of the earlier starts. This start is given up when it is still far above that after
    about one evaluation for each coordinate, or when it converges to the same value. A singular matrix on the way
    counts as a large value, from which the line search steps back; a singular matrix at ``begin`` ends the start.
    """
    from scipy.optimize import minimize

    (lower, upper), steps = specification.bounds, specification.steps
    watched = _Watched(evaluate, steps, most, rival)
    try:
        result = minimize(
            watched,
            np.clip(begin, lower, upper) / steps,
            method="L-BFGS-B",
            jac=True,
            bounds=list(zip((lower / steps).tolist(), (upper / steps).tolist(), strict=True)),
            options={
                "maxiter": options.opt_maxiter,
                "maxcor": _CORRECTIONS,
                "ftol": options.tolerance,
                "gtol": options.tolerance,
            },
        )
        message = str(result.message)
    except (SingularError, _EnoughError) as error:
        message = str(error)
    return Descent(Start(float(watched.value), watched.count, message), watched.vector, watched.jitter)


def lowest(found: Sequence[Descent]) -> Descent:
    """The descent that ended lowest, the first of equal ones."""
    return min(found, key=lambda one: one.start.objective)
