"""WHICH PARAMETERS FIT BEST? Those that minimise the negative log likelihood plus the prior terms (maximum a
posteriori), found by L-BFGS-B from several starts.

The optimiser works on internal coordinates (logarithms of positive parameters) inside their bounds. The starts are:

1. the last fitted parameters, with ``opt_warmstart``;
2. the initial values;
3. the best end point so far, with little noise and every coordinate made relevant again: the typical local optima of
   these likelihoods explain the data by noise, or by too few coordinates;
4. the initial values, with all that is seen taken for noise: from there a fit takes up the coordinates that explain
   most, and finds optima that it passes by where it explains everything from the first step on;
5. further starts, chosen from many: random normal perturbations of the initial values, every other one changed as in
   3, beginning with the first. There are four for each such start. All get a few evaluations, and the lowest go on,
   since where data have several optima, a random start rarely leads to the best.

The best point of all evaluations is returned. scipy is imported at the first fit.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.surrogate.arrays import Array, SingularError
from pure_hb.surrogate.models.model import Evaluation, Model
from pure_hb.surrogate.parameters import Parameters, Specification
from pure_hb.surrogate.points import Inputs, Observations
from pure_hb.threads import one_thread

_CORRECTIONS: Final = 30
"""How many steps the optimiser remembers: with so few coordinates, nearly all of the curvature."""
_PATIENCE, _HOPELESS = 24, 10.0
"""After so many evaluations, or one a coordinate, a further start that is so far behind another is given up; twice as
far one evaluation earlier, and so on."""
_FAR = 1000
"""Earlier than by so many evaluations, it makes no difference: the factor would be beyond what floats can be."""
_LOOKS, _SAME = 3, 0.2
"""Every so many evaluations it is asked whether a start arrives, to within so much, where another has ended."""
_KNOWN: Final = 3
"""The number of starts that need neither the last parameters nor random numbers."""
_PERTURBED, _GLANCE = 4, 6
"""For each further start, so many perturbed ones get so many evaluations."""
_WALL = 1e3
"""How far above the best value a singular matrix is said to be, as a multiple of it."""

Objective = Callable[[Array], tuple[float, Array]]
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
    """The number of starts, the warm one included, at least 1."""
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


@frozen
class Fit:
    """The result of a fit: the parameters, the objective there (negative log likelihood plus prior terms), and the
    outcome of each start."""

    parameters: Parameters
    objective: float
    jitter: float
    """What was added to the diagonal of the covariance at the best point, in squared target units; 0 if nothing."""
    starts: tuple[Start, ...]
    """The outcomes of the starts, and after them those of the perturbed ones among which the further starts were
    chosen."""

    @property
    def evaluations(self) -> int:
        """The number of evaluations of the objective, over all starts."""
        return sum(start.evaluations for start in self.starts)


def objective(model: Model, inputs: Inputs, data: Observations) -> Objective:
    """The function that `fit` minimises: from internal coordinates, shape (size,), to negative log likelihood plus
    prior terms (nats), and its gradient.

    Raises:
        DataError: if the model cannot take the data.
    """
    evaluate = with_priors(model.specification(inputs), model.likelihood(inputs, data))
    return lambda vector: evaluate(vector)[:2]


def with_priors(specification: Specification, likelihood: Callable[..., Evaluation]) -> Evaluate:
    """From a likelihood in natural units to the objective in internal coordinates: value with the prior terms, gradient
    and jitter."""

    def evaluate(vector: Array) -> tuple[float, Array, float]:
        natural = specification.natural(vector)
        found = likelihood(specification.split(natural))
        penalty, of_priors = specification.penalty(natural)
        gradient = specification.chained(natural, specification.joined(found.gradient) + of_priors)
        return found.value + penalty, gradient, found.jitter

    return evaluate


@one_thread
def fit(
    model: Model,
    inputs: Inputs,
    data: Observations,
    *,
    draws: Draws,
    options: FitOptions = FitOptions(),  # immutable
    last: Parameters | None = None,
) -> Fit:
    """The best parameters for one column of targets. ``last`` are the parameters of the fit before, for
    ``opt_warmstart``; random starts are drawn for the purpose RESTARTS. Runs on one thread.

    Raises:
        DataError: if the model cannot take the data.
        SingularError: if the covariance is singular at every start.
    """
    specification = model.specification(inputs)
    evaluate = with_priors(specification, model.likelihood(inputs, data))
    first = specification.to_vector(specification.initial.as_arrays())
    found: list[Descent] = []
    if last is not None and options.opt_warmstart:
        warm = specification.to_vector(last.as_arrays())
        found.append(descend(evaluate, specification, warm, options, most=options.opt_warm_evaluations))
    left = options.opt_nstarts - len(found)
    for begin in islice(_known_begins(specification, first, found), left):
        rival = _lowest(found).start.objective if found else math.inf
        found.append(descend(evaluate, specification, begin, options, rival=rival))
    further = max(left - _KNOWN, 0)
    begins = _perturbed(specification, first, draws, _PERTURBED * further)
    glances = [descend(evaluate, specification, begin, options, most=_GLANCE) for begin in begins]
    for glance in sorted(glances, key=lambda one: one.start.objective)[:further]:
        rival = _lowest(found).start.objective
        found.append(descend(evaluate, specification, glance.vector, options, rival=rival))
    return _best(specification, found + glances)


def _known_begins(specification: Specification, first: Array, found: Sequence["Descent"]) -> Iterator[Array]:
    """Starts 2 to 4; ``found`` grows meanwhile."""
    yield first
    yield specification.again(_lowest(found).vector)
    yield specification.opposite(first)


def _perturbed(specification: Specification, first: Array, draws: Draws, count: int) -> Iterator[Array]:
    for attempt in range(_KNOWN, _KNOWN + count):
        begin = first + _normals(specification.size, draws, attempt)
        yield specification.again(begin) if attempt % 2 else begin


def fitted_at(model: Model, inputs: Inputs, data: Observations, parameters: Parameters) -> Fit:
    """The `Fit` of given parameters, with objective and jitter evaluated there and without any start.

    Raises:
        DataError: if the model cannot take the data.
        SingularError: if the covariance is singular at these parameters.
    """
    specification = model.specification(inputs)
    evaluate = with_priors(specification, model.likelihood(inputs, data))
    value, _, jitter = evaluate(specification.to_vector(parameters.as_arrays()))
    return Fit(parameters, value, jitter, ())


def _best(specification: Specification, found: Sequence["Descent"]) -> Fit:
    best = _lowest(found)
    if not np.isfinite(best.start.objective):
        raise SingularError(f"no start of the fit could be evaluated; the first one said: {found[0].start.message}")
    starts = tuple(one.start for one in found)
    return Fit(specification.to_parameters(best.vector), best.start.objective, best.jitter, starts)


def _lowest(found: Sequence["Descent"]) -> "Descent":
    return min(found, key=lambda one: one.start.objective)


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


def _normals(count: int, draws: Draws, attempt: int) -> Array:
    from scipy.special import ndtri

    uniform = np.array([draws.uniform(Purpose.RESTARTS, index, attempt) for index in range(count)])
    return np.asarray(ndtri(np.clip(uniform, 2.0**-54, None)), dtype=np.float64)
