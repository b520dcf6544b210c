"""exp-decay-delta1: curves decay from a common start to asymptotes of their own.

    m(r) = mu + kappa(r) (gamma - mu)
    k    = k_x(x, x') [1 - kappa(r) - kappa(r') + kappa(r + r')]
           + (gamma - mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: Syne Tune, delta = 1. Parameters: alpha, mean_lambda, gamma, those of k_x, mean. Experimental, for comparison.
"""

from typing import ClassVar

from attrs import frozen

from pure_hb.surrogate.kernels.decay_kernels import DecayingAsymptote


@frozen
class ExpDecayDelta1(DecayingAsymptote):
    """The kernel exp-decay-delta1 with the base kernel k_x."""

    name: ClassVar[str] = "exp-decay-delta1"
    delta: ClassVar[float | None] = 1.0
