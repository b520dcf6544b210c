"""HOW DO PARTS COVER THE POINTS? From pairs of configurations and of resources to pairs of training points, and back.

Parts of a covariance are computed for distinct configurations and distinct resources only. Which part each pair of
points takes is found once; an evaluation takes them, and sums derivatives back, in one call each.
"""

from functools import cached_property

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Indices
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.points import Points


@frozen(eq=False)
class Cover:
    """Which entry of a smaller vector each entry of a larger one takes: ``places``, shape (m,). None if they are the
    same vector."""

    size: int
    places: Indices | None

    def spread(self, small: Array, buffers: Buffers, room: str) -> Array:
        """From (size,) to (m,), in the buffers unless they are the same."""
        if self.places is None:
            return small
        return np.take(small, self.places, out=buffers.empty(room, len(self.places)), mode="clip")

    def gather(self, large: Array) -> Array:
        """The derivative of `spread`: sums over all that take an entry, (m,) to (size,)."""
        if self.places is None:
            return large
        sums: Array = np.bincount(self.places, large, minlength=self.size).astype(np.float64, copy=False)
        return sums


@frozen(eq=False)
class Layout:
    """n training points, those of one configuration one after the other; no configuration or resource but theirs."""

    order: Indices
    """Place in the layout -> number of the point as it was given, shape (n,)."""
    points: Points

    @cached_property
    def pairs(self) -> Pairs:
        """Of the points."""
        return Pairs(len(self.points))

    @cached_property
    def distinct(self) -> Pairs:
        """Of the configurations."""
        return Pairs(len(self.points.configurations))

    @cached_property
    def by_configuration(self) -> Cover:
        """From pairs of configurations to pairs of points."""
        if self.pairs.n == self.distinct.n:
            return Cover(len(self.distinct), None)
        return Cover(len(self.distinct), self.pairs.places_among(self.points.configuration, self.distinct))

    @cached_property
    def by_level(self) -> Cover:
        """From a flat (L, L) matrix over resources to pairs of points."""
        count = len(self.points.levels)
        return Cover(count * count, self.pairs.places_in_matrix(self.points.level, count))

    def spread_levels(self, small: Array, buffers: Buffers, room: str) -> Array:
        """From resources, (L, L), to pairs of points, in the buffers."""
        return self.by_level.spread(small.reshape(-1), buffers, room)

    def gather_levels(self, large: Array) -> Array:
        """The derivative of `spread_levels`, to (L, L)."""
        count = len(self.points.levels)
        return self.by_level.gather(large).reshape(count, count)

    def sums_by_level(self, vector: Array) -> Array:
        """Sums over the points at each resource, (n,) to (L,)."""
        return Cover(len(self.points.levels), self.points.level).gather(vector)


def layout(of: Points) -> Layout:
    """The layout of training points."""
    order = np.argsort(of.configuration, kind="stable")
    return Layout(order, of.rows(order))
