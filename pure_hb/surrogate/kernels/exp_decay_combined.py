"""exp-decay-combined: between exp-decay-sum (delta = 0) and exp-decay-delta1 (delta = 1); delta is fitted to the data.

    m(r) = mu + kappa(r) (gamma - delta mu)
    k    = k_x(x, x') [1 - delta (kappa(r) + kappa(r') - delta kappa(r + r'))]
           + (gamma - delta mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: Syne Tune. Parameters: those of exp-decay-sum, and delta in [0, 1]. Experimental, for comparison.
"""

from typing import ClassVar

from attrs import frozen

from pure_hb.surrogate.decay import decay_parameters
from pure_hb.surrogate.kernels.decay_kernels import DecayingAsymptote
from pure_hb.surrogate.parameters import Parameter, Scale


@frozen
class ExpDecayCombined(DecayingAsymptote):
    """The kernel exp-decay-combined with the base kernel k_x."""

    name: ClassVar[str] = "exp-decay-combined"
    delta: ClassVar[float | None] = None
    before: ClassVar[tuple[Parameter, ...]] = (
        *decay_parameters(),
        Parameter("delta", 0.5, 0.0, 1.0, scale=Scale.LINEAR),
    )
