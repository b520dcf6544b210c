"""WHAT IS A MODEL OF ONE CURVE? The part of an additive model that says how a trial's values differ from its own h(x).

Given h, the values of a trial are Gaussian: y = h + (something that does not depend on h) + noise. Whitened, they are
w = v h + noise with vectors v and w of the length of the curve, so all that a trial says of h is in

    vtv = v^T v,   best = v^T w / vtv,   misfit = |w - v best|^2,

one observation best + c of h with noise variance sigma^2 / vtv + d. (c and d are of curves that count from their last
value instead of from h.)
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Gradient, Indices, Values
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs


@frozen(eq=False)
class ObservedCurve:
    """What one trial has reported: increasing resources of shape (k,), targets of shape (k, F)."""

    trial: int
    configuration: int
    resource: Indices
    targets: Array


@frozen(eq=False)
class Statistics:
    """Of N curves: see the module. All of shape (N,) but ``best`` and ``misfit``, which have a column for each of
    targets."""

    vtv: Array
    best: Array
    misfit: Array
    c: Array
    d: Array
    half_log_determinant: float
    """Of the whitening, summed over all curves."""


@frozen(eq=False)
class StatisticsPull:
    """Weights on the statistics (for one column of targets), the half log-determinant having weight 1."""

    vtv: Array
    best: Array
    misfit: Array
    c: Array
    d: Array


Evaluate = Callable[[Values], tuple[Statistics, Callable[[StatisticsPull], Gradient]]]
"""From parameters to the statistics, and from weights on them to the parameters, sigma^2 among them."""


class CurveModel(Protocol):
    """How a curve lies around its h(x). Models are frozen values."""

    @property
    def name(self) -> str:
        """What users write as ``model``."""
        ...

    @property
    def is_joint(self) -> bool:
        """Whether all values of a curve have one joint distribution. If not, what the first values say changes when
        more are observed, and a posterior cannot be extended."""
        ...

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Its own; noise, base kernel and mean belong to the additive model."""
        ...

    def prepare(self, inputs: Inputs, observed: Sequence[ObservedCurve]) -> Evaluate:
        """Arrange curves for many evaluations."""
        ...

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """E[f(r) - h] at resources of shape (k,)."""
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
        """Of f(r) - h, or with ``noisy`` of y(r) - h, between resources of shapes (k,) and (l,): (k, l).

        ``observed`` are the resources at which this trial has reported; some variants treat their noise differently.
        """
        ...

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """The diagonal of `covariance` without noise, shape (k,)."""
        ...


@frozen(eq=False)
class Summary:
    """Of whitened curves v (J, N) and w (J, N, F): the first three `Statistics`. The misfit is summed from residuals:
    as a difference of squares it could lose all its digits."""

    v: Array
    w: Array
    vtv: Array
    best: Array
    residuals: Array

    @property
    def misfit(self) -> Array:
        """Shape (N, F)."""
        squares: Array = np.einsum("jif,jif->if", self.residuals, self.residuals)
        return squares

    def pull(self, vtv: Array, best: Array, misfit: Array) -> tuple[Array, Array]:
        """From weights of shape (N,) to v and w, (J, N) each, for one column of targets."""
        w, residuals, optimum = self.w[:, :, 0], self.residuals[:, :, 0], self.best[:, 0]
        share = best / self.vtv
        on_w = self.v * share + 2.0 * residuals * misfit
        on_v = 2.0 * self.v * vtv + (w - 2.0 * optimum * self.v) * share - 2.0 * residuals * (misfit * optimum)
        return on_v, on_w


def summarise(v: Array, w: Array) -> Summary:
    """The summary; v is not zero in any column."""
    vtv = np.einsum("ji,ji->i", v, v)
    best = np.einsum("ji,jif->if", v, w) / vtv[:, None]
    return Summary(v, w, vtv, best, w - v[:, :, None] * best)
