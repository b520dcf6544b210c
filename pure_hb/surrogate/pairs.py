"""HOW IS HALF THE WORK OF A LIKELIHOOD SAVED? A symmetric n x n matrix is stored as a vector with one entry for each
unordered pair.

Each pair is computed once. The order of the entries is LAPACK's rectangular full packed format, transr='N' and uplo='L'
(Gustavson et al., "Rectangular full packed format for Cholesky's algorithm", ACM TOMS 37, 2010): its routines are as
fast as those for whole matrices, and work on the vector itself.

With A = K + sigma^2 I = L L^T, residuals e = t - m and a = A^-1 e (Rasmussen and Williams, "Gaussian Processes for
Machine Learning", 2006, algorithm 2.1 and eq. 5.9):

    NLL  = n/2 log(2 pi) + sum_i log L_ii + e^T a / 2
    dNLL = 1/2 tr((A^-1 - a a^T) dA) - a^T dm
"""

import math
from functools import cached_property
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Indices, SingularError, blas, jitters, lapack, singular

_FORMAT: Final = {"transr": "N", "uplo": "L"}


@frozen(eq=False)
class Pairs:
    """The m = n (n + 1) / 2 unordered pairs of n things; pairs of a thing with itself are included."""

    n: int

    def __len__(self) -> int:
        return self.n * (self.n + 1) // 2

    @cached_property
    def diagonal(self) -> Indices:
        """The places of the diagonal entries in the vector, shape (n,)."""
        rows, columns = self._members()
        places = np.empty(self.n, dtype=np.intp)
        own = np.flatnonzero(rows == columns)
        places[rows[own]] = own
        return places

    @cached_property
    def identity(self) -> Array:
        """The identity matrix as a vector, shape (m,)."""
        vector = np.zeros(len(self))
        vector[self.diagonal] = 1.0
        return vector

    def places_among(self, numbers: Indices, other: "Pairs") -> Indices:
        """The place of each pair (i, j) in the vector of another set, shape (m,), where thing i is thing ``numbers[i]``
        of that set."""
        table = np.empty((other.n, other.n), dtype=np.intp)
        rows, columns = other._members()
        table[rows, columns] = table[columns, rows] = np.arange(len(rows))
        rows, columns = self._members()
        places: Indices = table[numbers[rows], numbers[columns]]
        return places

    def places_in_matrix(self, numbers: Indices, size: int) -> Indices:
        """The place of each pair (i, j) in a flat square matrix of this size, shape (m,), where thing i is row and
        column ``numbers[i]``."""
        rows, columns = self._members()
        places: Indices = numbers[rows] * size + numbers[columns]
        return places

    # ---- to matrices and back ----------------------------------------------------------------------------------------

    def of(self, symmetric: Array) -> Array:
        """The vector, shape (m,), of a symmetric matrix in C order, shape (n, n)."""
        vector, _ = lapack().dtrttf(symmetric.T, **_FORMAT)
        return np.asarray(vector)

    def lower(self, vector: Array) -> Array:
        """The (n, n) matrix of a vector, in Fortran order, with only its lower triangle filled."""
        matrix, _ = lapack().dtfttr(self.n, vector, **_FORMAT)
        return np.asarray(matrix)

    def times(self, vector: Array, right: Array) -> Array:
        """The symmetric matrix of ``vector`` times ``right`` of shape (n, k): shape (n, k)."""
        return np.asarray(blas().dsymm(1.0, self.lower(vector), right, lower=1))

    # ---- equations ---------------------------------------------------------------------------------------------------

    def factorise(self, vector: Array) -> bool:
        """Overwrite the vector of a matrix by that of its Cholesky factor L; False if the matrix is not positive
        definite."""
        _, failed = lapack().dpftrf(self.n, vector, overwrite_a=1, **_FORMAT)
        return int(failed) == 0 and math.isfinite(vector[self.diagonal[-1]])

    def solve(self, factor: Array, right: Array) -> Array:
        """(L L^T)^-1 right, for ``right`` of shape (n,), given the vector of L."""
        solved, _ = lapack().dpftrs(self.n, factor, right[:, None], **_FORMAT)
        return np.asarray(solved[:, 0])

    def invert(self, factor: Array) -> None:
        """Overwrite the vector of L by that of the inverse (L L^T)^-1."""
        lapack().dpftri(self.n, factor, overwrite_a=1, **_FORMAT)

    def subtract_outer(self, vector: Array, a: Array) -> None:
        """Subtract a a^T in place, for a of shape (n,)."""
        lapack().dsfrk(self.n, 1, -1.0, a[:, None], 1.0, vector, overwrite_c=1, **_FORMAT)

    def _members(self) -> tuple[Indices, Indices]:
        """Row and column of each entry, the row never the smaller one."""
        numbers = np.arange(self.n * self.n, dtype=np.float64).reshape(self.n, self.n)
        vector, _ = lapack().dtrttf(numbers, **_FORMAT)
        rows, columns = np.divmod(vector.astype(np.intp), max(1, self.n))
        return rows, columns


# ---- the likelihood --------------------------------------------------------------------------------------------------


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
