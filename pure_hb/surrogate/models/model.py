"""WHAT IS A SURROGATE? A model with a likelihood of its parameters and a posterior: one interface for all families.

Targets are standardised values to minimise. F columns of targets at the same points are F posteriors that share one
factorisation; they serve for fantasies, which are samples of pending evaluations (Snoek, Larochelle and Adams,
"Practical Bayesian Optimization of Machine Learning Algorithms", 2012, section 3.3).
"""

from typing import Protocol

from attrs import frozen

from pure_hb.surrogate.arrays import Array, Gradient, Values
from pure_hb.surrogate.parameters import Specification
from pure_hb.surrogate.points import Inputs, Observations, Points


@frozen(eq=False)
class Evaluation:
    """The negative log marginal likelihood (nats), its gradient in natural units, and the jitter that was added."""

    value: float
    gradient: Gradient
    jitter: float = 0.0


class Likelihood(Protocol):
    """The negative log marginal likelihood of some data as a function of the parameters."""

    def __call__(self, values: Values) -> Evaluation:
        """The likelihood and its gradient at parameter values in natural units.

        Raises:
            SingularError: if the covariance has no Cholesky factor at these parameters.
        """
        ...


@frozen(eq=False)
class Prediction:
    """Mean, shape (m, F), and variance, shape (m,), of f without noise at m points; standardised and squared
    standardised units. The variance is the same for all columns."""

    mean: Array
    variance: Array


class Pull(Protocol):
    """The derivative of a prediction in x: from weights on the means, (m, F), and on the variances, (m,), to the
    derivative of their weighted sum, shape (m, d)."""

    def __call__(self, on_mean: Array, on_variance: Array) -> Array:
        """Evaluate the derivative. Where the variance is at its floor, its weight is ignored."""
        ...


class Posterior(Protocol):
    """The distribution of f after some observations: an immutable value; conditioning returns another one."""

    @property
    def jitter(self) -> float:
        """What was added to the diagonal of the covariance, in squared standardised units; 0 if nothing."""
        ...

    def predict(self, at: Points) -> Prediction:
        """Mean and variance of f, without noise, at m points."""
        ...

    def mean(self, at: Points) -> Array:
        """The mean of f alone, shape (m, F); cheaper than `predict`."""
        ...

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """The prediction, and its derivative in x."""
        ...

    def covariance(self, at: Points) -> Array:
        """The joint posterior covariance of f at m points, shape (m, m)."""
        ...

    def sample(self, at: Points, normals: Array) -> Array:
        """Joint samples of f at m points, from standard normal numbers of shape (m, S): shape (m, S) if F = 1, else (m,
        F, S)."""
        ...

    def condition(self, more: Observations) -> "Posterior":
        """The posterior after more observations at the same parameters, by extending the factorisation.

        One column of targets holds for all fantasies. A posterior of one column can be conditioned on any number of
        them.
        """
        ...


class Model(Protocol):
    """A family of surrogates with its options: a frozen value."""

    def specification(self, inputs: Inputs) -> Specification:
        """The parameters that a fit of this model has."""
        ...

    def likelihood(self, inputs: Inputs, data: Observations) -> Likelihood:
        """The likelihood of one column of targets, prepared for many evaluations.

        Raises:
            DataError: if the model cannot take the data.
        """
        ...

    def posterior(self, inputs: Inputs, data: Observations, values: Values) -> Posterior:
        """The posterior at given parameters, in natural units.

        Raises:
            DataError: if the model cannot take the data.
            SingularError: if the covariance has no Cholesky factor.
        """
        ...
