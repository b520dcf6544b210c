"""Do fits arrive, whatever the parameters were that they go on from?"""

from typing import Final

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.surrogate import KERNELS, Base, FitOptions, Inputs, MultiTask, Observations, Parameters, fit, observations
from pure_hb.surrogate.points import points

DRAWS: Final = KeyedDraws(0, 0)
INPUTS: Final = Inputs(("a", "b"), 9, (True, True), (1, 3, 9))
SEARCH: Final = FitOptions(opt_nstarts=5, opt_warmstart=True)
"""As searches fit."""


def learned_curves() -> Observations:
    """Twelve noisy curves that decay to an asymptote, which depends on the first coordinate."""
    numbers = np.random.default_rng(5)
    places = numbers.random((12, 2))
    x, r = np.repeat(places, 3, axis=0), np.tile((1, 3, 9), 12)
    y = np.sin(5.0 * x[:, 0]) + 1.5 * np.exp(-r / 2.0) + 0.1 * numbers.standard_normal(36)
    return observations(points(x, r), (y - y.mean()) / y.std())


def stuck(model: MultiTask) -> Parameters:
    """Everything is noise, nothing varies, and curves begin at their asymptote."""
    specification = model.specification(INPUTS)
    values = specification.initial.as_arrays()
    return specification.to_parameters(
        specification.to_vector(
            {
                **values,
                "noise_variance": np.array(5.0),
                "inverse_bandwidths": np.full_like(values["inverse_bandwidths"], 1e-4),
            }
            | ({"gamma": np.array(1e-4)} if "gamma" in values else {})
        )
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("prior", ["uniform", "log_normal"])
def test_a_fit_comes_away_from_parameters_that_explain_nothing(kernel: str, prior: str) -> None:
    model = MultiTask(KERNELS[kernel](Base(prior=prior)))  # type: ignore[arg-type]  # one of the two literals
    data, many = learned_curves(), FitOptions(opt_maxiter=200, opt_nstarts=20)
    best = fit(model, INPUTS, data, draws=KeyedDraws(1, 0), options=many).objective
    found = fit(model, INPUTS, data, draws=DRAWS, options=SEARCH, last=stuck(model))
    assert found.objective - best <= 0.5


def test_the_second_look_leaves_the_bounds_where_gradients_vanish() -> None:
    model = MultiTask()
    specification = model.specification(INPUTS)
    again = specification.to_values(specification.again(specification.to_vector(stuck(model).as_arrays())))
    assert again["gamma"] == pytest.approx(0.1)
    assert again["noise_variance"] == pytest.approx(1e-6)
    assert again["inverse_bandwidths"] == pytest.approx(0.5)


def test_the_first_start_of_a_warm_fit_is_the_last_parameters_and_is_short() -> None:
    model, data = MultiTask(), learned_curves()
    cold = fit(model, INPUTS, data, draws=DRAWS, options=FitOptions(opt_nstarts=5))
    warm = fit(model, INPUTS, data, draws=DRAWS, options=SEARCH, last=cold.parameters)
    assert len(cold.starts) == len(warm.starts) == 5
    assert warm.starts[0].evaluations <= SEARCH.opt_warm_evaluations
    assert warm.objective <= cold.objective
    alone = fit(
        model, INPUTS, data, draws=DRAWS, options=FitOptions(opt_nstarts=1, opt_warmstart=True), last=cold.parameters
    )
    assert [one.objective for one in alone.starts] == [warm.starts[0].objective]
    assert fit(model, INPUTS, data, draws=DRAWS, options=SEARCH).starts == cold.starts  # nothing to go on from


# ---- what a search goes on with --------------------------------------------------------------------------------------


def test_rounded_parameters_have_four_digits_and_stay_in_bounds() -> None:
    specification = MultiTask().specification(INPUTS)
    lower, upper = specification.bounds
    generator = np.random.default_rng(3)
    for share in (0.0, 1.0, *generator.uniform(size=50).tolist()):
        low, high = np.maximum(lower, -7.0), np.minimum(upper, 7.0)
        exact = specification.to_parameters(low + share * (high - low))
        found = specification.rounded(exact)
        assert specification.checked(dict(zip(found.names, found.values, strict=True))) == found
        for name in found:
            for few, one in zip(np.atleast_1d(found[name]), np.atleast_1d(exact[name]), strict=True):
                assert few == pytest.approx(one, rel=5.1e-4)
                assert float(f"{few:.4g}") == few


@pytest.mark.parametrize("method", ["MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO"])
def test_a_search_learns_four_digits_and_suggests_by_them(method: str) -> None:
    setup = hb.METHODS[method](hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("loss"), max_resource=9, seed=1)
    state = hb.initial(evolve(setup, points=()))
    for number in range(12):
        x = number / 11
        state, _ = hb.decide(state, hb.Observe({"x": x}, [(r, (x - 0.3) ** 2 + 1 / (1 + r)) for r in (1, 3, 9)]))
    state, _ = hb.decide(state, hb.Ask("ann"))
    numbers = [one for named in state.learned.parameters for one in named.numbers]
    assert numbers
    assert [float(f"{one:.4g}") for one in numbers] == numbers
