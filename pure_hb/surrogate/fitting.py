"""WHICH PARAMETERS FIT BEST? Those that minimise the negative log likelihood plus the prior terms (maximum a
posteriori): the best point of all descents (`pure_hb.surrogate.descents`) from several starts
(`pure_hb.surrogate.starts`).
"""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.surrogate.arrays import Array, SingularError
from pure_hb.surrogate.descents import Descent, Evaluate, FitOptions, Start, lowest
from pure_hb.surrogate.models.model import Evaluation, Model
from pure_hb.surrogate.parameters import Parameters, Specification
from pure_hb.surrogate.points import Inputs, Observations
from pure_hb.surrogate.starts import descents
from pure_hb.threads import one_thread

Objective = Callable[[Array], tuple[float, Array]]


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
    warm = specification.to_vector(last.as_arrays()) if last is not None and options.opt_warmstart else None
    return _best(specification, descents(evaluate, specification, draws, options, warm))


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


def _best(specification: Specification, found: Sequence[Descent]) -> Fit:
    best = lowest(found)
    if not np.isfinite(best.start.objective):
        raise SingularError(f"no start of the fit could be evaluated; the first one said: {found[0].start.message}")
    starts = tuple(one.start for one in found)
    return Fit(specification.to_parameters(best.vector), best.start.objective, best.jitter, starts)
