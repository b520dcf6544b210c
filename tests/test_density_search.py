"""Does BOHB draw near what was good, by densities of the right level? Its parts by hand, and its suggestions."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import truncnorm

import pure_hb as hb
from pure_hb.draws import KeyedDraws, Purpose
from pure_hb.protocol import Because, Drawn, Figures, Scored
from pure_hb.search import DensitySearch
from pure_hb.search.bohb import (
    Kind,
    Lots,
    configuration_at,
    density,
    drawn_near,
    features,
    good_count,
    kinds_of,
    likely_ranks,
    losses_seen,
    near,
    random_features,
    ratio,
    split,
    truncated_normal,
    usable_level,
)
from pure_hb.search.view import Known, Suggestion, View
from pure_hb.space import encode, match_key
from pure_hb.surrogate import TrialCurve, observation_table

MIXED = hb.Space(
    a=hb.Choice("only", "other"),
    b=hb.Choice("x", "y", "z"),
    c=hb.Float(0.0, 10.0),
    d=hb.Int(0, 9),
)


# ---- features --------------------------------------------------------------------------------------------------------


def test_a_feature_of_a_choice_is_its_index_over_the_number_of_its_values() -> None:
    given = hb.Configuration({"a": "other", "b": "z", "c": 2.5, "d": 9})
    found = features(MIXED, np.array([encode(MIXED, given)]))[0]
    assert found[:3] == pytest.approx([1 / 2, 2 / 3, 0.25])
    assert 0.9 < found[3] < 1.0
    first = features(MIXED, np.array([encode(MIXED, hb.Configuration({"a": "only", "b": "x", "c": 10.0, "d": 0}))]))[0]
    assert first[:3] == pytest.approx([0.0, 0.0, 1.0])
    kinds, counts = kinds_of(MIXED)
    assert kinds == (Kind.UNORDERED, Kind.UNORDERED, Kind.CONTINUOUS, Kind.ORDERED)
    assert counts[:3] == (2, 3, 1)


@pytest.mark.parametrize("a", ["only", "other"])
@pytest.mark.parametrize("b", ["x", "y", "z"])
@pytest.mark.parametrize(("c", "d"), [(0.0, 0), (2.5, 4), (10.0, 9)])
def test_a_configuration_comes_back_from_its_features(a: str, b: str, c: float, d: int) -> None:
    given = hb.Configuration({"a": a, "b": b, "c": c, "d": d})
    found = configuration_at(MIXED, features(MIXED, np.array([encode(MIXED, given)]))[0])
    assert match_key(MIXED, found) == match_key(MIXED, given)


def test_features_outside_the_space_are_brought_inside() -> None:
    found = configuration_at(MIXED, np.array([1.2, 1.0, -0.5, 1.5]))
    assert (found["a"], found["b"], found["c"], found["d"]) == ("other", "z", 0.0, 9)


def test_random_features_are_evenly_spread_over_the_values() -> None:
    u = (np.arange(600) + 0.5) / 600
    assert np.unique(random_features(hb.Choice("x", "y", "z"), u), return_counts=True)[1].tolist() == [200] * 3
    assert np.unique(random_features(hb.Choice("x", "y", "z"), u)) == pytest.approx([0.0, 1 / 3, 2 / 3])
    assert random_features(hb.Float(2.0, 4.0), u) == pytest.approx(u)


# ---- densities -------------------------------------------------------------------------------------------------------


def test_a_bandwidth_is_by_the_rule_of_thumb_and_not_below_the_minimum() -> None:
    data = np.array([[0.0, 0.5], [1.0, 0.5], [0.0, 0.5], [1.0, 0.5]])
    found = density(data, (Kind.CONTINUOUS,) * 2, (1, 1), 0.1)
    assert found.bandwidths == pytest.approx([1.06 * 0.5 * 4.0 ** (-1.0 / 6.0), 0.1])


def test_each_kind_of_coordinate_has_its_kernel() -> None:
    data, h = np.array([[0.5]]), 0.1
    peak = 1.0 / (h * math.sqrt(2.0 * math.pi))
    at = {"here": np.array([[0.5]]), "apart": np.array([[0.75]])}
    expected = {
        Kind.CONTINUOUS: (peak, peak * math.exp(-(0.25**2) / (2.0 * h**2))),
        Kind.ORDERED: (1.0 - h, 0.5 * (1.0 - h) * h**0.25),
        Kind.UNORDERED: (1.0 - h, h / 3.0),
    }  # fmt: skip
    for kind, (here, apart) in expected.items():
        found = density(data, (kind,), (4,), h)
        assert float(found(at["here"])[0]) == pytest.approx(here)
        assert float(found(at["apart"])[0]) == pytest.approx(apart)


def test_a_density_of_hundreds_of_coordinates_is_finite() -> None:
    many = density(np.full((2, 400), 0.5), (Kind.CONTINUOUS,) * 400, (1,) * 400, 1e-3)
    assert np.isfinite(many(np.full((1, 400), 0.5))).all()


def test_the_ratio_is_of_bad_to_good_and_neither_is_zero() -> None:
    assert ratio(np.array([2.0, 0.0, 1e-40]), np.array([1.0, 1.0, 0.0])) == pytest.approx([0.5, 1e32, 1.0])


@pytest.mark.parametrize(("count", "fewest", "good"), [(10, 2, 2), (20, 2, 3), (100, 2, 15), (19, 1, 2)])
def test_fifteen_percent_are_good_and_no_fewer_than_asked(count: int, fewest: int, good: int) -> None:
    assert good_count(count, fewest, 15) == good
    values = np.arange(count, 0.0, -1.0)
    best, rest = split(values, fewest, 15)
    assert best.tolist() == [count - 1 - place for place in range(good)]
    assert sorted([*best.tolist(), *rest.tolist()]) == list(range(count))


def test_the_level_of_the_densities_is_the_highest_with_enough_good_and_bad_that_were_not_lost() -> None:
    counts = {1: 20, 3: 8, 9: 5}
    assert usable_level(counts, 2, 3, 15) == 3
    assert usable_level({**counts, 9: 6}, 2, 3, 15) == 9
    assert usable_level(counts, 2, 3, 15, {3: 6}) == 1
    assert usable_level(counts, 2, 3, 15, {3: 5}) == 3
    assert usable_level({1: 5}, 2, 3, 15) is None


# ---- candidates ------------------------------------------------------------------------------------------------------


def test_noise_is_normal_and_truncated_to_the_cube() -> None:
    u, centre, deviation = np.array([0.05, 0.5, 0.95]), np.array([0.1, 0.5, 0.9]), 0.3
    low, high = (0.0 - centre) / deviation, (1.0 - centre) / deviation
    expected = truncnorm.ppf(u, low, high, loc=centre, scale=deviation)
    assert truncated_normal(centre, deviation, u) == pytest.approx(expected, rel=1e-9)


def test_a_candidate_is_a_good_row_with_every_coordinate_moved_or_kept() -> None:
    good = density(np.array([[0.5, 0.0], [0.2, 2 / 3]]), (Kind.CONTINUOUS, Kind.UNORDERED), (1, 3), 0.1)
    u = np.array([[0.5, 1.0 - good.bandwidths[1] - 1e-9], [0.5, 1.0 - good.bandwidths[1]]])
    lots = Lots(np.array([0, 1]), u, np.array([[9.0, 1 / 3], [9.0, 1 / 3]]))
    found = near(good, lots, 3.0)
    assert found[:, 1] == pytest.approx([0.0, 1 / 3]), "kept, replaced"
    expected = truncated_normal(np.array([0.5, 0.2]), 3.0 * float(good.bandwidths[0]), u[:, 0])
    assert found[:, 0] == pytest.approx(expected)


def test_candidates_spread_around_every_good_row_each_coordinate_by_itself() -> None:
    plane = hb.Space(a=hb.Choice("x", "y", "z"), p=hb.Float(0.0, 1.0), q=hb.Float(0.0, 1.0))
    data = np.array([[0.0, 0.3, 0.7], [1 / 3, 0.6, 0.4], [2 / 3, 0.45, 0.55]])
    good = density(data, *kinds_of(plane), 1e-3)
    good = type(good)(good.data, good.kinds, good.categories, np.array([0.2, 0.01, 0.01]))
    found = drawn_near(good, plane, 1500, 2.0, KeyedDraws(0, 0))
    assert found.shape == (1500, 3)
    row = np.abs(found[:, 1:2] - data[None, :, 1]).argmin(axis=1)
    assert np.bincount(row, minlength=3).min() > 400, "all rows alike"
    p, q = found[:, 1] - data[row, 1], found[:, 2] - data[row, 2]
    assert (p.std(), q.std()) == pytest.approx((0.02, 0.02), rel=0.1)
    assert abs(np.corrcoef(p, q)[0, 1]) < 0.1
    changed = np.abs(found[:, 0] - data[row, 0]) > 1e-9
    assert abs(changed.mean() - 0.2 * 2 / 3) < 0.04, "one in five is replaced, by itself in one of three cases"
    assert {round(3 * one) for one in found[changed, 0].tolist()} == {0, 1, 2}
    assert np.isin(np.rint(3 * found[:, 0]), [0, 1, 2]).all()


# ---- losses ----------------------------------------------------------------------------------------------------------


def test_a_rank_is_the_last_one_as_far_as_the_trial_is_likely_to_be_lost() -> None:
    curves = [TrialCurve(n, ((n + 0.5) / 8,), ((1, 0.1 * (8 - n)),)) for n in range(6)]
    whole = observation_table(curves, levels=(1, 3), max_resource=9)
    assert likely_ranks(whole, None).tolist() == [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    curves += [TrialCurve(n, ((n + 0.5) / 8,), (), lost=1) for n in (6, 7)]
    table = observation_table(curves, levels=(1, 3), max_resource=9)
    losses = losses_seen(table, hb.Space(x=hb.Float(0.0, 1.0)), 9, 0.1)
    assert losses is not None
    ranks, chance = likely_ranks(table, losses), losses.chance(table.points())
    assert chance[6:].tolist() == [0.0, 0.0]
    assert ranks[6:] == pytest.approx([8.0, 8.0])
    assert ranks[:6] == pytest.approx([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), "they have passed the level"
    assert losses_seen(whole, hb.Space(x=hb.Float(0.0, 1.0)), 9, 0.1) is None


# ---- a suggestion ----------------------------------------------------------------------------------------------------

LINE = hb.Space(x=hb.Float(0.0, 1.0))


def seen(count: int = 20, lost_above: float = 2.0, **changes: Any) -> View:
    """Values at level 1, best near x = 0.2; the first four also at level 3, where 0.8 would be best."""
    xs = [(number + 0.5) / count for number in range(count)]
    known = []
    for number, x in enumerate(xs):
        curve = ((1, abs(x - 0.2)),) if x < lost_above else ()
        curve = (*curve, (3, abs(x - 0.8))) if number < 2 else curve
        known.append(Known(number, hb.Configuration({"x": x}), curve, None, None if curve else 1))
    keys = {match_key(LINE, one.configuration) for one in known}
    given: dict[str, Any] = {"taken": keys, "failed": frozenset(), "levels": (1, 3), "max_resource": 9}
    return View(LINE, None, **{**given, **changes}, known=lambda: known)


def suggested(view: View, seed: int = 0, **options: Any) -> Suggestion:
    found = DensitySearch(**{"random_fraction": 0.0, **options}).suggest(view, KeyedDraws(seed, 0))
    assert isinstance(found, Suggestion)
    return found


def of_kind(found: Suggestion, kind: type) -> list[Any]:
    return [one for one in found.evidence if isinstance(one, kind)]


def test_suggestions_are_near_the_good_ones_of_the_level_that_has_enough() -> None:
    xs = [float(suggested(seen(), seed, min_bandwidth=0.02).configuration["x"]) for seed in range(12)]
    assert max(abs(x - 0.2) for x in xs) < 0.12
    assert len(set(xs)) == 12
    said = of_kind(suggested(seen()), Figures)[0]
    assert dict(said.numbers) == {"level": 1.0, "good": 3.0, "bad": 17.0}
    one = dict(of_kind(suggested(seen(), num_min_data_points=5), Figures)[0].numbers)
    assert one == {"level": 1.0, "good": 5.0, "bad": 15.0}
    half = dict(of_kind(suggested(seen(), top_n_percent=50), Figures)[0].numbers)
    assert half == {"level": 1.0, "good": 10.0, "bad": 10.0}


def test_the_candidate_with_the_least_ratio_is_taken() -> None:
    view, draws = seen(), KeyedDraws(4, 0)
    xs = np.array([[float(one.configuration["x"])] for one in view.known()])
    order = np.argsort(np.abs(xs[:, 0] - 0.2), kind="stable")
    good, bad = (density(xs[part], (Kind.CONTINUOUS,), (1,), 0.1) for part in (order[:3], order[3:]))
    drawn = drawn_near(good, LINE, 64, 3.0, draws)
    ratios = ratio(good(drawn), bad(drawn))
    found = suggested(view, 4)
    (scored,) = of_kind(found, Scored)
    assert dict(scored.numbers)["acquisition"] == pytest.approx(float(ratios.min()))
    assert float(found.configuration["x"]) == pytest.approx(float(drawn[ratios.argmin(), 0]))
    assert "it is number 1 of 64 candidates by acquisition" in {one.text for one in of_kind(found, Because)}
    near_one = [float(suggested(view, seed, num_candidates=1).configuration["x"]) for seed in range(20)]
    assert float(np.std(near_one)) > 0.1, "with one candidate there is no choice"
    close = [float(suggested(view, s, num_candidates=1, bandwidth_factor=1e-3).configuration["x"]) for s in range(20)]
    assert all(min(abs(x - float(g)) for g in xs[order[:3], 0]) < 1e-3 for x in close)


def test_the_chance_of_a_loss_makes_a_ratio_larger() -> None:
    plain, cliff = seen(lost_above=2.0), seen(lost_above=0.24)
    for seed in range(6):
        assert float(suggested(cliff, seed).configuration["x"]) < 0.3
    assert max(float(suggested(plain, seed).configuration["x"]) for seed in range(6)) < 0.4


def test_a_coin_below_the_random_fraction_means_a_random_configuration() -> None:
    for seed in range(20):
        coin = KeyedDraws(seed, 0).uniform(Purpose.COIN)
        found = suggested(seen(), seed, random_fraction=0.5)
        by_model = bool(of_kind(found, Scored))
        assert by_model is (coin >= 0.5)
        if by_model:
            assert of_kind(found, Drawn) == [Drawn("coin", coin, "the model")]
        else:
            assert "is below the random fraction, 0.5" in of_kind(found, Because)[0].text
    assert not of_kind(suggested(seen(), random_fraction=1.0), Scored)
    assert of_kind(suggested(seen(), random_fraction=KeyedDraws(0, 0).uniform(Purpose.COIN)), Scored), "not below"


def test_with_too_few_values_the_suggestion_is_random_and_says_so() -> None:
    found = suggested(seen(3))
    assert "no level has enough values for two densities" in of_kind(found, Because)[0].text
    assert not of_kind(suggested(seen(4), num_min_data_points=3), Scored)
    assert of_kind(suggested(seen(5), num_min_data_points=2), Scored)


def test_what_was_tried_is_not_suggested_unless_duplicates_are_allowed() -> None:
    few = hb.Space(x=hb.Int(0, 11))
    known = [Known(n, hb.Configuration({"x": n}), ((1, float(abs(n - 3))),), None) for n in range(10)]
    keys = frozenset(match_key(few, one.configuration) for one in known)
    view = View(few, None, keys, frozenset(), (1, 3), 9, known=lambda: known)
    assert {suggested(view, seed).configuration["x"] for seed in range(8)} <= {10, 11}
    again = {suggested(view, seed, allow_duplicates=True, min_bandwidth=0.3).configuration["x"] for seed in range(12)}
    assert again & set(range(10))
    all_known = View(few, None, frozenset(map(str, range(12))), frozenset(), (1, 3), 9, known=lambda: known)
    assert DensitySearch().suggest(all_known, KeyedDraws(0, 0)) is None
    first = hb.Configuration({"x": 5})
    assert suggested(View(few, first, keys, frozenset(), known=lambda: known)).configuration == first
