"""Which data does a surrogate refuse, and what does it do without? Each message names the value and the way out."""

import math
from typing import Any

import numpy as np
import pytest

from property_tests.dense_twins import Family, Row
from property_tests.surrogate_cases import FAMILIES, at_rows, label, model_of
from pure_hb.surrogate import DataError, Independent, Inputs, SingularError, fit, observations, points
from tests.surrogate_data import (
    DRAWS,
    INPUTS,
    ROWS,
    TARGETS,
    additive_families,
    curves,
    data,
    every_family,
    initial,
    is_finite,
)

# ---- data that a model cannot take -----------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_targets_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(DataError, match=rf"the target of row 2 is \[{bad}\]; .* finite values only: leave the row out"):
        data(targets=np.where(np.arange(len(TARGETS)) == 2, bad, TARGETS))


@pytest.mark.parametrize("targets", [[1.0], 1.0, np.zeros((len(ROWS), 1, 1)), np.zeros((1, len(ROWS)))])
def test_targets_of_another_shape_are_refused(targets: Any) -> None:
    with pytest.raises(DataError, match=rf"there are {len(ROWS)} points and targets of shape \(.*\); it takes a row a"):
        data(targets=targets)


@every_family
def test_a_fit_takes_one_column_and_at_least_one_row(family: Family) -> None:
    for given in (data(targets=np.zeros((len(ROWS), 2))), observations(points(np.zeros((0, 2)), []), [])):
        with pytest.raises(DataError, match=r"fitted to one column and at least one row: fit without the pending"):
            fit(model_of(family), INPUTS, given, draws=DRAWS)


@every_family
def test_columns_that_do_not_match_are_refused(family: Family) -> None:
    posterior = model_of(family).posterior(INPUTS, data(targets=np.zeros((len(ROWS), 3))), initial(family))
    more = at_rows((Row((0.1, 0.1), 3, 50),), 2)
    with pytest.raises(DataError, match=r"has 3 columns of targets and the new ones have 2; give one column or 3"):
        posterior.condition(observations(more, np.zeros((1, 2))))


@pytest.mark.parametrize("resource", [2, 27])
def test_independent_levels_take_rows_at_levels_only(resource: int) -> None:
    strange = data((Row((0.1, 0.1), resource, 0, noisy=True),), [1.0])
    model = Independent()
    values = model.specification(INPUTS).initial.as_arrays()
    posterior = model.posterior(INPUTS, data(), values)
    advice = rf'resource {resource} is no level of the independent processes \(1, 3, 9\); .*searcher_data="rungs"'
    for ask in (
        lambda: model.likelihood(INPUTS, strange),
        lambda: model.posterior(INPUTS, strange, values),
        lambda: posterior.condition(strange),
        lambda: posterior.predict(strange.points),
        lambda: posterior.predict_and_pull(strange.points),
        lambda: posterior.covariance(strange.points),
    ):
        with pytest.raises(DataError, match=advice):
            ask()


NO_TRIAL = (Row((0.1, 0.1), 1, -1, noisy=True),)
REPEATED = (Row((0.1, 0.1), 3, 40, noisy=True),) * 2
TWO_PLACES = (Row((0.1, 0.1), 3, 40, noisy=True), Row((0.1, 0.2), 9, 40, noisy=True))


@additive_families
@pytest.mark.parametrize(
    ("rows", "advice"),
    [
        (NO_TRIAL, r"row 0 belongs to no trial; .*whose curve it is: points\(x, resource, trial\)"),
        (REPEATED, r"trial 40 has two values at one resource; the first one stands: leave the others out"),
        (TWO_PLACES, r"trial 40 has rows with different configurations; a trial keeps its configuration"),
    ],
    ids=["no trial", "repeated", "two places"],
)
def test_additive_models_must_know_whose_curve_a_row_is_of(family: Family, rows: tuple[Row, ...], advice: str) -> None:
    model, bad = model_of(family), data(rows, np.ones(len(rows)))
    with pytest.raises(DataError, match=advice):
        model.likelihood(INPUTS, bad)
    with pytest.raises(DataError, match=advice):
        model.posterior(INPUTS, bad, initial(family))
    with pytest.raises(DataError, match=advice):
        model.posterior(INPUTS, data(), initial(family)).condition(bad)


@additive_families
def test_a_known_trial_keeps_its_configuration_and_its_values(family: Family) -> None:
    posterior = model_of(family).posterior(INPUTS, data(), initial(family))
    moved = data((Row((0.123, 0.456), 9, ROWS[-1].trial, noisy=True),), [1.0])
    with pytest.raises(DataError, match=r"trial 4 has rows with different configurations; a trial keeps its"):
        posterior.condition(moved)
    with pytest.raises(DataError, match=r"the first one stands: leave"):
        posterior.condition(data(ROWS[-1:], TARGETS[-1:]))


def test_a_value_that_says_nothing_of_h_still_counts_for_its_curve() -> None:
    """1 + gamma a_2 = 0: below 2 a curve does not depend on h given its value there."""
    family = Family("gp_issm")
    values = {**initial(family), "alpha": np.asarray(-1.0), "beta": np.asarray(math.log(4.0))}
    inputs = Inputs(("a", "b"), 3, (True, True), (1, 2, 3))
    first = data((Row((0.5, 0.5), 2, 0, noisy=True), Row((0.1, 0.5), 2, 1, noisy=True)), [1.0, 0.5])
    more = data((Row((0.5, 0.5), 1, 0, noisy=True),), [[2.0, 3.0]])
    at = at_rows((Row((0.5, 0.5), 1, 0), Row((0.5, 0.5), 3, 0), Row((0.1, 0.5), 3, 1)), 2)
    posterior = model_of(family).posterior(inputs, first, values).condition(more)
    both = observations(
        at_rows((Row((0.5, 0.5), 2, 0), Row((0.1, 0.5), 2, 1), Row((0.5, 0.5), 1, 0)), 2),
        [[1.0, 1.0], [0.5, 0.5], [2.0, 3.0]],
    )
    scratch = model_of(family).posterior(inputs, both, values)
    assert posterior.predict(at).mean == pytest.approx(scratch.predict(at).mean, abs=1e-8)
    assert posterior.predict(at).variance == pytest.approx(scratch.predict(at).variance, abs=1e-8)


# ---- points ----------------------------------------------------------------------------------------------------------


def test_points_of_any_kind_of_number() -> None:
    whole = points(np.array([[0, 1], [1, 0]]), np.array([1, 9], dtype=np.int32), [0, 1])
    assert whole.x.dtype == np.float64
    assert whole.resource.tolist() == [1, 9]
    assert points([0.5, -0.0], 3).x.tolist() == [[0.5, 0.0]], "one row, one resource"
    assert len(points([[-0.0, 0.5], [0.0, 0.5], [0.5, 0.5]], 1).configurations) == 2
    assert (len(points(np.zeros((0, 2)), [])), len(points(np.zeros((3, 0)), 1))) == (0, 3)


@pytest.mark.parametrize(
    ("x", "resource", "message"),
    [
        ([[math.nan, 0.5]], 1, r"a coordinate that is not finite; encode\(space, configuration\)"),
        ([[math.inf, 0.5]], 1, r"a coordinate that is not finite; encode\(space, configuration\)"),
        ([[0.5, 0.5]], 0, r"a resource is 0; resources begin at 1"),
        ([[0.5, 0.5]], [-3], r"a resource is -3; resources begin at 1"),
    ],
)
def test_points_that_are_nowhere_are_refused(x: Any, resource: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        points(x, resource)


# ---- resources and levels without data -------------------------------------------------------------------------------


@every_family
def test_a_resource_that_was_never_observed_is_predicted(family: Family) -> None:
    short = data(*curves((1.0,), (0.5,), (-1.0,)))
    fitted = fit(model_of(family), INPUTS, short, draws=DRAWS)
    values = fitted.parameters.as_arrays()
    prediction = model_of(family).posterior(INPUTS, short, values).predict(at_rows((Row((0.3, 0.7), 9),), 2))
    assert is_finite([prediction.mean, prediction.variance])


@pytest.mark.parametrize("separate", [False, True])
def test_a_level_without_data_has_its_prior(separate: bool) -> None:
    model = Independent(separate_noise_variances=separate)
    short = data(*curves((1.0,), (0.5,), (-1.0,)))
    values = {
        **model.specification(INPUTS).initial.as_arrays(),
        "means": np.array([0.1, 0.2, 0.3]),
        "covariance_scales": np.array([1.0, 2.0, 3.0]),
    }
    posterior = model.posterior(INPUTS, short, values)
    at = points([[0.3, 0.7], [0.3, 0.7], [0.1, 0.1]], [3, 9, 9])
    prediction = posterior.predict(at)
    assert prediction.mean[:, 0].tolist() == [0.2, 0.3, 0.3]
    assert prediction.variance.tolist() == [2.0, 3.0, 3.0]
    assert posterior.covariance(at)[0, 1] == 0.0, "levels are independent"
    assert posterior.covariance(at)[1, 2] > 0.0
    assert posterior.sample(at, np.zeros((3, 1)))[:, 0].tolist() == [0.2, 0.3, 0.3]
    after = posterior.condition(data((Row((0.3, 0.7), 9, 8, noisy=True),), [5.0])).predict(at)
    assert after.mean[0, 0] == 0.2, "what is seen at a level changes no other"
    assert after.mean[1, 0] == pytest.approx(5.0, abs=0.01)


def test_where_there_is_no_data_a_fit_ends_at_the_prior() -> None:
    """mu_r = 0, c_r = exp(-1), sigma_r^2 at its lower bound."""
    model = Independent(separate_noise_variances=True)
    fitted = fit(model, INPUTS, data(*curves((1.0,), (0.5,), (-1.0,))), draws=DRAWS).parameters
    noises, scales, means = (np.array(fitted[name]) for name in ("noise_variances", "covariance_scales", "means"))
    assert noises[1:] == pytest.approx(1e-9)
    assert scales[1:] == pytest.approx(math.exp(-1.0), rel=1e-2)
    assert means[1:] == pytest.approx(0.0, abs=1e-3)


# ---- shapes and sizes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "resource", "trial"),
    [
        (np.zeros((2, 2, 2)), 1, None),
        (np.zeros((4, 2)), [1, 2, 3], None),
        (np.zeros((4, 2)), 1, [0, 1]),
        (np.zeros((4, 2)), [1, 2, 3, 2.7], None),
        (np.zeros((4, 2)), [1, 2, 3, math.nan], None),
        (np.zeros((4, 2)), 10**30, None),
    ],
    ids=["three axes", "resources", "trials", "part of a resource", "NaN", "beyond all integers"],
)
def test_points_of_another_shape_or_between_resources_are_refused(x: Any, resource: Any, trial: Any) -> None:
    with pytest.raises(ValueError, match="it takes"):
        points(x, resource, trial)


@every_family
def test_configurations_of_another_space_are_refused(family: Family) -> None:
    wide = data((Row((0.1, 0.2, 0.3), 3, 60, noisy=True),), [1.0])
    with pytest.raises(DataError, match="3 coordinates"):
        model_of(family).posterior(INPUTS, wide, initial(family))


@pytest.mark.parametrize("family", [one for one in FAMILIES if one.kind != "gp_independent"], ids=label)
def test_resources_beyond_the_maximum_are_refused(family: Family) -> None:
    far = data((Row((0.1, 0.2), 10, 60, noisy=True),), [1.0])
    with pytest.raises(DataError, match="10"):
        model_of(family).posterior(INPUTS, far, initial(family))


@every_family
def test_targets_whose_squares_overflow_are_refused(family: Family) -> None:
    with pytest.raises((DataError, SingularError), match="standardise"):
        model_of(family).likelihood(INPUTS, data(targets=TARGETS * 1e200))(initial(family))


@pytest.mark.parametrize("shape", [(2,), (3, 1), (2, 2, 2)])
def test_normal_numbers_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    posterior = Independent().posterior(INPUTS, data(), Independent().specification(INPUTS).initial.as_arrays())
    with pytest.raises(ValueError, match="normal"):
        posterior.sample(points([[0.1, 0.2], [0.3, 0.4]], 3), np.zeros(shape))
