"""Do fits arrive, whatever the parameters were that they go on from, and do their parameters hold for more values?"""

from typing import Any, Final

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.machine.seeing import view
from pure_hb.search import belief
from pure_hb.search.belief import situation
from pure_hb.surrogate import (
    KERNELS,
    Base,
    Fit,
    FitOptions,
    Inputs,
    Model,
    MultiTask,
    Observations,
    Parameters,
    fit,
    fitted_at,
    observations,
    standardisation,
)
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.points import points
from pure_hb.surrogate.training_data import SCORE_NOISE, VALUE_NOISE, level_scores

DRAWS: Final = KeyedDraws(0, 0)
INPUTS: Final = Inputs(("a", "b"), 9, (True, True), (1, 3, 9))
FIVE: Final = Inputs(tuple("abcde"), 9, (True,) * 5, (1, 3, 9))
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
    assert len(cold.starts) == 5 + 4 * 2  # two are chosen from eight that were looked at
    assert len(warm.starts) == 5 + 4 * 1
    assert warm.starts[0].evaluations <= SEARCH.opt_warm_evaluations
    assert warm.objective <= cold.objective
    alone = fit(
        model, INPUTS, data, draws=DRAWS, options=FitOptions(opt_nstarts=1, opt_warmstart=True), last=cold.parameters
    )
    assert [one.objective for one in alone.starts] == [warm.starts[0].objective]
    assert fit(model, INPUTS, data, draws=DRAWS, options=SEARCH).starts == cold.starts  # nothing to go on from


@pytest.mark.parametrize("seed", [5, 24])
def test_a_start_from_noise_alone_finds_which_coordinates_matter(seed: int) -> None:
    """In these data the initial values, and the second look, end 6 and 2 nats above the best."""
    data, model = promoted_by_rank(seed), MultiTask(KERNELS["matern52-res-warp"](Base(prior="log_normal")), SCORE_NOISE)
    many = FitOptions(opt_maxiter=200, opt_nstarts=20)
    best = fit(model, FIVE, data, draws=KeyedDraws(1, seed), options=many).objective
    found = fit(model, FIVE, data, draws=DRAWS, options=FitOptions(opt_nstarts=3))
    assert [one.objective - best > 1.0 for one in found.starts] == [True, True, False]
    assert found.objective - best <= 0.5


def test_further_starts_are_the_lowest_of_those_that_were_looked_at() -> None:
    """Five starts, and so many that get six evaluations each; no further one begins above the lowest of these."""
    data, model = promoted_by_rank(5), MultiTask(KERNELS["matern52-res-warp"](Base(prior="log_normal")), SCORE_NOISE)
    found = fit(model, FIVE, data, draws=DRAWS, options=FitOptions(opt_nstarts=5))
    further, glances = found.starts[3:5], found.starts[5:]
    assert [one.evaluations for one in glances] == [6] * 8
    lowest = sorted(one.objective for one in glances)
    assert all(one.objective <= glance for one, glance in zip(further, lowest, strict=False))
    assert found.objective == min(one.objective for one in found.starts)
    few = fit(model, FIVE, data, draws=DRAWS, options=FitOptions(opt_nstarts=3))
    assert few.starts == found.starts[:3]


def promoted_by_rank(seed: int) -> Observations:
    """The normal scores of 24 configurations of five coordinates, of which a few matter, as a ladder promotes them."""
    numbers = np.random.default_rng(seed)
    x, weights = numbers.random((24, 5)), numbers.normal(size=5) * np.array([3.0, 2.0, 1.0, 0.5, 0.2])

    def value(x: Array, r: float) -> Array:
        bent: Array = np.sin(3.0 * x @ weights) + np.cos(4.0 * x[:, 0] * x[:, 1] + 0.3 * np.log(r))
        return bent

    better = x[np.argsort(value(x, 1.0))[:8]]
    best = better[np.argsort(value(better, 3.0))[:2]]
    y = np.concatenate([value(x, 1.0), value(better, 3.0), value(best, 9.0)])
    return scored(np.vstack((x, better, best)), np.repeat((1, 3, 9), (24, 8, 2)), y)


def scored(x: Array, r: Array, y: Array) -> Observations:
    """Standardised normal scores, as searches fit to them."""
    scores = level_scores(y, r.astype(np.intp))
    scale = standardisation(scores)
    return observations(points(x, r), (scores - scale.mean) / scale.scale)


# ---- parameters that are kept while values come ----------------------------------------------------------------------

ONE: Final = Inputs(("a",), 9, (True,), (1, 3, 9))
FEW: Final = ((0.1, 1, 0.5), (0.3, 1, 0.3), (0.5, 1, 0.2), (0.7, 1, 0.4), (0.9, 1, 0.6), (0.5, 3, 0.1), (0.3, 3, 0.15))
"""Configuration, level and value of five trials; the two that were promoted kept their order."""


@pytest.mark.parametrize("value", [0.05, 0.12])
def test_kept_parameters_do_not_contradict_the_next_rank(value: float) -> None:
    """Where all levels rank alike, a model without noise believes that they are one. Then a trial overtakes others, and
    the model extrapolates what cannot be: hundreds of deviations."""

    def largest_mean(least: float) -> float:
        model = MultiTask(KERNELS["matern52-res-warp"](Base(prior="log_normal")), least)
        x, r, y = (np.array(column) for column in zip(*FEW, strict=True))
        kept = fit(model, ONE, scored(x[:, None], r, y), draws=DRAWS, options=FitOptions(opt_nstarts=5)).parameters
        x, r, y = (np.array(column) for column in zip(*FEW, (0.7, 3, value), strict=True))
        posterior = model.posterior(ONE, scored(x[:, None], r, y), kept.as_arrays())
        return float(np.abs(posterior.mean(points(np.linspace(0.0, 1.0, 51)[:, None], 9))).max())

    assert largest_mean(1e-9) > 50.0
    assert largest_mean(SCORE_NOISE) < 4.0


@pytest.mark.parametrize("model", ["gp_multitask", "gp_independent", "gp_expdecay", "gp_issm"])
@pytest.mark.parametrize("warping", ["rank", "half_rank", "none"])
def test_scores_have_noise_and_values_nearly_none(model: str, warping: str) -> None:
    given: dict[str, Any] = {"model": model, "target_warping": warping}
    setup = hb.mobster(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("loss"), max_resource=9, **given)
    search: Any = setup.search
    surrogate = situation(view(hb.initial(setup)), search.surrogate).surrogate
    (noise,) = (
        one for one in surrogate.model.specification(surrogate.inputs).parameters if one.name.startswith("noise")
    )
    assert noise.lowest == (SCORE_NOISE if warping == "rank" else VALUE_NOISE)


def test_less_noise_than_a_fit_may_end_with_can_be_read_and_gone_on_from() -> None:
    """Journals of older rules have such parameters."""
    model, data = MultiTask(least_noise=SCORE_NOISE), learned_curves()
    specification = model.specification(INPUTS)
    older = specification.from_json({**specification.initial.to_json(), "noise_variance": 1e-9})
    assert older["noise_variance"] == 1e-9
    assert specification.rounded(older)["noise_variance"] == SCORE_NOISE
    found = fit(model, INPUTS, data, draws=DRAWS, options=FitOptions(opt_nstarts=1, opt_warmstart=True), last=older)
    assert found.parameters["noise_variance"] >= SCORE_NOISE * (1.0 - 1e-9)  # type: ignore[operator]  # a float


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


def test_more_digits_stay_where_four_would_cost_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """As happens where values are exact, noise is at its bound, and the covariance is nearly singular."""

    def steep(model: Model, inputs: Inputs, data: Observations, parameters: Parameters) -> Fit:
        found = fitted_at(model, inputs, data, parameters)
        numbers = [one for value in parameters.values for one in np.atleast_1d(value).tolist()]
        is_short = all(float(f"{one:.4g}") == one for one in numbers)
        return evolve(found, objective=found.objective + 100.0 * is_short)

    monkeypatch.setattr(belief, "fitted_at", steep)
    setup = hb.mobster(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("loss"), max_resource=9, seed=1)
    state = hb.initial(evolve(setup, points=()))
    for x in np.linspace(0.0, 1.0, 12).tolist():
        state, _ = hb.decide(state, hb.Observe({"x": x}, [(1, (x - 0.3) ** 2)]))
    state, _ = hb.decide(state, hb.Ask("ann"))
    numbers = [one for named in state.learned.parameters for one in named.numbers]
    assert [float(f"{one:.6g}") for one in numbers] == numbers
    assert [float(f"{one:.4g}") for one in numbers] != numbers
