"""gp_issm: an innovations state-space model that walks down from the last value, h(x) = f(R).

    y_r = f_r + eps_r,   f_{r-1} = f_r - a_r (1 + gamma eps_r),   f_R = h(x),   a_r = alpha r^(alpha - 1) e^beta < 0

with eps_r of variance sigma^2. Whitening is a scalar Kalman filter that starts at a trial's last report n and goes
down, for all trials at once: linear in the length of a curve. With f_r = A_r f_n + b_r up to a variance sigma^2 P_r,
e_r = 1 + gamma a_r and S_r = 1 + P_r:

    reported:       v = A / sqrt(S),  w = (y - b) / sqrt(S);
                    A <- (e/S) A,  b <- (e/S) b + (e P/S - gamma a) y - a,  P <- e^2 P/S
    not reported:   b <- b - a,  P <- P + gamma^2 a^2

Without gaps P stays 0. From f_n to h it is c = sum_{r > n} a_r and d = sigma^2 gamma^2 sum_{r > n} a_r^2.

``unit_innovations`` is the form of Syne Tune: innovations that were not observed have variance 1, whatever
sigma^2 is. Source: Syne Tune; Seeger et al., "Bayesian Intermittent Demand Forecasting for Large
Inventories", 2016. Parameters: alpha, beta, gamma (1 with ``gamma_is_one``). Experimental.
"""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Gradient, Indices, Values
from pure_hb.surrogate.curves.curve import Evaluate, ObservedCurve, Statistics, StatisticsPull, Summary, summarise
from pure_hb.surrogate.parameters import Parameter, Scale
from pure_hb.surrogate.points import Inputs
from pure_hb.surrogate.priors import Gamma, GammaOfNegative, Normal


@frozen
class StateSpaceCurve:
    """The curve of gp_issm. ``gamma_is_one`` fixes gamma at 1; ``unit_innovations`` is Syne Tune's form."""

    gamma_is_one: bool = False
    unit_innovations: bool = False

    @property
    def name(self) -> str:
        """Always "gp_issm", the value of the option ``model``."""
        return "gp_issm"

    @property
    def is_joint(self) -> bool:
        """True, except with ``unit_innovations``, where the variance of an innovation changes when it is observed."""
        return not self.unit_innovations

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """alpha < 0, beta, and gamma > 0 unless ``gamma_is_one``."""
        alpha = Parameter("alpha", -0.5, -5.0, -1e-3, scale=Scale.LOG_OF_NEGATIVE, prior=GammaOfNegative(0.5, 0.1))
        beta = Parameter("beta", 0.0, -5.0, 5.0, scale=Scale.LINEAR, prior=Normal(0.0, 1.0))
        gamma = Parameter("gamma", 1.0, 1e-3, 10.0, prior=Gamma(1.0, 0.1))
        return (alpha, beta) if self.gamma_is_one else (alpha, beta, gamma)

    def prepare(self, inputs: Inputs, observed: Sequence[ObservedCurve]) -> Evaluate:
        """Arrange the curves for one filter over all trials, for many evaluations of their statistics."""
        walk, order = _walk(observed)
        back = np.argsort(order)

        def evaluate(values: Values) -> tuple[Statistics, Callable[[StatisticsPull], Gradient]]:
            slopes = _slopes(values, inputs)
            gamma, noise = self._gamma(values), float(values["noise_variance"])
            tau = 1.0 / noise if self.unit_innovations else 1.0
            passed = _filter(walk, slopes.a, gamma, tau)
            above, squares = _above(slopes.a), _above(slopes.a**2)
            statistics = Statistics(
                passed.summary.vtv[back],
                passed.summary.best[back],
                passed.summary.misfit[back],
                above[walk.last][back],
                (noise * tau * gamma**2 * squares[walk.last])[back],
                passed.half_log_determinant,
            )

            def pull(on: StatisticsPull) -> Gradient:
                on_v, on_w = passed.summary.pull(on.vtv[order], on.best[order], on.misfit[order])
                on_a, by_gamma, by_tau = _filter_back(walk, passed, slopes.a, gamma, tau, on_v, on_w)
                on_d = on.d[order]
                on_a += _below(on.c[order], walk.last, len(on_a))
                on_a += 2.0 * slopes.a * noise * tau * gamma**2 * _below(on_d, walk.last, len(on_a))
                spread = float(on_d @ squares[walk.last])
                by_noise = 0.0 if self.unit_innovations else gamma**2 * spread
                return {
                    "alpha": np.asarray(on_a @ slopes.by_alpha),
                    "beta": np.asarray(on_a @ slopes.a),
                    "gamma": np.asarray(by_gamma + 2.0 * gamma * noise * tau * spread),
                    "noise_variance": np.asarray(by_noise - (by_tau * tau / noise if self.unit_innovations else 0.0)),
                }

            return statistics, pull

        return evaluate

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """-sum_{t > r} a_t at resources of shape (k,)."""
        return -_above(_slopes(values, inputs).a)[np.asarray(resource, dtype=np.intp)]

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
        """gamma^2 sum_{t > max(r, r')} a_t^2 Var(eps_t), shape (k, l), with the terms of the observation noise on a
        noisy side."""
        a, gamma = _slopes(values, inputs).a, self._gamma(values)
        variances = self._innovations(values, inputs, observed)
        r, s = np.asarray(left, dtype=np.intp)[:, None], np.asarray(right, dtype=np.intp)[None, :]
        covariance: Array = gamma**2 * _above(a * a * variances)[np.maximum(r, s)]
        if noisy[0]:
            covariance = covariance - gamma * (a * variances)[r] * (r > s)
        if noisy[1]:
            covariance = covariance - gamma * (a * variances)[s] * (s > r)
        if all(noisy):
            covariance = covariance + variances[r] * (r == s)
        return covariance

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """gamma^2 sum_{t > r} a_t^2 Var(eps_t) at resources of shape (k,)."""
        a, variances = _slopes(values, inputs).a, self._innovations(values, inputs, None)
        return self._gamma(values) ** 2 * _above(a * a * variances)[np.asarray(resource, dtype=np.intp)]

    def _gamma(self, values: Values) -> float:
        return 1.0 if self.gamma_is_one else float(values["gamma"])

    def _innovations(self, values: Values, inputs: Inputs, observed: Indices | None) -> Array:
        noise = float(values["noise_variance"])
        variances = np.full(inputs.max_resource + 1, 1.0 if self.unit_innovations else noise)
        if observed is not None and len(observed):
            variances[np.asarray(observed, dtype=np.intp)] = noise
        return variances


@frozen(eq=False)
class _Slopes:
    """a_r for r = 0..R (a_0 = 0, never used) and its derivative in alpha; that in beta is a itself."""

    a: Array
    by_alpha: Array


def _slopes(values: Values, inputs: Inputs) -> _Slopes:
    alpha, beta = float(values["alpha"]), float(values["beta"])
    log_r = np.log(np.arange(1, inputs.max_resource + 1, dtype=np.float64))
    a = alpha * np.exp((alpha - 1.0) * log_r + beta)
    return _Slopes(np.concatenate(([0.0], a)), np.concatenate(([0.0], a * (1.0 / alpha + log_r))))


def _above(a: Array) -> Array:
    """sum_{t > r} a_t for r = 0..R."""
    return np.append(np.cumsum(a[:0:-1])[::-1], 0.0)


def _below(weights: Array, last: Indices, size: int) -> Array:
    """The derivative of `_above` at ``last``: for each t the weights of all trials with last < t."""
    by_last = np.bincount(last, weights, minlength=size)
    return np.concatenate(([0.0], np.cumsum(by_last)[:-1]))


@frozen(eq=False)
class _Walk:
    """N curves from their last report down, those with the longest span first: step j of curve i is at resource
    ``last[i] - j``. Matrices have shape (J, N) or (J, N, F)."""

    last: Indices
    resource: Indices
    active: tuple[int, ...]
    """How many curves go on at each step."""
    goes_on: Array
    """1 where the curve has a step after this one, 0 elsewhere."""
    reported: Array
    """1 where there is a report, 0 elsewhere."""
    targets: Array
    has_gaps: bool


def _walk(observed: Sequence[ObservedCurve]) -> tuple[_Walk, Indices]:
    spans = np.array([curve.resource[-1] - curve.resource[0] + 1 for curve in observed])
    order = np.argsort(-spans, kind="stable")
    last = np.array([observed[number].resource[-1] for number in order])
    steps = int(spans.max())
    reported = np.zeros((steps, len(observed)))
    targets = np.zeros((steps, len(observed), observed[0].targets.shape[1]))
    for column, number in enumerate(order):
        places = last[column] - observed[number].resource
        reported[places, column] = 1.0
        targets[places, column] = observed[number].targets
    active = tuple(int(np.count_nonzero(spans > step)) for step in range(steps))
    resource = np.maximum(last[None, :] - np.arange(steps)[:, None], 0)
    gaps = sum(active) != int(reported.sum())
    goes_on = (np.arange(steps)[:, None] + 1 < spans[order][None, :]).astype(np.float64)
    return _Walk(last, resource, active, goes_on, reported, targets, gaps), order


@frozen(eq=False)
class _Passed:
    """What the filter keeps for the way back; A, b, S, v, w of shapes (J, N) and (J, N, F)."""

    slope: Array
    """a at each step."""
    start: Array
    shift: Array
    variance: Array
    summary: Summary
    half_log_determinant: float


def _filter(walk: _Walk, a: Array, gamma: float, tau: float) -> _Passed:
    slope = a[walk.resource]
    e = 1.0 + gamma * slope
    missing = 1.0 - walk.reported
    variance = np.ones_like(slope)  # S
    if walk.has_gaps:
        p = np.zeros_like(slope)
        for j in range(len(slope) - 1):
            reported = walk.reported[j]
            p[j + 1] = reported * e[j] ** 2 * p[j] / (1.0 + p[j])
            p[j + 1] += missing[j] * (p[j] + gamma**2 * slope[j] ** 2 * tau)
        variance += p
    factor = walk.reported * e / variance + missing
    gain = walk.reported * (e * (1.0 - 1.0 / variance) - gamma * slope)
    shift_by = gain[:, :, None] * walk.targets - slope[:, :, None]
    start, shift = np.zeros_like(slope), np.zeros_like(walk.targets)
    start[0] = 1.0
    for j in range(len(slope) - 1):
        n = walk.active[j + 1]
        np.multiply(factor[j, :n], start[j, :n], out=start[j + 1, :n])
        np.multiply(factor[j, :n, None], shift[j, :n], out=shift[j + 1, :n])
        shift[j + 1, :n] += shift_by[j, :n]
    scale = walk.reported / np.sqrt(variance)
    summary = summarise(scale * start, scale[:, :, None] * (walk.targets - shift))
    return _Passed(
        slope,
        start,
        shift,
        variance,
        summary,
        0.5 * float(np.sum(walk.reported * np.log(variance))) if walk.has_gaps else 0.0,
    )


def _filter_back(
    walk: _Walk, passed: _Passed, a: Array, gamma: float, tau: float, on_v: Array, on_w: Array
) -> tuple[Array, float, float]:
    """From weights on v and w to a (R + 1,), gamma and tau."""
    slope, s, reported = passed.slope, passed.variance, walk.reported
    v, w = passed.summary.v, passed.summary.w[:, :, 0]
    start, shift, y = passed.start, passed.shift[:, :, 0], walk.targets[:, :, 0]
    e, missing = 1.0 + gamma * slope, 1.0 - reported
    scale = reported / np.sqrt(s)
    on_start, on_shift = scale * on_v, -scale * on_w
    factor = reported * e / s + missing
    for j in range(len(slope) - 1, 0, -1):
        n = walk.active[j]
        on_start[j - 1, :n] += factor[j - 1, :n] * on_start[j, :n]
        on_shift[j - 1, :n] += factor[j - 1, :n] * on_shift[j, :n]
    on_factor, on_by = np.zeros_like(slope), np.zeros_like(slope)
    on_factor[:-1] = on_start[1:] * start[:-1] + on_shift[1:] * shift[:-1]
    on_by[:-1] = on_shift[1:]
    on_factor *= walk.goes_on
    on_by *= walk.goes_on
    g = 1.0 - 1.0 / s
    on_e = reported * (on_factor / s + on_by * g * y)
    on_slope = -on_by
    on_gamma_slope = -reported * on_by * y
    by_tau = 0.0
    by_gamma = 0.0
    if walk.has_gaps:
        on_s = reported * (0.5 * (1.0 - on_v * v - on_w * w) / s - on_factor * e / s**2 + on_by * e * y / s**2)
        on_p = on_s
        for j in range(len(slope) - 1, 0, -1):
            n = walk.active[j]
            later = on_p[j, :n]
            on_p[j - 1, :n] += (reported[j - 1, :n] * (e[j - 1, :n] / s[j - 1, :n]) ** 2 + missing[j - 1, :n]) * later
        later = np.zeros_like(slope)
        later[:-1] = on_p[1:] * walk.goes_on[:-1]
        on_e += reported * 2.0 * e * g * later
        jump = missing * later
        on_slope += 2.0 * gamma**2 * tau * slope * jump
        by_gamma += 2.0 * gamma * tau * float(np.vdot(slope**2, jump))
        by_tau = gamma**2 * float(np.vdot(slope**2, jump))
    on_gamma_slope += on_e
    on_slope += gamma * on_gamma_slope
    by_gamma += float(np.vdot(on_gamma_slope, slope))
    on_a = np.zeros_like(a)
    np.add.at(on_a, walk.resource.ravel(), on_slope.ravel())
    return on_a, by_gamma, by_tau
