"""exp-decay-delta1: a curve decays from a common start to its own asymptote.

    m(r) = mu + kappa(r) (gamma - mu)
    k    = k_x(x, x') [1 - kappa(r) - kappa(r') + kappa(r + r')]
           + (gamma - mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: the reference system's delta = 1. Parameters: alpha, mean_lambda, gamma, those of k_x, mean. For comparison.
"""

from pure_hb.surrogate.kernels.base import Base
from pure_hb.surrogate.kernels.decay_kernels import DecayingAsymptote


def exp_decay_delta1(base: Base) -> DecayingAsymptote:
    """See the module."""
    return DecayingAsymptote("exp-decay-delta1", base, 1.0)
