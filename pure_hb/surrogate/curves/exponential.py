"""gp_expdecay: a random exponential decay towards the trial's asymptote h(x).

    f(r) = h(x) + g(r),   g ~ GP(gamma kappa(r), gamma^2 [kappa(r + r') - kappa(r) kappa(r')])

with one g for each trial, and kappa as in `pure_hb.surrogate.decay`, over the raw resource, or over r~ with
``normalize_resource``. Whitening, with Q = I + K / sigma^2 over the resources of a curve and Q = L L^T:

    v = L^-1 1,   w = L^-1 (y - gamma kappa)

Trials whose resources are prefixes of one sequence share one L, of which each uses a leading block. So all of them cost
one factorisation and one triangular solve. Source: Syne Tune; the kernel is that of Swersky, Snoek and Adams,
"Freeze-Thaw Bayesian Optimization", 2014. Parameters: alpha, mean_lambda, gamma. For comparison.
"""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Factor, Gradient, Indices, Values, add, factorise
from pure_hb.surrogate.curves.curve import Evaluate, ObservedCurve, Statistics, StatisticsPull, Summary, summarise
from pure_hb.surrogate.decay import Curves, curves, decay, decay_parameters
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs, encoded_resource


@frozen
class ExponentialCurve:
    """The curve of gp_expdecay. ``normalize_resource``: time is r~ in [0, 1] instead of r."""

    normalize_resource: bool = False

    @property
    def name(self) -> str:
        """Always "gp_expdecay", the value of the option ``model``."""
        return "gp_expdecay"

    @property
    def is_joint(self) -> bool:
        """True: a posterior can be extended."""
        return True

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """alpha, mean_lambda and gamma of the decay."""
        return decay_parameters("1/R" if self.normalize_resource else "1/resource")

    def prepare(self, inputs: Inputs, observed: Sequence[ObservedCurve]) -> Evaluate:
        """Group curves that share a sequence of resources, for many evaluations of their statistics."""
        chains = tuple(_chains(observed))
        columns = observed[0].targets.shape[1]

        def evaluate(values: Values) -> tuple[Statistics, Callable[[StatisticsPull], Gradient]]:
            whitened = [self._whiten(values, chain, inputs) for chain in chains]
            vtv = np.empty(len(observed))
            best, misfit = np.empty((len(observed), columns)), np.empty((len(observed), columns))
            half_log_determinant = 0.0
            for chain, white in zip(chains, whitened, strict=True):
                vtv[chain.members] = white.summary.vtv
                best[chain.members] = white.summary.best
                misfit[chain.members] = white.summary.misfit
                half_log_determinant += float(chain.mask.sum(axis=1) @ np.log(np.diagonal(white.factor.lower)))

            def pull(on: StatisticsPull) -> Gradient:
                gradient: Gradient = {}
                for chain, white in zip(chains, whitened, strict=True):
                    add(gradient, self._pull(values, chain, white, on, inputs))
                return gradient

            zero = np.zeros(len(observed))
            return Statistics(vtv, best, misfit, zero, zero, half_log_determinant), pull

        return evaluate

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """gamma kappa(r) at resources of shape (k,)."""
        kappa = decay(self._time(resource, inputs), float(values["alpha"]), float(values["mean_lambda"]))
        return float(values["gamma"]) * kappa.value

    def covariance(
        self,
        values: Values,
        left: Indices,
        right: Indices,
        inputs: Inputs,
        *,
        noisy: tuple[bool, bool] = (False, False),
        observed: Indices | None = None,
    ) -> Array:
        """gamma^2 [kappa(r + r') - kappa(r) kappa(r')], shape (k, l); plus sigma^2 at r = r' if both sides are
        noisy."""
        t, s = self._time(left, inputs), self._time(right, inputs)
        moments = curves(t, s, float(values["alpha"]), float(values["mean_lambda"]))
        covariance = float(values["gamma"]) ** 2 * moments.covariance
        if all(noisy):
            covariance += float(values["noise_variance"]) * np.equal.outer(left, right)
        return covariance

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """gamma^2 [kappa(2r) - kappa(r)^2] at resources of shape (k,)."""
        t, alpha, mean_lambda = self._time(resource, inputs), float(values["alpha"]), float(values["mean_lambda"])
        once, twice = decay(t, alpha, mean_lambda).value, decay(2.0 * t, alpha, mean_lambda).value
        return float(values["gamma"]) ** 2 * (twice - once * once)

    def _time(self, resource: Indices, inputs: Inputs) -> Array:
        if self.normalize_resource:
            return encoded_resource(resource, inputs.max_resource)
        return np.asarray(resource, dtype=np.float64)

    def _whiten(self, values: Values, chain: "_Chain", inputs: Inputs) -> "_Whitened":
        t = self._time(chain.resource, inputs)
        moments = curves(t, t, float(values["alpha"]), float(values["mean_lambda"]))
        gamma, noise = float(values["gamma"]), float(values["noise_variance"])
        factor = factorise(moments.covariance * (gamma * gamma / noise), 1.0)
        count, number, columns = chain.targets.shape
        centred = chain.targets - gamma * moments.left[0][:, None, None]
        w = factor.solve(centred.reshape(count, -1)).reshape(count, number, columns) * chain.mask[:, :, None]
        v = factor.solve(np.ones(count))
        return _Whitened(moments, factor, v, summarise(v[:, None] * chain.mask, w))

    def _pull(
        self, values: Values, chain: "_Chain", white: "_Whitened", on: StatisticsPull, inputs: Inputs
    ) -> Gradient:
        gamma, noise = float(values["gamma"]), float(values["noise_variance"])
        mask, lower, summary = chain.mask, white.factor.lower, white.summary
        on_v, on_w = summary.pull(on.vtv[chain.members], on.best[chain.members], on.misfit[chain.members])
        on_v, on_w = np.sum(mask * on_v, axis=1), mask * on_w
        back = white.factor.solve(np.column_stack((on_v, on_w)), transposed=True)  # from x = L^-1 b to b
        on_mean = -back[:, 1:].sum(axis=1)
        on_lower = -np.tril(back @ np.column_stack((white.v, summary.w[:, :, 0])).T)
        on_lower[np.diag_indices_from(lower)] += mask.sum(axis=1) / np.diagonal(lower)
        inner = np.tril(lower.T @ on_lower)  # from L to Q = L L^T (Murray, arXiv:1602.07527, eq. 8)
        inner[np.diag_indices_from(inner)] *= 0.5
        on_q = white.factor.solve(white.factor.solve(inner.T, transposed=True).T, transposed=True)
        moments = white.moments
        share = gamma * gamma / noise
        steepness, of_alpha, of_mean_lambda = moments.between.reshape(3, -1) @ on_q.reshape(-1)
        decayed, by_alpha, by_mean_lambda = moments.left @ on_mean
        return {
            "alpha": np.asarray(gamma * by_alpha + share * of_alpha),
            "mean_lambda": np.asarray(gamma * by_mean_lambda + share * of_mean_lambda),
            "gamma": np.asarray(decayed + 2.0 * gamma / noise * steepness),
            "noise_variance": np.asarray(-share / noise * steepness),
        }


@frozen(eq=False)
class _Chain:
    """Curves whose resources are beginnings of one sequence of length J."""

    resource: Indices
    members: Indices
    lengths: Indices
    targets: Array
    """Shape (J, members, F), 0 where a curve has ended."""
    mask: Array
    """Shape (J, members)."""


@frozen(eq=False)
class _Whitened:
    moments: Curves
    factor: Factor
    v: Array
    """Of the whole sequence, shape (J,)."""
    summary: Summary


def _chains(observed: Sequence[ObservedCurve]) -> list[_Chain]:
    """Longest first; each curve joins the first sequence that it begins."""
    found: dict[tuple[int, ...], list[int]] = {}
    beginnings: dict[tuple[int, ...], tuple[int, ...]] = {}
    sequences = [tuple(curve.resource.tolist()) for curve in observed]
    for number in sorted(range(len(observed)), key=lambda one: -len(sequences[one])):
        sequence = sequences[number]
        if sequence not in beginnings:
            for length in range(1, len(sequence) + 1):
                beginnings.setdefault(sequence[:length], sequence)
        found.setdefault(beginnings[sequence], []).append(number)
    return [_chain(sequence, members, observed) for sequence, members in found.items()]


def _chain(sequence: tuple[int, ...], members: list[int], observed: Sequence[ObservedCurve]) -> _Chain:
    lengths = np.array([len(observed[number].resource) for number in members])
    targets = np.zeros((len(sequence), len(members), observed[0].targets.shape[1]))
    for column, number in enumerate(members):
        targets[: lengths[column], column] = observed[number].targets
    mask = (np.arange(len(sequence))[:, None] < lengths[None, :]).astype(np.float64)
    return _Chain(np.array(sequence), np.array(members), lengths, targets, mask)
