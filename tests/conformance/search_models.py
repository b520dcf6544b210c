"""Kind `search`, what is asked of a surrogate: fantasies, Hyper-Tune's ensemble and theta, EI of a Gaussian process.

A golden kernel matrix is a process whose points are the numbers of its rows, so that the library's posterior does the
rest.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from attrs import frozen

from pure_hb.search.acquisition import ExpectedImprovement, Mixture
from pure_hb.search.belief import Belief
from pure_hb.search.candidates import optimised
from pure_hb.search.hyper_tune import (
    bracket_weights,
    cross_validated_loss,
    folds,
    highest_supported,
    ranking_loss,
    summed,
    theta,
)
from pure_hb.search.hyper_tune import ensemble as ensemble_of
from pure_hb.search.mobster import acquisition_of
from pure_hb.search.options import AcquisitionOptions
from pure_hb.space import Float, Space, encode
from pure_hb.surrogate import Base, Inputs, Points, Standardisation, observation_table, observations, points
from pure_hb.surrogate.arrays import Array, Buffers, Indices
from pure_hb.surrogate.models.dense import CrossCovariance, base_process, dense_posterior
from tests.conformance.comparing import Case, near_to, numbers, reference_samples, same
from tests.conformance.outcome import Outcome

Steps = Iterator[Outcome]


@frozen(eq=False)
class _Matrix:
    """A process over row numbers: prior covariance (n, n), mean (n,)."""

    kernel: Array
    prior_mean: Array

    @staticmethod
    def _rows(at: Points) -> Indices:
        return at.x[:, 0].astype(np.intp)

    def mean(self, at: Points) -> Array:
        return self.prior_mean[self._rows(at)]

    def variance(self, at: Points) -> Array:
        return np.diagonal(self.kernel)[self._rows(at)]

    def covariance(self, left: Points, right: Points, buffers: Buffers | None = None) -> CrossCovariance:
        def pull_x(weights: Array) -> Array:
            raise NotImplementedError("row numbers have no derivative")

        return CrossCovariance(self.kernel[np.ix_(self._rows(left), self._rows(right))], pull_x)


def _rows(start: int, count: int) -> Points:
    return points(np.arange(start, start + count, dtype=np.float64)[:, None], 1)


def fantasies(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    kernel, n, m = numbers(given["kernel_matrix"]), len(given["targets"]), given["num_pending"]
    process: Any = _Matrix(kernel, numbers(given["mean"]))
    seen = observations(_rows(0, n), numbers(given["targets"]))
    before = dense_posterior(process, seen, given["noise_variance"])
    awaited = _rows(n, m)
    samples = reference_samples(before, awaited, numbers(given["z"]))
    yield near_to(f"{where} samples", samples, expect["samples"], tolerance)
    found = before.condition(observations(awaited, samples)).predict(_rows(n + m, given["num_candidates"]))
    yield near_to(f"{where} means", found.mean, expect["means"], tolerance)
    yield near_to(f"{where} variances", found.variance, expect["variances"], tolerance)


def ensemble(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    weights = ensemble_of(dict(zip(given["levels"], given["theta"], strict=True)), renormalise=False)
    chosen = [given["levels"].index(level) for level in weights]
    mean, variance = numbers(given["means"])[chosen], numbers(given["variances"])[chosen]
    k, m, f = mean.shape
    total, spread = summed(weights, mean.transpose(1, 0, 2).reshape(m * k, f), variance.T.reshape(m * k))
    metric, deviation = Standardisation(given["normalize_mean"], given["normalize_std"]).back(total, spread)
    yield near_to(f"{where} mean", metric, expect["mean"], tolerance)
    yield near_to(f"{where} std", deviation, expect["std"], tolerance)
    best = metric[given["incumbent_rows"]].min(axis=0)
    yield near_to(f"{where} incumbents", best, expect["incumbents"], tolerance)
    found = ExpectedImprovement()(metric, deviation, best)
    yield near_to(f"{where} value", found.value, expect["value"], tolerance)
    yield near_to(f"{where} d_mean", found.by_mean, expect["d_mean"], tolerance)
    yield near_to(f"{where} d_std", found.by_deviation, expect["d_std"], tolerance)


def hypertune(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    levels, row_levels = given["levels"], np.array(given["row_levels"])
    counts = {level: int((row_levels == level).sum()) for level in levels}
    highest = highest_supported(counts, levels)
    yield same(f"{where} r_star", highest, expect["r_star"])
    if highest is None:
        return
    kernel, mean, y = numbers(given["kernel_matrix"]), numbers(given["mean"]), numbers(given["targets"])
    z, n, top = [numbers(one) for one in given["z"]], len(y), np.flatnonzero(row_levels == highest)
    noises = numbers(given["noise_variances"])
    process: Any = _Matrix(kernel, mean)
    posterior = dense_posterior(process, observations(_rows(0, n), y), noises)
    losses = {}
    for number, level in enumerate(given["test_levels"]):
        at = _rows(n + number * len(top), len(top))
        losses[level] = ranking_loss(posterior.sample(at, z[number]), y[top])
    alone = folds(kernel[np.ix_(top, top)], mean[top], float(noises[top[0]]), y[top], z[len(losses) :])
    losses[highest] = cross_validated_loss(list(alone))
    yield near_to(f"{where} losses", list(losses.values()), expect["losses"], tolerance)
    weights = theta(losses)
    kept = {str(level): share for level, share in ensemble_of(weights, renormalise=False).items()}
    yield same(f"{where} levels", sorted(kept), sorted(expect["ensemble"]))
    shares = [kept[level] for level in sorted(kept)]
    yield near_to(f"{where} theta", shares, [expect["ensemble"][level] for level in sorted(kept)], tolerance)
    brackets = bracket_weights(weights, levels, given["num_brackets"], highest)
    yield near_to(f"{where} brackets", brackets, expect["bracket_weights"], tolerance)


def ei_gp(where: str, case: Case, tolerance: Any) -> Steps:
    """Through the criterion of the searches, in standardised units: EI is the same but for the scale."""
    given, expect = case["input"], case["expected"]
    x, b = numbers(given["features"]), numbers(given["inverse_bandwidths"])
    names = tuple(f"x{number}" for number in range(len(b)))
    inputs, values = Inputs(names, 1, (True,) * len(b)), {"inverse_bandwidths": b}
    process = base_process(Base(), inputs, values, given["mean"], given["covariance_scale"])
    seen = observations(points(x, 1), numbers(given["targets"]))
    posterior = dense_posterior(process, seen, given["noise_variance"])
    scale = Standardisation(given["normalize_mean"], given["normalize_std"])
    table = observation_table([], levels=(1,), max_resource=1)
    best = posterior.predict(points(x, 1)).mean.min(axis=0)
    yield near_to(f"{where} incumbents", scale.mean + scale.scale * best, expect["incumbents"], tolerance["value"])
    acquisition = acquisition_of(AcquisitionOptions(acq_function="ei"), scale)
    criterion = Mixture(
        Belief(posterior, scale, table, len(best), lambda resource: 0.0), {1: 1.0}, {1: best}, acquisition
    )
    new = numbers(given["candidates"])
    found = posterior.predict(points(new, 1))
    yield near_to(f"{where} means", scale.mean + scale.scale * found.mean, expect["means"], tolerance["value"])
    yield near_to(f"{where} stds", scale.scale * np.sqrt(found.variance), expect["stds"], tolerance["value"])
    yield near_to(f"{where} value", scale.scale * criterion(new), expect["value"], tolerance["value"])
    gradient = [scale.scale * criterion.with_gradient(one)[1] for one in new]
    yield near_to(f"{where} gradient", gradient, expect["gradient"], tolerance["gradient"])
    space = Space(**{name: Float(0.0, 1.0) for name in names})
    start = new[given["start"]]
    reached = optimised(space, criterion, start)
    end = start if reached is None else encode(space, reached)
    ours, theirs = scale.scale * float(criterion(end[None, :])[0]), expect["optimised"]["value"]
    excess = tolerance["optimised"]["value_excess"]
    yield same(f"{where} optimised", "reached" if ours <= theirs + excess else f"{ours} against {theirs}", "reached")


TYPES: Final[Mapping[str, Callable[[str, Case, Any], Steps]]] = {
    "ei_gp": ei_gp,
    "ensemble": ensemble,
    "fantasies": fantasies,
    "hypertune": hypertune,
}
