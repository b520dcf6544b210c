"""Is a configuration judged at the level that was chosen? The incumbent, the criterion and what is said of them, with a
posterior whose means differ from level to level."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.protocol import Evidence
from pure_hb.search.acquisition import ExpectedImprovement, LowerConfidenceBound, Mixture
from pure_hb.search.belief import incumbent, rivals
from pure_hb.search.dyhpo import incumbent_at
from pure_hb.search.dyhpo import incumbents as incumbents_of_dyhpo
from pure_hb.search.hyper_tune import WeightedSum, bracket_weights, ensemble, incumbent_of_sum
from pure_hb.search.mobster import Task, acquisition_level, at_levels, early
from pure_hb.search.options import AcquisitionOptions, ResourceAcquisition
from pure_hb.search.view import View
from pure_hb.surrogate import ObservationTable, Points, Prediction, Standardisation, TrialCurve, observation_table

CURVES = (
    TrialCurve(0, (0.1,), ((1, 0.5), (3, 0.4), (9, 0.3))),
    TrialCurve(1, (0.6,), ((1, 0.2), (3, 0.6))),
    TrialCurve(2, (0.9,), ((1, 0.9),)),
)


class Levelled:
    """A posterior: at resource r the mean of x is (x - r / 10)^2 + 10 r for one fantasy and twice that for another; the
    standard deviation is r."""

    def mean(self, at: Points) -> Any:
        r = at.resource
        mean = (at.x[:, 0] - r / 10.0) ** 2 + 10.0 * r
        return np.column_stack((mean, 2.0 * mean))

    def predict(self, at: Points) -> Prediction:
        return Prediction(self.mean(at), at.resource.astype(np.float64) ** 2)


def belief_of(*curves: TrialCurve) -> Any:
    table: ObservationTable = observation_table(curves, levels=(1, 3), max_resource=9)
    return SimpleNamespace(
        posterior=Levelled(),
        survival=None,
        rows=table,
        scale=Standardisation(0.0, 1.0),
        mean_name="mean",
        noise=lambda resource: 0.25 * resource,
    )


def expected(level: int, known: tuple[float, ...]) -> list[float]:
    smallest = min((x - level / 10.0) ** 2 + 10.0 * level for x in known)
    return [smallest, 2.0 * smallest]


@pytest.mark.parametrize(
    ("level", "known"),
    [(1, (0.1, 0.6, 0.9)), (3, (0.1, 0.6)), (9, (0.1,)), (5, (0.1, 0.6))],
    ids=["one", "three", "nine", "the next level below has values"],
)
def test_the_incumbent_is_predicted_at_its_level_among_those_that_reached_it(
    level: int, known: tuple[float, ...]
) -> None:
    belief = belief_of(*CURVES)
    assert incumbent(belief, level) == pytest.approx(expected(level, known))
    assert rivals(belief, level).resource.tolist() == [level] * len(known)
    assert rivals(belief, level, at=2).resource.tolist() == [2] * len(known)


def test_without_values_at_or_below_the_level_all_rows_are_rivals() -> None:
    belief = belief_of(TrialCurve(0, (0.1,), ((3, 0.4), (9, 0.3))))
    assert rivals(belief, 1).trial.tolist() == [0, 0]
    assert rivals(belief, 1).resource.tolist() == [1, 1]


def test_each_level_of_a_mixture_has_its_own_incumbent_and_weight() -> None:
    belief, x = belief_of(*CURVES), np.array([[0.2], [0.7]])
    bound = LowerConfidenceBound(0.5)
    criterion = Mixture(belief, {1: 0.25, 9: 0.75}, {1: np.zeros(2), 9: np.zeros(2)}, bound)
    by_level = [1.5 * ((x[:, 0] - r / 10.0) ** 2 + 10.0 * r) - 0.5 * r for r in (1, 9)]
    assert criterion(x) == pytest.approx(0.25 * by_level[0] + 0.75 * by_level[1])
    means = [1.5 * ((x[:, 0] - r / 10.0) ** 2 + 10.0 * r) for r in (1, 9)]
    mean = 0.25 * means[0] + 0.75 * means[1]
    spread = 0.25 * (1.0 + (means[0] - mean) ** 2) + 0.75 * (81.0 + (means[1] - mean) ** 2)
    assert criterion.told(x)[0] == pytest.approx(mean)
    assert criterion.told(x)[1] == pytest.approx(np.sqrt(spread))


def test_expected_improvement_is_over_the_incumbent_of_each_level() -> None:
    belief, x = belief_of(*CURVES), np.array([[0.2], [0.7]])
    best = {level: incumbent(belief, level) for level in (1, 9)}
    improvement = ExpectedImprovement(0.0)
    alone = [Mixture(belief, {level: 1.0}, {level: best[level]}, improvement)(x) for level in (1, 9)]
    both = Mixture(belief, {1: 0.25, 9: 0.75}, best, improvement)
    assert both(x) == pytest.approx(0.25 * alone[0] + 0.75 * alone[1])


def test_a_bracket_weighs_theta_by_its_first_level() -> None:
    assert bracket_weights({1: 0.2, 3: 0.3, 9: 0.5}, (1, 3, 9), 3, 3) == pytest.approx((2.0 / 3.0, 1.0 / 3.0))


def test_levels_of_little_weight_are_left_out_and_the_others_sum_to_one() -> None:
    weights = {1: 0.005, 3: 0.2, 9: 0.6}
    assert ensemble(weights) == pytest.approx({3: 0.25, 9: 0.75})
    assert ensemble(weights, renormalise=False) == {3: 0.2, 9: 0.6}


def test_the_weighted_sum_adds_means_by_weight_and_variances_by_its_square() -> None:
    belief, weights, x = belief_of(*CURVES), {1: 0.25, 9: 0.5}, np.array([[0.2], [0.7]])
    total = sum(theta * 1.5 * ((x[:, 0] - r / 10.0) ** 2 + 10.0 * r) for r, theta in weights.items())
    mean, deviation = WeightedSum(belief, weights, np.zeros(2), LowerConfidenceBound(1.0)).told(x)[:2]
    assert mean == pytest.approx(total)
    assert deviation == pytest.approx([np.sqrt(0.25**2 * 1.0 + 0.5**2 * 81.0)] * 2)
    sums = [sum(theta * ((at - r / 10.0) ** 2 + 10.0 * r) for r, theta in weights.items()) for at in (0.1, 0.6)]
    assert incumbent_of_sum(belief, weights, 3) == pytest.approx([min(sums), 2.0 * min(sums)])


def test_what_is_said_of_an_incumbent_is_that_of_its_level() -> None:
    belief: Any = belief_of(*CURVES)
    view: Any = SimpleNamespace(sign=-1.0)
    task = Task(view, AcquisitionOptions(), belief, SimpleNamespace(), 3)  # type: ignore[arg-type]  # a stand-in
    criterion, said = at_levels(task, {3: 0.4, 9: 0.6}, Evidence())
    assert isinstance(criterion, Mixture)
    for level, known, record in zip((3, 9), ((0.1, 0.6), (0.1,)), said, strict=True):
        one, two = expected(level, known)
        assert criterion.incumbents[level] == pytest.approx([one, two])
        assert record.of == f"incumbent at level {level}"  # type: ignore[union-attr]  # Figures
        assert record.numbers == (("mean", pytest.approx(-0.5 * (one + two))),)  # type: ignore[union-attr]  # Figures


def test_dyhpo_compares_each_with_the_incumbent_of_its_own_level() -> None:
    belief = belief_of(*CURVES)
    found = incumbents_of_dyhpo(belief, (1, 3, 5))
    every = [(x - r / 10.0) ** 2 + 10.0 * r for x, r in ((0.1, 1), (0.6, 1), (0.9, 1))]
    assert found[1][0] == pytest.approx(min(every))
    assert found[3][0] == pytest.approx(min((x - 0.3) ** 2 + 30.0 for x in (0.1, 0.6)))
    assert found[5][0] == pytest.approx(min(every)), "nothing was observed there: the best of all levels"
    resource, mean = np.array([1, 3, 3]), np.array([[0.1], [0.5], [0.3]])
    assert incumbent_at(3, resource, mean, has_data=True).tolist() == [0.3]
    assert incumbent_at(9, resource, mean, has_data=False).tolist() == [0.1]


@pytest.mark.parametrize(
    ("rule", "counts", "level"),
    [("bohb", {1: 9, 3: 3, 9: 2}, 3), ("bohb", {1: 2, 3: 1}, 1), ("first", {1: 9}, 3), ("final", {1: 9}, 27)],
)
def test_where_the_acquisition_is(rule: ResourceAcquisition, counts: dict[int, int], level: int) -> None:
    found = acquisition_level(rule, counts, threshold=3, first_milestone=3, max_resource=27)
    assert found == level


@pytest.mark.parametrize(("fraction", "is_random"), [(0.0, False), (0.3, False), (0.5, True), (1.0, True)])
def test_a_coin_below_the_random_fraction_means_a_random_configuration(fraction: float, is_random: bool) -> None:
    space = hb.Space(x=hb.Float(0.0, 1.0))
    view = View(space, None, frozenset({"x:0.1"}), frozenset())
    draws: Any = SimpleNamespace(uniform=lambda *_, **__: 0.4)
    found = early(view, AcquisitionOptions(num_init_random=1, random_fraction=fraction), draws, observed=True)
    assert (found is not None) is is_random
    if found is not None:
        assert found.suggestion is not None
        assert found.suggestion.configuration["x"] == pytest.approx(0.4)
