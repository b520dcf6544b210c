"""WHICH PAIRS DOES A SET HAVE? A symmetric matrix as a vector with one entry for each unordered pair of n things.

What holds for a pair is computed once, not again for the pair turned round. The order of the entries is LAPACK's
rectangular full packed format, transr='N' and uplo='L' (Gustavson et al., "Rectangular full packed format for
Cholesky's algorithm", ACM TOMS 37, 2010): its routines are as fast as those for whole matrices, and work on the vector
itself.
"""

import math
from functools import cached_property
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Indices
from pure_hb.surrogate.linear_algebra import blas, lapack

_FORMAT: Final = {"transr": "N", "uplo": "L"}


@frozen(eq=False)
class Pairs:
    """The m = n (n + 1) / 2 pairs of n things, each thing with itself among them."""

    n: int

    def __len__(self) -> int:
        return self.n * (self.n + 1) // 2

    @cached_property
    def diagonal(self) -> Indices:
        """The places of the pairs of each thing with itself, shape (n,)."""
        rows, columns = self._members()
        places = np.empty(self.n, dtype=np.intp)
        own = np.flatnonzero(rows == columns)
        places[rows[own]] = own
        return places

    @cached_property
    def identity(self) -> Array:
        """1 where a thing is paired with itself, else 0; shape (m,)."""
        vector = np.zeros(len(self))
        vector[self.diagonal] = 1.0
        return vector

    def places_among(self, numbers: Indices, other: "Pairs") -> Indices:
        """If thing i is number ``numbers[i]`` of another set: of each pair, the place in that set's vector, (m,)."""
        table = np.empty((other.n, other.n), dtype=np.intp)
        rows, columns = other._members()
        table[rows, columns] = table[columns, rows] = np.arange(len(rows))
        rows, columns = self._members()
        places: Indices = table[numbers[rows], numbers[columns]]
        return places

    def places_in_matrix(self, numbers: Indices, size: int) -> Indices:
        """If thing i is row and column ``numbers[i]`` of a square matrix of this size: of each pair, the place in the
        flat matrix, (m,)."""
        rows, columns = self._members()
        places: Indices = numbers[rows] * size + numbers[columns]
        return places

    # ---- to matrices and back ----------------------------------------------------------------------------------------

    def of(self, symmetric: Array) -> Array:
        """The vector of a symmetric matrix in C order, (n, n)."""
        vector, _ = lapack().dtrttf(symmetric.T, **_FORMAT)
        return np.asarray(vector)

    def lower(self, vector: Array) -> Array:
        """The matrix in Fortran order, (n, n). Only its lower triangle is filled."""
        matrix, _ = lapack().dtfttr(self.n, vector, **_FORMAT)
        return np.asarray(matrix)

    def times(self, vector: Array, right: Array) -> Array:
        """The symmetric matrix times ``right``, (n, k)."""
        return np.asarray(blas().dsymm(1.0, self.lower(vector), right, lower=1))

    # ---- equations ---------------------------------------------------------------------------------------------------

    def factorise(self, vector: Array) -> bool:
        """Overwrite a matrix by its Cholesky factor; False if it is not positive definite."""
        _, failed = lapack().dpftrf(self.n, vector, overwrite_a=1, **_FORMAT)
        return int(failed) == 0 and math.isfinite(vector[self.diagonal[-1]])

    def solve(self, factor: Array, right: Array) -> Array:
        """(L L^T)^-1 right, for right of shape (n,)."""
        solved, _ = lapack().dpftrs(self.n, factor, right[:, None], **_FORMAT)
        return np.asarray(solved[:, 0])

    def invert(self, factor: Array) -> None:
        """Overwrite a factor by the inverse (L L^T)^-1."""
        lapack().dpftri(self.n, factor, overwrite_a=1, **_FORMAT)

    def subtract_outer(self, vector: Array, a: Array) -> None:
        """Take a a^T away, for a of shape (n,)."""
        lapack().dsfrk(self.n, 1, -1.0, a[:, None], 1.0, vector, overwrite_c=1, **_FORMAT)

    def _members(self) -> tuple[Indices, Indices]:
        """Row and column of each entry, the row never the smaller one."""
        numbers = np.arange(self.n * self.n, dtype=np.float64).reshape(self.n, self.n)
        vector, _ = lapack().dtrttf(numbers, **_FORMAT)
        rows, columns = np.divmod(vector.astype(np.intp), max(1, self.n))
        return rows, columns
