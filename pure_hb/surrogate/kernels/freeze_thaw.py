"""freeze-thaw: each configuration has an asymptote and a decaying curve of its own.

    m(r) = mu + gamma kappa(r)
    k    = k_x(x, x') + gamma^2 [x = x'] [kappa(r + r') - kappa(r) kappa(r')]

[x = x'] is 1 if the encoded configurations agree in every bit, otherwise 0; so a prediction for a training
configuration follows its curve. In derivatives with respect to x the indicator is a constant. Source: Swersky, Snoek
and Adams, "Freeze-Thaw Bayesian Optimization", 2014. Parameters: those of exp-decay-sum. Experimental, for
comparison.
"""

from typing import ClassVar

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Values
from pure_hb.surrogate.kernels.base import ConfigurationParts, Matrices, base_part
from pure_hb.surrogate.kernels.decay_kernels import CommonDecay
from pure_hb.surrogate.kernels.kernel import Combined
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.points import Inputs


@frozen
class FreezeThaw(CommonDecay):
    """The kernel freeze-thaw with the base kernel k_x."""

    name: ClassVar[str] = "freeze-thaw"

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The covariance k_x of configurations, and the indicator [x = x'] of the same shape."""
        k = base_part(self.base, values, left, right, inputs, buffers)
        same = right.identity if isinstance(right, Pairs) else _same(left, right)
        return ConfigurationParts((*k.matrices, same), k.pull, k.pull_x)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k = k_x + [x = x'] times the covariance within a curve."""
        total = np.multiply(x[1], r[0], out=buffers.empty("k", *x[0].shape))
        total += x[0]

        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            on_curves = np.multiply(weights, x[1], out=buffers.empty("k.r", *weights.shape))
            return (weights,), (on_curves,), {}

        return Combined(total, pull)

    def of_itself(self, values: Values) -> tuple[float, ...]:
        """The scale c of k_x, and the indicator of equal configurations, 1."""
        return (*super().of_itself(values), 1.0)


def _same(left: Array, right: Array) -> Array:
    rows = {row.tobytes(): number for number, row in enumerate(left)}
    same = np.zeros((len(left), len(right)))
    for column, row in enumerate(right):
        found = rows.get(row.tobytes())
        if found is not None:
            same[found, column] = 1.0
    return same
