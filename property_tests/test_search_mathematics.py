"""Do acquisition, weighting and densities keep the promises of their formulas?"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from pure_hb.rungs import bracket_distribution
from pure_hb.search.acquisition import (
    Acquired,
    Acquisition,
    ExpectedImprovement,
    LogExpectedImprovement,
    LowerConfidenceBound,
    log_h,
    log_of_sum,
)
from pure_hb.search.bohb import Kind, density, good_count, ratio, split, usable_level
from pure_hb.search.dyhpo import ProbabilityOfImprovement
from pure_hb.search.hyper_tune import (
    adapted,
    bracket_weights,
    cross_validated_loss,
    ensemble,
    fold_sizes,
    folds,
    highest_supported,
    ranking_loss,
    theta,
)
from pure_hb.search.mobster import acquisition_level
from pure_hb.search.options import ResourceAcquisition
from pure_hb.surrogate.arrays import Array

seeds = st.integers(0, 2**32 - 1)
RULES: tuple[Acquisition, ...] = (LogExpectedImprovement(), LogExpectedImprovement(0.1), ExpectedImprovement(),
                                  LowerConfidenceBound(2.0), ProbabilityOfImprovement(0.1))  # fmt: skip


def world(seed: int) -> tuple[Array, Array, Array]:
    """Means (m, N), deviations (m,) and incumbents (N,), from hopeless to certain."""
    rng = np.random.default_rng(seed)
    points, fantasies = rng.integers(1, 6), rng.integers(1, 4)
    spread = 10.0 ** rng.uniform(-1, 1)
    return (
        spread * rng.normal(size=(points, fantasies)),
        10.0 ** rng.uniform(-1, 1, points),
        spread * rng.normal(size=fantasies),
    )


# ---- acquisition -----------------------------------------------------------------------------------------------------


def h_by_terms(t: float) -> float:
    """t Phi(t) + phi(t) from the tail: phi(t) (1/t^2 - 3/t^4 + 15/t^6 - ...), for t far below 0."""
    terms, term = 0.0, 1.0 / t**2
    for n in range(1, 12):
        terms += term
        term *= -(2 * n + 1) / t**2
    return -0.5 * t * t - 0.5 * math.log(2.0 * math.pi) + math.log(terms)


@pytest.mark.parametrize("t", [-20.0, -50.0, -1e3, -1e5, -9.99e6, -1.01e7, -1e9])
def test_the_logarithm_of_h_has_its_digits_far_out(t: float) -> None:
    assert log_h(np.array([t]))[0] == pytest.approx(h_by_terms(t), rel=1e-13)


@given(st.floats(-37.0, 37.0))
def test_the_logarithm_of_h_is_smooth_and_increasing(t: float) -> None:
    low, middle, high = log_h(np.array([t - 1e-3, t, t + 1e-3]))
    assert low < middle < high
    assert abs(high - 2.0 * middle + low) < 1e-5


def test_the_logarithm_of_a_sum_is_that_of_scipy() -> None:
    terms = np.array([[0.0, -1.0, -1e5], [-1e200, -1e200, -2e200], [700.0, 710.0, -np.inf]])
    np.testing.assert_allclose(log_of_sum(terms, axis=1), logsumexp(terms, axis=1), rtol=1e-15)
    assert log_of_sum(np.full((1, 2), -np.inf), axis=1)[0] == -np.inf


@given(seeds)
def test_log_ei_is_the_logarithm_of_ei_where_that_is_accurate(seed: int) -> None:
    mean, deviation, incumbent = world(seed)
    plain = ExpectedImprovement(jitter=0.1)(mean, deviation, incumbent).value
    logs = LogExpectedImprovement(xi=0.1)(mean, deviation, incumbent).value
    near = plain < -1e-8  # t Phi + phi cancels further out
    assert np.exp(-logs[near]) == pytest.approx(-plain[near], rel=1e-6)
    assert np.isfinite(logs).all()


@given(seeds, st.sampled_from(RULES))
def test_acquisitions_have_the_derivatives_of_their_values(seed: int, rule: Acquisition) -> None:
    mean, deviation, incumbent = world(seed)
    found = rule(mean, deviation, incumbent)

    def difference(of: Callable[[float], Acquired], step: float) -> Array:
        slope: Array = (of(step).value - of(-step).value) / (2.0 * step)
        return slope

    for k in range(mean.shape[1]):
        unit = np.zeros_like(mean)
        unit[:, k] = 1.0
        slope = difference(lambda e, unit=unit: rule(mean + e * unit, deviation, incumbent), 1e-5)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        assert np.allclose(found.by_mean[:, k], slope, rtol=1e-4, atol=1e-6)
    slope = difference(lambda e: rule(mean, deviation + e, incumbent), 1e-6)
    assert np.allclose(found.by_deviation, slope, rtol=1e-3, atol=1e-5)


@given(seeds)
def test_log_ei_does_not_depend_on_the_units_of_the_metric(seed: int) -> None:
    mean, deviation, incumbent = world(seed)
    rule = LogExpectedImprovement()
    once, scaled = (
        rule(mean, deviation, incumbent).value,
        rule(1e3 * mean + 7.0, 1e3 * deviation, 1e3 * incumbent + 7.0),
    )
    assert scaled.value == pytest.approx(once - math.log(1e3), rel=1e-7, abs=1e-7)


# ---- levels and weights ----------------------------------------------------------------------------------------------

LEVELS = (1, 3, 9, 27)
counted = st.dictionaries(st.sampled_from(LEVELS), st.integers(0, 12))


@given(counted, st.integers(1, 8))
def test_the_level_of_the_acquisition_has_data(counts: dict[int, int], threshold: int) -> None:
    def level(rule: ResourceAcquisition) -> int:
        return acquisition_level(rule, counts, threshold=threshold, first_milestone=3, max_resource=27)

    assert (level("first"), level("final")) == (3, 27)
    observed = sorted(one for one in counts if counts[one])
    if not observed:
        with pytest.raises(ValueError, match="no observation yet"):
            level("bohb")
        return
    found = level("bohb")
    assert counts[found] >= threshold or found == observed[0]
    assert all(counts[higher] < threshold for higher in observed if higher > found)


@given(counted)
def test_a_supported_level_is_above_the_lowest_and_has_six(counts: dict[int, int]) -> None:
    found = highest_supported(counts, LEVELS)
    assert found == max((level for level in LEVELS[1:] if counts.get(level, 0) >= 6), default=None)


@given(seeds, st.integers(2, 9))
def test_ranking_losses_count_pairs(seed: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    values, samples = rng.normal(size=m), rng.normal(size=(m, 3))
    naive = [
        sum((g[j] < g[k]) != (values[j] < values[k]) for j in range(m) for k in range(j + 1, m)) / (m * (m - 1) / 2)
        for g in samples.T
    ]
    assert ranking_loss(samples, values) == pytest.approx(naive)
    assert ranking_loss(values[:, None], values).tolist() == [0.0]
    assert ranking_loss(-values[:, None], values).tolist() == [1.0]


@given(st.integers(2, 60))
def test_folds_are_of_two_rows_at_least_and_nearly_equal(count: int) -> None:
    sizes = fold_sizes(count)
    assert sum(sizes) == count
    assert len(sizes) <= 5
    assert 2 <= min(sizes) <= max(sizes) <= min(sizes) + 1
    assert list(sizes) == sorted(sizes)


@given(seeds, st.integers(4, 12))
def test_a_fold_is_predicted_from_the_others_alone(seed: int, count: int) -> None:
    """A change of a held-out value changes no prediction of its fold."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=count)
    covariance, mean = np.exp(-((x[:, None] - x[None, :]) ** 2)), rng.normal(size=count)
    values = rng.normal(size=count)
    normals = [rng.normal(size=(size, 4)) for size in fold_sizes(count)]
    first = list(folds(covariance, mean, 0.1, values, normals))
    moved = values.copy()
    moved[0] += 5.0
    second = list(folds(covariance, mean, 0.1, moved, normals))
    assert np.array_equal(first[0].samples, second[0].samples)
    assert not np.array_equal(first[1].samples, second[1].samples)
    loss = cross_validated_loss(first)
    assert ((loss >= 0.0) & (loss <= 1.0)).all()


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_theta_the_ensemble_and_the_brackets_sum_to_one(seed: int, supported: int, brackets: int) -> None:
    rng = np.random.default_rng(seed)
    losses = {level: rng.integers(0, 4, 50) / 3.0 for level in LEVELS[:supported]}
    weights = theta(losses)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert sum(ensemble(weights).values()) == pytest.approx(1.0)
    assert all(weight > 0.01 for weight in ensemble(weights).values())
    highest = LEVELS[supported - 1]
    assert sum(bracket_weights(weights, LEVELS, brackets, highest)) == pytest.approx(1.0)
    default = bracket_distribution(LEVELS[:-1], LEVELS[-1], brackets)
    chances = adapted(default, weights, LEVELS, highest)
    assert sum(chances) == pytest.approx(1.0)
    assert chances[supported:] == default[supported:]


def test_where_theta_says_nothing_of_the_brackets_their_distribution_stays() -> None:
    default = bracket_distribution(LEVELS[:-1], LEVELS[-1], 2)
    assert adapted(default, {9: 1.0}, LEVELS, 9) == default


@given(seeds)
def test_shifting_a_level_or_stretching_it_changes_no_weight(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, samples = rng.normal(size=8), {level: rng.normal(size=(8, 20)) for level in LEVELS}
    weights = theta({level: ranking_loss(one, values) for level, one in samples.items()})
    moved = {level: np.exp(one + level) for level, one in samples.items()}
    assert theta({level: ranking_loss(one, values) for level, one in moved.items()}) == weights


# ---- densities -------------------------------------------------------------------------------------------------------


@given(seeds, st.integers(1, 8))
def test_a_density_is_the_mean_over_the_data_of_products(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    data = np.column_stack((rng.uniform(size=n), rng.integers(0, 5, n) / 5.0, rng.integers(0, 3, n) / 3.0))
    p = density(data, (Kind.CONTINUOUS, Kind.ORDERED, Kind.UNORDERED), (0, 0, 3), minimum=0.1)
    x = np.array([0.3, 0.4, 1.0 / 3.0])
    h = p.bandwidths
    assert (h >= 0.1).all()
    total = 0.0
    for row in data:
        apart = abs(row - x)
        total += (
            math.exp(-0.5 * (apart[0] / h[0]) ** 2)
            / math.sqrt(2.0 * math.pi)
            / h[0]
            * (1.0 - h[1] if apart[1] == 0 else 0.5 * (1.0 - h[1]) * h[1] ** apart[1])
            * (1.0 - h[2] if apart[2] == 0 else h[2] / 2.0)
        )
    assert p(x[None, :])[0] == pytest.approx(total / n, rel=1e-12)


def test_a_continuous_density_integrates_to_one() -> None:
    p = density(np.array([[0.2], [0.9], [0.5]]), (Kind.CONTINUOUS,), (0,), minimum=0.05)
    grid = np.linspace(-3.0, 4.0, 20_001)
    assert p(grid[:, None]).sum() * (grid[1] - grid[0]) == pytest.approx(1.0, rel=1e-6)


@given(st.integers(1, 6), st.dictionaries(st.sampled_from(LEVELS), st.integers(0, 80)))
def test_the_level_of_the_densities_has_enough_of_both(parameters: int, counts: dict[int, int]) -> None:
    level = usable_level(counts, parameters, parameters, 15)
    if level is not None:
        good = good_count(counts[level], parameters, 15)
        assert min(good, counts[level] - good) > parameters


def test_the_good_values_come_best_first_and_ties_by_arrival() -> None:
    good, bad = split(np.array([3.0, 1.0, 2.0, 1.0, 9.0, 5.0]), 3, 15)
    assert (good.tolist(), bad.tolist()) == ([1, 3, 2], [0, 5, 4])
    assert ratio(np.array([0.0, 2.0]), np.array([0.0, 4.0])).tolist() == [1.0, 2.0]
