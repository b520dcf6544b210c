"""HOW ALIKE ARE TWO CONFIGURATIONS? The Matern-5/2 kernel over encoded configurations, with input warping.

With inverse bandwidths b and scale c (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, eq.
4.17):

    q = 5 sum_k b_k^2 (x_k - x'_k)^2;   B = sqrt(q + 1e-9);   k(x, x') = c (1 + B + q/3) exp(-B)
    dk/dq = -(c/6) exp(-B) (1 + q/B)

The 1e-9 keeps the root smooth at q = 0, as in the reference system: k(x, x) falls short of c by a factor 5e-10 in
matrices, while the variance of a single prediction starts from c itself.
"""

import math
from collections.abc import Callable

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values, frozen_indices
from pure_hb.surrogate.kernels.kernel import ConfigurationParts, Matrices
from pure_hb.surrogate.parameters import BandwidthPrior, Parameter, covariance_scale, inverse_bandwidths, warping
from pure_hb.surrogate.points import Inputs
from pure_hb.surrogate.warping import Warped, warp

_GUARD = 1e-9
_NOTHING = frozen_indices([])


@frozen
class Base:
    """The kernel over configurations: one inverse bandwidth a coordinate (``ard``) or one for all, whether the
    coordinates that have an order are warped first, and what is believed of the bandwidths."""

    ard: bool = True
    warping: bool = False
    prior: BandwidthPrior = "uniform"

    def bandwidths(self, inputs: Inputs, more: tuple[str, ...] = ()) -> Parameter:
        """The inverse bandwidths of the coordinates, and of ``more`` coordinates after them."""
        return inverse_bandwidths((*inputs.names, *more) if self.ard else ("all",), prior=self.prior)

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Scale, inverse bandwidths and exponents of the warping."""
        return (covariance_scale(), self.bandwidths(inputs), *self.warping_parameters(inputs))

    def warping_parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """The exponents a and b of each coordinate that is warped; none without warping."""
        labels = tuple(inputs.names[column] for column in inputs.warped_columns)
        if not self.warping or not labels:
            return ()
        return (warping("warping_a", labels), warping("warping_b", labels))

    def features(self, values: Values, x: Array, inputs: Inputs) -> "Features":
        """The (warped) coordinates of configurations x of shape (n, d)."""
        columns = inputs.warped_columns if self.warping else _NOTHING
        if not len(columns):
            return Features(x)
        warped = warp(x[:, columns], values["warping_a"], values["warping_b"])
        u = x.copy()
        u[:, columns] = warped.value
        return Features(u, (Bend(columns, warped, ("warping_a", "warping_b")),))


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
                gradient[name] = np.sum(chosen * slope, axis=0)
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
    """Scaled squared distances q between the rows of two sets of features, shape (N, M)."""

    left: Features
    right: Features
    bandwidths: Array
    name: str
    q: Array

    def pull(self, weights: Array) -> Gradient:
        """From weights on q, shape (N, M), to the inverse bandwidths and the exponents of the warping."""
        u, v = self.left.u, self.right.u
        columns, both = weights.sum(axis=0), weights @ np.concatenate((v, np.ones((len(v), 1))), axis=1)
        across, rows = both[:, :-1], both[:, -1]  # weights @ v, and the sums of the rows
        squares = rows @ (u * u) + columns @ (v * v) - 2.0 * np.einsum("ik,ik->k", u, across)
        if self.bandwidths.size == 1:
            gradient: Gradient = {self.name: 10.0 * self.bandwidths * np.sum(squares)}
        else:
            gradient = {self.name: 10.0 * self.bandwidths * squares}
        if not self.left.bends:
            return gradient
        scale = 10.0 * self.bandwidths**2
        left = self.left.pull(scale * (rows[:, None] * u - across))
        right = self.right.pull(scale * (columns[:, None] * v - weights.T @ u))
        return gradient | {name: left[name] + right[name] for name in left}

    def pull_x(self, weights: Array) -> Array:
        """From weights on q, (N, M), to the configurations on the right, (M, d)."""
        by_u = weights.sum(axis=0)[:, None] * self.right.u - weights.T @ self.left.u
        return self.right.pull_x(10.0 * self.bandwidths**2 * by_u)


def distances(
    left: Features, right: Features, bandwidths: Array, out: Array, name: str = "inverse_bandwidths"
) -> Distances:
    """5 sum_k b_k^2 (u_k - v_k)^2 into ``out``; ``bandwidths`` has shape (d,) or (1,), or () for one number."""
    scaled = math.sqrt(5.0) * bandwidths
    u = left.u * scaled
    v = u if left is right else right.u * scaled
    of_u = np.einsum("ik,ik->i", u, u)[:, None]
    of_v = of_u if left is right else np.einsum("ik,ik->i", v, v)[:, None]
    # |u|^2 + |v|^2 - 2 u v as one product
    one, other = np.ones_like(of_u), np.ones_like(of_v)
    np.matmul(np.concatenate((u, of_u, one), axis=1), np.concatenate((-2.0 * v, other, of_v), axis=1).T, out=out)
    np.abs(out, out=out)  # against negative rounding
    return Distances(left, right, bandwidths, name, out)


@frozen(eq=False)
class Matern:
    """k = c (1 + B + q/3) exp(-B) for a matrix q, and how to take derivatives back to q and c."""

    value: Array
    pull: Callable[[Array], tuple[Array, Array]]
    """From weights on k to weights on q, and the derivative in c."""


def matern(q: Array, scale: float, buffers: Buffers, name: str = "k") -> Matern:
    """Evaluate; the arrays lie in the buffers under names that begin with ``name``."""
    root = np.add(q, _GUARD, out=buffers.empty(f"{name}.root", *q.shape))
    np.sqrt(root, out=root)
    decayed = np.negative(root, out=buffers.empty(f"{name}.decayed", *q.shape))
    np.exp(decayed, out=decayed)
    decayed *= scale
    value = np.multiply(q, 1.0 / 3.0, out=buffers.empty(f"{name}.value", *q.shape))
    value += root
    value += 1.0
    value *= decayed

    def pull(weights: Array) -> tuple[Array, Array]:
        by_q = np.divide(q, root, out=buffers.empty(f"{name}.by_q", *q.shape))
        by_q += 1.0
        by_q *= decayed
        by_q *= weights
        by_q *= -1.0 / 6.0
        return by_q, np.asarray(np.vdot(weights, value) / scale)

    return Matern(value, pull)


def base_part(
    base: Base, values: Values, left: Array, right: Array, inputs: Inputs, buffers: Buffers
) -> ConfigurationParts:
    """k_x alone, (N, M)."""
    from_left = base.features(values, left, inputs)
    to_right = from_left if left is right else base.features(values, right, inputs)
    return matern_part(values, from_left, to_right, buffers)


def matern_part(values: Values, left: Features, right: Features, buffers: Buffers) -> ConfigurationParts:
    """The Matern kernel of covariance_scale and inverse_bandwidths between features, (N, M)."""
    apart = distances(left, right, values["inverse_bandwidths"], buffers.empty("x.q", len(left.u), len(right.u)))
    k = matern(apart.q, float(values["covariance_scale"]), buffers, "x")

    def pull(weights: Matrices) -> Gradient:
        on_q, by_scale = k.pull(weights[0])
        return {"covariance_scale": by_scale, **apart.pull(on_q)}

    def pull_x(weights: Matrices) -> Array:
        on_q, _ = k.pull(weights[0])
        return apart.pull_x(on_q)

    return ConfigurationParts((k.value,), pull, pull_x)
