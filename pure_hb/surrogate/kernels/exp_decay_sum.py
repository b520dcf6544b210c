"""exp-decay-sum: all configurations share one decay, and each has an asymptote of its own.

    m(r) = mu + gamma kappa(r)
    k    = k_x(x, x') + gamma^2 [kappa(r + r') - kappa(r) kappa(r')]

Source: Klein et al., "Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020, appendix; Syne
Tune, delta = 0. Parameters: alpha, mean_lambda, gamma, those of k_x, mean.
"""

from typing import ClassVar

from attrs import frozen

from pure_hb.surrogate.kernels.decay_kernels import CommonDecay


@frozen
class ExpDecaySum(CommonDecay):
    """The kernel exp-decay-sum with the base kernel k_x: the sum of k_x and the covariance of the common decay."""

    name: ClassVar[str] = "exp-decay-sum"
