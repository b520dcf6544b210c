"""WHICH ARRAYS ARE THERE, AND HOW ARE EQUATIONS WITH THEM SOLVED? The array types of the surrogates; buffers that the
evaluations of one fit share; Cholesky factors with recorded jitter, which can be extended by rows.

Matrices are built complete and in C order. LAPACK sees the transpose and works in place, so no call copies. scipy is
imported at the first use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Final, TypeVar

import numpy as np
from attrs import define, field, frozen
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
Values = Mapping[str, Array]
"""Parameter values by name, in natural units: shape () for a scalar, (k,) for a vector."""
Gradient = dict[str, Array]
"""Derivatives by parameter name, in natural units, of the same shapes as the `Values`."""

Kind = TypeVar("Kind", bound=np.generic)

SMALLEST_VARIANCE: Final = 1e-12
"""The floor of every predictive variance, in squared units of the standardised targets."""
_FIRST_JITTER, _LAST_JITTER = 1e-9, 1e3
_SMALLEST_PIVOT: Final = 1e-10
"""The smallest diagonal entry of a row that is appended to a factor."""


@define(eq=False)
class Buffers:
    """Memory for the matrices of one evaluation, by name. A fit hands the same buffers to all its evaluations: at 500
    observations, fresh memory would cost about as much as the arithmetic. The content is valid until the next
    evaluation."""

    _arrays: dict[str, Array] = field(factory=dict, init=False)

    def empty(self, name: str, *shape: int) -> Array:
        """An uninitialised array of this shape: the one stored under ``name`` if its shape is the same, otherwise a new
        one."""
        found = self._arrays.get(name)
        if found is None or found.shape != shape:
            found = self._arrays[name] = np.empty(shape)
        return found

    def product(self, name: str, a: Array, b: Array) -> Array:
        """a b, entry by entry, in the array stored under ``name``."""
        return np.multiply(a, b, out=self.empty(name, *a.shape))


def frozen_array(values: ArrayLike, kind: type[Kind]) -> NDArray[Kind]:
    """A read-only copy with entries of this type: np.float64, np.intp for indices, or np.bool_."""
    array = np.array(values, dtype=kind)
    array.flags.writeable = False
    return array


def add(total: Gradient, part: Mapping[str, Array]) -> None:
    """Add the gradient ``part`` to ``total`` in place. Parameters that are in both are summed."""
    for name, value in part.items():
        total[name] = total[name] + value if name in total else value


# ---- equations -------------------------------------------------------------------------------------------------------


class SingularError(ValueError):
    """A covariance matrix has no Cholesky factor with any jitter. The message says what to look at."""


@cache
def lapack() -> ModuleType:
    """scipy.linalg.lapack, imported when it is first needed."""
    import scipy.linalg.lapack

    return scipy.linalg.lapack


@cache
def blas() -> ModuleType:
    """scipy.linalg.blas, imported when it is first needed."""
    import scipy.linalg.blas

    return scipy.linalg.blas


@frozen(eq=False)
class Factor:
    """The lower Cholesky factor L with L L^T = A + jitter I; ``jitter`` is 0 if none was needed."""

    lower: Array
    """Shape (n, n), C order; zero above the diagonal."""
    jitter: float = 0.0

    def __len__(self) -> int:
        return len(self.lower)

    def solve(self, right: Array, *, transposed: bool = False) -> Array:
        """L^-1 right, or L^-T right with ``transposed``, for ``right`` of shape (n,) or (n, k)."""
        if not right.size:
            return np.zeros_like(right)
        solved, _ = lapack().dtrtrs(self.lower.T, right, lower=0, trans=0 if transposed else 1)
        return np.asarray(solved)

    @property
    def half_log_determinant(self) -> float:
        """Half the log determinant of A + jitter I: sum_i log L_ii."""
        return float(np.sum(np.log(np.diagonal(self.lower))))


EMPTY: Final = Factor(np.zeros((0, 0)))


def jitters(mean_of_diagonal: float) -> Iterator[float]:
    """The jitters to try in turn: 0, then 1e-9 times max(1, mean of the diagonal), ten times more each time, up to 1000
    times that maximum."""
    yield 0.0
    scale = max(1.0, mean_of_diagonal)
    jitter = _FIRST_JITTER * scale
    while jitter <= _LAST_JITTER * scale:
        yield jitter
        jitter *= 10.0


def factorise(covariance: Array, noise: Array | float, mean_of_diagonal: float | None = None) -> Factor:
    """The Cholesky factor of ``covariance + diag(noise)``, shape (n, n), with the smallest of the `jitters` that works.
    The argument is not modified.

    ``mean_of_diagonal`` (of the covariance without noise) sets the scale of the jitter.

    Raises:
        SingularError: if no jitter works, or the matrix has an entry that is not finite.
    """
    if not len(covariance):
        return EMPTY
    scale = float(np.mean(np.diagonal(covariance))) if mean_of_diagonal is None else mean_of_diagonal
    for jitter in jitters(scale):
        work = covariance.copy()
        work.flat[:: len(work) + 1] += noise + jitter
        if cholesky_in_place(work, clean=True):
            return Factor(work, jitter)
    raise SingularError(singular(covariance, noise, scale, len(covariance)))


def cholesky_in_place(matrix: Array, *, clean: bool = False) -> bool:
    """Overwrite the lower triangle of a symmetric C-ordered matrix by its Cholesky factor; False if the matrix is not
    positive definite. The strict upper triangle stays as it is, or becomes zero with ``clean``."""
    _, failed = lapack().dpotrf(matrix.T, lower=0, clean=int(clean), overwrite_a=1)
    return int(failed) == 0 and math.isfinite(matrix[-1, -1])


def extend(factor: Factor, cross: Array, corner: Array) -> Factor:
    """The factor of the matrix with m more rows and columns; ``cross`` has shape (n, m), ``corner`` (m, m), noise
    included.

    The old factor is not recomputed: O(n^2 m) instead of O(n^3). A pivot below 1e-10 is replaced by 1e-10.
    """
    n, m = cross.shape
    solved = factor.solve(cross)
    rest = corner - solved.T @ solved
    lower = np.zeros((n + m, n + m))
    lower[:n, :n] = factor.lower
    lower[n:, :n] = solved.T
    work, new = rest.copy(), lower[n:, n:]
    if m and cholesky_in_place(work) and np.diagonal(work).min() > 10 * _SMALLEST_PIVOT:
        new[...] = np.tril(work)
        return Factor(lower, factor.jitter)
    for i in range(m):  # row by row, so that each pivot can be raised
        new[i, :i] = Factor(new[:i, :i]).solve(rest[i, :i])
        left = rest[i, i] - new[i, :i] @ new[i, :i]
        new[i, i] = math.sqrt(max(left, _SMALLEST_PIVOT**2))
    return Factor(lower, factor.jitter)


def singular(covariance: Array, noise: Array | float, scale: float, n: int) -> str:
    """The message of a `SingularError` for an n x n matrix."""
    if not (np.isfinite(covariance).all() and np.isfinite(noise).all()):
        return (
            "the covariance matrix holds numbers that are not finite; a parameter or a target is out of all proportion:"
            " standardise the targets (normalize_targets=True) and look at the parameters"
        )
    return (
        f"a covariance matrix of {n} points has no Cholesky factor even with "
        f"{_LAST_JITTER * max(1.0, scale):g} on its diagonal; the kernel is not positive semi-definite at these "
        "parameters: look at them, or use another kernel"
    )
