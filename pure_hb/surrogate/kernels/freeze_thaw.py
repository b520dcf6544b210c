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

from pure_hb.surrogate.arrays import Array, Buffers, Values
from pure_hb.surrogate.kernels.base import ConfigurationParts, Matrices
from pure_hb.surrogate.kernels.decay_kernels import CommonDecay
from pure_hb.surrogate.kernels.kernel import Combined
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.points import Inputs


@frozen
class FreezeThaw(CommonDecay):
    """The kernel freeze-thaw with the base kernel k_x."""

    name: ClassVar[str] = "freeze-thaw"
    itself: ClassVar[tuple[str | float, ...]] = ("covariance_scale", 1.0)

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The covariance k_x of configurations, and the indicator [x = x'] of the same shape."""
        k = super().of_configurations(values, left, right, inputs, buffers)
        same = right.identity if isinstance(right, Pairs) else _same(left, right)
        return ConfigurationParts((*k.matrices, same), k.pull, k.pull_x)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k = k_x + [x = x'] times the covariance within a curve."""
        total = buffers.product("k", x[1], r[0])
        total += x[0]
        return Combined(total, lambda weights: ((weights,), (buffers.product("k.r", weights, x[1]),), {}))


def _same(left: Array, right: Array) -> Array:
    """[x = x'] between configurations of shapes (N, d) and (M, d)."""
    numbers = {row.tobytes(): number for number, row in enumerate(left)}
    equal = np.array([numbers.get(row.tobytes(), -1) for row in right])
    return np.asarray(np.equal.outer(np.arange(len(left)), equal), dtype=np.float64)
