"""WHICH ARRAYS? The array types of the surrogates, and buffers that the evaluations of one fit share."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
Values = Mapping[str, Array]
"""Parameter values by name, in natural units: shape () for a scalar, (k,) for a vector."""
Gradient = dict[str, Array]
"""Derivatives by parameter name, in natural units, of the same shapes as the `Values`."""

SMALLEST_VARIANCE: Final = 1e-12
"""The floor of every predictive variance, in squared units of the standardised targets."""


class Buffers:
    """Memory for the matrices of one evaluation, by name. A fit hands the same buffers to all its evaluations: at 500
    observations, fresh memory would cost about as much as the arithmetic. The content is valid until the next
    evaluation."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

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


def frozen_array(values: ArrayLike) -> Array:
    """A read-only copy as float64."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def frozen_indices(values: ArrayLike) -> Indices:
    """A read-only copy as integer indices."""
    array = np.array(values, dtype=np.intp)
    array.flags.writeable = False
    return array


def frozen_mask(values: ArrayLike) -> Mask:
    """A read-only copy as booleans."""
    array = np.array(values, dtype=np.bool_)
    array.flags.writeable = False
    return array


def add(total: Gradient, part: Mapping[str, Array]) -> None:
    """Add the gradient ``part`` to ``total`` in place. Parameters that are in both are summed."""
    for name, value in part.items():
        total[name] = total[name] + value if name in total else value
