"""Presets: the published algorithms by name."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.machine.presets import PRESETS, preset
from pure_hb.search import AcquisitionOptions, DyHPO, HyperTune, Mobster, SurrogateOptions

SPACE, GOAL = hb.Space(x=hb.Float(0.0, 1.0), n=hb.Int(1, 9)), hb.Minimize("loss")
METHODS: tuple[Callable[..., hb.Setup], ...] = (hb.mobster, hb.hyper_tune, hb.dyhpo)


def made(method: Callable[..., hb.Setup], **options: Any) -> hb.Setup:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return method(SPACE, GOAL, max_resource=27, **options)


def test_mobster_as_published_is_expected_improvement_from_the_best_of_250_candidates_with_fresh_fits() -> None:
    search = made(hb.mobster, preset="published").search
    assert isinstance(search, Mobster)
    model, choice = search.surrogate, search.acquisition
    assert (choice.acq_function, choice.resource_acq, choice.num_init_candidates) == ("ei", "bohb", 250)
    assert (choice.initial_scoring, choice.skip_local_optimization) == ("thompson_indep", False)
    assert (model.model, model.gp_resource_kernel) == ("gp_multitask", "exp-decay-sum")
    assert (model.gp_bandwidth_prior, model.target_warping, model.num_fantasy_samples) == ("uniform", "none", 20)
    assert (model.opt_warmstart, model.opt_nstarts, choice.local_fraction, choice.cost_weight) == (False, 4, 0.0, 0.0)


def test_hyper_tune_as_published_sums_weighted_levels_and_waits_for_the_maximum() -> None:
    search = made(hb.hyper_tune, preset="published").search
    assert isinstance(search, HyperTune)
    assert (search.ensemble, search.theta_from) == ("weighted_sum", "r_max")
    assert search.surrogate.model == "gp_independent"
    assert not search.acquisition.skip_local_optimization


def test_dyhpo_as_published_has_no_coin() -> None:
    setup = made(hb.dyhpo, preset="published")
    assert isinstance(setup.search, DyHPO)
    assert setup.rule == made(hb.dyhpo, probability_sh=0.0).rule
    assert (setup.search.acquisition.acq_function, setup.search.surrogate.opt_skip_period) == ("ei", 3)


@pytest.mark.parametrize("method", METHODS)
def test_a_joint_model_as_published_has_the_kernel_of_then(method: Callable[..., hb.Setup]) -> None:
    search = made(method, preset="published", model="gp_multitask").search
    assert isinstance(search, Mobster | HyperTune | DyHPO)
    assert search.surrogate.gp_resource_kernel == "exp-decay-sum" != SurrogateOptions().gp_resource_kernel


def test_what_a_method_has_of_its_own_is_what_its_class_has() -> None:
    assert made(hb.dyhpo).search == DyHPO()
    assert DyHPO().acquisition.num_init_candidates == 20 != AcquisitionOptions().num_init_candidates
    hyper_tune = made(hb.hyper_tune).search
    assert isinstance(hyper_tune, HyperTune)
    assert hyper_tune.surrogate.model == "gp_independent"


@pytest.mark.parametrize("method", METHODS)
def test_the_default_preset_changes_nothing(method: Callable[..., hb.Setup]) -> None:
    assert made(method, preset="default") == made(method)
    assert made(method, preset="published") != made(method)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_given_comes_before_the_preset(method: Callable[..., hb.Setup]) -> None:
    search = made(method, preset="published", opt_skip_growth=0.0, num_init_candidates=7).search
    assert isinstance(search, Mobster | HyperTune | DyHPO)
    assert (search.surrogate.opt_skip_growth, search.acquisition.num_init_candidates) == (0.0, 7)
    assert search.acquisition.acq_function == "ei"


@pytest.mark.parametrize("model", ["gp_independent", "gp_expdecay", "gp_issm"])
def test_it_goes_with_every_model(model: str) -> None:
    search = made(hb.mobster, preset="published", model=model).search
    assert isinstance(search, Mobster)
    assert search.surrogate.model == model


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_preset_is_refused_with_the_known_ones(method: Callable[..., hb.Setup]) -> None:
    with pytest.raises(hb.SetupError, match="preset is 'paper'; it is one of default, published"):
        made(method, preset="paper")


def test_a_journal_holds_the_options_themselves() -> None:
    text = hb.to_json(made(hb.mobster, preset="published"))
    assert "preset" not in str(text)
    assert preset("mobster", {"kappa": 2.0}) == {"kappa": 2.0}
    assert PRESETS[0] == "default"


def test_as_published_the_best_candidate_is_moved_downhill() -> None:
    setup = made(hb.mobster, preset="published", num_init_random=3, num_init_candidates=20)
    state, said = hb.initial(setup), []
    for number in range(8):
        state, action = hb.decide(state, hb.Ask(f"worker {number}"))
        said.append(hb.explain(action))
        if isinstance(action, hb.Start):
            x, until = float(action.config["x"]), action.until
            state, _ = hb.decide(state, hb.Report(action.trial, until, (x - 0.3) ** 2 + 1.0 / until))
    assert any("It moved downhill from candidate" in one for one in said)


MORE_OPTIMA: dict[str, Any] = {
    "gp_bandwidth_prior": "uniform",
    "target_warping": "none",
    "searcher_data": "all",
    "gp_resource_kernel": "exp-decay-delta1",
}


def starts(method: Callable[..., hb.Setup], **options: Any) -> int:
    search = made(method, **options).search
    assert isinstance(search, Mobster | HyperTune | DyHPO)
    return search.surrogate.opt_nstarts


@pytest.mark.parametrize("method", [hb.mobster, hb.dyhpo])
@pytest.mark.parametrize("option", MORE_OPTIMA)
def test_fits_have_more_starts_where_likelihoods_have_more_optima(method: Callable[..., hb.Setup], option: str) -> None:
    assert starts(method, **{option: MORE_OPTIMA[option]}) == 50 > starts(method) == SurrogateOptions().opt_nstarts
    assert starts(method, **{option: MORE_OPTIMA[option]}, opt_nstarts=5) == 5, "what is given counts"


@pytest.mark.parametrize("options", [{"model": "gp_expdecay"}, {"model": "gp_issm", "searcher_data": "all"}])
def test_models_of_whole_curves_need_no_more_starts(options: dict[str, Any]) -> None:
    assert starts(hb.mobster, **options) == SurrogateOptions().opt_nstarts
