"""WHAT IS A SURROGATE? Data, the likelihood of parameters, and the posterior: one interface for all families.

Targets are standardised values to minimise. Several columns of targets share their points: fantasies.
"""

from typing import Protocol

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from pure_hb.surrogate.arrays import Array, Gradient, Values, frozen_array
from pure_hb.surrogate.parameters import Specification
from pure_hb.surrogate.points import DataError as DataError
from pure_hb.surrogate.points import Inputs, Points

_LARGEST = 1e100
"""The largest magnitude of a target: its square is still a number."""


@frozen(eq=False)
class Observations:
    """Targets at points."""

    points: Points
    targets: Array
    """Shape (n, F): one row a point, one column for each sample of the pending ones (F = 1 without)."""

    def __len__(self) -> int:
        return len(self.points)


def observations(at: Points, targets: ArrayLike) -> Observations:
    """Targets of shape (n,) or (n, F).

    Raises:
        DataError: for another shape, or a target that is not finite.
    """
    columns = np.asarray(targets, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or len(columns) != len(at) or not columns.shape[1]:
        raise DataError(f"there are {len(at)} points and targets of shape {np.shape(targets)}; it takes a row a point")
    bad = np.flatnonzero(~np.isfinite(columns).all(axis=1))
    if len(bad):
        raise DataError(
            f"the target of row {bad[0]} is {columns[bad[0]].tolist()}; a surrogate sees finite values only: "
            "leave the row out"
        )
    largest = float(np.max(np.abs(columns), initial=0.0))
    if largest > _LARGEST:
        raise DataError(
            f"a target is {largest:g}, above {_LARGEST:g}; standardise the targets (normalize_targets=True)"
        )
    return Observations(at, frozen_array(columns))


def one_column(data: Observations) -> Array:
    """The targets of shape (n,).

    Raises:
        DataError: if there are several columns, or no row.
    """
    if data.targets.shape[1] != 1 or not len(data):
        raise DataError(
            f"the targets have shape {data.targets.shape}; parameters are fitted to one column and at least one row: "
            "fit without the pending evaluations, condition on them afterwards"
        )
    return data.targets[:, 0]


@frozen(eq=False)
class Evaluation:
    """The negative log likelihood of the targets, its derivative in natural units, and the jitter it took."""

    value: float
    gradient: Gradient
    jitter: float = 0.0


class Likelihood(Protocol):
    """The negative log marginal likelihood of some data as a function of the parameters."""

    def __call__(self, values: Values) -> Evaluation:
        """Evaluate.

        Raises:
            SingularError: if the covariance has no Cholesky factor at these parameters.
        """
        ...


@frozen(eq=False)
class Prediction:
    """Mean of shape (m, F) and variance of shape (m,) of f without noise, at m points."""

    mean: Array
    variance: Array


class Pull(Protocol):
    """From weights on a prediction's means (m, F) and variances (m,) to the derivative in x of their weighted sum,
    shape (m, d)."""

    def __call__(self, on_mean: Array, on_variance: Array) -> Array:
        """Evaluate. Where the variance is at its floor its weight does not count."""
        ...


class Posterior(Protocol):
    """What is known of f after some observations. A value: conditioning gives another one."""

    @property
    def jitter(self) -> float:
        """What had to be added to a diagonal, in squared target deviations; 0 if nothing."""
        ...

    def predict(self, at: Points) -> Prediction:
        """Mean and variance of f, without noise."""
        ...

    def mean(self, at: Points) -> Array:
        """The mean of f alone, shape (m, F): cheaper."""
        ...

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """The prediction and how to take derivatives back to x."""
        ...

    def covariance(self, at: Points) -> Array:
        """The joint covariance of f at m points, (m, m)."""
        ...

    def sample(self, at: Points, normals: Array) -> Array:
        """Joint samples of f, from standard normal numbers of shape (m, S): shape (m, S) if F = 1, else (m, F, S)."""
        ...

    def condition(self, more: Observations) -> "Posterior":
        """The posterior after more observations, by extending the factorisation. With one column of targets they hold
        for all fantasies; a posterior of one column takes any number."""
        ...


class Model(Protocol):
    """A family of surrogates with its options: a frozen value."""

    def specification(self, inputs: Inputs) -> Specification:
        """The parameters."""
        ...

    def likelihood(self, inputs: Inputs, data: Observations) -> Likelihood:
        """The likelihood of one column of targets, prepared for many evaluations.

        Raises:
            DataError: if the model cannot take the data.
        """
        ...

    def posterior(self, inputs: Inputs, data: Observations, values: Values) -> Posterior:
        """The posterior at given parameters.

        Raises:
            DataError: if the model cannot take the data.
            SingularError: if the covariance has no Cholesky factor.
        """
        ...
