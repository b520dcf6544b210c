"""HOW ALIKE ARE TWO CONFIGURATIONS? The Matern-5/2 kernel over encoded configurations, with input warping.

With inverse bandwidths b and scale c (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, eq.
4.17):

    q = 5 sum_k b_k^2 (x_k - x'_k)^2;   B = sqrt(q + 1e-9);   k(x, x') = c (1 + B + q/3) exp(-B)
    dk/dq = -(c/6) exp(-B) (1 + q/B)

The 1e-9 keeps the root smooth at q = 0, as in Syne Tune: k(x, x) falls short of c by a factor 5e-10 in
matrices, while the variance of a single prediction starts from c itself.
"""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Values, frozen_indices
from pure_hb.surrogate.kernels.distances import Bend, Features, distances
from pure_hb.surrogate.kernels.kernel import ConfigurationParts, Matrices
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import BandwidthPrior, Parameter, covariance_scale, inverse_bandwidths, warping
from pure_hb.surrogate.points import Inputs
from pure_hb.surrogate.warping import warp

_GUARD = 1e-9
_NOTHING = frozen_indices([])


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

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """covariance_scale, the inverse bandwidths, and the exponents of the warping if there is one."""
        return (covariance_scale(), self.bandwidths(inputs), *self.warping_parameters(inputs))

    def warping_parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """The warping exponents a and b of each warped coordinate; empty without warping."""
        labels = tuple(inputs.names[column] for column in inputs.warped_columns)
        if not self.warping or not labels:
            return ()
        return (warping("warping_a", labels), warping("warping_b", labels))

    def features(self, values: Values, x: Array, inputs: Inputs) -> Features:
        """The coordinates of configurations x, shape (n, d), warped where the kernel warps them."""
        columns = inputs.warped_columns if self.warping else _NOTHING
        if not len(columns):
            return Features(x)
        warped = warp(x[:, columns], values["warping_a"], values["warping_b"])
        u = x.copy()
        u[:, columns] = warped.value
        return Features(u, (Bend(columns, warped, ("warping_a", "warping_b")),))


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


def base_part(
    base: Base, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
) -> ConfigurationParts:
    """The covariance k_x of configurations ``left``, (N, d), and ``right``, (M, d), or within ``left`` for its
    `Pairs`."""
    from_left = base.features(values, left, inputs)
    if isinstance(right, Pairs):
        return matern_part(values, from_left, right, buffers)
    return matern_part(values, from_left, base.features(values, right, inputs), buffers)


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

    def pull_x(weights: Matrices) -> Array:
        on_q, _ = k.pull(weights[0])
        return apart.pull_x(on_q)

    return ConfigurationParts((k.value,), pull, pull_x)
