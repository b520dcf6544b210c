"""exp-decay-delta1: curves decay from a common start to asymptotes of their own.

    m(r) = mu + kappa(r) (gamma - mu)
    k    = k_x(x, x') [1 - kappa(r) - kappa(r') + kappa(r + r')]
           + (gamma - mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: Syne Tune, delta = 1. Parameters: alpha, mean_lambda, gamma, those of k_x, mean. For comparison.
"""

from pure_hb.surrogate.kernels.base import Base
from pure_hb.surrogate.kernels.decay_kernels import DecayingAsymptote


def exp_decay_delta1(base: Base) -> DecayingAsymptote:
    """The kernel exp-decay-delta1 with this base kernel k_x."""
    return DecayingAsymptote("exp-decay-delta1", base, 1.0)
