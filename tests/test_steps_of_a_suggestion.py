"""Who is asked before the model, which candidates there are, and which of them is taken? The steps that searches share,
by hand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws, Purpose
from pure_hb.protocol import NOTHING_LEARNED, Because, Counts, Learned, Scored, Share, Theta
from pure_hb.search import HyperTune, Mobster
from pure_hb.search.accepting import objection
from pure_hb.search.belief import Belief
from pure_hb.search.candidates import Excluded, Picked, best_first, draw_candidates, optimised, quantum, rounds, walk
from pure_hb.search.mobster import Task, early, excluded_keys, suggest_by
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions
from pure_hb.search.random_search import ATTEMPTS, at_random, random_suggestion
from pure_hb.search.survival import Labels, Risk, Survival, apart, fates, risk, survival
from pure_hb.search.view import Known, View, fit_said, objective_said
from pure_hb.space import encode, match_key
from pure_hb.surrogate import Standardisation, TrialCurve, observation_table, points
from pure_hb.surrogate.arrays import Array
from tests.test_belief import made

FOUR, LINE = hb.Space(x=hb.Int(0, 3)), hb.Space(x=hb.Float(0.0, 1.0))
DRAWS = KeyedDraws(0, 0)


def key(x: float, space: hb.Space = FOUR) -> str:
    return match_key(space, hb.Configuration({"x": x}))


def four(taken: tuple[int, ...], *, failed: tuple[int, ...] = (), running: tuple[int, ...] = (), **more: Any) -> View:
    known = [Known(n, hb.Configuration({"x": n}), ((1, 0.5),), 3 if n in running else None) for n in taken]
    return View(FOUR, None, {key(n) for n in taken}, {key(n) for n in failed}, (1, 3), 9, known=lambda: known, **more)


# ---- before the model ------------------------------------------------------------------------------------------------


def answered(view: View, *, observed: bool = True, **options: Any) -> Any:
    """The number that is suggested and the reason; None if there is nothing; "model" if the model is asked."""
    found = early(view, AcquisitionOptions(**options), DRAWS, observed=observed)
    if found is None:
        return "model"
    if found.suggestion is None:
        return None
    (first, *_) = found.suggestion.evidence
    assert isinstance(first, Because)
    return found.suggestion.configuration["x"], first.text


def test_initial_points_come_first() -> None:
    point = hb.Configuration({"x": 2})
    assert answered(evolve(four(()), next_point=point))[0] == 2
    assert answered(evolve(four((0, 1, 2, 3)), next_point=point))[0] == 2


def test_configurations_are_random_until_enough_are_known_and_one_was_observed() -> None:
    x, why = answered(four((0, 1)), num_init_random=3)
    assert x in (2, 3)
    assert "2 of 3 configurations are known" in why
    assert answered(four((0, 1, 2)), num_init_random=3) == "model"
    x, why = answered(four((0, 1, 2)), observed=False, num_init_random=3)
    assert (x, "nothing has been observed yet" in why) == (3, True)


def test_an_exhausted_space_has_nothing_new() -> None:
    assert answered(four((0, 1, 2, 3)), num_init_random=9) is None
    allowed: dict[str, Any] = {"allow_duplicates": True, "num_init_random": 9}
    assert answered(four((0, 1, 2, 3)), **allowed) == "model", "it may try one again"
    assert answered(four((0, 1, 2, 3)), observed=False, **allowed) is None
    assert answered(four((0, 1, 2, 3), failed=(0, 1), running=(2, 3)), **allowed) is None
    assert answered(four((0, 1, 2, 3), failed=(0, 1), running=(2,)), **allowed) == "model"


def test_a_coin_below_the_random_fraction_is_said() -> None:
    coin = DRAWS.uniform(Purpose.COIN, index=1)
    assert answered(four((0,)), num_init_random=1, random_fraction=coin) == "model"
    x, why = answered(four((0,)), num_init_random=1, random_fraction=min(1.0, coin + 0.01))
    assert x in (1, 2, 3)
    assert f"the coin, {coin:.6f}, is below the random fraction" in why


def test_what_may_not_be_suggested_again() -> None:
    view = four((0, 1, 2), failed=(0,), running=(1,))
    assert set(excluded_keys(view, AcquisitionOptions())) == {key(0), key(1), key(2)}
    assert set(excluded_keys(view, AcquisitionOptions(allow_duplicates=True))) == {key(0), key(1)}


# ---- at random -------------------------------------------------------------------------------------------------------


def test_a_random_configuration_is_drawn_again_if_it_was_tried_and_at_last_enumerated() -> None:
    for seed in range(10):
        found = random_suggestion(FOUR, {key(0), key(2), key(3)}, KeyedDraws(seed, 0))
        assert found is not None
        assert found.configuration["x"] == 1
    assert random_suggestion(FOUR, {key(n) for n in range(4)}, DRAWS) is None
    stuck: Any = SimpleNamespace(uniform=lambda *_, **__: 0.1)
    found = random_suggestion(FOUR, {key(0)}, stuck)
    assert found is not None
    (why,) = found.evidence
    assert isinstance(why, Because)
    assert (found.configuration["x"] in (1, 2, 3), why.text) == (
        True,
        f"enumerated: {ATTEMPTS} draws had all been tried before",
    )
    assert random_suggestion(LINE, {key(0.1, LINE)}, stuck) is None, "a line has no end"
    given = at_random(four((0,)), {key(0)}, KeyedDraws(1, 0), "too early")
    assert given is not None
    assert given.evidence[0] == Because("no model: too early")
    assert at_random(four((0, 1, 2, 3)), {key(n) for n in range(4)}, DRAWS, "none") is None


# ---- candidates ------------------------------------------------------------------------------------------------------


def test_rounds_ask_for_more_the_fewer_were_allowed_and_end() -> None:
    found: list[int] = []
    asked = []
    for attempt, count in rounds(100, found):
        asked.append((attempt, count))
        found += [0] * (10 if attempt < 2 else 90)
    assert asked == [(0, 100), (1, 100), (2, 100)]
    one: list[int] = [0] * 95
    assert [count for _, count in rounds(100, one)] == [min(100, 5 * n) for n in range(1, 21)]
    assert list(rounds(0, [])) == []


def test_candidates_are_not_excluded_and_lie_evenly_in_the_space() -> None:
    out = Excluded({key(0), key(2)}, np.array([encode(FOUR, hb.Configuration({"x": n})) for n in (0, 2)]))
    found = draw_candidates(FOUR, 300, out, DRAWS)
    xs = [found.configuration(number)["x"] for number in range(300)]
    assert len(found.x) == 300
    assert abs(xs.count(1) - 150) < 45
    assert xs.count(1) + xs.count(3) == 300
    assert found.x.tolist() == [encode(FOUR, found.configuration(n)).tolist() for n in range(300)]
    everything = Excluded(
        {key(n) for n in range(4)}, np.array([encode(FOUR, hb.Configuration({"x": n})) for n in range(4)])
    )
    assert len(draw_candidates(FOUR, 10, everything, DRAWS).x) == 0
    assert len(draw_candidates(FOUR, 0, out, DRAWS).x) == 0


NAMED = [hb.Configuration({"x": name}) for name in ("a", "b", "a", "c")]


def walked(order: list[int], ends: dict[int, int | None], excluded: set[str]) -> Picked | None:
    asked: list[int] = []

    def end(number: int) -> Any:
        assert number not in asked
        asked.append(number)
        reached = ends.get(number)
        return None if reached is None else NAMED[reached]

    return walk(order, NAMED.__getitem__, end, lambda one: str(one["x"]), excluded)


def test_the_first_candidate_in_order_is_taken_or_where_it_leads() -> None:
    assert walked([1, 0, 3], {}, set()) == Picked(1, NAMED[1], False)
    assert walked([1, 0, 3], {1: 3}, set()) == Picked(1, NAMED[3], True)
    assert walked([1, 0, 3], {1: 3}, {"c"}) == Picked(1, NAMED[1], False), "its end is excluded"
    assert walked([1, 0, 3], {1: 3}, {"b", "c"}) == Picked(0, NAMED[0], False)
    assert walked([0, 2, 1], {2: 3}, {"a"}) == Picked(1, NAMED[1], False), "equal candidates are examined once"
    assert walked([0, 1, 3], {}, {"a", "b", "c"}) is None
    assert walked([], {}, set()) is None


class Bowl:
    """A criterion: (x - low)^2 for the acquisition, and other lows for the draws."""

    def __init__(self, acquisition: float = 0.3, thompson: float = 0.6, mean_thompson: float = 0.9) -> None:
        self.lows = acquisition, thompson, mean_thompson

    def told(self, x: Array) -> tuple[Array, Array, Array]:
        return x[:, 0], np.full(len(x), 0.5), self(x)

    def __call__(self, x: Array) -> Array:
        return (x[:, 0] - self.lows[0]) ** 2

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        return float((x[0] - self.lows[0]) ** 2), 2.0 * (x - self.lows[0])

    def thompson(self, x: Array, draws: Any) -> Array:
        return (x[:, 0] - self.lows[1]) ** 2

    def mean_thompson(self, x: Array, draws: Any) -> Array:
        return (x[:, 0] - self.lows[2]) ** 2


def test_a_descent_ends_at_the_lowest_point_and_not_where_it_is_worse() -> None:
    found = optimised(LINE, Bowl(), np.array([0.8]))
    assert found is not None
    assert found["x"] == pytest.approx(0.3, abs=1e-4)
    inside = optimised(FOUR, Bowl(), np.array([0.9]))
    assert inside is not None
    assert inside["x"] == 1
    steep = hb.Space(x=hb.Int(0, 1))
    assert optimised(steep, Bowl(0.45), np.array([0.45])) is None, "rounded to the space it is worse"


def suggested(**options: Any) -> tuple[float, Any]:
    table = observation_table([TrialCurve(0, (0.5,), ((1, 0.5),))], levels=(1, 3), max_resource=9)
    belief = Belief(Any, Standardisation(10.0, 2.0), table, 1, lambda _: 0.0)  # type: ignore[arg-type]  # a stand-in
    now: Any = SimpleNamespace(table=table)
    view = View(LINE, None, {key(0.5, LINE)}, (), (1, 3), 9, sign=-1.0)
    task = Task(view, AcquisitionOptions(**{"local_fraction": 0.0, **options}), belief, NOTHING_LEARNED, 1)
    found = suggest_by(Bowl(), task, now, DRAWS)
    assert found is not None
    return float(found.configuration["x"]), found.evidence


@pytest.mark.parametrize(("scoring", "low"), [("acq_func", 0.3), ("thompson", 0.6), ("thompson_indep", 0.9)])
def test_the_candidate_with_the_lowest_score_is_taken(scoring: str, low: float) -> None:
    candidates = draw_candidates(LINE, 250, Excluded((), np.zeros((0, 1))), DRAWS).x[:, 0]
    order = np.argsort(np.abs(candidates - low))
    x, said = suggested(initial_scoring=scoring)
    assert x == pytest.approx(candidates[order[0]])
    scored = [one for one in said if isinstance(one, Scored)]
    assert [one.place for one in scored] == [1, 2, 3, 4]
    shown = [float(one.configuration["x"]) for one in scored if one.configuration is not None]
    assert shown == pytest.approx(candidates[order[:4]])
    for one, at in zip(scored, shown, strict=True):
        told = dict(one.numbers)
        assert told["acquisition"] == pytest.approx((at - 0.3) ** 2)
        assert [told["mean"], told["deviation"]] == pytest.approx([-(10.0 + 2.0 * at), 1.0])
        if scoring == "acq_func":
            assert "draw" not in told
        else:
            assert told["draw"] == pytest.approx(-(10.0 + 2.0 * (at - low) ** 2))
    assert Because("it is candidate 1 of 250 by score") in said


def test_what_was_moved_downhill_is_said_with_the_candidates_it_began_among() -> None:
    x, said = suggested(skip_local_optimization=False, initial_scoring="thompson")
    assert x == pytest.approx(0.3, abs=1e-4)
    scored = [one for one in said if isinstance(one, Scored)]
    assert len(scored) == 4
    assert "draw" not in dict(scored[0].numbers)
    assert float(scored[1].configuration["x"]) == pytest.approx(0.6, abs=0.02)  # type: ignore[index]  # there is one
    assert dict(scored[1].numbers)["draw"] == pytest.approx(-10.0, abs=0.01)
    assert Because("it moved downhill from candidate 1 of 250 by score") in said
    few, _ = suggested(num_init_candidates=1)
    assert few == pytest.approx(draw_candidates(LINE, 1, Excluded((), np.zeros((0, 1))), DRAWS).x[0, 0])


def test_the_quantum_is_a_power_of_two_by_spread_and_size() -> None:
    spread = np.array([0.0, 1.0, 1.0, 5.0])
    assert quantum(spread) == 2.0**-20, "of the difference of best and median"
    assert quantum(spread * 0.75) == 2.0**-20
    assert quantum(np.array([1024.0, 1024.0, 1024.0])) == 2.0**-23, "2^-33 of the size of the best"
    assert quantum(np.array([-3.0, -3.0])) == 2.0**-31
    assert quantum(np.array([0.0, np.nan])) == quantum(np.array([np.inf])) == 0.0
    assert best_first(np.array([np.nan, 2.0, 1.0, np.inf, 1.0 + 1e-12])).tolist() == [2, 4, 1, 3, 0]


# ---- losses ----------------------------------------------------------------------------------------------------------

CURVES = (
    TrialCurve(0, (0.1, 0.5), ((1, 0.5), (3, 0.4), (9, 0.3))),
    TrialCurve(1, (0.2, 0.1), ((1, 0.2), (3, 0.6))),
    TrialCurve(2, (0.9, 0.9), ((1, 0.9),), lost=3),
    TrialCurve(3, (0.8, 0.2), (), lost=1),
    TrialCurve(4, (0.3, 0.3), ((1, 0.4),), pending=(3,)),
    TrialCurve(5, (0.95, 0.4), ((1, 0.4),), lost=3),
)


def test_fates_are_where_trials_were_lost_and_how_far_the_others_came() -> None:
    found = fates(observation_table(CURVES, levels=(1, 3), max_resource=9))
    assert dict(found.lost) == {2: 3, 3: 1, 5: 3}
    assert dict(found.reached) == {0: 9, 1: 3, 2: 1, 4: 1, 5: 1}
    assert found.trials == 6
    assert [labels.level for labels in found.labels] == [1, 3]
    one, three = found.labels
    assert sorted(zip(one.configuration.tolist(), one.y.tolist(), strict=True)) == [
        (0, 0.0), (1, 0.0), (2, 0.0), (3, 1.0), (4, 0.0), (5, 0.0)
    ]  # fmt: skip
    assert sorted(zip(three.configuration.tolist(), three.y.tolist(), strict=True)) == [
        (0, 0.0), (1, 0.0), (2, 1.0), (5, 1.0)
    ]  # fmt: skip


def test_a_coordinate_matters_as_far_as_losses_are_concentrated_there() -> None:
    everybody = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    lost = np.array([[0.9, 0.0], [0.9, 1.0]])
    pooled = (2.0 * 0.0 + 0.25) / 3.0
    assert apart(lost, everybody) == pytest.approx([np.sqrt(1.0 / pooled - 1.0 / 0.25), 0.0])


def estimate(*curves: TrialCurve) -> Survival:
    from pure_hb.surrogate import Base
    from pure_hb.surrogate.models.dense import base_process

    now, _ = made()
    inputs = evolve(now.surrogate.inputs, names=("a", "b"), warped=(True, True))

    def process(mean: float, scale: float, widths: Array) -> Any:
        return base_process(Base(), inputs, {"inverse_bandwidths": widths}, mean, scale)

    found = survival(observation_table(curves, levels=(1, 3), max_resource=9), process, np.array([1.0, 1.0]))
    assert found is not None
    return found


def test_the_chance_is_the_product_over_the_levels_that_a_trial_has_not_reached() -> None:
    found = estimate(*CURVES)
    assert [(one.level, one.least) for one in found.risks] == [(1, 1 / 8), (3, 1 / 6)]
    x = [[0.9, 0.5]] * 4
    at = points(x, 9, [-1, 4, 0, 2])
    y = [float(one.losses.mean(points([[0.9, 0.5]], 1))[0, 0]) for one in found.risks]
    passed = [min(max(1.0 - loss, one.least), 1.0) for loss, one in zip(y, found.risks, strict=True)]
    assert found.chance(at) == pytest.approx([passed[0] * passed[1], passed[1], 1.0, 0.0])


@pytest.mark.parametrize("count", [1, 6])
def test_the_prior_of_a_loss_counts_one_more_loss_and_two_more_trials(count: int) -> None:
    """Far from all labels the posterior is the prior, (losses + 1) / (trials + 2)."""
    lost = [TrialCurve(n, (0.9 + 0.01 * n, 0.5), (), lost=1) for n in range(count)]
    there = [TrialCurve(9 + n, (0.1 + 0.02 * n, 0.5), ((1, 0.5),)) for n in range(4)]
    (one,) = estimate(*lost, *there).risks
    assert one.losses.process.mean(points([[0.5, 0.5]], 1)).tolist() == pytest.approx([(count + 1) / (count + 6)])
    prior = (count + 1) / (count + 6)
    total = float(one.losses.process.variance(points([[0.5, 0.5]], 1))[0]) + float(np.min(one.losses.noise))
    assert total == pytest.approx(prior * (1.0 - prior), rel=1e-6)


def test_the_likeliest_share_and_widths_are_taken() -> None:
    """Labels that change at a cliff are explained by a narrow kernel, labels without order by noise."""
    xs = (np.arange(16) + 0.5) / 16
    everybody = np.column_stack((xs, np.full(16, 0.5)))
    cliff = Labels(1, np.arange(16), (xs > 0.5).astype(float))
    noise = Labels(1, np.arange(16), (np.arange(16) % 2).astype(float))
    of_cliff, of_noise = (risk(one, everybody, everybody, _process_of(), np.ones(2)) for one in (cliff, noise))
    assert float(np.min(of_noise.losses.noise)) == pytest.approx(0.9 * 0.25, rel=1e-6)
    assert float(np.min(of_cliff.losses.noise)) == pytest.approx(0.05 * 0.25, rel=1e-6)
    at = points([[0.05, 0.5], [0.95, 0.5]], 1)
    assert of_cliff.losses.mean(at)[:, 0] == pytest.approx([0.0, 1.0], abs=0.15)
    assert of_noise.losses.mean(at)[:, 0] == pytest.approx([0.5, 0.5], abs=0.1)


def _process_of() -> Callable[[float, float, Array], Any]:
    from pure_hb.surrogate import Base
    from pure_hb.surrogate.models.dense import base_process

    now, _ = made()
    inputs = evolve(now.surrogate.inputs, names=("a", "b"), warped=(True, True))
    return lambda mean, scale, widths: base_process(Base(), inputs, {"inverse_bandwidths": widths}, mean, scale)


def test_where_the_chance_is_at_its_floor_or_safe_it_has_no_slope() -> None:
    found = estimate(*CURVES)

    class Flat:
        def __init__(self, y: float) -> None:
            self.y = y

        def predict_and_pull(self, at: Any) -> Any:
            return SimpleNamespace(mean=np.array([[self.y]])), lambda on_mean, _: on_mean * np.array([[2.0, 3.0]])

    for y, least, chance, slope in [
        (0.95, 0.1, 0.1, [0.0, 0.0]), (0.5, 0.5, 0.5, [0.0, 0.0]), (0.0, 0.1, 1.0, [0.0, 0.0]),
        (-0.2, 0.1, 1.0, [0.0, 0.0]), (0.25, 0.1, 0.75, [-2.0, -3.0]),
    ]:  # fmt: skip
        given = evolve(found, risks=(Risk(1, least, Flat(y)),))  # type: ignore[arg-type]  # a stand-in
        value, gradient = given.with_gradient(np.array([0.5, 0.5]))
        assert value == pytest.approx(chance)
        assert gradient == pytest.approx(slope)


# ---- fits from beside ------------------------------------------------------------------------------------------------


def test_a_fit_at_the_limits_of_what_was_observed_is_taken() -> None:
    curves = [Known(n, hb.Configuration({"x": (n + 0.5) / 9}), tuple((r, n / r) for r in (1, 3, 9)[: 2 + n % 2]), None)
              for n in range(9)]  # fmt: skip
    view = View(LINE, None, (), (), (1, 3), 9, known=lambda: curves)
    _, learned = made(*curves, model="gp_independent")
    there, reached = 9 * 2 + 4, 4
    search = HyperTune()

    def said(**changes: Any) -> str | None:
        return objection(view, evolve(learned, **changes), search)

    assert said() is None
    assert said(observed=1) is said(observed=there) is None
    assert "there are 22" in str(said(observed=there + 1))
    assert said(counts=Counts(there, True, there, reached)) is said(counts=Counts(-1, False, 0, 0)) is None
    for wrong in (Counts(-2), Counts(there + 1), Counts(growths=-1), Counts(growths=there + 1)):
        assert "Counts(" in str(said(counts=wrong))
    for at_maximum in (-1, reached + 1):
        assert "4 of them at the maximum" in str(said(counts=Counts(at_maximum=at_maximum)))
    six = (Share(1, 0.5, 0.1), Share(3, 0.5, 0.1))
    assert said(theta=Theta(3, 6, six)) is said(theta=Theta(3, 9, six)) is None
    assert "from 5 values" in str(said(theta=Theta(3, 5, six)))
    assert "there are 9" in str(said(theta=Theta(3, 10, six)))
    ten = (*six[:1], Share(3, 0.25, 0.1), Share(9, 0.25, 0.1))
    assert "there are 4" in str(said(theta=Theta(9, 6, ten)))
    without = objection(
        view, evolve(learned, theta=Theta(3, 6, six)), Mobster(SurrogateOptions(model="gp_independent"))
    )
    assert "does not estimate" in str(without)


def test_what_a_fit_says_can_be_read_again() -> None:
    said = fit_said("gp_issm", 30, 20, -3.5, 40)
    assert (said.of, dict(said.numbers)) == (
        "fit of gp_issm", {"values": 30.0, "values used": 20.0, "objective": -3.5, "evaluations": 40.0}
    )  # fmt: skip
    assert objective_said((Because("x"), said)) == -3.5
    assert objective_said((Because("x"),)) is None


def test_what_is_remembered_after_nothing_was_learned() -> None:
    assert Learned() == Learned((), 0, Counts(-1, False, 0, None), None, False)
