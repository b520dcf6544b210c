"""HOW FAR APART ARE TWO CONFIGURATIONS? Scaled squared distances between features, and their derivatives.

    q = 5 sum_k b_k^2 (u_k - u'_k)^2

with inverse bandwidths b and features u: coordinates, some of which may be warped. Within a set there is one q for each
unordered pair (`pure_hb.surrogate.pairs`), between two sets a matrix. All derivatives come from one product of the
weights on q with the features, never from one pass for each coordinate.
"""

import math

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.warping import Warped


@frozen(eq=False)
class Bend:
    """Some coordinates that were warped, and the names of the exponents."""

    columns: Indices
    warped: Warped
    names: tuple[str, str]


@frozen(eq=False)
class Features:
    """Coordinates of shape (n, d) as the kernel sees them, and how they came from x."""

    u: Array
    bends: tuple[Bend, ...] = ()

    def pull(self, by_u: Array) -> Gradient:
        """From the derivative in u, shape (n, d), to that in the exponents, one for each coordinate."""
        gradient: Gradient = {}
        for bend in self.bends:
            chosen = by_u[:, bend.columns]
            for name, slope in zip(bend.names, (bend.warped.by_a, bend.warped.by_b), strict=True):
                gradient[name] = np.einsum("ik,ik->k", chosen, slope)
        return gradient

    def pull_x(self, by_u: Array) -> Array:
        """From the derivative in u to that in x, both (n, d)."""
        if not self.bends:
            return by_u
        by_x = by_u.copy()
        for bend in self.bends:
            by_x[:, bend.columns] *= bend.warped.by_u
        return by_x


@frozen(eq=False)
class Distances:
    """q between the rows of two sets of features, shape (N, M)."""

    left: Features
    right: Features
    bandwidths: Array
    name: str
    q: Array

    def pull(self, weights: Array) -> Gradient:
        """From weights on q to the inverse bandwidths and the exponents of the warping."""
        u, v = self.left.u, self.right.u
        by_u = weights.sum(axis=1)[:, None] * u - weights @ v
        by_v = weights.sum(axis=0)[:, None] * v - weights.T @ u
        squares = np.einsum("ik,ik->k", u, by_u) + np.einsum("ik,ik->k", v, by_v)
        gradient = {self.name: _by_bandwidths(self.bandwidths, squares)}
        if self.left.bends:
            scale = 10.0 * self.bandwidths**2
            left, right = self.left.pull(scale * by_u), self.right.pull(scale * by_v)
            gradient |= {name: left[name] + right[name] for name in left}
        return gradient

    def pull_x(self, weights: Array) -> Array:
        """From weights on q to the configurations on the right, (M, d)."""
        by_v = weights.sum(axis=0)[:, None] * self.right.u - weights.T @ self.left.u
        return self.right.pull_x(10.0 * self.bandwidths**2 * by_v)


@frozen(eq=False)
class DistancesWithin:
    """q of the pairs of one set of features, shape (m,)."""

    features: Features
    pairs: Pairs
    bandwidths: Array
    name: str
    q: Array

    def pull(self, weights: Array) -> Gradient:
        """As `Distances.pull`, from weights of shape (m,)."""
        u, by_u = self.features.u, self._by_u(weights)
        gradient = {self.name: _by_bandwidths(self.bandwidths, np.einsum("ik,ik->k", u, by_u))}
        if self.features.bends:
            gradient |= self.features.pull(10.0 * self.bandwidths**2 * by_u)
        return gradient

    def pull_x(self, weights: Array) -> Array:
        """From weights on q to the configurations, (n, d)."""
        return self.features.pull_x(10.0 * self.bandwidths**2 * self._by_u(weights))

    def _by_u(self, weights: Array) -> Array:
        """sum_j w_ij (u_i - u_j), shape (n, d)."""
        u = self.features.u
        product = self.pairs.times(weights, np.concatenate((u, np.ones((len(u), 1))), axis=1))
        by_u: Array = product[:, -1:] * u - product[:, :-1]
        return by_u


def distances(
    left: Features, right: Features | Pairs, bandwidths: Array, buffers: Buffers, room: str, name: str
) -> Distances | DistancesWithin:
    """Between two sets, or within one, of which the ``right`` side is its pairs. ``bandwidths``, the parameter
    ``name``, has shape (d,) or (1,), or () for one number. Matrices lie in the buffers under ``room``."""
    scaled = math.sqrt(5.0) * bandwidths
    u = left.u * scaled
    if isinstance(right, Pairs):
        q = right.of(_squared_distances(u, u, buffers.empty(f"{room}.square", right.n, right.n)))
        np.abs(q, out=q)  # against negative rounding
        return DistancesWithin(left, right, bandwidths, name, q)
    q = _squared_distances(u, right.u * scaled, buffers.empty(f"{room}.q", len(left.u), len(right.u)))
    np.abs(q, out=q)
    return Distances(left, right, bandwidths, name, q)


def _squared_distances(u: Array, v: Array, out: Array) -> Array:
    """|u|^2 + |v|^2 - 2 u v as one product, of (-2 u, |u|^2, 1) and (v, 1, |v|^2)."""
    d = u.shape[1]
    left = np.empty((d + 2, len(u)))
    np.multiply(u.T, -2.0, out=left[:d])
    np.einsum("ik,ik->i", u, u, out=left[d])
    left[d + 1] = 1.0
    right = np.empty((d + 2, len(v)))
    right[:d] = v.T
    right[d] = 1.0
    if u is v:
        right[d + 1] = left[d]
    else:
        np.einsum("ik,ik->i", v, v, out=right[d + 1])
    np.matmul(left.T, right, out=out)
    return out


def _by_bandwidths(bandwidths: Array, squares: Array) -> Array:
    """From sum w_ij (u_ik - u_jk)^2 for each coordinate k, shape (d,), to the bandwidths, of whatever shape."""
    gradient: Array = 10.0 * bandwidths * (squares if bandwidths.size > 1 else squares.sum())
    return gradient
