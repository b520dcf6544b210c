"""HOW DOES A CURVE DECAY? Exponential decay at a rate that is itself random, and its derivatives.

    kappa(t) = E[exp(-lambda t)] = (beta / (t + beta))^alpha,   beta = alpha / mean_lambda

for lambda ~ Gamma(alpha, beta), whose mean is mean_lambda (Swersky, Snoek and Adams, "Freeze-Thaw Bayesian
Optimization", 2014, section 3).
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array


@frozen(eq=False)
class Decay:
    """kappa at some times, and its derivatives in alpha and mean_lambda; all of the shape of t."""

    value: Array
    by_alpha: Array
    by_mean_lambda: Array


def decay(t: Array, alpha: float, mean_lambda: float) -> Decay:
    """kappa(t) for t >= 0."""
    z = t * (mean_lambda / alpha)
    log_part, share = np.log1p(z), z / (1.0 + z)
    value = np.exp(-alpha * log_part)
    return Decay(value, value * (share - log_part), value * (-t / (1.0 + z)))


@frozen(eq=False)
class Curves:
    """The second moments of a random exponential decay between times t (rows) and t' (columns).

    ``covariance`` is kappa(t + t') - kappa(t) kappa(t'), the covariance of two points of one curve of unit amplitude.
    """

    left: Decay
    right: Decay
    both: Decay
    covariance: Array
    covariance_by_alpha: Array
    covariance_by_mean_lambda: Array


def curves(left: Array, right: Array, alpha: float, mean_lambda: float) -> Curves:
    """The moments for times of shapes (k,) and (l,): matrices of shape (k, l)."""
    a, b = decay(left, alpha, mean_lambda), decay(right, alpha, mean_lambda)
    both = decay(left[:, None] + right[None, :], alpha, mean_lambda)
    return Curves(
        a,
        b,
        both,
        both.value - np.outer(a.value, b.value),
        both.by_alpha - np.outer(a.by_alpha, b.value) - np.outer(a.value, b.by_alpha),
        both.by_mean_lambda - np.outer(a.by_mean_lambda, b.value) - np.outer(a.value, b.by_mean_lambda),
    )
