"""Are all derivatives those of the formulas?

Complex steps through the twins are exact up to rounding, so they judge the formulas; differences of the library's own
values judge whether value and derivative belong together.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from property_tests import dense_twins as twins
from property_tests.dense_twins import Family, Numbers
from property_tests.surrogate_cases import BASES, FAMILIES, Case, cases, examples, label, some_values
from pure_hb.surrogate import objective, points
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.decay import curves, decay
from pure_hb.surrogate.kernels.base import warp
from pure_hb.surrogate.priors import AnyPrior, Flat, Gamma, GammaOfNegative, LogNormal, Normal, Uniform, penalty

EVERY = [evolve(family, ard=ard, warping=warping) for family in FAMILIES for ard, warping in BASES]
every_family = pytest.mark.parametrize("family", FAMILIES, ids=label)


def near(ours: Numbers, theirs: Numbers, tolerance: float) -> bool:
    """Whether two gradients agree, relative to their largest entry."""
    assert np.shape(ours) == np.shape(theirs)
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    return bool(np.all(np.abs(np.asarray(ours) - theirs) <= tolerance * scale))


# ---- in the parameters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", EVERY, ids=label)
@given(data=st.data())
@examples(0.08)
def test_the_likelihood_has_the_derivatives_of_the_formulas(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family, any_base=False))
    found = case.model.likelihood(case.inputs, case.data)(case.values)
    targets = case.targets[:, 0]
    expected = twins.complex_step(
        lambda values: twins.likelihood(family, case.inputs, case.rows, targets, values), case.values
    )
    assert set(expected) == {one.name for one in case.model.specification(case.inputs).parameters}
    for name in expected:
        assert near(found.gradient[name], expected[name], 1e-7), name


@every_family
@given(data=st.data())
@examples(0.08)
def test_the_objective_has_the_derivatives_of_its_values(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family))
    evaluate = objective(case.model, case.inputs, case.data)
    vector = case.model.specification(case.inputs).to_vector(case.values)
    gradient = evaluate(vector)[1]
    assert near(gradient, twins.central_differences(lambda at: evaluate(at)[0], vector), 1e-6)


@every_family
@given(data=st.data())
@examples(0.08)
def test_more_digits_confirm_the_likelihood_far_from_the_initial_values(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family))
    values = some_values(case.model.specification(case.inputs), case.rng, width=3.0)
    found = case.model.likelihood(case.inputs, case.data)(values)
    precise = {name: np.asarray(value, dtype=np.longdouble) for name, value in values.items()}
    targets = case.targets[:, 0].astype(np.longdouble)
    expected = float(twins.likelihood(case.family, case.inputs, case.rows, targets, precise))
    assert found.jitter == 0.0
    assert found.value == pytest.approx(expected, rel=1e-8, abs=1e-8)


# ---- in x ------------------------------------------------------------------------------------------------------------


def _weighted(case: Case, x: Array, on_mean: Array, on_variance: Array) -> float:
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    at = points(x, [row.r for row in case.wanted], [row.trial for row in case.wanted])
    prediction = posterior.predict(at)
    return float(np.sum(on_mean * prediction.mean) + on_variance @ prediction.variance)


@every_family
@given(data=st.data())
@examples(0.1)
def test_predictions_have_the_derivatives_of_their_values_in_x(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family, columns=st.integers(1, 2), inside=True))
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    prediction, pull = posterior.predict_and_pull(case.at)
    plain = posterior.predict(case.at)
    assert np.allclose(prediction.mean, plain.mean, rtol=1e-9, atol=1e-9)
    assert np.allclose(prediction.variance, plain.variance, rtol=1e-9, atol=1e-9)
    on_mean, on_variance = case.rng.normal(size=prediction.mean.shape), case.rng.normal(size=len(case.wanted))
    x = np.array([row.x for row in case.wanted])
    expected = twins.central_differences(lambda at: _weighted(case, at, on_mean, on_variance), x)
    assert near(pull(on_mean, on_variance), expected, 1e-6)


# ---- the parts -------------------------------------------------------------------------------------------------------

exponents = st.floats(0.25, 4.0)
unit = st.floats(0.0, 1.0) | st.sampled_from((0.0, 1e-12, 0.5, 1.0 - 1e-12, 1.0))


@given(u=unit, a=exponents, b=exponents)
def test_warping_is_the_formula_and_has_its_derivatives(u: float, a: float, b: float) -> None:
    found = warp(np.array([[u]]), np.array([a]), np.array([b]))
    expected = twins.warped(np.asarray(u), a, b)
    assert float(found.value[0, 0]) == pytest.approx(float(expected), rel=1e-12, abs=1e-15)
    assert 0.0 <= float(found.value[0, 0]) <= 1.0
    at = {"u": u, "a": a, "b": b}
    gradient = twins.complex_step(lambda values: twins.warped(values["u"], values["a"], values["b"]), at)
    for ours, name in ((found.by_x, "u"), (found.by_a, "a"), (found.by_b, "b")):
        assert float(ours[0, 0]) == pytest.approx(float(gradient[name]), rel=1e-9, abs=1e-14), name


times = st.floats(0.0, 1e3) | st.sampled_from((0.0, 1e-9, 0.5, 1.0, 81.0))
alphas = st.floats(-13.8, 5.52).map(lambda internal: float(np.exp(internal)))
rates = st.floats(-9.2, 3.9).map(lambda internal: float(np.exp(internal)))


@given(t=times, s=times, alpha=alphas, rate=rates)
def test_decay_is_the_formula_and_has_its_derivatives(t: float, s: float, alpha: float, rate: float) -> None:
    values = {"alpha": alpha, "mean_lambda": rate}
    precise = {name: np.longdouble(value) for name, value in values.items()}
    found = decay(np.array([t]), alpha, rate)
    assert float(found.value[0]) == pytest.approx(float(twins.kappa(np.longdouble(t), precise)), rel=1e-11)
    gradient = twins.complex_step(lambda moved: twins.kappa(t, moved), values)
    lost = 1e-9 * max(1.0, alpha)  # beta / (t + beta) has no digits of a small t
    assert float(found.by_alpha[0]) == pytest.approx(float(gradient["alpha"]), rel=1e-6, abs=lost)
    assert float(found.by_mean_lambda[0]) == pytest.approx(float(gradient["mean_lambda"]), rel=1e-8, abs=lost)
    both = curves(np.array([t]), np.array([s]), alpha, rate)
    one, other, sum_ = (twins.kappa(np.longdouble(time), precise) for time in (t, s, np.longdouble(t) + s))
    assert float(both.covariance[0, 0]) == pytest.approx(float(sum_ - one * other), rel=1e-9, abs=1e-12)
    assert float(both.covariance[0, 0]) >= -1e-15, "of one curve"


Term = Callable[[Any], Any]
PRIORS: list[tuple[AnyPrior, Term]] = [
    (Flat(), lambda theta: 0.0 * theta),
    (Uniform(1e-4, 100.0), lambda theta: np.log(100.0 - 1e-4) + 0.0 * theta),
    (Normal(0.5, 0.75), lambda theta: twins.normal_term(theta, 0.5, 0.75)),
    (LogNormal(0.25, 0.75), lambda theta: twins.log_normal_term(theta, 0.25, 0.75)),
    (Gamma(0.1, 0.1), lambda theta: twins.gamma_term(theta, 0.1, 0.1)),
    (Gamma(3.0, 2.0), lambda theta: twins.gamma_term(theta, 3.0, 2.0)),
    (GammaOfNegative(0.5, 0.1), lambda theta: twins.gamma_term(-theta, 0.5, 0.1)),
]


@pytest.mark.parametrize(("prior", "term"), PRIORS, ids=[str(prior) for prior, _ in PRIORS])
@given(thetas=st.lists(st.floats(1e-9, 1e6), max_size=4))
def test_priors_are_the_formulas_and_have_their_derivatives(prior: AnyPrior, term: Term, thetas: list[float]) -> None:
    theta = np.array(thetas) * (-1.0 if isinstance(prior, GammaOfNegative) else 1.0)
    value, derivative = penalty(prior, theta)
    precise = [float(term(np.longdouble(one))) for one in theta]
    assert value == pytest.approx(sum(precise), rel=1e-12, abs=1e-12)
    expected = twins.complex_step(lambda values: np.sum(term(values["theta"])), {"theta": theta})["theta"]
    assert derivative.shape == theta.shape
    assert np.allclose(derivative, expected, rtol=1e-12, atol=1e-300)
