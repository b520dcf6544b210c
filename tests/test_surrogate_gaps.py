"""What if curves have gaps, points are of other inputs, or matrices are hardly positive? Fixed cases beside those that
Hypothesis finds."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from property_tests import dense_twins as twins
from property_tests.dense_twins import Family, Row
from property_tests.surrogate_cases import at_rows, model_of, some_values
from pure_hb.draws import KeyedDraws, Purpose
from pure_hb.surrogate import (
    DataError,
    ObservationTable,
    TrialCurve,
    down_sample,
    inputs_of,
    observation_table,
    observations,
)
from pure_hb.surrogate.arrays import Array, SingularError, extend, factorise, jitters
from pure_hb.surrogate.training_data import rooms, thinning
from tests.surrogate_data import INPUTS, ROWS, TARGETS, additive_families, data, every_family, initial

# ---- curves with gaps ------------------------------------------------------------------------------------------------

REPORTED = ((1, 2, 3, 4), (2, 5), (1, 4, 9), (9,), (3,), (2, 3, 7, 8), (5, 9))
PLACES = ((0.1, 0.9), (0.5, 0.2), (0.5, 0.2), (0.8, 0.8), (0.3, 0.6), (0.95, 0.05), (0.2, 0.4))
GAPS = tuple(
    Row(x, r, trial, noisy=True) for trial, (x, curve) in enumerate(zip(PLACES, REPORTED, strict=True)) for r in curve
)


def values_of(family: Family) -> dict[str, Array]:
    return some_values(model_of(family).specification(INPUTS), np.random.default_rng(7), width=0.5)


def targets(columns: int) -> Array:
    return np.random.default_rng(5).normal(size=(len(GAPS), columns))


@additive_families
def test_a_likelihood_of_curves_with_gaps_has_the_value_and_the_derivatives_of_the_formulas(family: Family) -> None:
    values, y = values_of(family), targets(1)[:, 0]
    order = np.random.default_rng(0).permutation(len(GAPS))
    given = data(tuple(GAPS[number] for number in order), y[order])
    found = model_of(family).likelihood(INPUTS, given)(values)

    def likelihood(at: Any) -> Any:
        return twins.likelihood(family, INPUTS, GAPS, y, at)

    assert found.value == pytest.approx(float(likelihood(values)), rel=1e-9)
    for name, expected in twins.complex_step(likelihood, values).items():
        assert found.gradient[name] == pytest.approx(np.asarray(expected), rel=1e-6, abs=1e-9), name


@additive_families
def test_a_posterior_of_curves_with_gaps_is_that_of_the_formulas(family: Family) -> None:
    values, y = values_of(family), targets(2)
    posterior = model_of(family).posterior(INPUTS, data(GAPS, y), values)
    wanted = (
        Row(PLACES[0], 9, 0),
        Row(PLACES[1], 3, 1),
        Row(PLACES[2], 2, 2),
        Row((0.4, 0.4), 4),
        Row(PLACES[5], 9, 5),
    )
    mean, covariance = twins.conditioned(family, INPUTS, GAPS, y, wanted, values)
    found = posterior.predict(at_rows(wanted, 2))
    assert found.mean == pytest.approx(np.asarray(mean, dtype=np.float64), rel=1e-6, abs=1e-8)
    assert found.variance == pytest.approx(np.diagonal(covariance).astype(np.float64), rel=1e-6, abs=1e-8)
    assert posterior.covariance(at_rows(wanted, 2)) == pytest.approx(covariance.astype(np.float64), rel=1e-6, abs=1e-8)


@additive_families
def test_values_in_a_gap_are_taken_later_as_if_they_had_been_there(family: Family) -> None:
    values, y = values_of(family), targets(1)
    later = [number for number, row in enumerate(GAPS) if row.r in (2, 3, 4)]
    first = [number for number in range(len(GAPS)) if number not in later]
    whole = model_of(family).posterior(INPUTS, data(GAPS, y), values)
    parts = model_of(family).posterior(INPUTS, data(tuple(GAPS[n] for n in first), y[first]), values)
    parts = parts.condition(data(tuple(GAPS[n] for n in later), y[later]))
    at = at_rows((Row(PLACES[0], 9, 0), Row(PLACES[2], 2, 2), Row((0.4, 0.4), 4), Row(PLACES[5], 1, 5)), 2)
    for one, other in zip((whole.mean(at), whole.covariance(at)), (parts.mean(at), parts.covariance(at)), strict=True):
        assert one == pytest.approx(other, rel=1e-7, abs=1e-9)


# ---- points of other inputs ------------------------------------------------------------------------------------------

NARROW = tuple(Row(row.x[:1], row.r, row.trial, noisy=True) for row in ROWS)
BEYOND = (*ROWS[:-1], Row(ROWS[-1].x, 27, ROWS[-1].trial, noisy=True))


@every_family
@pytest.mark.parametrize(("rows", "message"), [(NARROW, "coordinates|level"), (BEYOND, "27")], ids=["narrow", "beyond"])
def test_points_of_other_inputs_are_refused_wherever_they_come_in(
    family: Family, rows: tuple[Row, ...], message: str
) -> None:
    model, values, wrong = model_of(family), initial(family), data(rows)
    posterior = model.posterior(INPUTS, data(), values)
    with pytest.raises(DataError, match=message):
        model.likelihood(INPUTS, wrong)
    with pytest.raises(DataError, match=message):
        model.posterior(INPUTS, wrong, values)
    for ask in (posterior.predict, posterior.mean, posterior.predict_and_pull, posterior.covariance):
        with pytest.raises(DataError, match=message):
            ask(wrong.points)
    with pytest.raises(DataError, match=message):
        posterior.condition(wrong)
    with pytest.raises(DataError, match=message):
        posterior.sample(wrong.points, np.zeros((len(rows), 1)))


@additive_families
def test_the_rest_of_a_curve_is_asked_for_inside_the_inputs(family: Family) -> None:
    posterior: Any = model_of(family).posterior(INPUTS, data(), initial(family))
    x, known = np.array([0.2, 0.3]), np.array([1, 3])
    for resource, wanted in ((known, np.array([27])), (np.array([1, 27]), np.array([9]))):
        with pytest.raises(DataError, match="27"):
            posterior.rest_of_curve(x, resource, np.zeros(2), wanted)


# ---- factors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "scale"), [(0.1, 1.0), (1.0, 1.0), (40.0, 40.0)])
def test_jitters_begin_with_none_and_grow_tenfold_with_the_diagonal(mean: float, scale: float) -> None:
    found = list(jitters(mean))
    assert found[0] == 0.0
    assert found[1] == pytest.approx(1e-9 * scale)
    assert [b / a for a, b in pairwise(found[1:])] == pytest.approx([10.0] * (len(found) - 2))
    assert found[-1] in (pytest.approx(1e2 * scale), pytest.approx(1e3 * scale))


def test_the_smallest_jitter_that_works_is_taken() -> None:
    assert factorise(np.eye(3), 0.5).jitter == 0.0
    singular = np.ones((3, 3)) - 1e-7 * np.eye(3)
    found = factorise(singular, 0.0)
    assert found.jitter == pytest.approx(1e-6)
    assert found.lower @ found.lower.T == pytest.approx(singular + 1e-6 * np.eye(3), abs=1e-12)


def test_rows_that_repeat_what_is_known_get_a_small_pivot() -> None:
    """The second row is the first one again, without noise: its pivot would be 0."""
    a = np.array([[1.0, 0.5], [0.5, 1.0]])
    again = extend(factorise(a, 0.0), a[:, [0]], a[[0]][:, [0]])
    assert again.lower[2, 2] == pytest.approx(1e-10)
    assert again.lower[2, :2] == pytest.approx([1.0, 0.0], abs=1e-12)
    two = extend(factorise(a, 0.0), a[:, [0, 0]], np.full((2, 2), a[0, 0]))
    assert np.diagonal(two.lower)[2:] == pytest.approx([1e-10, 1e-10])
    mixed = np.array([[1.0, 0.5, 1.0, 0.2, 0.3], [0.5, 1.0, 0.5, 0.1, 0.4]])
    corner = np.array([[1.0, 0.2, 0.3], [0.2, 1.0, 0.6], [0.3, 0.6, 1.0]])
    three = extend(factorise(a, 0.0), mixed[:, 2:], corner).lower
    assert three[2:] @ three[2:].T == pytest.approx(corner, abs=1e-9)
    assert three[4, 3] != 0.0
    whole = np.eye(4) + 0.3
    grown = extend(factorise(whole[:2, :2], 0.0), whole[:2, 2:], whole[2:, 2:])
    assert grown.lower == pytest.approx(np.linalg.cholesky(whole))


def test_a_factor_is_as_long_as_its_matrix() -> None:
    assert len(factorise(np.eye(3), 0.5)) == 3
    nothing = factorise(np.zeros((0, 0)), 0.5)
    assert (len(nothing), nothing.jitter, nothing.half_log_determinant) == (0, 0.0, 0.0)


@every_family
def test_a_matrix_that_is_no_covariance_has_no_likelihood_and_no_posterior(family: Family) -> None:
    values = {**initial(family)}
    for name in [name for name in values if name.startswith(("covariance_scale", "noise"))]:
        values[name] = np.full_like(values[name], np.nan)
    with pytest.raises(SingularError, match=r"not finite|beyond all numbers"):
        model_of(family).likelihood(INPUTS, data())(values)
    with pytest.raises(SingularError, match="not finite"):
        model_of(family).posterior(INPUTS, data(), values)


def test_a_candidate_at_the_end_of_the_cube_is_no_training_configuration_while_it_moves() -> None:
    """freeze-thaw knows the curves of configurations that it has seen, to the bit."""
    family = Family("gp_multitask", "freeze-thaw")
    corners = ((1.0, 0.0), (0.0, 1.0), (0.75, 0.5))
    rows = tuple(Row(x, 1, number, noisy=True) for number, x in enumerate(corners))
    posterior = model_of(family).posterior(INPUTS, data(rows, np.array([1.0, -1.0, 0.5])), initial(family))
    for x in corners:
        at, beside = (at_rows((Row(one, 1),), 2) for one in (x, (abs(x[0] - 1e-9), abs(x[1] - 1e-9))))
        moving = posterior.predict_and_pull(at)[0]
        assert moving.variance == pytest.approx(posterior.predict(beside).variance, rel=1e-6)
        assert moving.variance > 1.1 * posterior.predict(at).variance


@every_family
def test_where_a_variance_is_at_its_floor_it_has_no_slope(family: Family) -> None:
    """Nearly without noise, and with a small scale, nothing is left of the variance where something was seen."""
    values = {**initial(family)}
    for name, value in values.items():
        if name.startswith("noise"):
            values[name] = np.full_like(value, 1e-13)
        elif "scale" in name or name == "gamma":
            values[name] = np.full_like(value, 1e-3)
    found, pull = model_of(family).posterior(INPUTS, data(), values).predict_and_pull(data().points)
    floored = found.variance == 1e-12
    assert floored.any() == (family.kernel != "freeze-thaw"), "there a curve that moves is a new one"
    assert not pull(np.zeros_like(found.mean), floored.astype(np.float64)).any()


# ---- the cap ---------------------------------------------------------------------------------------------------------


class Heard:
    """Draws that remember which rows they were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        assert (purpose, attempt) == (Purpose.SUBSAMPLE, 0)
        self.asked.append(index)
        return KeyedDraws(1, 0).uniform(purpose, index, attempt)


def many(count: int) -> ObservationTable:
    """A third of the trials stop at each of the levels 1, 3 and 9."""
    reach = [(1,), (1, 3), (1, 3, 9)]
    curves = [TrialCurve(n, (n / count,), tuple((r, n / r) for r in reach[n % 3])) for n in range(count)]
    return observation_table(curves, levels=(1, 3), max_resource=9)


def test_each_row_that_may_stay_has_a_draw_of_its_own() -> None:
    draws: Any = Heard()
    kept = down_sample(many(60), 24, draws)
    assert len(kept) == 24
    assert draws.asked == list(range(len(draws.asked)))
    assert len(draws.asked) > 20, "of more than one group"


def test_every_group_is_sure_of_a_quarter_of_an_equal_share() -> None:
    assert rooms([100, 100, 100], 60) == (50, 5, 5)
    assert rooms([3, 100, 100], 60) == (3, 52, 5)
    assert rooms([10, 10], 60) == (10, 10)
    with pytest.raises(ValueError, match="give at least 1"):
        thinning(np.arange(3), np.ones(3, dtype=np.intp), 0)
    kept = down_sample(many(60), 24, KeyedDraws(1, 0))
    of = [trial % 3 for trial in kept.trial.tolist()]
    assert [of.count(group) for group in range(3)] == [2, 2, 20]


# ---- inputs ----------------------------------------------------------------------------------------------------------


def test_what_may_be_warped_are_ordered_coordinates() -> None:
    import pure_hb as hb

    space = hb.Space(a=hb.Float(0.0, 1.0), b=hb.Choice("x", "y", "z"), c=hb.Choice("p", "q"), d=hb.Int(1, 9))
    found = inputs_of(space, 27, (1, 3, 9))
    order = [name for name, _ in space.in_vector_order]
    assert found.levels == (1, 3, 9, 27)
    assert found.dimension == len(found.names) == len(found.warped) == 6
    assert {name for name, warps in zip(found.names, found.warped, strict=True) if warps} == {"a", "d"}
    assert sorted(found.names) == sorted(["a", "b=x", "b=y", "b=z", "c", "d"])
    assert [name.split("=")[0] for name in found.names] == [
        name for name in order for _ in range(3 if name == "b" else 1)
    ]
    assert [found.names[n] for n in found.warped_columns.tolist()] == [
        name for name in found.names if name in ("a", "d")
    ]


def test_targets_as_large_as_1e100_are_refused_and_below_not() -> None:
    at = data().points
    observations(at, TARGETS * 1e99)
    with pytest.raises(DataError, match="1e\\+100"):
        observations(at, np.full(len(at), 1.1e100))
    with pytest.raises(DataError, match="finite"):
        observations(at, np.full(len(at), math.nan))
