"""Which methods are there, and what do they say to an option that is none? Setups, and the words of `SetupError`."""

import inspect
import itertools
import json
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.machine import method
from pure_hb.rungs import Promotion, Stopping
from tests.play import ERROR, LINE, SCORE

NAMES = [
    "RANDOM", "ASHA-STOP", "ASHA-PROM", "ASHA6-STOP", "HYPERBAND-STOP", "ASHA4-PROM", "HYPERBAND-PROM", "ONE-EPOCH",
    "COST-PROM",
    "RUSH-STOP", "RUSH-PROM",
    "PASHA", "MOBSTER-PASHA",
    "BOHB", "MOBSTER-JOINT", "MOBSTER-INDEP", "MOBSTER4-JOINT", "HYPERTUNE-INDEP", "HYPERTUNE4-INDEP",
    "HYPERTUNE-JOINT", "DYHPO",
]  # fmt: skip


def test_the_methods_by_the_names_that_papers_use() -> None:
    assert list(hb.METHODS) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spelled", [str.upper, str.lower, str.title])
def test_a_method_is_found_whatever_its_case(name: str, spelled: Any) -> None:
    assert method(spelled(name)) is hb.METHODS[name]


@pytest.mark.parametrize(
    ("name", "brackets", "rule"),
    [
        ("RANDOM", 1, Stopping()),
        ("ASHA-STOP", 1, Stopping()),
        ("ASHA-PROM", 1, Promotion()),
        ("ASHA6-STOP", 5, Stopping()),  # of four levels there are at most five
        ("HYPERBAND-STOP", 4, Stopping()),
        ("HYPERBAND-PROM", 4, Promotion()),
    ],
)
def test_what_a_method_makes(name: str, brackets: int, rule: object) -> None:
    setup = hb.METHODS[name](LINE, ERROR, max_resource=81)
    assert setup.levels == (() if name == "RANDOM" else (1, 3, 9, 27))
    assert (setup.brackets, setup.rule, setup.max_resource, setup.seed) == (brackets, rule, 81, 0)
    assert (setup.max_failures, setup.separate_rungs) == (3, False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ASHA", "ASHA-STOP"), ("ASHA-PROMO", "ASHA-PROM"), ("asha_prom", "ASHA-PROM"), ("hyperband", "HYPERBAND-"),
        ("Randon", "RANDOM"), ("ASHA-STOPP", "ASHA-STOP"),
    ],
)  # fmt: skip
def test_an_unknown_method_is_told_the_nearest_one_and_all(typed: str, meant: str) -> None:
    with pytest.raises(hb.SetupError) as caught:
        method(typed)
    text = str(caught.value)
    assert f"there is no method {typed!r}; did you mean {meant}" in text
    assert ", ".join(NAMES) in text


@pytest.mark.parametrize("typed", ["", "XYZ", "\x1b[31m", "🙂"])
def test_an_unknown_method_like_none_is_told_all(typed: str) -> None:
    with pytest.raises(hb.SetupError, match=f"; known: {', '.join(NAMES)}"):
        method(typed)


@pytest.mark.parametrize("method", [hb.asha, hb.hyperband])
@pytest.mark.parametrize(
    ("option", "here"),
    [
        ("max_t", "max_resource"), ("R", "max_resource"), ("max_epochs", "max_resource"), ("eta", "reduction_factor"),
        ("min_resource", "grace_period"), ("min_t", "grace_period"), ("min_iter", "grace_period"),
        ("random_seed", "seed"), ("enqueue_trial", "points_to_evaluate"), ("initial_points", "points_to_evaluate"),
        ("rung_system", "type"), ("max_trials", "Session(..., max_trials=...)"), ("timeout", "max_time"),
        ("mode", "Minimize(metric) or Maximize(metric)"), ("metric", "Minimize(metric) or Maximize(metric)"),
        ("grace_periode", "grace_period"), ("reduction_faktor", "reduction_factor"), ("bracket", "brackets"),
        ("max_resources", "max_resource"), ("types", "type"), ("max_failure", "max_failures"),
    ],
)  # fmt: skip
def test_an_option_of_another_tool_is_told_its_name_here(method: Any, option: str, here: str) -> None:
    with pytest.raises(hb.SetupError) as caught:
        method(LINE, ERROR, max_resource=9, **{option: 9})
    assert f"{method.__name__} has no option {option!r}; here it is" in str(caught.value)
    assert here in str(caught.value)


@pytest.mark.parametrize("method", [hb.random_search, hb.asha, hb.hyperband])
def test_what_is_meant_is_an_option_of_that_method(method: Any) -> None:
    """`n_startup_trials`, for example, has no counterpart in a method without a model."""
    known = set(inspect.signature(method).parameters)
    for option in ("max_t", "eta", "min_t", "n_startup_trials", "rung_system", "random_seed", "enqueue_trial"):
        with pytest.raises(hb.SetupError) as caught:
            method(LINE, ERROR, max_resource=9, **{option: 9})
        _, meant, name = str(caught.value).partition("here it is ")
        assert not meant or name in known, str(caught.value)


@pytest.mark.parametrize(
    ("method", "option", "told"),
    [
        (hb.bohb, "prior_fraction", "which is one of mobster, hyper_tune, dyhpo; the nearest here is random_fraction"),
        (hb.asha, "probability_sh", "which is one of dyhpo"),
        (hb.mobster, "num_candidates", "which is one of bohb; the nearest here is num_init_candidates"),
        (hb.dyhpo, "allow_duplicate", "here it is allow_duplicates"),
    ],
)
def test_an_option_of_another_method_is_told_whose_it_is(method: Any, option: str, told: str) -> None:
    with pytest.raises(hb.SetupError) as caught:
        method(LINE, ERROR, max_resource=9, **{option: 9})
    assert str(caught.value).removeprefix(f"{method.__name__} has no option {option!r}")[2:] == told


@pytest.mark.parametrize("method", [hb.random_search, hb.asha, hb.hyperband])
def test_max_resource_is_asked_for(method: Any) -> None:
    with pytest.raises(hb.SetupError, match=f"{method.__name__} needs max_resource.*max_resource=81"):
        method(LINE, ERROR)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_resource": 0}, ("max_resource is 0", "at least 1")),
        ({"max_resource": -9}, ("max_resource is -9",)),
        ({"max_resource": 9.0}, ("max_resource is 9.0 of type float", "positive integer")),
        ({"max_resource": True}, ("max_resource is True of type bool",)),
        ({"max_resource": "9"}, ("max_resource is '9' of type str",)),
        ({"max_resource": None}, ("max_resource is None",)),
        ({"max_resource": 1}, ("grace_period is 1, but max_resource is 1", "random_search")),
        ({"grace_period": 9}, ("grace_period is 9, but max_resource is 9", "below 9")),
        ({"grace_period": 0}, ("grace_period is 0", "at least 1")),
        ({"grace_period": 1.5}, ("grace_period is 1.5 of type float",)),
        ({"reduction_factor": 1}, ("reduction_factor is 1", "at least 2", "3 is usual")),
        ({"reduction_factor": float("nan")}, ("reduction_factor is nan",)),
        ({"reduction_factor": float("inf")}, ("reduction_factor is inf",)),
        ({"reduction_factor": "3"}, ("reduction_factor is '3'",)),
        ({"reduction_factor": True}, ("reduction_factor is True",)),
        ({"rung_increment": 0}, ("rung_increment is 0",)),
        ({"rung_levels": ()}, ("rung_levels has 0 entries", "at least two")),
        ({"rung_levels": (1,)}, ("rung_levels has 1 entries", "(1, 3)")),
        ({"rung_levels": (3, 1)}, ("increase strictly", "(1, 3)")),
        ({"rung_levels": (1, 1)}, ("increase strictly",)),
        ({"rung_levels": (1, 30)}, ("rung level 30 is above max_resource 9", "raise max_resource")),
        ({"rung_levels": (0, 3)}, ("a rung level is 0",)),
        ({"rung_levels": (1.0, 3)}, ("a rung level is 1.0 of type float",)),
        ({"rung_levels": 3}, ("rung_levels is 3",)),
        ({"rung_levels": "13"}, ("rung level",)),
        ({"brackets": 0}, ("brackets is 0",)),
        ({"brackets": 1.0}, ("brackets is 1.0",)),
        ({"type": "promote"}, ("type is 'promote'", '"promotion" or "stopping"')),
        ({"type": None}, ("type is None",)),
        ({"type": ["stopping"]}, ("type is ['stopping']",)),
        ({"seed": -1}, ("seed is -1", "at least 0")),
        ({"seed": 2**64}, ("seed is 18446744073709551616", "18446744073709551615")),
        ({"seed": 1.0}, ("seed is 1.0 of type float",)),
        ({"seed": None}, ("seed is None",)),
        ({"max_failures": 0}, ("max_failures is 0", "at least 1")),
        ({"max_failures": True}, ("max_failures is True of type bool",)),
        ({"rung_system_per_bracket": 1}, ("rung_system_per_bracket", "True or False")),
        ({"allow_duplicates": "no"}, ("allow_duplicates", "True or False")),
    ],
)
def test_an_option_out_of_range_is_told_value_limit_and_way_out(
    options: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(hb.SetupError) as caught:
        hb.asha(LINE, ERROR, **{"max_resource": 9, **options})
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("name", ["grace_period", "seed", "max_resource", "max_failures", "brackets", "rung_increment"])
def test_a_number_of_5001_digits_is_a_number_too(name: str) -> None:
    """Out of range it is a `SetupError`; where there is no limit it makes a setup that can be written."""
    make: Any = hb.asha
    try:
        setup = make(LINE, ERROR, **{"max_resource": 9, name: 10**5000})
    except hb.SetupError:
        return
    assert json.loads(json.dumps(hb.to_json(setup)))["max_resource"] == 9


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (5, ("points_to_evaluate", "5")),
        ("x", ("points_to_evaluate",)),
        ([5], ("point 0 is a int", "dictionary")),
        ([{"x": 2.0}], ("point 0, x: 2.0 is outside [0.0, 1.0]",)),
        ([{"x": "z"}], ("point 0, x: 'z' is no finite number",)),
        ([{}, {"x": float("nan")}, {"x": 7}], ("point 1, x: nan", "point 2, x: 7")),
        ([{"x": None}], ("point 0, x: None is no finite number",)),
    ],
)
def test_initial_points_that_cannot_be_used_are_listed_with_all_faults(points: Any, words: tuple[str, ...]) -> None:
    with pytest.raises((hb.SpaceError, hb.SetupError)) as caught:
        hb.asha(LINE, ERROR, max_resource=9, points_to_evaluate=points)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_misspelt_name_in_an_initial_point_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="points_to_evaluate has 'learning_rate', which the space does not"):
        setup = hb.asha(LINE, ERROR, max_resource=9, points_to_evaluate=[{"x": 0.25, "learning_rate": 1.0}])
    assert [dict(point) for point in setup.points] == [{"x": 0.25}]


@pytest.mark.parametrize("options", [{"grace_period": 2}, {"reduction_factor": 4}, {"rung_increment": 2}])
def test_options_that_do_nothing_are_a_warning(options: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match="rung_levels are given: .* do nothing"):
        assert hb.asha(LINE, ERROR, max_resource=9, rung_levels=(2, 5), **options).levels == (2, 5)


def test_a_factor_wins_over_an_increment_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="reduction_factor is given: rung_increment does nothing"):
        assert hb.asha(LINE, ERROR, max_resource=9, rung_increment=2, reduction_factor=2).levels == (1, 2, 4, 8)


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({}, (1, 3, 9, 27)),
        ({"grace_period": 3}, (3, 9, 27)),
        ({"reduction_factor": 4}, (1, 4, 16, 64)),
        ({"reduction_factor": 2.5}, (1, 2, 6, 16, 39)),
        ({"rung_increment": 27}, (1, 28, 55)),
        ({"rung_levels": (5, 10)}, (5, 10)),
        ({"rung_levels": [5, 10, 81]}, (5, 10)),
        ({"rung_levels": np.array([5, 10])}, (5, 10)),
        ({"max_resource": np.int64(9)}, (1, 3)),
    ],
)
def test_where_the_levels_are(options: dict[str, Any], levels: tuple[int, ...]) -> None:
    setup = hb.asha(LINE, ERROR, **{"max_resource": 81, **options})
    assert setup.levels == levels
    assert {type(level) for level in (*setup.levels, setup.max_resource)} == {int}


@pytest.mark.parametrize(
    ("space", "goal", "words"),
    [
        ({"x": hb.Float(0, 1)}, ERROR, ("space is", "Space(lr=")),
        (None, ERROR, ("space is None",)),
        (LINE, "error", ('write Minimize("error")', "goal is 'error'")),
        (LINE, None, ("goal is None",)),
        (LINE, hb.Minimize, ("goal is",)),
    ],
)
@pytest.mark.parametrize("method", [hb.random_search, hb.asha, hb.hyperband])
def test_space_and_goal_are_told_how_they_are_made(method: Any, space: Any, goal: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(hb.SetupError) as caught:
        method(space, goal, max_resource=9)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_doubts_question_what_looks_odd_and_nothing_else() -> None:
    assert hb.setup_notes(hb.asha(LINE, ERROR, max_resource=81)) == ()
    (many,) = hb.setup_notes(hb.asha(LINE, ERROR, max_resource=4000))
    assert "8 rung levels from 1 to 2187: is that meant?" in many
    (few,) = hb.setup_notes(hb.asha(hb.Space(x=hb.Choice(1, 2)), SCORE, max_resource=9))
    assert "only 2 configurations for 2 rung levels" in few


def test_the_plan_adds_up() -> None:
    planned = hb.plan(hb.hyperband(LINE, ERROR, max_resource=27))
    assert sum(planned.probabilities) == pytest.approx(1.0)
    assert [[(step.start, step.until) for step in steps] for steps in planned.brackets] == [
        [(0, 1), (1, 3), (3, 9), (9, 27)],
        [(0, 3), (3, 9), (9, 27)],
        [(0, 9), (9, 27)],
    ]
    for probability, steps in zip(planned.probabilities, planned.brackets, strict=True):
        assert steps[0].trials == pytest.approx(probability)
        assert all(
            after.trials == pytest.approx(before.trials * before.until / after.until)
            for before, after in itertools.pairwise(steps)
        )
    assert hb.plan(hb.random_search(LINE, ERROR, max_resource=27)).epochs_per_trial == 27.0
