"""Do fits arrive, whatever the parameters were that they go on from?"""

from typing import Final

import numpy as np
import pytest

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
