"""Is a criterion what its formula says, with the right gradient? And do its random draws have the moments of what is
predicted?"""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from property_tests.dense_twins import Family
from property_tests.surrogate_cases import model_of
from pure_hb.draws import KeyedDraws, Purpose, choose_index
from pure_hb.protocol import Evidence, Figures, Learned, Share, Theta
from pure_hb.search.acquisition import (
    Acquisition,
    ExpectedImprovement,
    LogExpectedImprovement,
    LowerConfidenceBound,
    Mixture,
)
from pure_hb.search.belief import incumbent
from pure_hb.search.dyhpo import ProbabilityOfImprovement
from pure_hb.search.hyper_tune import WeightedSum, incumbent_of_sum, judge_over_levels
from pure_hb.search.mobster import Task, acquisition_of
from pure_hb.search.options import AcquisitionOptions
from pure_hb.surrogate import Standardisation, TrialCurve, observation_table, points
from pure_hb.surrogate.arrays import Array
from tests.surrogate_data import INPUTS, ROWS, data, initial

FAMILY = Family("gp_multitask", "matern52")
RULES: list[Acquisition] = [
    LogExpectedImprovement(0.1),
    ExpectedImprovement(0.1),
    LowerConfidenceBound(1.5),
    ProbabilityOfImprovement(0.1),
]
by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda one: type(one).__name__)
WEIGHTS = {1: 0.2, 3: 0.3, 9: 0.5}
X = (0.45, 0.15)
MANY = 3000


def belief() -> Any:
    """Three fantasies of ten values, and noise that differs from level to level."""
    targets = np.random.default_rng(1).normal(size=(len(ROWS), 3))
    posterior = model_of(FAMILY).posterior(INPUTS, data(ROWS, targets), initial(FAMILY))
    return SimpleNamespace(posterior=posterior, noise=lambda resource: 0.2 * resource, survival=None)


def criteria(rule: Acquisition) -> list[Any]:
    best = {level: np.array([0.1, -0.2, 0.3]) * level for level in WEIGHTS}
    weights = {1: 0.25, 9: 0.5}
    return [Mixture(belief(), WEIGHTS, best, rule), WeightedSum(belief(), weights, np.array([0.1, -0.2, 0.3]), rule)]


@by_rule
def test_gradients_are_those_of_the_values(rule: Acquisition) -> None:
    x, step = np.array(X), 1e-5
    for criterion in criteria(rule):
        value, gradient = criterion.with_gradient(x)
        assert value == pytest.approx(float(criterion(x[None, :])[0]), rel=1e-9)
        for one, towards in enumerate(step * np.eye(2)):
            up, down = criterion(np.stack((x + towards, x - towards)))
            assert gradient[one] == pytest.approx((up - down) / (2.0 * step), rel=1e-5, abs=1e-8)


@by_rule
def test_many_configurations_are_judged_as_each_alone(rule: Acquisition) -> None:
    x = np.array([X, (0.9, 0.2), (0.1, 0.7)])
    for criterion in criteria(rule):
        assert criterion(x) == pytest.approx([float(criterion(row[None, :])[0]) for row in x], rel=1e-9)
        alone = [criterion.told(row[None, :]) for row in x]
        for place, told in enumerate(criterion.told(x)):
            assert told == pytest.approx([float(one[place][0]) for one in alone])


def test_expected_improvement_is_the_mean_of_what_is_gained() -> None:
    """The mean over a normal distribution of max(b - xi - y, 0), by a sum over a fine grid, and over the fantasies."""
    mean, deviation, best, xi = np.array([[0.0, 0.5], [3.0, -1.0]]), np.array([1.0, 0.7]), np.array([0.1, 0.4]), 0.3
    z = np.linspace(-9.0, 9.0, 20_001)
    weight = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) * (z[1] - z[0])
    gained = np.maximum(best[:, None] - xi - (mean[:, :, None] + deviation[:, None, None] * z), 0.0) @ weight
    expected = gained.mean(axis=1)
    assert -ExpectedImprovement(xi)(mean, deviation, best).value == pytest.approx(expected, rel=1e-5)
    assert np.exp(-LogExpectedImprovement(xi)(mean, deviation, best).value) == pytest.approx(expected, rel=1e-5)
    bound = LowerConfidenceBound(2.0)(mean, deviation, best).value
    assert bound == pytest.approx([0.25 - 2.0, 1.0 - 1.4])


def test_where_nothing_is_uncertain_the_improvement_is_the_difference() -> None:
    mean, none, best = np.array([[0.25], [0.75]]), np.zeros(2), np.array([0.5])
    assert -ExpectedImprovement(0.1)(mean, none, best).value == pytest.approx([0.15, 0.0], abs=1e-9)
    gain, loss = np.exp(-LogExpectedImprovement(0.1)(mean, none, best).value)
    assert (gain, loss) == pytest.approx((0.15, 0.0))
    sure, never = np.exp(-ProbabilityOfImprovement(0.1)(mean, none, best).value)
    assert (sure, never) == pytest.approx((1.0, 0.0))


def test_the_bound_of_the_one_with_a_larger_deviation_is_lower() -> None:
    scale = Standardisation(0.0, 4.0)
    bound = acquisition_of(AcquisitionOptions(acq_function="lcb", kappa=2.0), scale)
    assert bound == LowerConfidenceBound(2.0)
    assert acquisition_of(AcquisitionOptions(), scale) == LogExpectedImprovement(0.0)
    assert acquisition_of(AcquisitionOptions(jitter=0.2), scale) == LogExpectedImprovement(0.2)
    assert acquisition_of(AcquisitionOptions(acq_function="ei"), scale) == ExpectedImprovement(0.01 / 4.0)
    assert acquisition_of(AcquisitionOptions(acq_function="ei", jitter=0.2), scale) == ExpectedImprovement(0.2 / 4.0)
    assert acquisition_of(AcquisitionOptions(acq_function="ei", jitter=0.0), scale) == ExpectedImprovement(0.0)


# ---- draws -----------------------------------------------------------------------------------------------------------


def moments_of(scores: Array) -> tuple[float, float]:
    return float(scores.mean()), float(scores.std())


def is_like(scores: Array, mean: float, deviation: float) -> None:
    found = moments_of(scores)
    assert found[0] == pytest.approx(mean, abs=5.0 * deviation / math.sqrt(MANY))
    assert found[1] == pytest.approx(deviation, rel=0.08)


def predicted(level: int) -> tuple[Array, float]:
    found = belief().posterior.predict(points([X], level))
    return found.mean[0], float(found.variance[0])


@pytest.mark.parametrize("level", [1, 9])
def test_a_thompson_draw_is_a_value_that_training_would_report(level: int) -> None:
    """Of the first fantasy, with the noise of the level."""
    many, (mean, variance) = np.tile(X, (MANY, 1)), predicted(level)
    one = Mixture(belief(), {level: 1.0}, {}, RULES[0])
    is_like(one.thompson(many, KeyedDraws(3, 1)), mean[0], math.sqrt(variance + 0.2 * level))
    is_like(one.mean_thompson(many, KeyedDraws(3, 1)), mean.mean(), math.sqrt(variance / 3.0))


TWO = {1: 0.4, 9: 0.6}


@pytest.mark.parametrize("weights", [WEIGHTS, TWO], ids=len)
def test_a_draw_of_a_mixture_is_one_at_a_level_drawn_by_weight(weights: dict[int, float]) -> None:
    x = np.array([X, (0.8, 0.9)])
    mixture, taken = Mixture(belief(), weights, {}, RULES[0]), list[int]()
    for seed in range(150):
        draws = KeyedDraws(seed, 0)
        found, alone = (
            mixture.thompson(x, draws),
            {level: Mixture(belief_once, {level: 1.0}, {}, RULES[0]).thompson(x, draws) for level in weights},
        )
        (level,) = [one for one, scores in alone.items() if scores == pytest.approx(found, rel=1e-9)]
        u = draws.uniform(Purpose.THOMPSON, attempt=1)
        assert level == list(weights)[choose_index(u, tuple(weights.values()))]
        taken.append(level)
    for level, weight in weights.items():
        assert abs(taken.count(level) - 150 * weight) < 4.0 * math.sqrt(150 * weight * (1.0 - weight))


belief_once = belief()


@pytest.mark.parametrize("weights", [WEIGHTS, TWO], ids=len)
def test_each_fantasy_of_a_mean_draw_has_a_level_of_its_own_for_all_configurations(weights: dict[int, float]) -> None:
    many, mixture = np.tile(X, (MANY, 1)), Mixture(belief(), weights, {}, RULES[0])
    seen = set[tuple[int, ...]]()
    for seed in range(8):
        draws = KeyedDraws(seed, 0)
        lots = draws.uniforms(Purpose.THOMPSON, 3, attempt=1).tolist()
        levels = [list(weights)[choose_index(u, tuple(weights.values()))] for u in lots]
        seen.add(tuple(levels))
        each = [predicted(level) for level in levels]
        mean = sum(float(m[k]) for k, (m, _) in enumerate(each)) / 3.0
        is_like(mixture.mean_thompson(many, draws), mean, math.sqrt(sum(v for _, v in each)) / 3.0)
    assert len(seen) > 2


def test_a_draw_of_the_weighted_sum_has_its_moments_and_noise() -> None:
    many, weights = np.tile(X, (MANY, 1)), {1: 0.25, 9: 0.5}
    each = {level: predicted(level) for level in weights}
    mean = sum(theta * each[level][0] for level, theta in weights.items())
    variance = sum(theta**2 * each[level][1] for level, theta in weights.items())
    noise = sum(theta**2 * 0.2 * level for level, theta in weights.items())
    total = WeightedSum(belief(), weights, np.zeros(3), RULES[0])
    is_like(total.thompson(many, KeyedDraws(5, 1)), mean[0], math.sqrt(variance + noise))  # type: ignore[index]  # an array
    is_like(total.mean_thompson(many, KeyedDraws(5, 1)), float(np.mean(mean)), math.sqrt(variance / 3.0))


# ---- what Hyper-Tune judges by ---------------------------------------------------------------------------------------


def task(theta: Theta | None, level: int = 3) -> Task:
    curves = [TrialCurve(n, x, ((1, 0.5), (3, 0.2))) for n, x in enumerate([(0.1, 0.3), (0.6, 0.9)])]
    one = belief()
    one.rows = observation_table(curves, levels=(1, 3), max_resource=9)
    one.scale, one.mean_name = Standardisation(0.0, 1.0), "mean"
    view: Any = SimpleNamespace(levels=(1, 3), max_resource=9, sign=1.0)
    return Task(view, AcquisitionOptions(), one, Learned(theta=theta), level)


THETA = Theta(9, 6, (Share(1, 0.005, 0.6), Share(3, 0.245, 0.3), Share(9, 0.75, 0.2)))


def figures(said: Evidence) -> dict[str, dict[str, float]]:
    return {one.of: dict(one.numbers) for one in said if isinstance(one, Figures)}


def test_before_theta_the_lowest_level_is_judged() -> None:
    criterion, said = judge_over_levels(task(None), weighted_sum=False)
    assert isinstance(criterion, Mixture)
    assert (criterion.weights, list(figures(said))) == ({1: 1.0}, ["incumbent at level 1"])


def test_with_theta_each_level_has_its_share_and_its_incumbent() -> None:
    given = task(THETA)
    criterion, said = judge_over_levels(given, weighted_sum=False)
    assert isinstance(criterion, Mixture)
    assert criterion.weights == pytest.approx({3: 0.245 / 0.995, 9: 0.75 / 0.995})
    for level in (3, 9):
        assert criterion.incumbents[level] == pytest.approx(incumbent(given.belief, level))
    told = figures(said)
    assert told["theta up to level 9"] == {"1": 0.005, "3": 0.245, "9": 0.75}
    assert told["mean ranking loss"] == {"1": 0.6, "3": 0.3, "9": 0.2}
    assert told["incumbent at level 9"]["mean"] == pytest.approx(float(incumbent(given.belief, 9).mean()))


def test_the_weighted_sum_has_one_incumbent_and_weights_that_need_not_sum_to_one() -> None:
    given = task(THETA)
    criterion, said = judge_over_levels(given, weighted_sum=True)
    assert isinstance(criterion, WeightedSum)
    assert criterion.weights == {3: 0.245, 9: 0.75}
    assert criterion.incumbent == pytest.approx(incumbent_of_sum(given.belief, {3: 0.245, 9: 0.75}, 3))
    assert "incumbent at level 3" in figures(said)
