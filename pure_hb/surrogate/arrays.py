"""WHICH ARRAYS? The few types of arrays that the surrogates speak of, and room that a fit uses again and again."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
Values = Mapping[str, Array]
"""Parameters by name in natural units: shape () for one number, (k,) for several."""
Gradient = dict[str, Array]
"""The derivative in natural units by parameter, shaped like the `Values`."""

SMALLEST_VARIANCE: Final = 1e-12
"""The floor of every predictive variance, in squared target deviations."""


class Buffers:
    """Room for the matrices of one evaluation. A fit hands the same room to all its evaluations: at 500 observations,
    fresh memory would cost about as much as the arithmetic. What lies here is valid until the next evaluation."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def empty(self, name: str, *shape: int) -> Array:
        """An array of this shape with any content: the one that had the name before, if it had the shape."""
        found = self._arrays.get(name)
        if found is None or found.shape != shape:
            found = self._arrays[name] = np.empty(shape)
        return found


def frozen_array(values: ArrayLike) -> Array:
    """A copy as floats that nobody can write to."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def frozen_indices(values: ArrayLike) -> Indices:
    """A copy as indices that nobody can write to."""
    array = np.array(values, dtype=np.intp)
    array.flags.writeable = False
    return array


def add(total: Gradient, part: Mapping[str, Array]) -> None:
    """Add one gradient to another, in place: parameters that both know are summed."""
    for name, value in part.items():
        total[name] = total[name] + value if name in total else value
