"""WHAT DO THE KERNELS OF EXPONENTIAL DECAY SHARE? The mean and the parts over resources, for a fixed or a free delta.

A curve begins at gamma above its asymptote and decays by kappa (`pure_hb.surrogate.decay`). delta in [0, 1] is the
share of the asymptote that the decay multiplies too: with 0 all curves decay by the same amount, with 1 all begin at
the same value.

    m(r) = mu + kappa(r) (gamma - delta mu)
    k    = k_x(x, x') [1 - delta (kappa(r) + kappa(r') - delta kappa(r + r'))]
           + (gamma - delta mu)^2 [kappa(r + r') - kappa(r) kappa(r')]

Resources are encoded to [0, 1].
"""

from typing import ClassVar

from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.decay import Curves, curves, decay_parameters
from pure_hb.surrogate.kernels.base import Matrices
from pure_hb.surrogate.kernels.kernel import Combined, Mean, Parts, ResourceKernel
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs, encoded_resource


@frozen
class Decaying(ResourceKernel):
    """The mean m(r), with a fixed share ``delta``, or with delta as a parameter if it is None."""

    before: ClassVar[tuple[Parameter, ...]] = decay_parameters()
    delta: ClassVar[float | None]

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """m(r) = mu + kappa(r) (gamma - delta mu) at resources of shape (L,)."""
        kappa = _moments(values, resource, resource, inputs).left
        delta, height = self._delta_and_height(values)
        mu = float(values["mean"])

        def pull(weights: Array) -> Gradient:
            decayed, by_alpha, by_mean_lambda = kappa @ weights
            return {
                "alpha": height * by_alpha,
                "mean_lambda": height * by_mean_lambda,
                "gamma": decayed,
                "mean": weights.sum() - delta * decayed,
                "delta": -mu * decayed,
            }

        return Mean(mu + kappa[0] * height, pull)

    def _delta_and_height(self, values: Values) -> tuple[float, float]:
        """delta, and gamma - delta mu."""
        delta = float(values["delta"]) if self.delta is None else self.delta
        return delta, float(values["gamma"]) - delta * float(values["mean"])


@frozen
class CommonDecay(Decaying):
    """A kernel whose curves all decay alike around their asymptotes: delta = 0."""

    delta: ClassVar[float | None] = 0.0

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The covariance gamma^2 [kappa(r + r') - kappa(r) kappa(r')] of the decay, shape (L, K)."""
        gamma = float(values["gamma"])
        moments = _moments(values, left, right, inputs)

        def pull(weights: Matrices) -> Gradient:
            steepness, by_alpha, by_mean_lambda = moments.between.reshape(3, -1) @ weights[0].reshape(-1)
            return {
                "gamma": 2.0 * gamma * steepness,
                "alpha": gamma**2 * by_alpha,
                "mean_lambda": gamma**2 * by_mean_lambda,
            }

        return Parts((gamma**2 * moments.covariance,), pull)


@frozen
class DecayingAsymptote(Decaying):
    """A kernel whose decay multiplies a share delta of the asymptote too."""

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The factor that multiplies k_x and the summand of k, both (L, K)."""
        delta, height = self._delta_and_height(values)
        mu = float(values["mean"])
        moments = _moments(values, left, right, inputs)
        kappa, other, both = moments.left, moments.right, moments.both
        factor = 1.0 - delta * (kappa[0][:, None] + other[0] - delta * both[0])

        def pull(weights: Matrices) -> Gradient:
            on_factor, on_summand = weights
            steepness, *of_summand = moments.between.reshape(3, -1) @ on_summand.reshape(-1)
            single, *of_single = kappa @ on_factor.sum(axis=1) + other @ on_factor.sum(axis=0)
            double, *of_double = both.reshape(3, -1) @ on_factor.reshape(-1)
            by_height = 2.0 * height * steepness
            gradient: Gradient = {
                "gamma": by_height,
                "mean": -delta * by_height,
                "delta": -mu * by_height - single + 2.0 * delta * double,
            }
            for name, once, twice, summand in zip(
                ("alpha", "mean_lambda"), of_single, of_double, of_summand, strict=True
            ):
                gradient[name] = height**2 * summand - delta * (once - delta * twice)
            return gradient

        return Parts((factor, height**2 * moments.covariance), pull)

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """k = k_x times the factor, plus the summand."""
        total = buffers.product("k", x[0], r[0])
        total += r[1]

        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            return (buffers.product("k.x", weights, r[0]),), (buffers.product("k.r", weights, x[0]), weights), {}

        return Combined(total, pull)


def _moments(values: Values, left: Indices, right: Indices, inputs: Inputs) -> Curves:
    r, s = (encoded_resource(one, inputs.max_resource) for one in (left, right))
    return curves(r, s, float(values["alpha"]), float(values["mean_lambda"]))
