"""What does the surrogate believe of trials that run, and of which values is it made?"""

import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Because, Counts, Figures, Learned, Named
from pure_hb.search.belief import Belief, Situation, believe, fit_now, fitted_rows, pending_of, situation, surrogate_of
from pure_hb.search.options import SurrogateOptions
from pure_hb.search.view import Known, View
from pure_hb.surrogate import SearcherData, points
from pure_hb.surrogate.arrays import Array

LINE = hb.Space(x=hb.Float(0.0, 1.0))
DRAWS = KeyedDraws(0, 3)
PLAIN: dict[str, Any] = {"target_warping": "none"}


def known(trial: int, x: float, *curve: tuple[int, float], until: int | None = None, lost: int | None = None) -> Known:
    return Known(trial, hb.Configuration({"x": x}), curve, until, lost)


TRIALS = (
    known(0, 0.1, (1, 4.0), (3, 2.0), (9, 1.0)),
    known(1, 0.4, (1, 3.0), (3, 5.0)),
    known(2, 0.7, (1, 6.0)),
    known(3, 0.9, (1, 5.0), until=3),
    known(4, 0.25, until=1),
)


def seen(*trials: Known, **changes: Any) -> View:
    return View(LINE, None, (), (), (1, 3), 9, known=lambda: trials or TRIALS, **changes)


def made(*trials: Known, **options: Any) -> tuple[Situation, Learned]:
    """A situation, and the initial parameters of its model as if they had been fitted."""
    now = situation(seen(*trials), SurrogateOptions(**options))
    initial = now.surrogate.model.specification(now.surrogate.inputs).initial
    pairs = zip(initial.names, initial.values, strict=True)
    return now, Learned([Named(name, v if isinstance(v, tuple) else (v,)) for name, v in pairs], now.observed)


def belief(*trials: Known, draws: KeyedDraws = DRAWS, **options: Any) -> Belief:
    now, learned = made(*trials, **options)
    return believe(now, learned, draws)


# ---- what is pending -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "data", "myopic", "resources"),
    [
        (known(0, 0.1, (1, 0.5), until=3), SearcherData.RUNGS, False, (3,)),
        (known(0, 0.1, (1, 0.5), until=3), SearcherData.ALL, False, (2, 3)),
        (known(0, 0.1, (1, 0.5), until=3), SearcherData.RUNGS_AND_LAST, False, (2, 3)),
        (known(0, 0.1, (1, 0.5), until=3), SearcherData.ALL, True, (2,)),
        (known(0, 0.1, until=3), SearcherData.ALL, False, (1, 2, 3)),
        (known(0, 0.1, until=3), SearcherData.RUNGS, True, (1,)),
        (known(0, 0.1, (1, 0.5)), SearcherData.ALL, False, ()),
        (known(0, 0.1), SearcherData.RUNGS, True, ()),
    ],
)
def test_a_running_trial_is_pending_where_it_will_report(
    one: Known, data: SearcherData, myopic: bool, resources: tuple[int, ...]
) -> None:
    assert pending_of(one, data, myopic=myopic) == resources


def test_a_situation_counts_values_and_not_what_is_pending() -> None:
    now, _ = made()
    assert (now.observed, dict(now.counts)) == (7, {1: 4, 3: 2, 9: 1})
    rows = now.table.rows(now.table.pending)
    assert list(zip(rows.trial.tolist(), rows.resource.tolist(), strict=True)) == [(3, 3), (4, 1)]
    lost, _ = made(*TRIALS, known(5, 0.95, lost=3))
    assert (lost.observed, dict(lost.counts)) == (8, {1: 4, 3: 3, 9: 1})
    myopic, _ = made(register_pending_myopic=True)
    assert myopic.table.resource[myopic.table.pending].tolist() == [2, 1]


# ---- fantasies -------------------------------------------------------------------------------------------------------

AT = points([[0.9], [0.25], [0.5], [0.7]], [3, 1, 3, 9], [3, 4, -1, 2])


@pytest.mark.parametrize("model", ["gp_multitask", "gp_independent", "gp_issm"])
def test_fantasies_are_drawn_from_what_is_believed_without_them(model: str) -> None:
    """Their mean and spread are those of the posterior without the pending evaluations (the law of total variance), but
    for a part of the size of the noise: f is drawn, and taken for a noisy value."""
    options: dict[str, Any] = {"model": model, **PLAIN}
    without = belief(*(evolve(one, until=None) for one in TRIALS), **options)
    count = 600
    given = belief(num_fantasy_samples=count, **options)
    before, after = without.posterior.predict(AT), given.posterior.predict(AT)
    assert (without.fantasies, given.fantasies) == (1, count)
    assert (before.mean.shape, after.mean.shape) == ((4, 1), (4, count))
    deviation = np.sqrt(before.variance)
    assert np.abs(after.mean.mean(axis=1) - before.mean[:, 0]).max() < 5.0 * float(deviation.max()) / math.sqrt(count)
    total = after.variance + after.mean.var(axis=1)
    assert total == pytest.approx(before.variance, rel=0.15, abs=0.5 * given.noise(1))
    assert (after.variance[:2] < 0.5 * before.variance[:2]).all(), "what is pending is known under each fantasy"
    assert len(set(after.mean[0].tolist())) == count


def test_fantasies_follow_from_the_draws_alone() -> None:
    one, again, other = belief(), belief(), belief(draws=KeyedDraws(0, 4))
    assert one.posterior.mean(AT).tolist() == again.posterior.mean(AT).tolist()
    assert one.posterior.mean(AT).tolist() != other.posterior.mean(AT).tolist()
    assert one.fantasies == SurrogateOptions().num_fantasy_samples == 20


def test_without_fantasies_what_is_pending_is_left_out() -> None:
    given, without = belief(no_fantasizing=True), belief(*(evolve(one, until=None) for one in TRIALS))
    assert given.fantasies == 1
    assert given.posterior.mean(AT).tolist() == without.posterior.mean(AT).tolist()
    assert given.rows.pending.sum() == 2, "they stay rivals"


def test_what_is_believed_is_said() -> None:
    def numbers(given: Belief) -> dict[str, float]:
        return dict(given.said.numbers)

    assert numbers(belief()) == {"values": 7.0, "pending": 2.0, "fantasies": 20.0}
    assert numbers(belief(no_fantasizing=True)) == {"values": 7.0, "pending": 2.0, "fantasies": 1.0}
    assert numbers(belief(TRIALS[0])) == {"values": 3.0, "pending": 0.0, "fantasies": 0.0}
    assert numbers(belief(*TRIALS[:2], known(2, 0.7, lost=3))) == {
        "values": 6.0, "pending": 0.0, "fantasies": 0.0, "lost": 1.0
    }  # fmt: skip
    assert belief().mean_name == "mean score"
    assert belief(**PLAIN).mean_name == belief(target_warping="half_rank").mean_name == "mean"


# ---- losses ----------------------------------------------------------------------------------------------------------


def test_only_where_a_trial_was_lost_there_is_a_chance_of_a_loss() -> None:
    assert belief().survival is None
    given = belief(*TRIALS, known(5, 0.97, lost=1))
    assert given.survival is not None
    near, beyond = given.survival.chance(points([[0.4], [0.97]], 9)).tolist()
    assert beyond < near


def test_the_worst_target_is_the_largest_at_any_level() -> None:
    assert belief(normalize_targets=False, **PLAIN).worst == 6.0
    given = belief(**PLAIN)
    values = np.array([4.0, 2.0, 1.0, 3.0, 5.0, 6.0, 5.0])
    assert given.worst == pytest.approx((6.0 - values.mean()) / values.std())


# ---- targets ---------------------------------------------------------------------------------------------------------


def targets(**options: Any) -> tuple[Array, float, float]:
    now, _ = made(**options)
    rows, scale = fitted_rows(now, DRAWS)
    return rows.observed.value, scale.mean, scale.scale


def test_values_are_standardised_all_together_unless_they_shall_not() -> None:
    values = np.array([4.0, 2.0, 1.0, 3.0, 5.0, 6.0, 5.0])
    found, mean, scale = targets(**PLAIN)
    assert found.tolist() == values.tolist()
    assert (mean, scale) == pytest.approx((values.mean(), values.std()))
    assert targets(normalize_targets=False, **PLAIN)[1:] == (0.0, 1.0)


def test_ranks_are_those_at_each_level_and_half_ranks_those_of_all() -> None:
    found, *_ = targets(target_warping="rank")
    assert np.argsort(found[[0, 3, 5, 6]]).tolist() == [1, 0, 3, 2], "at level 1"
    assert found[1] < found[4]
    assert found[1] == found[3] == found[2], "the best of each level"
    half, *_ = targets(target_warping="half_rank")
    assert half[:4].tolist() == [4.0, 2.0, 1.0, 3.0]
    assert 4.0 < half[4] == half[6] < half[5]


def test_the_cap_leaves_so_many_values() -> None:
    now, _ = made(max_size_data_for_model=4)
    rows, _ = fitted_rows(now, DRAWS)
    assert (len(rows.observed), rows.pending.sum()) == (4, 2)


def test_a_level_has_its_own_noise_only_if_noises_are_separate() -> None:
    now, learned = made(model="gp_independent", separate_noise_variances=True)
    values = {**now.surrogate.values(learned.parameters), "noise_variances": np.array([0.1, 0.2, 0.3])}
    assert [now.noise(values, level) for level in (1, 3, 9)] == [0.1, 0.2, 0.3]
    one, learned = made(model="gp_independent")
    values = {**one.surrogate.values(learned.parameters), "noise_variance": np.array(0.4)}
    assert [one.noise(values, level) for level in (1, 3, 9)] == [0.4] * 3


def test_each_option_reaches_the_surrogate() -> None:
    def of(**options: Any) -> Any:
        return surrogate_of(SurrogateOptions(**options), LINE, (1, 3, 9))

    assert of().inputs.levels == (1, 3, 9)
    assert of().inputs.max_resource == 9
    assert (of().base.ard, of(gp_base_kernel="matern52-noard").base.ard) == (True, False)
    assert (of().base.warping, of(input_warping=True).base.warping) == (False, True)
    assert (of().base.prior, of(gp_bandwidth_prior="uniform").base.prior) == ("log_normal", "uniform")
    assert of(gp_resource_kernel="exp-decay-sum").model.kernel.name == "exp-decay-sum"
    assert of(model="gp_independent", separate_noise_variances=True).model.separate_noise_variances
    assert of(model="gp_issm", issm_gamma_one=True).model.curve.gamma_is_one
    assert of(model="gp_expdecay", expdecay_normalize_inputs=True).model.curve.normalize_resource
    assert (of().limit, of(model="gp_issm").limit, of(max_size_data_for_model=None).limit) == (500, None, None)
    for model in ("gp_multitask", "gp_independent", "gp_expdecay", "gp_issm"):
        assert of(model=model).model.least_noise == 1e-3
        assert of(model=model, **PLAIN).model.least_noise == 1e-6
    refits = of(opt_skip_init_length=7, opt_skip_period=2, opt_skip_num_max_resource=True, opt_skip_growth=0.3).refits
    told = (refits.opt_skip_init_length, refits.opt_skip_period, refits.opt_skip_growth)
    assert (*told, refits.opt_skip_num_max_resource) == (7, 2, 0.3, True)
    fits = of(opt_maxiter=3, opt_nstarts=4, opt_warmstart=False).fits
    assert (fits.opt_maxiter, fits.opt_nstarts, fits.opt_warmstart) == (3, 4, False)


# ---- fits ------------------------------------------------------------------------------------------------------------

CHEAP: dict[str, Any] = {"gp_resource_kernel": "matern52", "opt_nstarts": 1, "opt_maxiter": 3}


def test_a_fit_that_is_due_is_made_and_says_what_it_saw() -> None:
    now, _ = made(max_size_data_for_model=5, **CHEAP)
    lesson = fit_now(now, Learned(), DRAWS)
    assert lesson.learned.observed == 7
    assert [one.name for one in lesson.learned.parameters] == [
        one.name for one in now.surrogate.model.specification(now.surrogate.inputs).parameters
    ]
    (said,) = lesson.evidence
    assert isinstance(said, Figures)
    told = dict(said.numbers)
    assert (said.of, told["values"], told["values used"]) == ("fit of gp_multitask", 7.0, 5.0)
    assert 1.0 <= told["evaluations"] < 10.0


@pytest.mark.parametrize(
    ("options", "before", "asked", "why"),
    [
        ({"fit": "background"}, Learned(observed=5), {}, "of the fit to 5 values are used"),
        ({}, Learned([Named("noise_variance", (1.0,))], 7), {}, "of the fit to 7 values are kept"),
        ({}, Learned([Named("noise_variance", (1.0,))], 3), {"keep": True}, "of the fit to 3 values are kept"),
        ({"opt_skip_growth": 10.0}, Learned([Named("noise_variance", (1.0,))], 3), {}, "to 3 values are kept"),
    ],
)
def test_a_fit_that_is_not_due_is_not_made(
    options: dict[str, Any], before: Learned, asked: dict[str, Any], why: str
) -> None:
    now, _ = made(**options)
    lesson = fit_now(now, before, DRAWS, **asked)
    assert lesson.learned is before
    (said,) = lesson.evidence
    assert isinstance(said, Because)
    assert why in said.text


def test_beside_training_a_fit_in_the_background_is_made() -> None:
    now, _ = made(fit="background", **CHEAP)
    assert fit_now(now, Learned(), DRAWS, beside=True).learned.observed == 7


def test_a_rule_that_counts_goes_on_counting_where_no_fit_is_made() -> None:
    now, _ = made(opt_skip_init_length=0, opt_skip_period=3, opt_skip_growth=0.0)
    before = Learned([Named("noise_variance", (1.0,))], 5, Counts(5, False, 1))
    lesson = fit_now(now, before, DRAWS)
    assert lesson.learned.parameters == before.parameters
    assert lesson.learned.counts == Counts(7, True, 2)
    assert fit_now(now, before, DRAWS, keep=True).learned is before


def test_parameters_of_another_model_are_refused_and_a_single_number_may_be_a_tuple() -> None:
    now, learned = made()
    assert now.surrogate.parameters(learned.parameters)["noise_variance"] == 1e-3
    arrays = now.surrogate.values(learned.parameters)
    assert (arrays["noise_variance"].shape, arrays["inverse_bandwidths"].shape) == ((), (2,))
    assert not arrays["inverse_bandwidths"].flags.writeable
    with pytest.raises(ValueError, match="missing"):
        now.surrogate.parameters(learned.parameters[1:])


def test_what_a_log_says_was_fitted_is_taken_if_a_fit_can_end_there() -> None:
    now, learned = made()
    first, *others = learned.parameters

    def told(noise: float) -> Learned:
        return fit_now(now, Learned(), DRAWS, told=(Named(first.name, (noise,)), *others)).learned

    for noise in (0.01, 0.012345678, 1e-3):
        assert told(noise).parameters[0] == Named("noise_variance", (noise,))
        assert told(noise).observed == 7
    for noise in (0.0123456789, 1e-9):
        with pytest.raises(ValueError, match="no fit ends there"):
            told(noise)
