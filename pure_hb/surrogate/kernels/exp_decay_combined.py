"""exp-decay-combined: between exp-decay-sum (delta = 0) and exp-decay-delta1 (delta = 1); delta is fitted to the data.

    m(r) = mu + kappa(r) (gamma - delta mu)
    k    = k_x(x, x') [1 - delta (kappa(r) + kappa(r') - delta kappa(r + r'))]
           + (gamma - delta mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: Syne Tune. Parameters: those of exp-decay-sum, and delta in [0, 1]. For comparison.
"""

from pure_hb.surrogate.kernels.base import Base
from pure_hb.surrogate.kernels.decay_kernels import DecayingAsymptote


def exp_decay_combined(base: Base) -> DecayingAsymptote:
    """The kernel exp-decay-combined with this base kernel k_x."""
    return DecayingAsymptote("exp-decay-combined", base, None)
