"""Does a model see that trials diverged or failed, and does it keep away from there?"""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.machine.seeing import view
from pure_hb.protocol import Because, Figures
from pure_hb.search import DyHPO, HyperTune, Known, Mobster
from pure_hb.search.acquisition import (
    Acquisition,
    ExpectedImprovement,
    LogExpectedImprovement,
    LowerConfidenceBound,
    Mixture,
    UnlessLost,
)
from pure_hb.search.belief import Belief, believe, fit_now, fitted_rows, incumbent, pending_of, rivals, situation
from pure_hb.search.bohb import usable_level
from pure_hb.search.candidates import optimised, safe_first
from pure_hb.search.dyhpo import ProbabilityOfImprovement
from pure_hb.search.mobster import judged
from pure_hb.search.options import Model, SurrogateOptions, TargetWarping
from pure_hb.search.survival import fates
from pure_hb.surrogate import (
    DataError,
    ObservationTable,
    SearcherData,
    TrialCurve,
    down_sample,
    observation_table,
    points,
)
from pure_hb.surrogate.kernels import KERNELS
from pure_hb.surrogate.training_data import level_scores
from tests.play import ERROR, LINE, Play

NAN, INF = math.nan, math.inf


def lost(play: Play) -> list[int | None]:
    return [one.lost for one in view(play.state).known()]


def started(setup: hb.Setup, count: int = 1) -> Play:
    play = Play(setup)
    for number in range(count):
        play(hb.Ask(f"w{number}"))
    return play


# ---- what is seen of a trial -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_a_trial_that_reports_no_number_was_lost_at_the_level_it_was_running_to(bad: float) -> None:
    play = started(hb.asha(LINE, ERROR, max_resource=27, type="stopping"), 3)
    play(hb.Report(0, 1, bad))
    play(hb.Report(1, 1, 0.5))
    play(hb.Report(1, 2, bad))
    play(hb.Report(2, 1, 0.4))
    assert lost(play) == [1, 3, None]
    assert [one.curve for one in view(play.state).known()] == [(), ((1, 0.5),), ((1, 0.4),)], "what was told stays"


def test_a_value_that_is_no_number_past_that_level_counts_where_a_number_would() -> None:
    play = started(hb.asha(LINE, ERROR, max_resource=27), 3)
    for trial, resource in enumerate((2, 10, 27)):
        play(hb.Report(trial, resource, NAN))
    assert lost(play) == [1, 9, 27]


def test_a_trial_is_lost_with_its_last_failure_only() -> None:
    play = started(hb.asha(LINE, ERROR, max_resource=27, type="stopping", max_failures=2))
    play(hb.Report(0, 1, 0.3))
    for event in (hb.Release(0), hb.Fail(0)):
        assert isinstance(play(event), hb.Pause)
        assert lost(play) == [None], "it may run again"
        assert isinstance(play(hb.Ask("w0")), hb.Resume)
    assert isinstance(play(hb.Fail(0)), hb.Stop)
    assert lost(play) == [3]
    assert view(play.state).known()[0].curve == ((1, 0.3),), "what was told stays"


def test_a_trial_that_completes_is_not_lost() -> None:
    play = started(hb.asha(LINE, ERROR, max_resource=27))
    play(hb.Complete(0))
    assert lost(play) == [None]


@pytest.mark.parametrize(
    ("curve", "failed", "level"),
    [
        (((1, 0.5), (2, NAN), (3, 0.4)), False, 3),
        (((1, NAN),), False, 1),
        ((), True, 1),
        (((1, 0.5),), True, 3),
        (((9, 0.5), (10, 0.4)), True, 27),
        (((27, 0.5),), True, None),
        (((27, 0.5), (28, NAN)), False, None),
        (((1, 0.5),), False, None),
    ],
)
def test_an_observed_trial_was_lost_where_its_curve_ends(
    curve: tuple[tuple[int, float], ...], failed: bool, level: int | None
) -> None:
    play = Play(hb.asha(LINE, ERROR, max_resource=27))
    play(hb.Observe({"x": 0.25}, curve, failed=failed))
    assert lost(play) == [level]


def test_the_brackets_levels_count() -> None:
    play = started(hb.asha(LINE, ERROR, max_resource=27, brackets=4), 8)
    for trial in play.state.trials:
        play(hb.Report(trial.number, 1, NAN))
    assert lost(play) == [trial.until for trial in play.state.trials]
    assert len(set(lost(play))) > 1


# ---- what the model gets ---------------------------------------------------------------------------------------------


def table(*curves: TrialCurve, data: SearcherData = SearcherData.RUNGS) -> ObservationTable:
    return observation_table(curves, levels=(1, 3), max_resource=9, data=data)


def rows_of(found: ObservationTable) -> list[tuple[int, int, float, int]]:
    return list(
        zip(found.trial.tolist(), found.resource.tolist(), found.value.tolist(), found.lost.tolist(), strict=True)
    )


def test_what_is_lost_counts_as_the_worst_of_its_level_or_of_the_nearest_that_has_a_value() -> None:
    good, bad = TrialCurve(0, (0.1,), ((1, 0.2), (3, 0.1))), TrialCurve(1, (0.2,), ((1, 0.9),))
    at_one, at_nine = TrialCurve(2, (0.3,), (), lost=1), TrialCurve(3, (0.4,), ((1, 0.05),), lost=9)
    assert rows_of(table(good, bad, at_one, at_nine)) == [
        (0, 1, 0.2, 0),
        (0, 3, 0.1, 0),
        (1, 1, 0.9, 0),
        (2, 1, 0.9, 1),
        (3, 1, 0.05, 0),
        (3, 9, 0.1, 9),
    ]


def test_where_there_is_no_number_at_all_there_is_no_row() -> None:
    assert len(table(TrialCurve(0, (0.3,), (), lost=1), TrialCurve(1, (0.3,), (), pending=(1,)))) == 1
    play = started(hb.mobster(LINE, ERROR, max_resource=9, num_init_random=1))
    for _ in range(8):
        play(hb.Report(len(play.state.trials) - 1, 1, NAN))
        last = play(hb.Ask("w0"))
    assert "nothing has been observed yet" in repr(last.evidence)


@pytest.mark.parametrize("data", list(SearcherData))
def test_whatever_data_the_model_sees_it_sees_losses(data: SearcherData) -> None:
    found = table(TrialCurve(0, (0.1,), ((1, 0.2), (2, 0.1))), TrialCurve(1, (0.2,), ((1, 0.3),), lost=3), data=data)
    assert [row[:2] for row in rows_of(found) if row[3]] == [(1, 3)]


def test_by_ranks_what_is_lost_has_the_last_places() -> None:
    from scipy.special import ndtri

    values, resource = np.array([0.1, 0.2, 0.2, 0.1, 0.1]), np.array([1, 1, 1, 3, 3])
    missing = np.array([False, False, True, False, True])
    scores = level_scores(values, resource, missing)
    np.testing.assert_allclose(scores, ndtri([0.5 / 3, 1.5 / 3, 2.5 / 3, 0.5 / 3, 2.5 / 3]))
    np.testing.assert_array_equal(scores[~missing], level_scores(values, resource, missing)[~missing])


def test_who_is_lost_keeps_its_place_so_that_the_others_are_not_better_for_it() -> None:
    """Ten trials; the best four go on, of whom the best two are lost at level 3; one goes on to level 9. Nobody changes
    places, so every trial has one score at all of its levels."""
    values = np.array([*np.arange(10.0), *np.arange(4.0), 2.5])
    resource = np.repeat((1, 3, 9), (10, 4, 1))
    trial = np.array([*range(10), *range(4), 2])
    missing = (resource == 3) & (trial < 2)
    scores = level_scores(values, resource, missing, trial)
    np.testing.assert_array_equal(scores[12:14], scores[2:4])
    assert scores[14] == scores[2]
    without = level_scores(values, resource, missing)
    np.testing.assert_array_equal(without[:10], scores[:10])
    np.testing.assert_array_equal(without[12:14], scores[:2], "without a place they are the best two")


def test_who_is_lost_at_once_has_no_place() -> None:
    values, resource = np.array([0.3, 0.1, 0.2, 0.3, 0.1]), np.array([1, 1, 1, 1, 3])
    missing, trial = np.array([False, False, False, True, False]), np.array([0, 1, 2, 3, 1])
    np.testing.assert_array_equal(
        level_scores(values, resource, missing, trial), level_scores(values, resource, missing)
    )


def test_half_of_all_lost_leave_the_order_of_the_others() -> None:
    values = np.concatenate((np.linspace(0.0, 1.0, 20), np.ones(20)))
    scores = level_scores(values, np.ones(40, dtype=np.intp), np.arange(40) >= 20)
    assert (np.diff(scores[:20]) > 0.0).all()
    assert scores[19] < scores[20] == scores[39]


def test_a_process_for_one_level_is_told_of_losses_below() -> None:
    known = (TrialCurve(0, (0.1,), ((1, 0.2), (3, 0.1))), TrialCurve(1, (0.2,), ((1, 0.9),)))
    found = table(*known, TrialCurve(2, (0.3,), (), lost=1)).with_lost_above()
    assert rows_of(found)[-2:] == [(2, 1, 0.9, 1), (2, 3, 0.1, 1)], "at 9 nobody has a value"
    assert found.own.tolist() == [True, True, True, True, False]


# ---- what the search makes of it -------------------------------------------------------------------------------------


def valley(x: float, resource: int) -> float:
    return 1.0 - 0.8 * x + 1.0 / (resource + 2)


def cliff(
    setup: hb.Setup, trials: int, *, first: int = 1, fail: bool = False, edge: float = 0.8
) -> tuple[Play, list[Any]]:
    """Play a search in which everything above the edge is lost from some resource on; what was started."""
    play, configs, held = Play(setup), list[Any](), dict[str, Any]()
    while len(configs) < trials:
        for worker in ("a", "b"):
            if worker in held:
                continue
            action = play(hb.Ask(worker))
            if isinstance(action, hb.Start):
                configs.append(action.config)
                held[worker] = [action.trial, 0, action.config]
            elif isinstance(action, hb.Resume):
                held[worker] = [action.trial, action.start_from, action.config]
        for worker, (trial, before, config) in list(held.items()):
            held[worker][1] = resource = before + 1
            bad = config["x"] > edge and resource >= first
            value = NAN if bad else valley(config["x"], resource) + abs(config.get("y", 0.5) - 0.5)
            event = hb.Fail(trial) if bad and fail else hb.Report(trial, resource, value)
            if not isinstance(play(event), hb.Continue):
                del held[worker]
    return play, configs


PLANE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(0.0, 1.0))
METHODS = ["MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP", "HYPERTUNE-JOINT", "DYHPO", "BOHB"]


@pytest.mark.parametrize(("first", "fail"), [(1, False), (2, True)])
@pytest.mark.parametrize("method", METHODS)
def test_few_suggestions_go_beyond_a_cliff_beside_the_best(method: str, first: int, fail: bool) -> None:
    beyond = []
    for seed in range(3):  # of a single run, 20 suggestions, the share varies from 5 to 35%
        setup = hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=seed, max_failures=1)
        _, configs = cliff(setup, 36, first=first, fail=fail)
        beyond += [config["x"] > 0.8 for config in configs[16:]]
    assert len(beyond) >= 3 * 20
    assert sum(beyond) <= 0.25 * len(beyond)


@pytest.mark.parametrize(
    "options",
    [{"model": "gp_expdecay"}, {"model": "gp_issm"}, {"target_warping": "none"}, {"target_warping": "half_rank"}],
    ids=str,
)
def test_nor_do_they_with_other_models_and_targets(options: dict[str, Any]) -> None:
    _, configs = cliff(hb.mobster(PLANE, ERROR, max_resource=9, seed=1, **options), 30)
    assert sum(config["x"] > 0.8 for config in configs[14:]) <= 0.25 * 16


def believed(setup: hb.Setup, **changes: Any) -> tuple[Any, Belief]:
    play, _ = cliff(setup, 24, edge=0.6)
    seen, options = view(play.state), evolve(SurrogateOptions(), **changes)
    now, draws = situation(seen, options), KeyedDraws(0, 1)
    return now, believe(now, fit_now(now, seen.learned, draws).learned, draws)


def test_values_and_losses_are_counted_and_said() -> None:
    now, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1))
    told = dict(belief.said.numbers)
    assert told["lost"] == float((now.table.lost > 0).sum()) > 0.0
    assert told["values"] == now.observed == sum(now.counts.values()) == float((~now.table.pending).sum())


def test_a_belief_is_told_in_units_of_the_metric() -> None:
    """The deviation beside a mean is one: 80 % of a normal distribution lie within 1.28 of them."""
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1), target_warping="none")
    mean, deviation = np.array([-1.0, 0.5]), np.array([0.3, 2.0])
    (first, second) = map(dict, belief.described(mean, deviation, np.array([4.0, 5.0]), -1.0))
    unit = belief.scale.scale
    assert unit != pytest.approx(1.0)
    assert [first["deviation"], second["deviation"]] == pytest.approx([0.3 * unit, 2.0 * unit])
    assert second["mean"] == pytest.approx(-(belief.scale.mean + 0.5 * unit))
    assert (first["acquisition"], second["acquisition"]) == (4.0, 5.0)


def test_independent_processes_wait_for_values_at_levels_only() -> None:
    known = Known(0, hb.Configuration({"x": 0.5, "y": 0.5}), ((1, 0.5),), 3)
    data = SearcherData(SurrogateOptions(model="gp_independent").data)
    assert pending_of(known, data, myopic=False) == (3,)
    assert pending_of(known, data, myopic=True) == (2,)


def test_what_was_lost_is_no_incumbent() -> None:
    for model in ("gp_multitask", "gp_independent"):
        _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1), model=model)
        for level in (1, 3, 9):
            rows, sound = belief.rows, belief.rows.lost == 0
            reached = rows.resource[sound & (rows.resource <= level)].max()
            expected = rows.trial[sound & (rows.resource == reached)]
            assert rivals(belief, level).trial.tolist() == expected.tolist()


ACQUISITIONS: list[Acquisition] = [
    LogExpectedImprovement(),
    ExpectedImprovement(),
    ProbabilityOfImprovement(0.1),
    LowerConfidenceBound(),
]


@pytest.mark.parametrize("acquisition", ACQUISITIONS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("model", ["gp_multitask", "gp_independent", "gp_expdecay"])
def test_an_improvement_counts_only_if_the_trial_is_not_lost(model: str, acquisition: Acquisition) -> None:
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1), model=model)
    assert belief.survival is not None
    x = np.array([[0.3, 0.5], [0.95, 0.5]])
    near, beyond = belief.survival.chance(points(x, 3)).tolist()
    assert 0.0 < beyond < 0.6 < near <= 1.0
    plain = Mixture(belief, {3: 1.0}, {3: incumbent(belief, 3)}, acquisition)
    found = UnlessLost(plain, acquisition, belief.survival, belief.worst)
    before, after = plain(x)[1], found(x)[1]
    match acquisition:
        case LowerConfidenceBound():
            assert after == pytest.approx(beyond * before + (1.0 - beyond) * belief.worst)
        case ExpectedImprovement():
            assert after == pytest.approx(beyond * before)
        case _:
            assert math.exp(before - after) == pytest.approx(beyond)
    mean, deviation = (one[1] for one in plain.told(x)[:2])
    told = tuple(one[1] for one in found.told(x)[:2])
    assert told == pytest.approx((beyond * mean + (1.0 - beyond) * belief.worst, beyond * deviation))
    for scored in ("thompson", "mean_thompson"):
        drawn, averaged = (getattr(one, scored)(x, KeyedDraws(0, 1))[1] for one in (plain, found))
        assert averaged == pytest.approx(beyond * drawn + (1.0 - beyond) * belief.worst)


@pytest.mark.parametrize("warping", ["rank", "half_rank", "none"])
@pytest.mark.parametrize("model", ["gp_multitask", "gp_independent", "gp_expdecay", "gp_issm"])
def test_values_are_predicted_as_if_nobody_had_been_lost(model: Model, warping: TargetWarping) -> None:
    """A loss beside a good trial says nothing of its value: the edge of a cliff can be as sharp as it likes."""
    play, _ = cliff(hb.asha(PLANE, ERROR, max_resource=9, seed=1), 12, edge=2.0)
    options, draws = SurrogateOptions(model=model, target_warping=warping), KeyedDraws(0, 1)
    before = view(play.state)
    x = np.array([[0.3, 0.5], [0.7, 0.2]])
    gone = Known(12, hb.Configuration({"x": 0.7, "y": 0.201}), ((1, 9.9),), None, 3)
    learned = fit_now(situation(before, options), before.learned, draws).learned

    def believes(last: Known) -> Belief:
        known = (*before.known(), last)
        return believe(situation(evolve(before, known=lambda: known), options), learned, draws)

    given, plain = believes(gone), believes(evolve(gone, lost=None))
    assert (given.survival is None, plain.survival is None) == (False, True)
    np.testing.assert_array_equal(given.posterior.mean(points(x, 3)), plain.posterior.mean(points(x, 3)))


# ---- how much may be risked ------------------------------------------------------------------------------------------


def losses_with(chance: list[float], least: float) -> Any:
    return SimpleNamespace(chance=lambda at: np.array(chance)[at.configuration], least=least)


def test_what_is_too_likely_to_be_lost_comes_last_and_the_safest_of_it_first() -> None:
    scores, at = np.array([5.0, 1.0, 3.0, 2.0, 4.0]), points(np.arange(5.0)[:, None], 1)
    chance = [0.9, 0.2, 0.5, 0.4, 0.3]
    assert safe_first(scores, at, None).tolist() == [1, 3, 2, 4, 0]
    assert safe_first(scores, at, losses_with(chance, 0.5)).tolist() == [2, 0, 3, 4, 1]
    assert safe_first(scores, at, losses_with(chance, 0.0)).tolist() == [1, 3, 2, 4, 0]
    assert safe_first(scores, at, losses_with(chance, 1.0)).tolist() == [0, 2, 3, 4, 1], "nobody is safe"


def test_even_odds_are_taken_until_a_fifth_of_all_trials_is_expected_to_be_lost() -> None:
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1))
    assert belief.survival is not None
    known, survival = fates(belief.rows), belief.survival
    everybody = points(belief.rows.configurations[known.configurations], 1, known.trial)
    assert survival.expected == pytest.approx(float(np.sum(1.0 - survival.chance(everybody))))
    assert len(known.lost) <= survival.expected <= known.trials
    assert survival.expected > 0.2 * known.trials, "two fifths lie beyond the edge"
    assert survival.least == 0.8
    safe = evolve(survival, trials=points(np.full((known.trials, 2), 0.1), 1))
    assert safe.expected <= 0.2 * known.trials
    assert safe.least == 0.5
    few = survival.among(everybody)
    assert few.least == pytest.approx(min(0.8, sorted(survival.chance(everybody))[(3 * (known.trials - 1)) // 4]))


def test_where_trials_are_lost_anywhere_a_quarter_of_the_candidates_still_competes() -> None:
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1))
    assert belief.survival is not None
    at = points(np.stack((np.linspace(0.56, 0.76, 40), np.full(40, 0.3)), axis=1), 1)
    survival = belief.survival.among(at)
    chance = survival.chance(at)
    assert belief.survival.least == 0.8 > survival.least, "few of them are that safe"
    assert np.count_nonzero(chance >= survival.least) in (10, 11), "a quarter, and who is at its border"
    best_is_riskiest = safe_first(chance, at, survival)
    assert chance[best_is_riskiest[0]] == survival.least


def test_all_trials_are_counted_not_only_those_that_the_cap_leaves() -> None:
    now, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1), max_size_data_for_model=20)
    assert belief.survival is not None
    assert belief.survival.fates.trials == len(set(now.table.trial[now.table.own].tolist()))
    assert belief.survival.fates.trials > len(set(belief.rows.trial[belief.rows.own].tolist()))


@pytest.mark.parametrize("seed", range(3))
def test_a_search_that_goes_downhill_stays_within_the_limit(seed: int) -> None:
    setup = hb.mobster(PLANE, ERROR, max_resource=9, seed=seed, skip_local_optimization=False, num_init_candidates=20)
    play, _ = cliff(setup, 24)
    told = [
        dict(one.numbers)
        for _, action in play.log
        for one in getattr(action, "evidence", ())
        if isinstance(one, Figures) and one.of == "chance not to be lost"
    ]
    assert len(told) > 5
    assert all(one["of this trial"] >= one["at least"] - 1e-12 for one in told)


def test_paused_trials_past_the_danger_do_not_shut_new_ones_out() -> None:
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1))
    assert belief.survival is not None
    known, new = fates(belief.rows), np.stack((np.linspace(0.56, 0.76, 8), np.full(8, 0.3)), axis=1)
    past = [trial for trial, resource in known.reached.items() if resource >= max(known.lost.values())]
    at = points(np.vstack((np.full((len(past), 2), 0.5), new)), 9, [*past, *([-1] * 8)])
    alone = belief.survival.among(points(new, 9))
    assert len(past) > 8
    assert alone.least < 0.8
    assert belief.survival.among(at).least == pytest.approx(alone.least)
    only_paused = belief.survival.among(points(np.full((len(past), 2), 0.5), 9, past))
    assert only_paused.least == 0.8


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("method", ["MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP", "DYHPO"])
def test_a_suggestion_has_the_chance_that_it_needs_and_says_so(method: str, first: int) -> None:
    play, _ = cliff(hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=2), 30, first=first)
    told = [
        dict(one.numbers)
        for _, action in play.log
        for one in getattr(action, "evidence", ())
        if isinstance(one, Figures) and one.of == "chance not to be lost"
    ]
    assert len(told) > 5
    assert len({one["at least"] for one in told}) > 1, "a fifth was lost at times, and at other times not"
    assert max(one["at least"] for one in told) <= 0.8
    assert all(one["of this trial"] >= one["at least"] - 1e-12 for one in told)
    if method != "DYHPO":  # whose rivals are not counted
        places = [
            one.text for _, action in play.log for one in getattr(action, "evidence", ()) if isinstance(one, Because)
        ]
        assert any("those that are too likely to be lost last" in text for text in places)


def test_a_descent_does_not_end_beyond_the_limit() -> None:
    line = hb.Space(x=hb.Float(0.0, 1.0))

    class Slope:
        def with_gradient(self, x: Any) -> tuple[float, Any]:
            return -float(x[0]), np.array([-1.0])

        def __call__(self, x: Any) -> Any:
            return -x[:, 0]

    slope: Any = Slope()
    for edge, end in ((2.0, {"x": 1.0}), (0.6, None)):
        losses: Any = SimpleNamespace(chance=lambda at, edge=edge: np.where(at.x[:, 0] < edge, 0.9, 0.1), least=0.5)
        found = optimised(line, slope, np.array([0.4]), losses)
        assert (None if found is None else dict(found)) == end


@pytest.mark.parametrize("base", ["matern52-ard", "matern52-noard"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_losses_are_seen_with_every_kernel(kernel: str, base: str) -> None:
    setup = hb.asha(PLANE, ERROR, max_resource=9, seed=1)
    _, belief = believed(setup, gp_resource_kernel=kernel, gp_base_kernel=base, input_warping=True)
    assert belief.survival is not None
    near, beyond = belief.survival.chance(points([[0.3, 0.5], [0.95, 0.5]], 3)).tolist()
    assert beyond < 0.6 < near


@pytest.mark.parametrize("acquisition", ACQUISITIONS, ids=lambda one: type(one).__name__)
def test_their_derivatives_are_right(acquisition: Acquisition) -> None:
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1))
    assert belief.survival is not None
    best = {level: incumbent(belief, level) for level in (3, 9)}
    mixture = Mixture(belief, {3: 0.3, 9: 0.7}, best, acquisition)
    criterion = UnlessLost(mixture, acquisition, belief.survival, belief.worst)
    step = 1e-6 * np.eye(2)
    for x in (np.array([0.52, 0.41]), np.array([0.6, 0.7])):
        chance, slope = belief.survival.with_gradient(x)
        assert 0.1 < chance < 0.99, "neither at its floor nor safe, where nothing would be seen"
        value, gradient = criterion.with_gradient(x)
        assert value == pytest.approx(float(criterion(x[None, :])[0]), rel=1e-9)
        for one, towards in enumerate(step):
            ends = np.stack((x + towards, x - towards))
            chances, values = belief.survival.chance(points(ends, 3)), criterion(ends)
            assert (chances[0] - chances[1]) / 2e-6 == pytest.approx(slope[one], rel=1e-4, abs=1e-6)
            assert (values[0] - values[1]) / 2e-6 == pytest.approx(gradient[one], rel=1e-4, abs=1e-5)


def test_a_known_trial_has_only_the_levels_before_it_to_fear_and_a_lost_one_no_chance() -> None:
    _, belief = believed(hb.asha(PLANE, ERROR, max_resource=9, seed=1))
    assert belief.survival is not None
    known = fates(belief.rows)
    through = next(trial for trial, resource in known.reached.items() if resource >= max(known.lost.values()))
    gone = next(iter(known.lost))
    assert belief.survival.chance(points([[0.9, 0.5]] * 2, 9, [through, gone])).tolist() == [1.0, 0.0]


def test_where_nothing_was_lost_nothing_changes() -> None:
    play, _ = cliff(hb.asha(PLANE, ERROR, max_resource=9), 12, edge=2.0)
    now, draws = situation(view(play.state), SurrogateOptions()), KeyedDraws(0, 1)
    belief = believe(now, fit_now(now, view(play.state).learned, draws).learned, draws)
    assert belief.survival is None
    mixture = Mixture(belief, {3: 1.0}, {3: incumbent(belief, 3)}, ExpectedImprovement())
    task: Any = SimpleNamespace(belief=belief, view=SimpleNamespace(sign=1.0))
    assert judged(task, mixture, ExpectedImprovement(), {}, ()) == (mixture, ())
    assert "lost" not in dict(belief.said.numbers)


def test_bohb_judges_where_enough_are_good_that_were_not_lost() -> None:
    assert usable_level({1: 40, 3: 40}, 1, 1, 15.0, {3: 35}) == 1
    assert usable_level({1: 40, 3: 40}, 1, 1, 15.0, {3: 34}) == 3


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_the_cap_keeps_some_trials_of_every_level_and_some_that_were_lost() -> None:
    """900 trials by threes; before, none of the 600 that stopped at the first level stayed."""
    curves = [
        TrialCurve(number, (number / 900,), tuple((r, 0.5) for r in (1, 3, 9, 27) if number % r == 0))
        for number in range(900)
    ]
    curves += [TrialCurve(900 + number, (number / 300,), (), lost=1) for number in range(300)]
    found = observation_table(curves, levels=(1, 3, 9), max_resource=27)
    kept = down_sample(found, 500, KeyedDraws(0, 0))
    assert len(kept) == 500
    stopped = {number for number in range(900) if number % 3}
    assert len(set(kept.trial.tolist()) & stopped) == 25
    assert int((kept.lost > 0).sum()) == 25
    assert set(kept.trial[kept.resource == 27].tolist()) == set(range(0, 900, 27)), "those who got far stay"


def test_a_cap_that_leaves_losses_only_makes_suggestions_random_and_says_why() -> None:
    """Every trial is lost on the way to level 3; the only row that stays is the highest one, a loss."""
    setup = hb.mobster(PLANE, ERROR, max_resource=9, seed=1, max_size_data_for_model=1)
    play, configs = cliff(setup, 20, first=2, edge=-1.0)
    now = situation(view(play.state), SurrogateOptions(max_size_data_for_model=1))
    with pytest.raises(DataError, match="all 1 rows that max_size_data_for_model leaves are of trials that were lost"):
        fitted_rows(now, KeyedDraws(0, 0))
    started = [action for _, action in play.log if isinstance(action, hb.Start)]
    assert len(started) == len(configs) == 20
    assert sum("the surrogate failed: all 1 rows" in repr(action.evidence) for action in started) > 3


@pytest.mark.parametrize("method", ["MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO"])
def test_a_search_that_sees_losses_is_replayed_from_its_log(method: str) -> None:
    """What decides is in the state: asked again, the answer is the same, and a fit beside training counts the same."""
    play, _ = cliff(hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=1), 20, first=2)
    one, two = (hb.decide(play.state, hb.Ask("new"))[1] for _ in range(2))
    assert one == two
    play, _ = cliff(hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=1, fit="background"), 12, first=2)
    fitted = hb.fit_if_due(play.state)
    assert fitted is not None
    search = play.state.setup.search
    assert isinstance(search, Mobster | HyperTune | DyHPO)
    options = search.surrogate
    assert fitted.learned.observed == situation(view(play.state), options).observed
