"""WHERE IS THE FUNCTION EVALUATED, AND WHAT WAS SEEN THERE? Points (x, r): encoded configurations at resources, equal
configurations stored once; and observations: points with their targets.

Kernels work on the distinct configurations and distinct resources. `spread` expands their small matrices to points, and
`gather` takes derivatives back (within the training points, `pure_hb.surrogate.layout` does this).
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from attrs import evolve, frozen
from numpy.typing import ArrayLike

from pure_hb.space import Choice, Space, slices
from pure_hb.surrogate.arrays import Array, Buffers, Indices, frozen_array

_MARGIN = 1e-8
"""The margin of the encoding of integers (`pure_hb.space.encoding`)."""
_LARGEST = 1e100
"""The largest magnitude of a target, so that its square is finite."""


class DataError(ValueError):
    """Observations or points that the model cannot take. The message says which, why, and what to do."""


@frozen
class Inputs:
    """What a model must know of its inputs before it sees data: the names of the d coordinates of an encoded
    configuration, which of them input warping may transform, the maximum resource R, and the levels r that have a
    process of their own (independent processes only)."""

    names: tuple[str, ...]
    max_resource: int
    warped: tuple[bool, ...]
    levels: tuple[int, ...] = ()

    @cached_property
    def dimension(self) -> int:
        """d, the number of coordinates."""
        return len(self.names)

    def check(self, at: "Points") -> None:
        """Check that points are of these inputs.

        Raises:
            DataError: for points with another number of coordinates, or a resource above the maximum.
        """
        if at.configurations.shape[1] != self.dimension:
            raise DataError(
                f"configurations have {at.configurations.shape[1]} coordinates and the inputs {self.dimension} "
                f"({', '.join(self.names)}); both must come from one space: encode(space, configuration)"
            )
        if len(at.levels) and at.levels[-1] > self.max_resource:
            raise DataError(
                f"a resource is {at.levels[-1]} and the maximum {self.max_resource}; a value past it counts at "
                "the maximum"
            )

    @cached_property
    def warped_columns(self) -> Indices:
        """The indices of the coordinates that may be warped, shape (k,)."""
        return frozen_array(np.flatnonzero(self.warped), np.intp)

    @cached_property
    def resource_column(self) -> Indices:
        """The index of the coordinate of r~, where it comes after those of x: shape (1,)."""
        return frozen_array([self.dimension], np.intp)


def inputs_of(space: Space, max_resource: int, levels: Sequence[int] = ()) -> Inputs:
    """The inputs of a space. Ordered coordinates may be warped, the one-hot coordinates of a choice may not. The
    maximum resource always counts as a level."""
    names: list[str] = []
    warped: list[bool] = []
    for name, domain in space.in_vector_order:
        start, stop = slices(space)[name]
        if isinstance(domain, Choice):
            names += [f"{name}={value}" for value in domain.values] if stop - start > 1 else [name]
        else:
            names.append(name)
        warped += [not isinstance(domain, Choice)] * (stop - start)
    return Inputs(tuple(names), max_resource, tuple(warped), tuple(sorted({*levels, max_resource})))


def encoded_resource(resource: ArrayLike, max_resource: int) -> Array:
    """r~ in [0, 1], of the shape of ``resource``: an integer between 1 and R, encoded as the space encodes integers on
    a linear scale. The array is read-only and cached."""
    r = np.asarray(resource)
    return _encoded(r.tobytes(), r.dtype, r.shape, max_resource)


@lru_cache(maxsize=256)
def _encoded(resource: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], max_resource: int) -> Array:
    """An optimiser asks a hundred times about the same few levels."""
    r = np.frombuffer(resource, dtype).reshape(shape)
    return frozen_array(np.clip((r - 0.5 - _MARGIN) / (max_resource - 2 * _MARGIN), 0.0, 1.0), np.float64)


def decoded_resource(encoded: ArrayLike, max_resource: int) -> Indices:
    """The integer resource nearest to r~, halves to even, clipped to [1, R]."""
    exact = np.asarray(encoded, dtype=np.float64) * (max_resource - 2 * _MARGIN) + 0.5 + _MARGIN
    return np.clip(np.rint(exact), 1, max_resource).astype(np.intp)


@frozen(eq=False)
class Points:
    """n points: row i is configuration ``configurations[configuration[i]]`` at resource ``levels[level[i]]``.

    ``trial[i]`` is the trial whose curve the point lies on, -1 if it is of no known trial. Only the additive models,
    where each trial has a curve of its own, use it.
    """

    configurations: Array
    """The distinct encoded configurations, shape (N, d)."""
    configuration: Indices
    """The index of each point's configuration, shape (n,)."""
    levels: Indices
    """The distinct resources in increasing order, shape (L,)."""
    level: Indices
    """The index of each point's resource, shape (n,)."""
    trial: Indices

    def __len__(self) -> int:
        return len(self.configuration)

    @property
    def x(self) -> Array:
        """The encoded configuration of each point, shape (n, d)."""
        return self.configurations[self.configuration]

    @property
    def resource(self) -> Indices:
        """The resource of each point, shape (n,)."""
        return self.levels[self.level]

    def rows(self, chosen: Indices) -> "Points":
        """The points of these numbers, in this order, with only their own configurations and resources."""
        used, configuration = np.unique(self.configuration[chosen], return_inverse=True)
        reached, level = np.unique(self.level[chosen], return_inverse=True)
        return Points(self.configurations[used], configuration, self.levels[reached], level, self.trial[chosen])


def points(x: ArrayLike, resource: ArrayLike, trial: ArrayLike | None = None) -> Points:
    """Points from one row each: x of shape (n, d); resources of shape (n,), or one for all; trials likewise (None: -1).

    Configurations are equal if they agree in every bit.

    Raises:
        ValueError: for another shape, a coordinate that is not finite, or a resource below 1.
    """
    rows = np.atleast_2d(np.asarray(x, dtype=np.float64)) + 0.0  # so that -0.0 is 0.0
    count = len(rows)
    if rows.ndim != 2:
        raise ValueError(f"the configurations have shape {rows.shape}; it takes (n, d), a row each")
    whole: list[Indices] = []
    for what, given in (("resources", resource), ("trials", -1 if trial is None else trial)):
        numbers = np.asarray(given, dtype=np.float64)
        if numbers.ndim and numbers.shape != (count,):
            raise ValueError(f"there are {count} configurations and {what} of shape {numbers.shape}; it takes one each")
        strange = numbers[~((np.abs(numbers) <= 2**53) & (numbers == np.rint(numbers)))]  # also NaN
        if strange.size:
            raise ValueError(f"one of the {what} is {strange.flat[0]:g}; it takes whole numbers up to 2**53")
        whole.append(np.broadcast_to(numbers.astype(np.intp), (count,)))
    resources, trials = whole
    configurations, configuration = _distinct(rows)
    if not np.isfinite(configurations).all():
        raise ValueError("an encoded configuration has a coordinate that is not finite; encode(space, configuration)")
    if count and resources.min() < 1:
        raise ValueError(f"a resource is {resources.min()}; resources begin at 1")
    levels, level = np.unique(resources, return_inverse=True)
    return Points(
        frozen_array(configurations, np.float64),
        frozen_array(configuration, np.intp),
        frozen_array(levels, np.intp),
        frozen_array(level, np.intp),
        frozen_array(trials, np.intp),
    )


@lru_cache(maxsize=8)
def with_resource(at: Points, inputs: Inputs) -> Points:
    """The same points with r~ appended to each configuration as one more coordinate. Cached, because every prediction
    asks for the training points."""
    pairs, place = np.unique(at.configuration * len(at.levels) + at.level, return_inverse=True)
    configuration, level = np.divmod(pairs, max(1, len(at.levels)))
    r = encoded_resource(at.levels, inputs.max_resource)[level]
    return evolve(at, configurations=np.column_stack((at.configurations[configuration], r)), configuration=place)


def together(first: Points, second: Points) -> Points:
    """The points of both, those of ``first`` first."""
    distinct, place = _distinct(np.vstack((first.configurations, second.configurations)))
    levels, step = np.unique(np.concatenate((first.levels, second.levels)), return_inverse=True)
    return Points(
        distinct,
        np.concatenate((place[first.configuration], place[second.configuration + len(first.configurations)])),
        levels,
        np.concatenate((step[first.level], step[second.level + len(first.levels)])),
        np.concatenate((first.trial, second.trial)),
    )


def _distinct(rows: Array) -> tuple[Array, Indices]:
    """The distinct rows in the order in which they first appear, and which of them each row is."""
    content = [row.tobytes() for row in rows]
    found: dict[bytes, int] = {}
    place = np.array([found.setdefault(key, len(found)) for key in content], dtype=np.intp)
    if len(found) == len(rows):
        return rows, place
    return rows[np.unique(place, return_index=True)[1]], place


# ---- observations ----------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Observations:
    """Targets at n points."""

    points: Points
    targets: Array
    """Shape (n, F): a row for each point, a column for each fantasy (F = 1 without)."""


def observations(at: Points, targets: ArrayLike) -> Observations:
    """Targets of shape (n,) or (n, F) at n points.

    Raises:
        DataError: for another shape, or a target that is not finite or above 1e100 in magnitude.
    """
    columns = np.asarray(targets, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or len(columns) != len(at) or not columns.shape[1]:
        raise DataError(f"there are {len(at)} points and targets of shape {np.shape(targets)}; it takes a row a point")
    bad = np.flatnonzero(~np.isfinite(columns).all(axis=1))
    if len(bad):
        raise DataError(
            f"the target of row {bad[0]} is {columns[bad[0]].tolist()}; a surrogate sees finite values only: "
            "leave the row out"
        )
    largest = float(np.max(np.abs(columns), initial=0.0))
    if largest > _LARGEST:
        raise DataError(
            f"a target is {largest:g}, above {_LARGEST:g}; standardise the targets (normalize_targets=True)"
        )
    return Observations(at, frozen_array(columns, np.float64))


def one_column(data: Observations) -> Array:
    """The targets as a vector of shape (n,), for a fit.

    Raises:
        DataError: if there are several columns, or no row.
    """
    if data.targets.shape[1] != 1 or not len(data.points):
        raise DataError(
            f"the targets have shape {data.targets.shape}; parameters are fitted to one column and at least one row: "
            "fit without the pending evaluations, condition on them afterwards"
        )
    return data.targets[:, 0]


# ---- from distinct things to points, and back ------------------------------------------------------------------------


def spread(small: Array, rows: Indices, columns: Indices, buffers: Buffers, name: str) -> Array:
    """From a matrix over distinct things to one over points: (N, M) to (n, m), where ``rows`` and ``columns`` are the
    indices of each point. It lies in the buffers under ``name``, or in a part of them."""
    tall = buffers.empty(f"{name}.rows", len(rows), small.shape[1])
    np.take(small, rows, axis=0, out=tall, mode="clip")
    if np.array_equal(columns, np.arange(small.shape[1])):  # as wherever each point has a configuration of its own
        return tall
    return np.take(tall, columns, axis=1, out=buffers.empty(name, len(rows), len(columns)), mode="clip")


def gather(large: Array, left: Points, right: Points) -> Array:
    """The transpose of `spread` over configurations, for derivatives: (n, m) to (N, M)."""
    tall = np.zeros((len(left.configurations), large.shape[1]))
    np.add.at(tall, left.configuration, large)
    small = np.zeros((len(tall), len(right.configurations)))
    np.add.at(small.T, right.configuration, tall.T)
    return small
