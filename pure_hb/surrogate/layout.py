"""HOW DO SMALL MATRICES BECOME LARGE ONES? From pairs of configurations and pairs of resources to pairs of training
points, and derivatives back.

Parts of a covariance are computed once for distinct configurations and distinct resources. The index that says which
entry each pair of points takes is found once a fit. An evaluation then spreads the parts with one ``take``, and sums
derivatives back with one ``bincount``.
"""

from functools import cached_property

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Indices
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.points import Points


@frozen(eq=False)
class Cover:
    """An index from a large vector, shape (m,), into a small one, shape (size,): entry i of the large one is entry
    ``places[i]`` of the small one. ``places`` is None if both are the same vector."""

    size: int
    places: Indices | None

    def spread(self, small: Array, buffers: Buffers, room: str) -> Array:
        """The large vector, (m,), from the small one, (size,). It lies in the buffers under ``room``, unless both are
        the same."""
        if self.places is None:
            return small
        return np.take(small, self.places, out=buffers.empty(room, len(self.places)), mode="clip")

    def gather(self, large: Array) -> Array:
        """The transpose of `spread`, which takes derivatives back: (m,) to (size,), summing all entries that took the
        same one."""
        if self.places is None:
            return large
        sums: Array = np.bincount(self.places, large, minlength=self.size).astype(np.float64, copy=False)
        return sums


@frozen(eq=False)
class Layout:
    """n training points in an order that keeps the points of each configuration together."""

    order: Indices
    """Entry i is the number, in the order given, of the point at place i; shape (n,)."""
    points: Points

    @cached_property
    def pairs(self) -> Pairs:
        """The unordered pairs of the n points."""
        return Pairs(len(self.points))

    @cached_property
    def distinct(self) -> Pairs:
        """The unordered pairs of the N distinct configurations."""
        return Pairs(len(self.points.configurations))

    @cached_property
    def by_configuration(self) -> Cover:
        """The index from pairs of points into pairs of configurations."""
        if self.pairs.n == self.distinct.n:
            return Cover(len(self.distinct), None)
        return Cover(len(self.distinct), self.pairs.places_among(self.points.configuration, self.distinct))

    @cached_property
    def by_level(self) -> Cover:
        """The index from pairs of points into a flat (L, L) matrix over the distinct resources."""
        count = len(self.points.levels)
        return Cover(count * count, self.pairs.places_in_matrix(self.points.level, count))

    def spread_levels(self, small: Array, buffers: Buffers, room: str) -> Array:
        """From a matrix over resources, (L, L), to pairs of points, (m,), in the buffers under ``room``."""
        return self.by_level.spread(small.reshape(-1), buffers, room)

    def gather_levels(self, large: Array) -> Array:
        """The transpose of `spread_levels`: (m,) to (L, L)."""
        count = len(self.points.levels)
        return self.by_level.gather(large).reshape(count, count)

    def sums_by_level(self, vector: Array) -> Array:
        """The sums of a vector over the points at each resource: (n,) to (L,)."""
        return Cover(len(self.points.levels), self.points.level).gather(vector)


def layout(of: Points) -> Layout:
    """Sort training points by configuration."""
    order = np.argsort(of.configuration, kind="stable")
    return Layout(order, of.rows(order))
