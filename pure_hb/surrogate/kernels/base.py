"""HOW ALIKE ARE TWO CONFIGURATIONS? The Matern-5/2 kernel over encoded configurations, with input warping.

With inverse bandwidths b, scale c, and features u: the coordinates of a configuration, some of which may be warped
(Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, eq. 4.17):

    q = 5 sum_k b_k^2 (u_k - u'_k)^2;   B = sqrt(q + 1e-9);   k(x, x') = c (1 + B + q/3) exp(-B)
    dk/dq = -(c/6) exp(-B) (1 + q/B)

The 1e-9 keeps the root smooth at q = 0, as in Syne Tune: k(x, x) falls short of c by a factor 5e-10 in
matrices, while the variance of a single prediction starts from c itself.

Within a set there is one q for each unordered pair (`pure_hb.surrogate.pairs`), between two sets a matrix. With
v = sqrt(5) b u, q = |v - v'|^2. All derivatives of q follow from that in v, which is one matrix product; there is no
pass for each coordinate.

A coordinate x is warped by Kumaraswamy's distribution function, so that a stationary kernel can model a function that
varies faster in one part of a coordinate than in another:

    u = 1 - (1 - x'^a)^b,   x' = (1 - 2e-9) x + 1e-9

maps [0, 1] to itself; with a = b = 1 it is x' (Snoek et al., "Input warping for Bayesian optimization of non-stationary
functions", ICML 2014, with Kumaraswamy's distribution instead of the Beta distribution).
"""

import math
from collections.abc import Callable

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values, add
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs
from pure_hb.surrogate.shared_parameters import BandwidthPrior, covariance_scale, inverse_bandwidths, warping

Matrices = tuple[Array, ...]

_GUARD = 1e-9
_MARGIN = 1e-9


# ---- features --------------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Warped:
    """Warped coordinates u(x) and their derivatives in x, a and b, all of shape (n, k)."""

    value: Array
    by_x: Array
    by_a: Array
    by_b: Array


def warp(x: Array, a: Array, b: Array) -> Warped:
    """Warp x of shape (n, k), in [0, 1], with positive exponents a and b of shape (k,), or () for all."""
    shrink = 1.0 - 2.0 * _MARGIN
    inner = shrink * x + _MARGIN
    log_inner = np.log(inner)
    power = np.exp(a * log_inner)  # x'^a
    log_rest = np.log(-np.expm1(a * log_inner))  # of 1 - x'^a
    survival = np.exp(b * log_rest)
    slope = b * np.exp((b - 1.0) * log_rest)  # d u / d x'^a
    return Warped(1.0 - survival, slope * a * power / inner * shrink, slope * power * log_inner, -survival * log_rest)


@frozen(eq=False)
class Bend:
    """The warping of some columns, and the names of its two exponents, each of shape (k,), or () for one column."""

    columns: Indices
    warped: Warped
    names: tuple[str, str]
    shape: tuple[int, ...]


@frozen(eq=False)
class Features:
    """The coordinates u, shape (n, d), that the kernel uses, and the warpings that made them from x."""

    u: Array
    bends: tuple[Bend, ...] = ()

    def warped(self, columns: Indices, values: Values, names: tuple[str, str]) -> "Features":
        """The features with these columns warped by the exponents of these names."""
        a, b = (values[name] for name in names)
        warped = warp(self.u[:, columns], a, b)
        u = self.u.copy()
        u[:, columns] = warped.value
        return Features(u, (*self.bends, Bend(columns, warped, names, a.shape)))

    def pull(self, by_u: Array) -> Gradient:
        """From the derivative in u, shape (n, d), to those in the exponents."""
        gradient: Gradient = {}
        for bend in self.bends:
            chosen = by_u[:, bend.columns]
            for name, slope in zip(bend.names, (bend.warped.by_a, bend.warped.by_b), strict=True):
                gradient[name] = np.einsum("ik,ik->k", chosen, slope).reshape(bend.shape)
        return gradient

    def pull_x(self, by_u: Array) -> Array:
        """From the derivative in u to that in x, both of shape (n, d)."""
        by_x = by_u.copy() if self.bends else by_u
        for bend in self.bends:
            by_x[:, bend.columns] *= bend.warped.by_x
        return by_x


# ---- distances -------------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Bandwidths:
    """The inverse bandwidths b, shape (d,), (1,) or (), under the name of their parameter; and sqrt(5) b as a
    column."""

    name: str
    b: Array
    column: Array

    def pull(self, by_v: Array, v: Array) -> Gradient:
        """From the derivative in v, shape (d, n), to that in b: b dv/db is v."""
        share = np.einsum("kn,kn->k", by_v, v)
        return {self.name: (share if self.b.size > 1 else share.sum()) / self.b}


@frozen(eq=False)
class Distances:
    """q between two sets of features, shape (N, M)."""

    q: Array
    left: Features
    right: Features
    v: Array
    """v = sqrt(5) b u of the left set, shape (d, N)."""
    w: Array
    """The same of the right set, shape (d, M)."""
    by: Bandwidths

    def pull(self, weights: Array) -> Gradient:
        """From the derivative in q, (N, M), to those in the inverse bandwidths and the warping exponents."""
        by_v = 2.0 * (weights.sum(axis=1) * self.v - self.w @ weights.T)
        by_w = 2.0 * (weights.sum(axis=0) * self.w - self.v @ weights)
        gradient = self.by.pull(by_v, self.v)
        add(gradient, self.by.pull(by_w, self.w))
        add(gradient, self.left.pull((by_v * self.by.column).T))
        add(gradient, self.right.pull((by_w * self.by.column).T))
        return gradient

    def pull_x(self, weights: Array) -> Array:
        """From the derivative in q, (N, M), to that in the configurations on the right, (M, d)."""
        by_w = 2.0 * (weights.sum(axis=0) * self.w - self.v @ weights)
        return self.right.pull_x((by_w * self.by.column).T)


@frozen(eq=False)
class DistancesWithin:
    """q of the unordered pairs of one set of features, shape (m,)."""

    q: Array
    features: Features
    pairs: Pairs
    rows: Array
    """v = sqrt(5) b u with a row of ones below, shape (d + 1, n)."""
    by: Bandwidths

    def pull(self, weights: Array) -> Gradient:
        """From the derivative in q, (m,), to those in the inverse bandwidths and the warping exponents."""
        by_v = self._by_v(weights)
        return self.by.pull(by_v, self.rows[:-1]) | self.features.pull((by_v * self.by.column).T)

    def pull_x(self, weights: Array) -> Array:
        """From the derivative in q, (m,), to that in the configurations, (n, d)."""
        return self.features.pull_x((self._by_v(weights) * self.by.column).T)

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
    by = Bandwidths(name, bandwidths, math.sqrt(5.0) * bandwidths.reshape(-1, 1))
    v = _summands(left.u, by.column)
    w = v if isinstance(right, Pairs) else _summands(right.u, by.column)
    factors = np.empty_like(v)  # so that |v|^2 + |w|^2 - 2 v w is one product
    np.multiply(v[:-2], -2.0, out=factors[:-2])
    factors[-2], factors[-1] = v[-1], 1.0
    square = np.matmul(factors.T, w, out=buffers.empty(f"{room}.q", v.shape[1], w.shape[1]))
    if isinstance(right, Pairs):
        q = right.of(square)
        np.abs(q, out=q)  # against negative rounding
        return DistancesWithin(q, left, right, v[:-1], by)
    np.abs(square, out=square)
    return Distances(square, left, right, v[:-2], w[:-2], by)


def _summands(u: Array, column: Array) -> Array:
    """v, 1 and |v|^2 with v = sqrt(5) b u: shape (d + 2, n)."""
    n, d = u.shape
    rows = np.empty((d + 2, n))
    v = np.multiply(u.T, column, out=rows[:d])
    rows[d] = 1.0
    np.einsum("kn,kn->n", v, v, out=rows[d + 1])
    return rows


# ---- the kernel ------------------------------------------------------------------------------------------------------


@frozen(eq=False)
class ConfigurationParts:
    """Matrices over configurations, shape (N, M), or vectors of the pairs of one set, shape (m,), and their
    derivatives."""

    matrices: Matrices
    pull: Callable[[Matrices], Gradient]
    """From weights on the matrices to derivatives by parameter."""
    pull_x: Callable[[Matrices], Array]
    """From weights on the matrices to derivatives in the configurations on the right, (M, d); for pairs, in those of
    the set, (N, d)."""


@frozen
class Base:
    """The Matern-5/2 kernel k_x over encoded configurations.

    ``ard``: one inverse bandwidth for each coordinate (automatic relevance determination), instead of one for all.
    ``warping``: ordered coordinates are warped first. ``prior``: the prior of the inverse bandwidths.
    """

    ard: bool = True
    warping: bool = False
    prior: BandwidthPrior = "uniform"

    def bandwidths(self, inputs: Inputs, more: tuple[str, ...] = ()) -> Parameter:
        """The parameter of the inverse bandwidths b_k: one for each coordinate and each of the coordinates ``more``
        after them, or one for all without ``ard``."""
        return inverse_bandwidths((*inputs.names, *more) if self.ard else ("all",), prior=self.prior)

    def warping_parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """The warping exponents a and b of each warped coordinate; empty without warping."""
        labels = tuple(inputs.names[column] for column in inputs.warped_columns)
        return (warping("warping_a", labels), warping("warping_b", labels)) if self.warping and labels else ()

    def parameters(self, inputs: Inputs, more: tuple[str, ...] = ()) -> tuple[Parameter, ...]:
        """covariance_scale, the inverse bandwidths with ``more``, and the exponents of the warping if there is one."""
        return (covariance_scale(), self.bandwidths(inputs, more), *self.warping_parameters(inputs))

    def features(self, values: Values, x: Array, inputs: Inputs, exponents: tuple[str, str] | None = None) -> Features:
        """The coordinates of configurations x, shape (n, d), warped where the kernel warps them. A further coordinate,
        shape (n, d + 1), is r~; it is warped by the parameters named ``exponents``, if there are any."""
        found = Features(x)
        if self.warping and len(inputs.warped_columns):
            found = found.warped(inputs.warped_columns, values, ("warping_a", "warping_b"))
        return found if exponents is None else found.warped(inputs.resource_column, values, exponents)


@frozen(eq=False)
class Matern:
    """k = c (1 + B + q/3) exp(-B) for an array q, and its derivatives in q and c."""

    value: Array
    pull: Callable[[Array], tuple[Array, Array]]
    """From the derivative of an objective in k (weights, shaped like q) to those in q and in c."""


def matern(q: Array, scale: float, buffers: Buffers, room: str) -> Matern:
    """The Matern-5/2 kernel with scale c = ``scale`` for an array q. Results have the shape of q and lie in the buffers
    under ``room``."""
    root, decayed, value, by_q = buffers.empty(room, 4, *q.shape)
    np.add(q, _GUARD, out=root)
    np.sqrt(root, out=root)
    np.negative(root, out=decayed)
    np.exp(decayed, out=decayed)
    decayed *= scale
    np.multiply(q, 1.0 / 3.0, out=value)
    value += root
    value += 1.0
    value *= decayed

    def pull(weights: Array) -> tuple[Array, Array]:
        on_q = np.divide(q, root, out=by_q)
        on_q += 1.0
        on_q *= decayed
        on_q *= weights
        on_q *= -1.0 / 6.0
        return on_q, np.asarray(np.vdot(weights, value) / scale)

    return Matern(value, pull)


def matern_part(
    values: Values,
    left: Features,
    right: Features | Pairs,
    buffers: Buffers,
    scale: str = "covariance_scale",
    bandwidths: str = "inverse_bandwidths",
) -> ConfigurationParts:
    """The Matern-5/2 covariance between two sets of features, or within one for its `Pairs`. ``scale`` and
    ``bandwidths`` are names of parameters; matrices lie in the buffers under the name of the scale."""
    apart = distances(left, right, values[bandwidths], buffers, scale, bandwidths)
    k = matern(apart.q, float(values[scale]), buffers, scale)

    def pull(weights: Matrices) -> Gradient:
        on_q, by_scale = k.pull(weights[0])
        return {scale: by_scale, **apart.pull(on_q)}

    return ConfigurationParts((k.value,), pull, lambda weights: apart.pull_x(k.pull(weights[0])[0]))
