"""WHAT IF ONLY THE CONFIGURATION MATTERS? A Gaussian process prior over x alone: a constant mean and the base kernel.

Each level of the independent model is such a process, and so is h of the additive models.
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Values
from pure_hb.surrogate.kernels import Base
from pure_hb.surrogate.kernels.base import distances, matern
from pure_hb.surrogate.models.dense import CrossCovariance
from pure_hb.surrogate.points import Inputs, Points, gather, spread


@frozen(eq=False)
class BaseProcess:
    """The prior GP(constant, scale k) at given parameters, where k is the base kernel of scale 1; ``noise_variance`` is
    that of an observation. All in standardised units."""

    base: Base
    inputs: Inputs
    values: Values
    constant: float
    scale: float
    noise_variance: float

    def mean(self, at: Points) -> Array:
        """The constant prior mean, shape (n,)."""
        return np.full(len(at), self.constant)

    def variance(self, at: Points) -> Array:
        """The prior variance ``scale``, shape (n,)."""
        return np.full(len(at), self.scale)

    def noise(self, at: Points) -> Array:
        """The noise variance, shape (n,)."""
        return np.full(len(at), self.noise_variance)

    def covariance(self, left: Points, right: Points, buffers: Buffers | None = None) -> CrossCovariance:
        """scale k(x, x') between n and m points, whatever their resources."""
        room = buffers or Buffers()
        self.inputs.check(right)
        from_left = self.base.features(self.values, left.configurations, self.inputs)
        to_right = self.base.features(self.values, right.configurations, self.inputs)
        bandwidths = self.values["inverse_bandwidths"]
        apart = distances(from_left, to_right, bandwidths, room, "k", "inverse_bandwidths")
        k = matern(apart.q, self.scale, room, "k")

        def pull_x(weights: Array) -> Array:
            on_q, _ = k.pull(gather(weights, left, right))
            return apart.pull_x(on_q)

        return CrossCovariance(spread(k.value, left.configuration, right.configuration, room, "spread"), pull_x)
