"""WHAT DO THE KERNELS OF EXPONENTIAL DECAY SHARE? Mean and resource parts for a fixed or free share delta.

A curve begins gamma above its asymptote and decays by kappa (`pure_hb.surrogate.decay`); delta says how much of the
asymptote itself the decay multiplies:

    m(r) = mu + kappa(r) (gamma - delta mu)
    k    = k_x(x, x') [1 - delta (kappa(r) + kappa(r') - delta kappa(r + r'))]
           + (gamma - delta mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

with resources encoded to [0, 1].
"""

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.decay import curves, decay
from pure_hb.surrogate.kernels.base import Base, base_part
from pure_hb.surrogate.kernels.kernel import Combined, ConfigurationParts, Matrices, Mean, Parts
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter, Scale, constant_mean, decay_parameters
from pure_hb.surrogate.points import Inputs, encoded_resource


def decaying_mean(values: Values, resource: Indices, inputs: Inputs, delta: float) -> Mean:
    """m(r) and its derivatives in alpha, mean_lambda, gamma, mean and delta."""
    kappa = decay(encoded_resource(resource, inputs.max_resource), float(values["alpha"]), float(values["mean_lambda"]))
    mu = float(values["mean"])
    height = float(values["gamma"]) - delta * mu

    def pull(weights: Array) -> Gradient:
        decayed = weights @ kappa.value
        return {
            "alpha": np.asarray(height * (weights @ kappa.by_alpha)),
            "mean_lambda": np.asarray(height * (weights @ kappa.by_mean_lambda)),
            "gamma": np.asarray(decayed),
            "mean": np.asarray(weights.sum() - delta * decayed),
            "delta": np.asarray(-mu * decayed),
        }

    return Mean(mu + kappa.value * height, pull)


def decaying_parts(values: Values, left: Indices, right: Indices, inputs: Inputs, delta: float) -> Parts:
    """The factor of k_x and the summand, both (L, K), and their derivatives."""
    mu = float(values["mean"])
    height = float(values["gamma"]) - delta * mu
    alpha, mean_lambda = float(values["alpha"]), float(values["mean_lambda"])
    r = encoded_resource(left, inputs.max_resource)
    s = r if left is right else encoded_resource(right, inputs.max_resource)
    moments = curves(r, s, alpha, mean_lambda)
    kappa, other, both = moments.left, moments.right, moments.both
    factor = 1.0 - delta * (kappa.value[:, None] + other.value[None, :] - delta * both.value)

    def pull(weights: Matrices) -> Gradient:
        on_factor, on_summand = weights
        rows, columns = on_factor.sum(axis=1), on_factor.sum(axis=0)
        steepness = 2.0 * height * np.vdot(on_summand, moments.covariance)  # d / d height
        gradient: Gradient = {
            "gamma": np.asarray(steepness),
            "mean": np.asarray(-delta * steepness),
            "delta": np.asarray(
                -mu * steepness
                - rows @ kappa.value
                - columns @ other.value
                + 2.0 * delta * np.vdot(on_factor, both.value)
            ),
        }
        for name, by_kappa, by_other, by_both, by_covariance in (
            ("alpha", kappa.by_alpha, other.by_alpha, both.by_alpha, moments.covariance_by_alpha),
            (
                "mean_lambda",
                kappa.by_mean_lambda,
                other.by_mean_lambda,
                both.by_mean_lambda,
                moments.covariance_by_mean_lambda,
            ),
        ):
            first = rows @ by_kappa + columns @ by_other - delta * np.vdot(on_factor, by_both)
            gradient[name] = np.asarray(-delta * first + height**2 * np.vdot(on_summand, by_covariance))
        return gradient

    return Parts((factor, height**2 * moments.covariance), pull)


def curve_parts(values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
    """gamma^2 [kappa(r + r') - kappa(r) kappa(r')], (L, K): the summand alone, for delta = 0."""
    gamma, alpha, mean_lambda = (float(values[name]) for name in ("gamma", "alpha", "mean_lambda"))
    r = encoded_resource(left, inputs.max_resource)
    s = r if left is right else encoded_resource(right, inputs.max_resource)
    moments = curves(r, s, alpha, mean_lambda)

    def pull(weights: Matrices) -> Gradient:
        (on_summand,) = weights
        return {
            "gamma": np.asarray(2.0 * gamma * np.vdot(on_summand, moments.covariance)),
            "alpha": np.asarray(gamma**2 * np.vdot(on_summand, moments.covariance_by_alpha)),
            "mean_lambda": np.asarray(gamma**2 * np.vdot(on_summand, moments.covariance_by_mean_lambda)),
        }

    return Parts((gamma**2 * moments.covariance,), pull)


@frozen
class DecayingAsymptote:
    """The kernel for a share ``delta`` of the asymptote that decays with the curve; None: it is a parameter."""

    name: str
    base: Base
    delta: float | None

    @property
    def sees_resource(self) -> bool:
        """No."""
        return False

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """alpha, mean_lambda, gamma, delta if it is free, those of the base kernel, mean."""
        free = () if self.delta is not None else (Parameter("delta", 0.5, 0.0, 1.0, scale=Scale.LINEAR),)
        return (*decay_parameters(), *free, *self.base.parameters(inputs), constant_mean())

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """mu + kappa(r) (gamma - delta mu)."""
        return decaying_mean(values, resource, inputs, self._delta(values))

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """k_x."""
        return base_part(self.base, values, left, right, inputs, buffers)

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The factor of k_x and the summand."""
        return decaying_parts(values, left, right, inputs, self._delta(values))

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k_x times its factor, and the summand."""
        total = np.multiply(x[0], r[0], out=buffers.empty("k", *x[0].shape))
        total += r[1]

        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            on_x = np.multiply(weights, r[0], out=buffers.empty("k.x", *weights.shape))
            on_factor = np.multiply(weights, x[0], out=buffers.empty("k.r", *weights.shape))
            return (on_x,), (on_factor, weights), {}

        return Combined(total, pull)

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """c times its factor, and the summand."""
        factor, summand = self.of_resources(values, resource, resource, inputs).matrices
        return values["covariance_scale"] * np.diagonal(factor) + np.diagonal(summand)

    def _delta(self, values: Values) -> float:
        return float(values["delta"]) if self.delta is None else self.delta
