"""HOW IS A GAUSSIAN PROCESS CONDITIONED? Likelihood weights and the posterior for any covariance over points.

With A = K + sigma^2 I = L L^T, residuals e = t - m and a = A^-1 e (Rasmussen and Williams, 2006, algorithm 2.1 and
eq. 5.9):

    NLL  = n/2 log(2 pi) + sum_i log L_ii + e^T a / 2
    dNLL = 1/2 tr((A^-1 - a a^T) dA) - a^T dm
"""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from attrs import evolve, frozen

from pure_hb.surrogate.arrays import SMALLEST_VARIANCE, Array, Buffers, Values
from pure_hb.surrogate.kernels.base import Base, distances, matern
from pure_hb.surrogate.linear_algebra import (
    Factor,
    SingularError,
    extend,
    factorise,
    jitters,
    singular,
)
from pure_hb.surrogate.models.model import Prediction, Pull
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.points import DataError, Inputs, Observations, Points, gather, spread, together

_BLOCK = 128
"""At most so many points are predicted together."""


@frozen(eq=False)
class Weights:
    """The negative log likelihood and its derivatives: dNLL = sum on_covariance dA over pairs of points, and dNLL =
    -a^T dm with a = A^-1 e."""

    value: float
    on_covariance: Array
    """The derivative in each entry of A, as a vector of pairs, shape (m,)."""
    on_noise: Array
    """The derivative in each noise variance (the diagonal entries), shape (n,)."""
    a: Array
    jitter: float


def likelihood_weights(
    covariance: Array, noise: Array | float, residuals: Array, pairs: Pairs, buffers: Buffers
) -> Weights:
    """The likelihood and its derivatives for a covariance K as a vector of pairs, (m,), noise variances, () or (n,),
    and residuals, (n,). The weights lie in the buffers.

    Raises:
        SingularError: if no jitter makes the covariance positive definite.
    """
    n, diagonal, work = pairs.n, pairs.diagonal, buffers.empty("A", len(pairs))
    variances = covariance[diagonal]

    def factorised(jitter: float) -> bool:
        np.copyto(work, covariance)
        work[diagonal] = variances + (noise + jitter)
        return pairs.factorise(work)

    jitter = 0.0
    if not factorised(jitter):
        scale = float(variances.mean())
        jitter = next((more for more in jitters(scale) if more and factorised(more)), math.inf)
        if jitter == math.inf:
            raise SingularError(singular(covariance, noise, scale, n))
    half_log_determinant = float(np.log(work[diagonal]).sum())
    a = pairs.solve(work, residuals)
    value = 0.5 * n * math.log(2.0 * math.pi) + half_log_determinant + 0.5 * float(residuals @ a)
    pairs.invert(work)
    pairs.subtract_outer(work, a)
    on_noise = 0.5 * work[diagonal]  # the other pairs stand for two entries of the matrix
    work[diagonal] = on_noise
    return Weights(value, work, on_noise, a, jitter)


@frozen(eq=False)
class CrossCovariance:
    """The covariance between n and m points, and its derivative in x."""

    value: Array
    """Shape (n, m)."""
    pull_x: Callable[[Array], Array]
    """From weights on the covariance, (n, m), to the derivative in the configurations of the m points, (M, d)."""


class Process(Protocol):
    """A Gaussian process prior over points, at given parameters."""

    def mean(self, at: Points) -> Array:
        """The prior mean at each point, shape (n,)."""
        ...

    def variance(self, at: Points) -> Array:
        """The prior variance at each point, shape (n,)."""
        ...

    def noise(self, at: Points) -> Array:
        """The noise variance of an observation at each point, shape (n,)."""
        ...

    def covariance(self, left: Points, right: Points, buffers: Buffers | None = None) -> CrossCovariance:
        """The prior covariance between n and m points; it lies in the buffers, if given."""
        ...


@frozen(eq=False)
class BaseProcess:
    """The prior GP(constant, scale k) at given parameters, where k is the base kernel of scale 1; ``noise_variance`` is
    that of an observation. All in standardised units."""

    base: Base
    inputs: Inputs
    values: Values
    constant: float
    scale: float
    noise_variance: float

    def mean(self, at: Points) -> Array:
        """The constant prior mean, shape (n,)."""
        return np.full(len(at), self.constant)

    def variance(self, at: Points) -> Array:
        """The prior variance ``scale``, shape (n,)."""
        return np.full(len(at), self.scale)

    def noise(self, at: Points) -> Array:
        """The noise variance, shape (n,)."""
        return np.full(len(at), self.noise_variance)

    def covariance(self, left: Points, right: Points, buffers: Buffers | None = None) -> CrossCovariance:
        """scale k(x, x') between n and m points, whatever their resources."""
        room = buffers or Buffers()
        self.inputs.check(right)
        from_left = self.base.features(self.values, left.configurations, self.inputs)
        to_right = self.base.features(self.values, right.configurations, self.inputs)
        bandwidths = self.values["inverse_bandwidths"]
        apart = distances(from_left, to_right, bandwidths, room, "k", "inverse_bandwidths")
        k = matern(apart.q, self.scale, room, "k")

        def pull_x(weights: Array) -> Array:
            on_q, _ = k.pull(gather(weights, left, right))
            return apart.pull_x(on_q)

        return CrossCovariance(spread(k.value, left.configuration, right.configuration, room, "spread"), pull_x)


@frozen(eq=False)
class DensePosterior:
    """The posterior of a process after n observations with F columns of targets."""

    process: Process
    points: Points
    factor: Factor
    p: Array
    """L^-1 (T - m), shape (n, F), with targets T and prior mean m."""
    a: Array
    """L^-T p = A^-1 (T - m), shape (n, F)."""

    @property
    def jitter(self) -> float:
        """What was added to the diagonal of the covariance; 0 if nothing."""
        return self.factor.jitter

    def predict(self, at: Points) -> Prediction:
        """Mean and variance of f at m points, in blocks of at most 128."""
        buffers = Buffers()
        found = [self._predict(block, buffers)[0] for block in _blocks(at)]
        return Prediction(
            np.concatenate([block.mean for block in found]), np.concatenate([block.variance for block in found])
        )

    def mean(self, at: Points) -> Array:
        """The mean of f alone, shape (m, F), without a triangular solve."""
        buffers = Buffers()
        pulled = [self.process.covariance(self.points, block, buffers).value.T @ self.a for block in _blocks(at)]
        found: Array = self.process.mean(at)[:, None] + np.concatenate(pulled)
        return found

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """The prediction, and its derivative in x."""
        prediction, cross, solved = self._predict(at.apart(), Buffers())
        above_floor = prediction.variance > SMALLEST_VARIANCE

        def pull(on_mean: Array, on_variance: Array) -> Array:
            weights = self.a @ on_mean.T
            weights -= self.factor.solve_upper(solved) * (2.0 * np.where(above_floor, on_variance, 0.0))
            return cross.pull_x(weights)

        return prediction, pull

    def covariance(self, at: Points) -> Array:
        """The joint posterior covariance at m points, shape (m, m)."""
        solved = self.factor.solve_lower(self.process.covariance(self.points, at).value)
        joint: Array = self.process.covariance(at, at).value - solved.T @ solved
        return joint

    def sample(self, at: Points, normals: Array) -> Array:
        """Joint samples of f, with shapes as in `Posterior.sample`."""
        cross = self.process.covariance(self.points, at).value
        solved = self.factor.solve_lower(cross)
        mean = self.process.mean(at)[:, None] + cross.T @ self.a
        return joint_samples(mean, self.process.covariance(at, at).value - solved.T @ solved, normals)

    def condition(self, more: Observations, noise: Array | None = None) -> "DensePosterior":
        """The posterior after m more observations with the noise of the process, or with noise variances ``noise``,
        shape (m,)."""
        if not len(more):
            return self
        cross = self.process.covariance(self.points, more.points).value
        corner = self.process.covariance(more.points, more.points).value.copy()
        corner[np.diag_indices_from(corner)] += self.process.noise(more.points) if noise is None else noise
        factor = extend(self.factor, cross, corner)
        p, targets = same_columns(self.p, more.targets)
        n = len(self.points)
        residuals = targets - self.process.mean(more.points)[:, None]
        tail = Factor(factor.lower[n:, n:]).solve_lower(residuals - factor.lower[n:, :n] @ p)
        p = np.vstack((p, tail))
        return evolve(self, points=together(self.points, more.points), factor=factor, p=p, a=factor.solve_upper(p))

    def repeat(self, columns: int) -> "DensePosterior":
        """The same posterior with its columns of targets repeated up to this number."""
        times = columns // self.p.shape[1]
        if times == 1:
            return self
        return evolve(self, p=np.repeat(self.p, times, axis=1), a=np.repeat(self.a, times, axis=1))

    def _predict(self, at: Points, buffers: Buffers) -> tuple[Prediction, CrossCovariance, Array]:
        cross = self.process.covariance(self.points, at, buffers)
        solved = self.factor.solve_lower(cross.value)
        mean = self.process.mean(at)[:, None] + cross.value.T @ self.a
        variance = self.process.variance(at) - np.einsum("ij,ij->j", solved, solved)
        return Prediction(mean, np.maximum(variance, SMALLEST_VARIANCE)), cross, solved


def _blocks(at: Points) -> list[Points]:
    """The points in parts of about the same size, small enough that their matrices stay in the processor's cache."""
    parts = np.array_split(np.arange(len(at)), max(1, math.ceil(len(at) / _BLOCK)))
    return [at] if len(parts) == 1 else [at.rows(rows) for rows in parts]


def dense_posterior(process: Process, data: Observations, noise: Array | None = None) -> DensePosterior:
    """The posterior of a process given data, factorised from scratch. ``noise``, shape (n,), replaces that of the
    process.

    Raises:
        SingularError: if the covariance has no Cholesky factor.
    """
    factor = factorise(
        process.covariance(data.points, data.points).value, process.noise(data.points) if noise is None else noise
    )
    p = factor.solve_lower(data.targets - process.mean(data.points)[:, None])
    return DensePosterior(process, data.points, factor, p, factor.solve_upper(p))


def same_columns(old: Array, new: Array) -> tuple[Array, Array]:
    """Both arrays with the same number of columns: one column is repeated as often as the other array has columns.

    Raises:
        DataError: if both have several columns, and not equally many.
    """
    f, g = old.shape[1], new.shape[1]
    if f != g and 1 not in (f, g):
        raise DataError(f"the posterior has {f} columns of targets and the new ones have {g}; give one column or {f}")
    return np.repeat(old, max(f, g) // f, axis=1), np.repeat(new, max(f, g) // g, axis=1)


def joint_samples(mean: Array, covariance: Array, normals: Array) -> Array:
    """Gaussian samples for a mean of shape (m, F), a covariance (m, m) and standard normal numbers (m, S): shape (m, S)
    for F = 1, else (m, F, S).

    Raises:
        ValueError: for normals of another shape.
        SingularError: if the covariance has no Cholesky factor.
    """
    if normals.ndim != 2 or len(normals) != len(mean):
        raise ValueError(f"the normal numbers have shape {normals.shape}; it takes ({len(mean)}, samples)")
    lower = np.sqrt(np.maximum(covariance, 0.0)) if len(mean) == 1 else factorise(covariance, 0.0).lower
    spread = lower @ normals
    return mean + spread if mean.shape[1] == 1 else mean[:, :, None] + spread[:, None, :]
