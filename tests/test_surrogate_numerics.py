"""What do surrogates do at the limits? Finite answers, or a typed error that says what to do."""

import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from attrs import evolve, frozen

from property_tests import dense_twins as twins
from property_tests.dense_twins import Family, Row
from property_tests.surrogate_cases import at_rows, model_of
from pure_hb.surrogate import (
    FitOptions,
    Inputs,
    Model,
    MultiTask,
    ResourceKernel,
    SingularError,
    fit,
    objective,
    observations,
    points,
    standardisation,
)
from pure_hb.surrogate.arrays import Array, Buffers, Values, factorise, jitters
from pure_hb.surrogate.kernels import Combined, Matrices
from pure_hb.surrogate.kernels.exp_decay_sum import ExpDecaySum
from pure_hb.surrogate.pairs import Pairs
from tests.processes import run
from tests.shared import ROOT
from tests.surrogate_data import (
    DRAWS,
    INPUTS,
    ROWS,
    TARGETS,
    additive_families,
    answers,
    data,
    every_family,
    initial,
    is_finite,
)

# ---- jitter ----------------------------------------------------------------------------------------------------------


@frozen
class Sunk(ExpDecaySum):
    """No covariance: the noise and ``depth`` more are taken away from its diagonal."""

    depth: float = 0.0

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        found = super().combine(values, x, r, buffers)
        below = float(values.get("noise_variance", np.asarray(0.0))) + self.depth
        match found.value.shape:
            case (pairs,):  # within the training points
                return evolve(found, value=found.value - below * Pairs((math.isqrt(8 * pairs + 1) - 1) // 2).identity)
            case (n, m) if n == m:
                return evolve(found, value=found.value - below * np.eye(n))
        return found


def sunk(depth: float) -> MultiTask:
    kernel: ResourceKernel = Sunk(depth=depth)
    return MultiTask(kernel)


TWICE = data((*ROWS, *(Row(row.x, row.r, row.trial + 100, noisy=True) for row in ROWS)), np.tile(TARGETS, 2))
"""Every configuration as two trials: the covariance without noise has rank n/2."""


def test_jitter_goes_from_nothing_to_a_thousand_times_the_diagonal() -> None:
    assert tuple(jitters(0.5)) == pytest.approx((0.0, *(10.0**exponent for exponent in range(-9, 4))))
    assert tuple(jitters(200.0))[:13] == pytest.approx((0.0, *(200.0 * 10.0**exponent for exponent in range(-9, 3))))


@pytest.mark.parametrize(("depth", "jitter"), [(1e-12, 0.0), (5e-6, 1e-5), (5e-2, 0.1), (5.0, 10.0)])
def test_the_jitter_that_it_took_is_recorded(depth: float, jitter: float) -> None:
    """A matrix whose smallest eigenvalue is -depth, and noise 1e-9."""
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    matrix = q @ np.diag([1.0, 1.0, 0.5, 0.5, 0.1, -depth]) @ q.T
    assert factorise(matrix, 1e-9).jitter == pytest.approx(jitter)
    rebuilt = factorise(matrix, 1e-9).lower
    assert np.allclose(rebuilt @ rebuilt.T, matrix + (1e-9 + jitter) * np.eye(6), atol=1e-12)


def test_posterior_likelihood_and_fit_say_their_jitter() -> None:
    model = sunk(1e-3)
    values = model.specification(INPUTS).initial.as_arrays()
    evaluation = model.likelihood(INPUTS, TWICE)(values)
    assert 1e-3 <= evaluation.jitter <= 2e-2
    assert model.posterior(INPUTS, TWICE, values).jitter == evaluation.jitter
    fitted = fit(model, INPUTS, TWICE, draws=DRAWS, options=FitOptions(opt_nstarts=1))
    assert fitted.jitter >= 1e-3
    assert fitted.jitter == model.likelihood(INPUTS, TWICE)(fitted.parameters.as_arrays()).jitter
    assert MultiTask().posterior(INPUTS, TWICE, values).jitter == 0.0, "noise alone is enough for duplicates"


def test_a_hopeless_matrix_says_what_to_do() -> None:
    advice = r"10 points has no Cholesky factor even with \d+ .*not positive .* look at them, or use another kernel"
    model = sunk(1e9)
    values = model.specification(INPUTS).initial.as_arrays()
    with pytest.raises(SingularError, match=advice.replace("10", str(len(TWICE.points)))):
        model.posterior(INPUTS, TWICE, values)
    with pytest.raises(SingularError, match=advice.replace("10", str(len(TWICE.points)))):
        model.likelihood(INPUTS, TWICE)(values)
    with pytest.raises(SingularError, match=r"no start of the fit could be evaluated; .*no Cholesky factor"):
        fit(model, INPUTS, TWICE, draws=DRAWS)


@every_family
def test_parameters_that_are_no_numbers_say_what_to_do(family: Family) -> None:
    advice = r"not finite; .*standardise the targets \(normalize_targets=True\) and look at the parameters"
    for name in initial(family):
        values = {**initial(family), name: initial(family)[name] * math.nan}
        if name in ("mean", "means"):
            continue  # it is added at the end and makes no matrix
        with pytest.raises(SingularError, match=advice):
            model_of(family).posterior(INPUTS, data(), values)
        with pytest.raises(SingularError, match=advice):
            model_of(family).likelihood(INPUTS, data())(values)


# ---- few, equal, constant --------------------------------------------------------------------------------------------


@every_family
def test_without_observations_the_posterior_is_the_prior(family: Family) -> None:
    at = (Row((0.1, 0.2), 1), Row((0.1, 0.2), 9), Row((0.8, 0.2), 3, 5))
    none = observations(points(np.zeros((0, 2)), []), [])
    posterior = model_of(family).posterior(INPUTS, none, initial(family))
    mean, covariance = twins.moments(family, INPUTS, initial(family), at)
    prediction = posterior.predict(at_rows(at, 2))
    assert posterior.jitter == 0.0
    assert prediction.mean[:, 0] == pytest.approx(mean)
    assert prediction.variance == pytest.approx(np.diagonal(covariance))
    assert posterior.covariance(at_rows(at, 2)) == pytest.approx(covariance, abs=1e-9)
    assert is_finite(answers(family, none, initial(family)))


@every_family
def test_one_observation_can_be_fitted(family: Family) -> None:
    one = data((Row((0.5, 0.5), 3, 0, noisy=True),), [0.0])
    fitted = fit(model_of(family), INPUTS, one, draws=DRAWS)
    assert math.isfinite(fitted.objective)
    assert is_finite(answers(family, one, fitted.parameters.as_arrays()))


@every_family
def test_no_question_has_no_answer(family: Family) -> None:
    posterior = model_of(family).posterior(INPUTS, data(), initial(family))
    nowhere = points(np.zeros((0, 2)), [])
    prediction, pull = posterior.predict_and_pull(nowhere)
    assert (prediction.mean.shape, prediction.variance.shape) == ((0, 1), (0,))
    assert posterior.predict(nowhere).mean.shape == (0, 1)
    assert pull(np.zeros((0, 1)), np.zeros(0)).shape == (0, 2)
    assert posterior.covariance(nowhere).shape == (0, 0)
    assert posterior.sample(nowhere, np.zeros((0, 3))).shape == (0, 3)
    for columns in (1, 4):
        same = posterior.condition(observations(nowhere, np.zeros((0, columns))))
        assert np.array_equal(same.predict(data().points).mean, posterior.predict(data().points).mean)


@every_family
@pytest.mark.parametrize("value", [0.0, 0.1, -1e12])
def test_constant_targets_are_predicted(family: Family, value: float) -> None:
    """Standardised to exactly 0, and back to the constant."""
    by = standardisation(np.full(len(ROWS), value))
    zeros = (np.full(len(ROWS), value) - by.mean) / by.scale
    assert (by.scale, zeros.tolist()) == (1.0, [0.0] * len(ROWS))
    fitted = fit(model_of(family), INPUTS, data(targets=zeros), draws=DRAWS)
    said = answers(family, data(targets=zeros), fitted.parameters.as_arrays())
    assert is_finite(said)
    mean, deviation = by.back(said[0], said[1])
    assert np.allclose(mean, value, atol=0.15, rtol=1e-12)
    assert (deviation < 1.0).all()


@every_family
def test_equal_configurations_by_the_hundred_are_no_trouble(family: Family) -> None:
    """Also with the least noise that there may be, and the largest scale."""
    same = tuple(Row((0.5, 0.25), 3, trial, noisy=True) for trial in range(200))
    given = data(same, np.sin(np.arange(200.0)))
    specification = model_of(family).specification(INPUTS)
    for noise, scale in ((1e-3, 1.0), (1e-9, 1e3), (1e6, 1e-3)):
        values = {
            name: np.full_like(value, noise if "noise" in name else scale if name.startswith("covariance") else value)
            for name, value in initial(family).items()
        }
        value, gradient = objective(model_of(family), INPUTS, given)(specification.to_vector(values))
        assert math.isfinite(value)
        assert np.isfinite(gradient).all()
        posterior = model_of(family).posterior(INPUTS, given, values)
        at = at_rows((Row((0.5, 0.25), 3), Row((0.5, 0.25), 9, 7), Row((0.0, 1.0), 1)), 2)
        assert is_finite([posterior.predict(at).mean, posterior.covariance(at), posterior.sample(at, np.ones((3, 1)))])


@every_family
@pytest.mark.parametrize("names", [(), ("a",)])
@pytest.mark.parametrize("max_resource", [1, 9])
def test_no_coordinate_and_one_level_are_enough(family: Family, names: tuple[str, ...], max_resource: int) -> None:
    inputs = Inputs(names, max_resource, (True,) * len(names), (max_resource,))
    rows = tuple(Row((0.3 * trial,) * len(names), max_resource, trial, noisy=True) for trial in range(3))
    given = observations(at_rows(rows, len(names)), [0.1, -0.3, 0.2])
    for warping in (True, False):
        warped = evolve(family, warping=warping)
        fitted = fit(model_of(warped), inputs, given, draws=DRAWS)
        posterior = model_of(warped).posterior(inputs, given, fitted.parameters.as_arrays())
        prediction, pull = posterior.predict_and_pull(given.points)
        assert is_finite([prediction.mean, prediction.variance, posterior.covariance(given.points)])
        assert pull(np.ones((3, 1)), np.ones(3)).shape == (3, len(names))


# ---- scales ----------------------------------------------------------------------------------------------------------


@every_family
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_scale_of_targets_does_not_matter(family: Family, scale: float) -> None:
    """From standardisation over the fit to the prediction, relative to the scale."""

    def predicted(values: Array) -> tuple[Array, Array]:
        by = standardisation(values)
        given = data(targets=(values - by.mean) / by.scale)
        fitted = fit(model_of(family), INPUTS, given, draws=DRAWS, options=FitOptions(opt_maxiter=10, opt_nstarts=1))
        posterior = model_of(family).posterior(INPUTS, given, fitted.parameters.as_arrays())
        prediction = posterior.predict(at_rows(((Row((0.2, 0.9), 9)), ROWS[0]), 2))
        return by.back(prediction.mean, prediction.variance)

    values = TARGETS + 5.0
    mean, deviation = predicted(values)
    scaled_mean, scaled_deviation = predicted(values * scale)
    assert scaled_mean / scale == pytest.approx(mean, rel=1e-5)
    assert scaled_deviation / scale == pytest.approx(deviation, rel=1e-4)


def finite_bounds(model: Model, inputs: Inputs) -> tuple[Array, Array]:
    """The bounds of internal coordinates, those of a mean at -9 and 9."""
    low, high = model.specification(inputs).bounds
    return np.where(np.isfinite(low), low, -9.0), np.where(np.isfinite(high), high, 9.0)


@every_family
@pytest.mark.parametrize("warping", [False, True])
def test_every_corner_of_the_bounds_has_an_answer(family: Family, warping: bool) -> None:
    """Each parameter at each of its bounds, all at once, and some mixtures: finite numbers or a `SingularError`."""
    family = evolve(family, warping=warping)
    model = model_of(family)
    places = ((0.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.5, 0.5))
    rows = tuple(Row(x, r, trial, noisy=True) for trial, x in enumerate(places) for r in (1, 3, 9)[trial // 2 :])
    given = data(rows, np.cos(np.arange(float(len(rows)))))
    specification, evaluate = model.specification(INPUTS), objective(model, INPUTS, given)
    start = specification.to_vector(specification.initial.as_arrays())
    ends, numbers, rng = np.stack(finite_bounds(model, INPUTS)), np.arange(len(start)), np.random.default_rng(0)
    corners = [ends[rng.integers(0, 2, len(start)), numbers] for _ in range(6)]
    alone = [np.where(numbers == number, end, start) for number in numbers for end in ends]
    for vector in (*ends, *corners, *alone):
        try:
            value, gradient = evaluate(vector)
            said = answers(family, given, specification.to_values(vector))
        except SingularError:
            continue
        assert math.isfinite(value)
        assert np.isfinite(gradient).all()
        assert is_finite(said)


@additive_families
def test_long_curves_grow_beyond_no_number(family: Family) -> None:
    """At some bounds of gp_issm a curve of 200 values grows by a factor of 1e60."""
    inputs, model = Inputs(("a", "b"), 200, (True, True), (200,)), model_of(family)
    rows = tuple(Row((0.1 + trial, 0.2), r, trial, noisy=True) for trial in (0, 1) for r in range(1, 201 - 50 * trial))
    evaluate = objective(model, inputs, data(rows, np.cos(np.arange(float(len(rows))))))
    (low, high), rng = finite_bounds(model, inputs), np.random.default_rng(0)
    for _ in range(10):
        corner = np.where(rng.random(len(low)) < 0.5, low, high)
        try:
            value, gradient = evaluate(np.where(rng.random(len(low)) < 0.3, rng.uniform(low, high), corner))
        except SingularError:
            continue
        assert math.isfinite(value)
        assert np.isfinite(gradient).all()


# ---- freeze-thaw -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [(0.5, 0.5), (0.0, 0.0), (1.0, 1.0), (0.75, 0.5)])
def test_a_point_that_moves_is_on_no_curve_of_freeze_thaw(x: tuple[float, float]) -> None:
    """A training configuration has its own curve; what moves through it does not stick to it."""
    family = Family("gp_multitask", "freeze-thaw")
    given = data((Row(x, 1, 0, noisy=True), Row((0.2, 0.3), 1, 1, noisy=True)), [1.0, -1.0])
    posterior = model_of(family).posterior(INPUTS, given, initial(family))
    near = points([np.clip(np.array(x) + 1e-9 * np.array([1.0, -1.0]), 0.0, 1.0)], 1)
    moving = posterior.predict_and_pull(points([x], 1))[0]
    assert moving.mean == pytest.approx(posterior.predict(near).mean, abs=1e-6)
    assert moving.variance == pytest.approx(posterior.predict(near).variance, abs=1e-6)
    assert moving.variance[0] > posterior.predict(points([x], 1)).variance[0] + 1e-6


# ---- the floor of the variance ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["exp-decay-sum", "matern52"])
def test_a_variance_at_its_floor_has_no_derivative(kernel: str) -> None:
    family = Family("gp_multitask", kernel)
    values = {
        name: np.full_like(value, 1e-3 if "scale" in name else 1e-14 if "noise" in name else value)
        for name, value in initial(family).items()
    }
    given = data((Row((0.5, 0.5), 1, 0, noisy=True),), [0.3])
    prediction, pull = model_of(family).posterior(INPUTS, given, values).predict_and_pull(given.points)
    assert prediction.variance.tolist() == [1e-12]
    assert pull(np.zeros((1, 1)), np.ones(1)).tolist() == [[0.0, 0.0]]


# ---- threads ---------------------------------------------------------------------------------------------------------

THREADS = """
import json, sys
import numpy as np
from property_tests.surrogate_cases import FAMILIES, Row, at_rows, model_of
from pure_hb.surrogate import Inputs, objective, observations, points

rng = np.random.default_rng(0)
rows = tuple(
    Row(tuple(x.tolist()), r, trial, True)
    for trial, x in enumerate(rng.uniform(size=(150, 4))) for r in (1, 3, 9)[: 1 + trial % 3]
)
targets = np.array([np.sin(3 * row.x[0]) + row.x[1] ** 2 + 1 / row.r for row in rows])
inputs, data = Inputs(tuple("abcd"), 9, (True,) * 4, (1, 3, 9)), observations(at_rows(rows, 4), targets)
at, found = points(rng.uniform(size=(50, 4)), 3), []
for family in (FAMILIES[0], FAMILIES[2], FAMILIES[6], FAMILIES[8], FAMILIES[9], FAMILIES[11]):
    model = model_of(family)
    values = model.specification(inputs).initial.as_arrays()
    value, gradient = objective(model, inputs, data)(model.specification(inputs).to_vector(values))
    prediction = model.posterior(inputs, data, values).predict(at)
    found += [[value], gradient.tolist(), prediction.mean[:, 0].tolist(), prediction.variance.tolist()]
json.dump(found, sys.stdout)
"""


def test_the_number_of_threads_does_not_matter() -> None:
    """Of 300 observations, to 1e-8 of the largest entry of each quantity."""
    found: list[Any] = []
    for threads in ("1", "2"):
        more = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        done: subprocess.CompletedProcess[str] = run([sys.executable, "-c", THREADS], ROOT, more)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    for one, two in zip(*found, strict=True):
        largest = float(np.max(np.abs(one)))
        assert float(np.max(np.abs(np.subtract(one, two)))) <= 1e-8 * largest
