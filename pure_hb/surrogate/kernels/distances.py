"""HOW FAR APART ARE TWO CONFIGURATIONS? Scaled squared distances q between features, and their derivatives.

    q = 5 sum_k b_k^2 (u_k - u'_k)^2

with inverse bandwidths b and features u: the coordinates of a configuration, some of which may be warped. Within a set
there is one q for each unordered pair (`pure_hb.surrogate.pairs`), between two sets a matrix.

With v = sqrt(5) b u, q = |v - v'|^2. All derivatives follow from that in v, which is one matrix product; there is no
pass for each coordinate.
"""

import math

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, add
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.warping import Warped


@frozen(eq=False)
class Bend:
    """The warping of some coordinates: their indices, the warped values, and the names of the two exponents."""

    columns: Indices
    warped: Warped
    names: tuple[str, str]


@frozen(eq=False)
class Features:
    """The coordinates u, shape (n, d), that the kernel uses, and the warpings that made them from x."""

    u: Array
    bends: tuple[Bend, ...] = ()

    def pull(self, by_u: Array) -> Gradient:
        """From the derivative in u, shape (n, d), to those in the warping exponents, shape (k,) for each of them."""
        gradient: Gradient = {}
        for bend in self.bends:
            chosen = by_u[:, bend.columns]
            for name, slope in zip(bend.names, (bend.warped.by_a, bend.warped.by_b), strict=True):
                gradient[name] = np.einsum("ik,ik->k", chosen, slope)
        return gradient

    def pull_x(self, by_u: Array) -> Array:
        """From the derivative in u to that in x, both of shape (n, d)."""
        if not self.bends:
            return by_u
        by_x = by_u.copy()
        for bend in self.bends:
            by_x[:, bend.columns] *= bend.warped.by_u
        return by_x


@frozen(eq=False)
class Distances:
    """q between two sets of features, shape (N, M)."""

    left: Features
    right: Features
    v: Array
    """v = sqrt(5) b u of the left set, shape (d, N)."""
    w: Array
    """The same of the right set, shape (d, M)."""
    bandwidths: Array
    name: str
    q: Array

    def pull(self, weights: Array) -> Gradient:
        """From the derivative in q, (N, M), to those in the inverse bandwidths and the warping exponents."""
        by_v = 2.0 * (weights.sum(axis=1) * self.v - self.w @ weights.T)
        by_w = 2.0 * (weights.sum(axis=0) * self.w - self.v @ weights)
        gradient = _of_bandwidths(self.name, self.bandwidths, by_v, self.v)
        add(gradient, _of_bandwidths(self.name, self.bandwidths, by_w, self.w))
        add(gradient, self.left.pull(_by_u(by_v, self.bandwidths)))
        add(gradient, self.right.pull(_by_u(by_w, self.bandwidths)))
        return gradient

    def pull_x(self, weights: Array) -> Array:
        """From the derivative in q, (N, M), to that in the configurations on the right, (M, d)."""
        by_w = 2.0 * (weights.sum(axis=0) * self.w - self.v @ weights)
        return self.right.pull_x(_by_u(by_w, self.bandwidths))


@frozen(eq=False)
class DistancesWithin:
    """q of the unordered pairs of one set of features, shape (m,)."""

    features: Features
    pairs: Pairs
    rows: Array
    """v = sqrt(5) b u with a row of ones below, shape (d + 1, n)."""
    bandwidths: Array
    name: str
    q: Array

    def pull(self, weights: Array) -> Gradient:
        """From the derivative in q, (m,), to those in the inverse bandwidths and the warping exponents."""
        by_v = self._by_v(weights)
        gradient = _of_bandwidths(self.name, self.bandwidths, by_v, self.rows[:-1])
        if self.features.bends:
            gradient |= self.features.pull(_by_u(by_v, self.bandwidths))
        return gradient

    def pull_x(self, weights: Array) -> Array:
        """From the derivative in q, (m,), to that in the configurations, (n, d)."""
        return self.features.pull_x(_by_u(self._by_v(weights), self.bandwidths))

    def _by_v(self, weights: Array) -> Array:
        """2 sum_j w_ij (v_i - v_j), shape (d, n)."""
        product = self.pairs.times(weights, self.rows.T).T  # weights on v, and their sums
        by_v: Array = product[-1] * self.rows[:-1]
        by_v -= product[:-1]
        by_v *= 2.0
        return by_v


def distances(
    left: Features, right: Features | Pairs, bandwidths: Array, buffers: Buffers, room: str, name: str
) -> Distances | DistancesWithin:
    """q between two sets of features, or within ``left`` if ``right`` is its `Pairs`.

    ``bandwidths`` are the inverse bandwidths, shape (d,), (1,) or (); ``name`` is the name of the parameter. Matrices
    lie in the buffers under ``room``.
    """
    v = _summands(left.u, bandwidths)
    if isinstance(right, Pairs):
        q = right.of(_squared_distances(v, v, buffers.empty(f"{room}.square", right.n, right.n)))
        np.abs(q, out=q)  # against negative rounding
        return DistancesWithin(left, right, v[:-1], bandwidths, name, q)
    w = _summands(right.u, bandwidths)
    q = _squared_distances(v, w, buffers.empty(f"{room}.q", len(left.u), len(right.u)))
    np.abs(q, out=q)
    return Distances(left, right, v[:-2], w[:-2], bandwidths, name, q)


def _summands(u: Array, bandwidths: Array) -> Array:
    """v, 1 and |v|^2 with v = sqrt(5) b u: shape (d + 2, n)."""
    n, d = u.shape
    rows = np.empty((d + 2, n))
    v = np.multiply(u.T, _column(bandwidths), out=rows[:d])
    rows[d] = 1.0
    np.einsum("kn,kn->n", v, v, out=rows[d + 1])
    return rows


def _squared_distances(v: Array, w: Array, out: Array) -> Array:
    """|v|^2 + |w|^2 - 2 v w as one product, of the summands of both."""
    factors = np.empty_like(v)
    np.multiply(v[:-2], -2.0, out=factors[:-2])
    factors[-2] = v[-1]
    factors[-1] = 1.0
    np.matmul(factors.T, w, out=out)
    return out


def _column(bandwidths: Array) -> Array:
    """sqrt(5) b, one row for each coordinate or one for all."""
    column: Array = math.sqrt(5.0) * bandwidths.reshape(-1, 1)
    return column


def _of_bandwidths(name: str, bandwidths: Array, by_v: Array, v: Array) -> Gradient:
    """From the derivative in v, shape (d, n), to the bandwidths: b dv/db is v."""
    share = np.einsum("kn,kn->k", by_v, v)
    return {name: (share if bandwidths.size > 1 else share.sum()) / bandwidths}


def _by_u(by_v: Array, bandwidths: Array) -> Array:
    """From the derivative in v, shape (d, n), to that in u, (n, d)."""
    by_u: Array = (by_v * _column(bandwidths)).T
    return by_u
