"""WHAT IS A MODEL OF ONE CURVE? The part of an additive model that says how a trial's values differ from its own h(x).

Given h, the k values of a trial are Gaussian: y = h + (a term independent of h) + noise. After whitening they are w = v
h + noise with vectors v and w of length k. So all that a trial says about h is in the sufficient statistics

    vtv = v^T v,   best = v^T w / vtv,   misfit = |w - v best|^2,

which are one observation best + c of h with noise variance sigma^2 / vtv + d. (c and d are not 0 for curves that are
anchored at their last value instead of at h.)
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Gradient, Indices, Values
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import DataError, Inputs, Observations


@frozen(eq=False)
class ObservedCurve:
    """The reports of one trial: increasing resources of shape (k,), targets of shape (k, F); ``configuration`` is the
    index of its configuration."""

    trial: int
    configuration: int
    resource: Indices
    targets: Array


def by_trial(data: Observations) -> list[ObservedCurve]:
    """The curves in the order in which their trials first appear.

    Raises:
        DataError: for a row without a trial, two rows of one trial at one resource, or a trial with two configurations.
    """
    rows: dict[int, list[int]] = {}
    for number, trial in enumerate(data.points.trial.tolist()):
        rows.setdefault(trial, []).append(number)
    if -1 in rows:
        raise DataError(
            f"row {rows[-1][0]} belongs to no trial; the additive models need to know whose curve it is: "
            "points(x, resource, trial)"
        )
    found = []
    for trial, numbers in rows.items():
        resources = data.points.resource[numbers]
        if len(np.unique(resources)) < len(resources):
            raise DataError(f"trial {trial} has two values at one resource; the first one stands: leave the others out")
        if len(np.unique(data.points.configuration[numbers])) > 1:
            raise DataError(f"trial {trial} has rows with different configurations; a trial keeps its configuration")
        order = np.asarray(numbers)[np.argsort(resources)]
        configuration = int(data.points.configuration[numbers[0]])
        found.append(ObservedCurve(trial, configuration, data.points.resource[order], data.targets[order]))
    return found


@frozen(eq=False)
class Statistics:
    """The sufficient statistics of N curves, as the module defines them: shape (N,), but (N, F) for ``best`` and
    ``misfit``."""

    vtv: Array
    best: Array
    misfit: Array
    c: Array
    d: Array
    half_log_determinant: float
    """Half the log determinant of the whitening, summed over all curves."""


@frozen(eq=False)
class StatisticsPull:
    """The derivatives of an objective in the statistics, shape (N,) each, for one column of targets. The half log
    determinant has derivative 1."""

    vtv: Array
    best: Array
    misfit: Array
    c: Array
    d: Array


Evaluate = Callable[[Values], tuple[Statistics, Callable[[StatisticsPull], Gradient]]]
"""From parameters to the statistics, and to a function from derivatives in the statistics to derivatives by parameter,
noise_variance included."""


class CurveModel(Protocol):
    """A model of the curve of a trial around h(x): a frozen value."""

    @property
    def name(self) -> str:
        """The value of the option ``model``."""
        ...

    @property
    def is_joint(self) -> bool:
        """Whether all values of a curve have one joint distribution. If not, later observations change what the first
        ones say about h, and a posterior must be computed anew instead of extended."""
        ...

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """The parameters of the curve. Noise, base kernel and mean belong to the additive model."""
        ...

    def prepare(self, inputs: Inputs, observed: Sequence[ObservedCurve]) -> Evaluate:
        """Arrange observed curves once, for many evaluations of their statistics."""
        ...

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """The prior mean of f(r) - h at resources of shape (k,)."""
        ...

    def covariance(
        self,
        values: Values,
        left: Indices,
        right: Indices,
        inputs: Inputs,
        *,
        noisy: tuple[bool, bool] = (False, False),
        observed: Indices | None = None,
    ) -> Array:
        """The prior covariance of f(r) - h between resources of shapes (k,) and (l,): shape (k, l). A side with
        ``noisy`` true is the observation y(r) instead of f(r).

        ``observed`` are the resources at which this trial has reported; some models give noise another variance there.
        """
        ...

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """The diagonal of `covariance` without noise, shape (k,)."""
        ...


@frozen(eq=False)
class Summary:
    """The first three `Statistics` of whitened curves v, shape (J, N), and w, (J, N, F). The misfit is summed from
    residuals, because a difference of squares could lose all its digits."""

    v: Array
    w: Array
    vtv: Array
    best: Array
    residuals: Array

    @property
    def misfit(self) -> Array:
        """|w - v best|^2 for each curve, shape (N, F)."""
        squares: Array = np.einsum("jif,jif->if", self.residuals, self.residuals)
        return squares

    def pull(self, vtv: Array, best: Array, misfit: Array) -> tuple[Array, Array]:
        """From derivatives in the statistics, shape (N,) each, to those in v and w, (J, N) each, for one column of
        targets."""
        w, residuals, optimum = self.w[:, :, 0], self.residuals[:, :, 0], self.best[:, 0]
        share = best / self.vtv
        on_w = self.v * share + 2.0 * residuals * misfit
        on_v = 2.0 * self.v * vtv + (w - 2.0 * optimum * self.v) * share - 2.0 * residuals * (misfit * optimum)
        return on_v, on_w


def summarise(v: Array, w: Array) -> Summary:
    """The statistics of whitened curves v (J, N) and w (J, N, F); no column of v may be zero."""
    vtv = np.einsum("ji,ji->i", v, v)
    best = np.einsum("ji,jif->if", v, w) / vtv[:, None]
    return Summary(v, w, vtv, best, w - v[:, :, None] * best)
