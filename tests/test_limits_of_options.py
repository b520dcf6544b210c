"""Is what makes no sense refused when a search is made, and what is at its limit taken?"""

from collections.abc import Callable
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.protocol import Learned, Share, Theta
from pure_hb.search import AcquisitionOptions, DensitySearch, DyHPO, HyperTune, Mobster, RandomSearch, SurrogateOptions
from pure_hb.search.options import MODELS
from pure_hb.search.view import Search, View

INF = float("inf")
LIMITS: list[tuple[Callable[..., Any], str, float, float]] = [
    (SurrogateOptions, "max_size_data_for_model", 1, INF),
    (SurrogateOptions, "opt_skip_init_length", 0, INF),
    (SurrogateOptions, "opt_skip_period", 1, INF),
    (SurrogateOptions, "opt_skip_growth", 0.0, 10.0),
    (SurrogateOptions, "opt_maxiter", 1, INF),
    (SurrogateOptions, "opt_nstarts", 1, INF),
    (SurrogateOptions, "num_fantasy_samples", 1, INF),
    (AcquisitionOptions, "num_init_random", 1, INF),
    (AcquisitionOptions, "random_fraction", 0.0, 1.0),
    (AcquisitionOptions, "num_init_candidates", 1, INF),
    (AcquisitionOptions, "local_fraction", 0.0, 1.0),
    (AcquisitionOptions, "prior_fraction", 0.0, 1.0),
    (AcquisitionOptions, "prior_width", 0.01, 1.0),
    (AcquisitionOptions, "resource_acq_bohb_threshold", 1, INF),
    (AcquisitionOptions, "cost_weight", 0.0, 1.0),
    (AcquisitionOptions, "jitter", 0.0, 1e300),
    (AcquisitionOptions, "kappa", 0.0, 1e6),
    (HyperTune, "hypertune_distribution_num_samples", 1, INF),
    (DensitySearch, "top_n_percent", 1, 99),
    (DensitySearch, "min_bandwidth", 1e-9, 1.0),
    (DensitySearch, "num_candidates", 1, INF),
    (DensitySearch, "bandwidth_factor", 1e-9, 1e9),
    (DensitySearch, "random_fraction", 0.0, 1.0),
    (DensitySearch, "num_min_data_points", 1, INF),
]


@pytest.mark.parametrize(("make", "name", "low", "high"), LIMITS, ids=lambda one: one if isinstance(one, str) else "")
def test_an_option_may_be_at_its_limits_and_not_beyond(
    make: Callable[..., Any], name: str, low: float, high: float
) -> None:
    whole = isinstance(low, int)
    assert getattr(make(**{name: low}), name) == low
    with pytest.raises(hb.SetupError, match=name):
        make(**{name: low - 1 if whole else low - 1e-3})
    if high < INF:
        assert getattr(make(**{name: high}), name) == high
        with pytest.raises(hb.SetupError, match=name):
            make(**{name: high + 1 if whole else high * 1.001})


@pytest.mark.parametrize("name", ["max_size_data_for_model", "searcher_data"])
def test_none_is_a_value_of_some(name: str) -> None:
    none: dict[str, Any] = {name: None}
    assert getattr(SurrogateOptions(**none), name) is None
    assert AcquisitionOptions(jitter=None).jitter is None
    for other in ("opt_maxiter", "opt_skip_growth"):
        nothing: dict[str, Any] = {other: None}
        with pytest.raises(hb.SetupError, match=other):
            SurrogateOptions(**nothing)


def surrogate(**options: Any) -> SurrogateOptions:
    return SurrogateOptions(**options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: surrogate(model="gp_independent", searcher_data="all"), "a process for each rung level"),
        (lambda: surrogate(model="gp_independent", register_pending_myopic=True), "register_pending_myopic is True"),
        (lambda: surrogate(model="gp_issm", searcher_data="rungs"), "a model of whole curves"),
        (lambda: surrogate(model="gp_expdecay", searcher_data="rungs_and_last"), "a model of whole curves"),
        (lambda: surrogate(model="gp_issm", gp_resource_kernel="matern52"), "an option of gp_multitask"),
        (lambda: surrogate(separate_noise_variances=True), "an option of gp_independent"),
        (lambda: surrogate(issm_gamma_one=True), "an option of gp_issm"),
        (lambda: surrogate(model="gp_issm", expdecay_normalize_inputs=True), "an option of gp_expdecay"),
        (lambda: HyperTune(surrogate(model="gp_issm")), "it compares levels"),
        (lambda: HyperTune(surrogate(model="gp_expdecay")), "it compares levels"),
        (lambda: DyHPO(surrogate(model="gp_independent")), "independent processes know nothing"),
        (lambda: DyHPO(acquisition=AcquisitionOptions(resource_acq="first")), "dyhpo has no resource_acq"),
        (lambda: DyHPO(acquisition=AcquisitionOptions(resource_acq_bohb_threshold=9)), "has no resource_acq_bohb"),
        (lambda: DyHPO(acquisition=AcquisitionOptions(initial_scoring="thompson")), "dyhpo has no initial_scoring"),
        (lambda: DyHPO(acquisition=AcquisitionOptions(skip_local_optimization=False)), "has no skip_local_optim"),
        (lambda: DensitySearch(num_min_data_points=3).fewest(4), "below the number of parameters, 4"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(hb.SetupError, match=message):
        make()


def test_what_makes_sense_is_not() -> None:
    for model in MODELS:
        given = surrogate(model=model)
        assert given.data == ("all" if model in ("gp_issm", "gp_expdecay") else "rungs")
        assert given.limit == (None if model in ("gp_issm", "gp_expdecay") else 500)
        assert Mobster(given).surrogate is given
        if model != "gp_independent":
            assert DyHPO(given).resumes
    assert surrogate(searcher_data="rungs_and_last").data == "rungs_and_last"
    assert HyperTune(surrogate()).surrogate.model == "gp_multitask"
    assert HyperTune().surrogate.model == "gp_independent"
    assert (DensitySearch().fewest(4), DensitySearch(num_min_data_points=4).fewest(4)) == (4, 4)
    assert (DyHPO().surrogate.opt_skip_period, DyHPO().acquisition.num_init_candidates) == (3, 20)


def test_only_dyhpo_resumes_and_only_fits_in_the_background_are_made_beside() -> None:
    searches: list[Search] = [RandomSearch(), Mobster(), HyperTune(), DensitySearch(), DyHPO()]
    assert [one.resumes for one in searches] == [False, False, False, False, True]
    assert [one.fits_beside for one in searches] == [False] * 5
    assert Mobster(surrogate(fit="background")).fits_beside
    assert DyHPO(surrogate(fit="background")).fits_beside


def test_only_hyper_tune_changes_the_odds_of_brackets() -> None:
    shares = (Share(1, 0.2, 0.1), Share(3, 0.3, 0.1), Share(9, 0.5, 0.1))
    space, odds = hb.Space(x=hb.Float(0.0, 1.0)), (0.5, 0.3, 0.2)
    view = View(space, None, (), (), (1, 3), 9, odds, learned=Learned(theta=Theta(3, 6, shares)))
    for one in (RandomSearch(), Mobster(), DensitySearch()):
        assert one.odds(view) == odds
    assert HyperTune().odds(view) == pytest.approx((1.6 / 3.0, 0.8 / 3.0, 0.2))
    assert HyperTune().odds(View(space, None, (), (), (1, 3), 9, odds)) == odds
