"""matern52 and what matern52-res-warp shares with it: one Matern-5/2 kernel over configuration and resource.

    m(r) = mu
    q    = 5 [sum_k b_k^2 (x_k - x'_k)^2 + b_r^2 (r~ - r~')^2]
    k    = c (1 + B + q/3) exp(-B),   B = sqrt(q + 1e-9)

with r~ in [0, 1] the encoded resource; without ARD b_r is the b of all. Source: Rasmussen and Williams, "Gaussian
Processes for Machine Learning", 2006, eq. 4.17. Parameters: those of the base kernel with one inverse bandwidth more,
the resource's, at the end; mean. For comparison.
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.kernels.base import Base, distances, matern
from pure_hb.surrogate.kernels.kernel import Combined, ConfigurationParts, Matrices, Mean, Parts
from pure_hb.surrogate.parameters import Parameter, constant_mean, covariance_scale, warping
from pure_hb.surrogate.points import Inputs, encoded_resource
from pure_hb.surrogate.warping import Warped, warp


@frozen
class Matern52:
    """See the module. ``warped`` bends the resource (`matern52_res_warp`)."""

    base: Base = Base()  # noqa: RUF009  # immutable
    warped: bool = False

    @property
    def name(self) -> str:
        """matern52 or matern52-res-warp."""
        return "matern52-res-warp" if self.warped else "matern52"

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Those of the base kernel, the resource among its coordinates; the resource's exponents; mean."""
        own = (warping("resource_warping_a", None), warping("resource_warping_b", None)) if self.warped else ()
        return (
            covariance_scale(),
            self.base.bandwidths(inputs, ("resource",)),
            *self.base.warping_parameters(inputs),
            *own,
            constant_mean(),
        )

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """mu."""
        return Mean(np.full(len(resource), float(values["mean"])), lambda weights: {"mean": np.asarray(weights.sum())})

    def of_configurations(
        self, values: Values, left: Array, right: Array, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The configurations' part of q."""
        from_left = self.base.features(values, left, inputs)
        to_right = from_left if left is right else self.base.features(values, right, inputs)
        b = values["inverse_bandwidths"]
        out = buffers.empty("x.q", len(left), len(right))
        apart = distances(from_left, to_right, b[:-1] if self.base.ard else b, out)

        def pull(weights: Matrices) -> Gradient:
            gradient = apart.pull(weights[0])
            if self.base.ard:  # the last inverse bandwidth is the resource's
                gradient["inverse_bandwidths"] = np.append(gradient["inverse_bandwidths"], 0.0)
            return gradient

        return ConfigurationParts((apart.q,), pull, lambda weights: apart.pull_x(weights[0]))

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The resource's part of q."""
        b = values["inverse_bandwidths"]
        r, s = self._bent(values, left, inputs), self._bent(values, right, inputs)
        apart = r.value - s.value.T
        q = 5.0 * b[-1] ** 2 * apart * apart

        def pull(weights: Matrices) -> Gradient:
            by_b = np.zeros_like(b)
            by_b[-1] = 2.0 * np.vdot(weights[0], q) / b[-1]
            if not self.warped:
                return {"inverse_bandwidths": by_b}
            force = 10.0 * b[-1] ** 2 * weights[0] * apart
            on_r, on_s = force.sum(axis=1), -force.sum(axis=0)
            return {
                "inverse_bandwidths": by_b,
                "resource_warping_a": np.asarray(on_r @ r.by_a[:, 0] + on_s @ s.by_a[:, 0]),
                "resource_warping_b": np.asarray(on_r @ r.by_b[:, 0] + on_s @ s.by_b[:, 0]),
            }

        return Parts((q,), pull)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """Matern-5/2 of the sum of both parts of q."""
        q = np.add(x[0], r[0], out=buffers.empty("k.q", *x[0].shape))
        k = matern(q, float(values["covariance_scale"]), buffers, "k")

        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            on_q, by_scale = k.pull(weights)
            return (on_q,), (on_q,), {"covariance_scale": by_scale}

        return Combined(k.value, pull)

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """c."""
        return np.full(len(resource), float(values["covariance_scale"]))

    def _bent(self, values: Values, resource: Indices, inputs: Inputs) -> Warped:
        column = encoded_resource(resource, inputs.max_resource)[:, None]
        if not self.warped:
            return Warped(column, column, column, column)
        return warp(column, values["resource_warping_a"][None], values["resource_warping_b"][None])


def matern52(base: Base) -> Matern52:
    """See the module."""
    return Matern52(base)
