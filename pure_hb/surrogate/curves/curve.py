"""WHAT IS A MODEL OF ONE CURVE? The part of an additive model that says how a trial's values differ from its own h(x).

Given h, the values of a trial are Gaussian: y = h + (something that does not depend on h) + noise. Whitened, they are
w = v h + noise with vectors v and w of the length of the curve, so all that a trial says of h is in

    vtv = v^T v,   wtv = w^T v,   wtw = w^T w,

one observation wtv / vtv + c of h with noise variance sigma^2 / vtv + d. (c and d are of curves that count from their
last value instead of from h.)
"""

from collections.abc import Callable, Sequence
from typing import Protocol

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
    """Of N curves: see the module. All of shape (N,) but ``wtv`` and ``wtw``, which have a column for each of
    targets."""

    vtv: Array
    wtv: Array
    wtw: Array
    c: Array
    d: Array
    half_log_determinant: float
    """Of the whitening, summed over all curves."""


@frozen(eq=False)
class StatisticsPull:
    """Weights on the statistics (for one column of targets), the half log-determinant having weight 1."""

    vtv: Array
    wtv: Array
    wtw: Array
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
