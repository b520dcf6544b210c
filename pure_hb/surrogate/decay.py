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

    def part(self, place: slice, shape: tuple[int, ...] = (-1,)) -> "Decay":
        """At some of the times."""
        parts = (one[place].reshape(shape) for one in (self.value, self.by_alpha, self.by_mean_lambda))
        return Decay(*parts)


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
    """Shape (k, l), as its derivatives."""

    @property
    def covariance_by_alpha(self) -> Array:
        """In alpha."""
        return self._derivative(self.left.by_alpha, self.right.by_alpha, self.both.by_alpha)

    @property
    def covariance_by_mean_lambda(self) -> Array:
        """In mean_lambda."""
        return self._derivative(self.left.by_mean_lambda, self.right.by_mean_lambda, self.both.by_mean_lambda)

    def _derivative(self, left: Array, right: Array, both: Array) -> Array:
        row, column = self.left.value[:, None], self.right.value[None, :]
        found: Array = both - left[:, None] * column - row * right[None, :]
        return found


def curves(left: Array, right: Array, alpha: float, mean_lambda: float) -> Curves:
    """The moments for times of shapes (k,) and (l,): matrices of shape (k, l)."""
    k, end = len(left), len(left) + (0 if left is right else len(right))
    sums = (left[:, None] + right[None, :]).ravel()
    times = np.concatenate((left, sums) if left is right else (left, right, sums))
    at = decay(times, alpha, mean_lambda)  # all at once: what it costs is the number of calls
    a = at.part(slice(0, k))
    b = a if left is right else at.part(slice(k, end))
    both = at.part(slice(end, None), (k, len(right)))
    return Curves(a, b, both, both.value - a.value[:, None] * b.value[None, :])
