"""HOW DOES EVERY TRIAL KEEP A CURVE OF ITS OWN? The additive models, `gp_expdecay` and `gp_issm`.

    f_i(r) = h(x_i) + (the curve of trial i),   h ~ GP(mu, k_x),   the curves independent given h

All that trial i says about h is one observation u_i = best_i + c_i with noise variance nu_i = sigma^2 / vtv_i + d_i
(`pure_hb.surrogate.curves.curve`). So inference is that of a Gaussian process over N trials, whatever the number n of
their reports:

    NLL = NLL of u under N(mu, k_x(X, X) + diag nu)
          + sum_i [ (n_i - 1)/2 log(2 pi sigma^2) + 1/2 log vtv_i + misfit_i / (2 sigma^2) ]
          + half the log determinants of the whitenings

A later value, also one of a known trial, is one more observation of h, appended to the Cholesky factor. The curve of a
known trial at other resources is the Gaussian conditional given its own values and h. Source: Syne Tune.
"""

import math
from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen

from pure_hb.surrogate.arrays import (
    SMALLEST_VARIANCE,
    Array,
    Buffers,
    Gradient,
    Indices,
    SingularError,
    Values,
    add,
    factorise,
)
from pure_hb.surrogate.curves import CurveModel, ExponentialCurve, ObservedCurve, StatisticsPull
from pure_hb.surrogate.curves.curve import by_trial
from pure_hb.surrogate.kernels import Base
from pure_hb.surrogate.kernels.base import matern_part
from pure_hb.surrogate.models.dense import DensePosterior, base_process, dense_posterior, joint_samples, same_columns
from pure_hb.surrogate.models.model import Evaluation, Likelihood, Prediction, Pull
from pure_hb.surrogate.pairs import Pairs, likelihood_weights
from pure_hb.surrogate.parameters import Specification
from pure_hb.surrogate.points import DataError, Inputs, Observations, Points, observations, one_column, points, together
from pure_hb.surrogate.shared_parameters import LEAST_NOISE, constant_mean, noise_variance

_OVERFLOW = (
    "a curve grows beyond all numbers at these parameters; look at them (of gp_issm: beta and gamma), "
    "or use fewer resources"
)


@frozen
class Additive:
    """An additive model: a model of one curve, and the base kernel of h. ``least_noise``: the smallest noise variance
    that a fit ends with, in squared units of the targets."""

    curve: CurveModel = ExponentialCurve()  # noqa: RUF009  # immutable
    base: Base = Base()  # noqa: RUF009  # immutable
    least_noise: float = LEAST_NOISE

    def specification(self, inputs: Inputs) -> Specification:
        """noise_variance, the parameters of the curve, those of the base kernel, mean."""
        return Specification(
            (
                noise_variance(least=self.least_noise),
                *self.curve.parameters(inputs),
                *self.base.parameters(inputs),
                constant_mean(),
            )
        )

    def likelihood(self, inputs: Inputs, data: Observations) -> Likelihood:
        """The likelihood of one column of targets; each row must name its trial."""
        one_column(data)
        inputs.check(data.points)
        trials = by_trial(data)
        evaluate_curves, buffers = self.curve.prepare(inputs, trials), Buffers()
        x = data.points.configurations[[curve.configuration for curve in trials]]
        n, count, pairs = len(trials), len(data.points), Pairs(len(trials))

        def evaluate(values: Values) -> Evaluation:
            statistics, pull_curves = evaluate_curves(values)
            sigma2, mu = float(values["noise_variance"]), float(values["mean"])
            vtv, best, misfit = statistics.vtv, statistics.best[:, 0], float(statistics.misfit.sum())
            features = self.base.features(values, x, inputs)
            k = matern_part(values, features, pairs, buffers)
            residuals = best + statistics.c - mu
            weights = likelihood_weights(k.matrices[0], sigma2 / vtv + statistics.d, residuals, pairs, buffers)
            value = weights.value + statistics.half_log_determinant + 0.5 * float(np.sum(np.log(vtv)))
            value += 0.5 * (count - n) * math.log(2.0 * math.pi * sigma2) + 0.5 * misfit / sigma2
            if not math.isfinite(value):
                raise SingularError(_OVERFLOW)
            on_noise = weights.on_noise
            gradient: Gradient = {
                "mean": np.asarray(-weights.a.sum()),
                "noise_variance": np.asarray(
                    on_noise @ (1.0 / vtv) + 0.5 * (count - n) / sigma2 - 0.5 * misfit / sigma2**2
                ),
            }
            on = StatisticsPull(
                vtv=-on_noise * sigma2 / vtv**2 + 0.5 / vtv,
                best=weights.a,
                misfit=np.full(n, 0.5 / sigma2),
                c=weights.a,
                d=on_noise,
            )
            add(gradient, pull_curves(on))
            add(gradient, k.pull((weights.on_covariance,)))
            return Evaluation(value, gradient, weights.jitter)

        return evaluate

    def posterior(self, inputs: Inputs, data: Observations, values: Values) -> "AdditivePosterior":
        """The posterior of h and of the trials' curves at given parameters."""
        inputs.check(data.points)
        trials = by_trial(data)
        process = base_process(self.base, inputs, values, float(values["mean"]), float(values["covariance_scale"]))
        if not trials:
            none = observations(points(np.zeros((0, inputs.dimension)), []), np.zeros((0, data.targets.shape[1])))
            return AdditivePosterior(self, inputs, values, dense_posterior(process, none, 0.0), {})
        statistics, _ = self.curve.prepare(inputs, trials)(values)
        x = data.points.configurations[[curve.configuration for curve in trials]]
        at = points(x, 1, [curve.trial for curve in trials])
        best = statistics.best + statistics.c[:, None]
        noise = float(values["noise_variance"]) / statistics.vtv + statistics.d
        over_h = dense_posterior(process, Observations(at, best), noise)
        return AdditivePosterior(self, inputs, values, over_h, {curve.trial: curve for curve in trials})


@frozen(eq=False)
class AdditivePosterior:
    """The posterior of h and the known curves.

    A point of a trial in ``known`` is on that trial's curve. Any other point is on the curve of a new trial; new points
    are on one curve if they have equal configurations and the same trial (or none).
    """

    model: Additive
    inputs: Inputs
    values: Values
    over_h: DensePosterior
    known: Mapping[int, ObservedCurve]

    @property
    def jitter(self) -> float:
        """What was added to the diagonal of the covariance of h; 0 if nothing."""
        return self.over_h.jitter

    def predict(self, at: Points) -> Prediction:
        """Mean and variance of f, each point on the curve of its trial."""
        return self._add_curves(self.over_h.predict(at), self._curves(at))

    def mean(self, at: Points) -> Array:
        """The mean of f alone, shape (m, F)."""
        return self.predict(at).mean

    def predict_and_pull(self, at: Points) -> tuple[Prediction, Pull]:
        """The prediction, and its derivative in x; the curve of a known trial moves with x."""
        given_h = self._curves(at)
        over_h, pull_h = self.over_h.predict_and_pull(at)
        prediction = self._add_curves(over_h, given_h)
        above_floor = prediction.variance > SMALLEST_VARIANCE

        def pull(on_mean: Array, on_variance: Array) -> Array:
            slope = given_h.slope
            return pull_h(on_mean * slope[:, None], np.where(above_floor, on_variance, 0.0) * slope**2)

        return prediction, pull

    def covariance(self, at: Points) -> Array:
        """The joint covariance of f at m points, shape (m, m): that of h, plus that of each curve given h."""
        given_h = self._curves(at)
        joint = np.outer(given_h.slope, given_h.slope) * self.over_h.covariance(at)
        for rows, covariance in self._residuals(at):
            joint[np.ix_(rows, rows)] += covariance
        return joint

    def sample(self, at: Points, normals: Array) -> Array:
        """Joint samples of f, with shapes as in `Posterior.sample`."""
        return joint_samples(self.predict(at).mean, self.covariance(at), normals)

    def condition(self, more: Observations) -> "AdditivePosterior":
        """The posterior after more observations; each row must name its trial. If the curve is not joint, the posterior
        is computed anew.

        Raises:
            DataError: for a row without a trial, a second value of a trial at one resource, or a trial with two
                configurations.
        """
        self.inputs.check(more.points)
        curves = by_trial(more)
        if curves and not self.model.curve.is_joint:
            return self.model.posterior(self.inputs, self._with(more), self.values)
        posterior = self
        for curve in curves:
            posterior = posterior._extend(curve, more.points.configurations[curve.configuration])
        return posterior

    def rest_of_curve(self, x: Array, resource: Indices, targets: Array, wanted: Indices) -> tuple[Array, Array]:
        """Mean, shape (k,), and covariance, (k, k), of the noisy values at resources ``wanted``, (k,), of a new trial
        with configuration x, shape (d,), that has reported ``targets`` at ``resource``, both (j,) with j >= 0. Uses the
        first column of the posterior's targets."""
        at = points(x, 1)
        for resources in (resource, wanted):
            self.inputs.check(points(np.tile(x, (len(resources), 1)), resources))
        h = self.over_h.predict(at)
        given = self._given(resource, targets[:, None], wanted, noisy=True, everything_new=True)
        value, variance = float(h.mean[0, 0]), float(h.variance[0])
        if len(resource):
            u, nu = given.observation
            gain = variance / (variance + nu)
            value, variance = value + gain * (float(u[0]) - value), variance * nu / (variance + nu)
        mean = given.slope * value + given.shift[:, 0]
        return mean, np.outer(given.slope, given.slope) * variance + given.covariance

    # ---- one curve ---------------------------------------------------------------------------------------------------

    def _with(self, more: Observations) -> Observations:
        """All that is known, and more; of a curve that is not joint h has one row a trial."""
        if not self.known:
            return more
        of = self.over_h.points
        curves = [self.known[trial] for trial in of.trial.tolist()]
        counts = [len(curve.resource) for curve in curves]
        resource = np.concatenate([curve.resource for curve in curves])
        known = points(np.repeat(of.x, counts, axis=0), resource, np.repeat(of.trial, counts))
        targets = np.concatenate([curve.targets for curve in curves])
        return observations(together(known, more.points), np.concatenate(same_columns(targets, more.targets)))

    def _extend(self, curve: ObservedCurve, x: Array) -> "AdditivePosterior":
        old = self.known.get(curve.trial)
        if old is not None and not (self.over_h.points.x[self.over_h.points.trial == curve.trial] == x).all():
            raise DataError(
                f"trial {curve.trial} has rows with different configurations; a trial keeps its configuration"
            )
        before = np.zeros(0, dtype=np.intp) if old is None else old.resource
        if len(np.intersect1d(before, curve.resource)):
            again = int(np.intersect1d(before, curve.resource)[0])
            raise DataError(
                f"trial {curve.trial} has a value at resource {again} already; the first one stands: leave it out"
            )
        columns = self.over_h.p.shape[1] if old is None else old.targets.shape[1]
        past = np.zeros((0, columns)) if old is None else old.targets
        past, now = same_columns(past, curve.targets)
        given = self._given(before, past, curve.resource, noisy=True)
        u, nu = _observation(given.slope, now - given.shift, given.covariance)
        over_h = self.over_h
        if math.isfinite(nu):
            at = points(x, 1, curve.trial)
            over_h = over_h.condition(observations(at, u[None, :]), np.array([nu]))
        else:
            over_h = over_h.repeat(max(now.shape[1], over_h.p.shape[1]))
        order = np.argsort(np.concatenate((before, curve.resource)))
        whole = ObservedCurve(
            curve.trial,
            curve.configuration,
            np.concatenate((before, curve.resource))[order],
            np.concatenate((past, now))[order],
        )
        return evolve(self, over_h=over_h, known={**self.known, curve.trial: whole})

    def _given(
        self, resource: Indices, targets: Array, wanted: Indices, *, noisy: bool = False, everything_new: bool = False
    ) -> "_GivenH":
        """The curve at ``wanted`` resources given h and its own targets (j, F) at ``resource``."""
        curve, values, inputs = self.model.curve, self.values, self.inputs
        observed = None if everything_new else resource
        new = curve.covariance(values, wanted, wanted, inputs, noisy=(noisy, noisy), observed=observed)
        shift = np.repeat(curve.mean(values, wanted, inputs)[:, None], targets.shape[1], axis=1)
        if not len(resource):
            return _GivenH(np.ones(len(wanted)), shift, new, (np.zeros(targets.shape[1]), math.inf))
        old = curve.covariance(values, resource, resource, inputs, noisy=(True, True), observed=observed)
        across = curve.covariance(values, resource, wanted, inputs, noisy=(True, noisy), observed=observed)
        centred = targets - curve.mean(values, resource, inputs)[:, None]
        factor = factorise(old, 0.0)
        solved = factor.solve(across)
        ones, y = factor.solve(np.ones(len(resource))), factor.solve(centred)
        return _GivenH(
            1.0 - solved.T @ ones,
            shift + solved.T @ y,
            new - solved.T @ solved,
            (ones @ y / (ones @ ones), 1.0 / float(ones @ ones)),
        )

    def _curves(self, at: Points) -> "_CurvesGivenH":
        """Of every point by itself."""
        self.inputs.check(at)
        r = at.levels
        mean = self.model.curve.mean(self.values, r, self.inputs)[at.level]
        variance = self.model.curve.variance(self.values, r, self.inputs)[at.level].copy()
        slope = np.ones(len(at))
        shift = np.repeat(mean[:, None], self.over_h.p.shape[1], axis=1)
        for curve, rows in self._of_known(at):
            given = self._given(curve.resource, curve.targets, at.resource[rows])
            slope[rows], variance[rows] = given.slope, np.maximum(np.diagonal(given.covariance), 0.0)
            shift[rows] = given.shift
        return _CurvesGivenH(slope, shift, variance)

    def _residuals(self, at: Points) -> list[tuple[Indices, Array]]:
        """The covariance of the points of each curve given h."""
        found, rest = [], np.ones(len(at), dtype=bool)
        for curve, rows in self._of_known(at):
            rest[rows] = False
            found.append((rows, self._given(curve.resource, curve.targets, at.resource[rows]).covariance))
        curves = np.column_stack((at.trial, at.configuration))
        for one in np.unique(curves[rest], axis=0):
            rows = np.flatnonzero(rest & (curves == one).all(axis=1))
            r = at.resource[rows]
            found.append((rows, self.model.curve.covariance(self.values, r, r, self.inputs)))
        return found

    def _of_known(self, at: Points) -> list[tuple[ObservedCurve, Indices]]:
        return [
            (self.known[trial], np.flatnonzero(at.trial == trial))
            for trial in np.unique(at.trial).tolist()
            if trial in self.known
        ]

    def _add_curves(self, over_h: Prediction, given_h: "_CurvesGivenH") -> Prediction:
        mean, shift = same_columns(over_h.mean, given_h.shift)
        variance = given_h.slope**2 * over_h.variance + given_h.variance
        return Prediction(given_h.slope[:, None] * mean + shift, np.maximum(variance, SMALLEST_VARIANCE))


@frozen(eq=False)
class _CurvesGivenH:
    """f = slope h + shift + an error of this variance, at m points: (m,), (m, F), (m,)."""

    slope: Array
    shift: Array
    variance: Array


@frozen(eq=False)
class _GivenH:
    """The same at k resources of one curve, with the joint covariance (k, k); and what the curve says of h: the value
    and the variance of an observation."""

    slope: Array
    shift: Array
    covariance: Array
    observation: tuple[Array, float]


def _observation(slope: Array, residuals: Array, covariance: Array) -> tuple[Array, float]:
    """What residuals = slope h + N(0, covariance) say of h: value (F,) and variance; infinite if nothing."""
    factor = factorise(covariance, 0.0)
    v, w = factor.solve(slope), factor.solve(residuals)
    vtv = float(v @ v)
    return (v @ w / vtv, 1.0 / vtv) if vtv > 0.0 else (np.zeros(residuals.shape[1]), math.inf)
