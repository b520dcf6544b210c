"""Does a `Setup` refuse parts that do not fit, and say what is odd?"""

from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.machine.setup import setup_notes
from pure_hb.rungs.rules import BestOfFirst, RushPromotion, RushStopping
from pure_hb.search import DyHPO, RandomSearch

SETUP = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=27, rung_levels=(1, 3, 9))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed .*at least 0"),
        ({"max_failures": 0}, "max_failures .*at least 1"),
        ({"levels": (), "max_resource": 0}, "max_resource .*at least 1"),
        ({"space": {"x": 1}}, r"space is a dict; make one: Space\("),
        ({"goal": "error"}, r'goal is \'error\'; write Minimize\("error"\) or Maximize'),
        ({"goal": None}, r'goal is None; write Minimize\("validation_error"\)'),
        ({"levels": (1, 9, 3)}, r"levels \(1, 9, 3\) do not increase strictly below max_resource 27"),
        ({"levels": (1, 1, 3)}, r"levels \(1, 1, 3\) do not increase"),
        ({"levels": (0, 1, 3)}, r"levels \(0, 1, 3\) do not increase"),
        ({"levels": (1, 3, 27)}, r"levels \(1, 3, 27\) do not increase"),
        ({"brackets": 5}, "5 brackets need at least 4 levels, got"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(hb.SetupError, match=message):
        evolve(SETUP, **change)


@pytest.mark.parametrize("brackets", [1, 2, 3, 4])
def test_there_may_be_one_bracket_more_than_levels(brackets: int) -> None:
    assert evolve(SETUP, brackets=brackets).brackets == brackets


@pytest.mark.parametrize(("levels", "odd"), [(7, False), (8, True)])
def test_many_levels_are_odd(levels: int, odd: bool) -> None:
    setup = evolve(SETUP, levels=tuple(range(1, levels + 1)))
    question = f"{levels} rung levels from 1 to {levels}: is that meant?"
    assert [found.startswith(question) for found in setup_notes(setup)] == [True] * odd


@pytest.mark.parametrize(("configurations", "odd"), [(26, True), (27, False)])
def test_a_space_too_small_for_its_levels_is_odd(configurations: int, odd: bool) -> None:
    setup = evolve(SETUP, space=hb.Space(n=hb.Int(1, configurations)), points=())
    expected = (f"The space has only {configurations} configurations for 3 rung levels.",) * odd
    assert setup_notes(setup) == expected
    assert setup_notes(evolve(setup, levels=())) == ()


# ---- the named methods ---------------------------------------------------------------------------------------------

LINE, ERROR = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error")
MAKES = (hb.random_search, hb.asha, hb.hyperband, hb.one_epoch, hb.bohb, hb.mobster, hb.hyper_tune, hb.dyhpo)


@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)
def test_what_is_not_given_is_as_documented(make: Any) -> None:
    setup = make(LINE, ERROR, max_resource=9)
    assert (setup.seed, setup.max_failures, setup.max_resource, setup.separate_rungs) == (0, 3, 9, False)
    assert not isinstance(setup.search, RandomSearch) or not setup.search.allow_duplicates
    given = make(LINE, ERROR, max_resource=9, seed=7, max_failures=1)
    assert (given.seed, given.max_failures) == (7, 1)


@pytest.mark.parametrize("make", [hb.random_search, hb.asha, hb.hyperband, hb.one_epoch])
def test_duplicates_are_allowed_where_that_is_said(make: Any) -> None:
    search = make(LINE, ERROR, max_resource=9, allow_duplicates=True).search
    assert isinstance(search, RandomSearch)
    assert search.allow_duplicates


@pytest.mark.parametrize(("given", "brackets"), [(None, 3), (1, 1), (2, 2), (4, 4), (9, 4)])
def test_hyperband_has_as_many_brackets_as_levels_unless_it_is_told(given: int | None, brackets: int) -> None:
    assert hb.hyperband(LINE, ERROR, max_resource=27, brackets=given).brackets == brackets


@pytest.mark.parametrize(
    ("space", "options", "entries"),
    [
        (LINE, {}, 100),
        (hb.Space(n=hb.Int(1, 5)), {}, 5),
        (hb.Space(n=hb.Int(1, 5)), {"num_trials": 3}, 3),
        (hb.Space(n=hb.Int(1, 5)), {"allow_duplicates": True}, 100),
    ],
)
def test_one_epoch_takes_no_more_than_there_are(space: hb.Space, options: dict[str, Any], entries: int) -> None:
    assert hb.one_epoch(space, ERROR, max_resource=9, **options).rule == BestOfFirst(entries, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"brackets": 2}, "dyhpo has one bracket: all trials compete with each other; leave brackets out"),
        ({"rung_system_per_bracket": True}, "dyhpo has one bracket"),
        ({"type": "stopping"}, "type is 'stopping', but dyhpo pauses trials at every level; its type is \"promotion\""),
    ],
)
def test_dyhpo_refuses_what_it_is_not(options: dict[str, Any], message: str) -> None:
    with pytest.raises(hb.SetupError, match=message):
        hb.dyhpo(LINE, ERROR, max_resource=9, **options)


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({}, (1, 3, 5, 7)),
        ({"rung_increment": 4}, (1, 5)),
        ({"reduction_factor": 3}, (1, 3)),
        ({"rung_levels": (2, 4)}, (2, 4)),
    ],
)
def test_the_levels_of_dyhpo_are_linear_unless_it_is_told(options: dict[str, Any], levels: tuple[int, ...]) -> None:
    assert hb.dyhpo(LINE, ERROR, max_resource=9, **options).levels == levels


def test_bohb_needs_as_many_good_points_as_parameters() -> None:
    plane = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(0.0, 1.0), fixed=hb.Constant(3))
    hb.bohb(plane, ERROR, max_resource=9, num_min_data_points=2)
    with pytest.raises(hb.SetupError, match="num_min_data_points is 1, below the number of parameters, 2"):
        hb.bohb(plane, ERROR, max_resource=9, num_min_data_points=1)


WITH_LEVELS = tuple(make for make in MAKES if make not in (hb.random_search, hb.one_epoch))


@pytest.mark.parametrize(
    ("makes", "options", "words"),
    [
        (MAKES, {"points_to_evaluate": [{"x": 0.5, "y": 1.0}]}, "has 'y', which the space does not"),
        (WITH_LEVELS, {"rung_levels": (1, 3), "reduction_factor": 3}, "rung_levels are given: grace_period"),
        (WITH_LEVELS, {"reduction_factor": 3, "rung_increment": 2}, "reduction_factor is given: rung_increment"),
    ],
)
def test_warnings_point_at_the_line_that_makes_the_method(makes: Any, options: dict[str, Any], words: str) -> None:
    for make in makes:
        with pytest.warns(UserWarning, match=words) as found:
            make(LINE, ERROR, max_resource=9, **options)
        assert [warning.filename for warning in found] == [__file__], make.__name__


def test_the_numbers_in_names_are_numbers_of_brackets() -> None:
    for name, make in hb.METHODS.items():
        number = next((int(sign) for sign in name if sign.isdigit()), None)
        brackets = make(LINE, ERROR, max_resource=3**8).brackets
        assert brackets == (number or (8 if name.startswith("HYPERBAND") else 1)), name


def test_rush_trusts_the_points_that_are_given() -> None:
    points = [{"x": 0.25}, {"x": 0.5}]
    assert hb.METHODS["RUSH-STOP"](LINE, ERROR, max_resource=9).rule == RushStopping(0)
    assert hb.METHODS["RUSH-STOP"](LINE, ERROR, max_resource=9, points_to_evaluate=points).rule == RushStopping(2)
    assert hb.METHODS["RUSH-PROM"](LINE, ERROR, max_resource=9, points_to_evaluate=points).rule == RushPromotion(2)
    assert hb.METHODS["RUSH-PROM"](LINE, ERROR, max_resource=9, points_to_evaluate=[]).rule == RushPromotion(0)


def test_dyhpo_fits_every_third_time_unless_it_is_told() -> None:
    make: Any = hb.dyhpo
    for options, period in (({}, 3), ({"opt_skip_period": 1}, 1)):
        search = make(LINE, ERROR, max_resource=9, **options).search
        assert isinstance(search, DyHPO)
        assert search.surrogate.opt_skip_period == period


def test_a_plan_says_who_trains_how_far() -> None:
    found = hb.plan(hb.asha(LINE, ERROR, max_resource=9))
    (steps,) = found.brackets
    assert [(step.start, step.until) for step in steps] == [(0, 1), (1, 3), (3, 9)]
    assert [step.trials for step in steps] == pytest.approx([1, 1 / 3, 1 / 9])
    assert [step.epochs for step in steps] == pytest.approx([1, 2 / 3, 6 / 9])
    assert found.epochs_per_trial == pytest.approx(1 + 2 / 3 + 6 / 9)


@pytest.mark.parametrize("make", [hb.mobster, hb.hyper_tune])
def test_independent_processes_have_no_next_resource(make: Any) -> None:
    options: dict[str, Any] = {"max_resource": 9, "register_pending_myopic": True}
    with pytest.raises(hb.SetupError, match=r'leave it out, or use model="gp_multitask"') as refused:
        make(LINE, ERROR, model="gp_independent", **options)
    assert "register_pending_myopic is True, but gp_independent has no process" in str(refused.value)
    assert make(LINE, ERROR, model="gp_multitask", **options).search.surrogate.register_pending_myopic
    assert not make(LINE, ERROR, max_resource=9, model="gp_independent").search.surrogate.register_pending_myopic


@pytest.mark.parametrize("bandwidth", [1.5, 1 + 1e-9, 1e9, float("inf"), 0.0, float("nan"), True])
def test_a_bandwidth_is_at_most_a_probability(bandwidth: Any) -> None:
    with pytest.raises(hb.SetupError, match=r"min_bandwidth is .*; it is a number from 1e-09 to 1"):
        hb.bohb(LINE, ERROR, max_resource=9, min_bandwidth=bandwidth)
    assert hb.bohb(LINE, ERROR, max_resource=9, min_bandwidth=1).search == hb.search.DensitySearch(min_bandwidth=1.0)
