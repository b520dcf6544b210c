"""WHICH PARAMETERS FIT BEST? The smallest of negative log likelihood plus prior terms, by L-BFGS-B from some starts.

The optimiser works on internal coordinates inside their bounds. What is returned is the best point seen at any
evaluation. A start that runs into a singular matrix ends there with the best it has seen. scipy is imported at the
first fit.
"""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.linear_algebra import SingularError
from pure_hb.surrogate.models.model import Evaluation, Model, Observations
from pure_hb.surrogate.parameters import Parameters, Specification
from pure_hb.surrogate.points import Inputs

Objective = Callable[[Array], tuple[float, Array]]


@frozen
class FitOptions:
    """How long and from where."""

    opt_maxiter: int = 50
    """Iterations of each start, at least 1."""
    opt_nstarts: int = 2
    """Starts: the initial values (or the last parameters), then perturbed ones. At least 1."""
    opt_warmstart: bool = False
    """Whether the first start is the last parameters, if there are any."""
    tolerance: float = 1e-6
    """A start ends when an iteration gains less than this share of the objective, or no projected gradient is
    larger."""


@frozen
class Start:
    """What became of one start."""

    objective: float
    """The smallest value seen; infinite if the first evaluation failed."""
    evaluations: int
    message: str


@frozen
class Fit:
    """The parameters found, what they reach, and how."""

    parameters: Parameters
    objective: float
    jitter: float
    """What the best point had to have added to its diagonal."""
    starts: tuple[Start, ...]

    @property
    def evaluations(self) -> int:
        """Evaluations of the objective in all."""
        return sum(start.evaluations for start in self.starts)


def objective(model: Model, inputs: Inputs, data: Observations) -> Objective:
    """Negative log likelihood plus prior terms as a function of the internal coordinates, with its gradient."""
    evaluate = with_priors(model.specification(inputs), model.likelihood(inputs, data))
    return lambda vector: evaluate(vector)[:2]


def with_priors(
    specification: Specification, likelihood: Callable[..., Evaluation]
) -> Callable[[Array], tuple[float, Array, float]]:
    """The objective, its gradient and the jitter."""

    def evaluate(vector: Array) -> tuple[float, Array, float]:
        values = specification.to_values(vector)
        found = likelihood(values)
        penalty, gradient = specification.penalty(values)
        for name in gradient:
            gradient[name] = gradient[name] + found.gradient[name]
        return found.value + penalty, specification.chain(values, gradient), found.jitter

    return evaluate


def fit(
    model: Model,
    inputs: Inputs,
    data: Observations,
    *,
    draws: Draws,
    options: FitOptions = FitOptions(),  # immutable
    last: Parameters | None = None,
) -> Fit:
    """Fit a model.

    Raises:
        DataError: if the model cannot take the data.
        SingularError: if the covariance is singular at every start.
    """
    specification = model.specification(inputs)
    evaluate = with_priors(specification, model.likelihood(inputs, data))
    starts = starting_points(specification, options, draws, last)
    found = [_descend(evaluate, specification, vector, options) for vector in starts]
    best = min(found, key=lambda one: one[0].objective)
    if not np.isfinite(best[0].objective):
        raise SingularError(f"no start of the fit could be evaluated; the first said: {best[0].message}")
    return Fit(specification.to_parameters(best[1]), best[0].objective, best[2], tuple(start for start, _, _ in found))


def starting_points(
    specification: Specification, options: FitOptions, draws: Draws, last: Parameters | None
) -> Sequence[Array]:
    """Internal coordinates of all starts."""
    lower, upper = specification.bounds
    warm = last is not None and options.opt_warmstart
    first = specification.to_vector((last if warm and last is not None else specification.initial).as_arrays())
    first = np.clip(first, lower, upper)
    points = [first]
    for start in range(1, options.opt_nstarts):
        noise = _normals(specification.size, draws, attempt=start)
        points.append(np.clip(first + noise, lower, upper))
    return points


def _descend(
    evaluate: Callable[[Array], tuple[float, Array, float]],
    specification: Specification,
    start: Array,
    options: FitOptions,
) -> tuple[Start, Array, float]:
    from scipy.optimize import minimize

    best_value, best_vector, best_jitter, count = np.inf, start, 0.0, 0

    def counted(vector: Array) -> tuple[float, Array]:
        nonlocal best_value, best_vector, best_jitter, count
        count += 1
        value, gradient, jitter = evaluate(vector)
        if value < best_value:
            best_value, best_vector, best_jitter = value, vector.copy(), jitter
        return value, gradient

    lower, upper = specification.bounds
    try:
        result = minimize(
            counted,
            start,
            method="L-BFGS-B",
            jac=True,
            bounds=list(zip(lower.tolist(), upper.tolist(), strict=True)),
            options={"maxiter": options.opt_maxiter, "ftol": options.tolerance, "gtol": options.tolerance},
        )
        message = str(result.message)
    except SingularError as error:
        message = str(error)
    return Start(float(best_value), count, message), best_vector, best_jitter


def _normals(count: int, draws: Draws, attempt: int) -> Array:
    from scipy.special import ndtri

    uniform = np.array([draws.uniform(Purpose.RESTARTS, index, attempt) for index in range(count)])
    return np.asarray(ndtri(np.clip(uniform, 2.0**-54, None)), dtype=np.float64)
