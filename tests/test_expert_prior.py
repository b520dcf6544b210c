"""An expert's prior: are its candidates around the initial points, as many as asked for, and does a run gain by it?"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Because, Drawn
from pure_hb.search import Mobster
from pure_hb.search.candidates import Candidates, Excluded, draw_candidates
from pure_hb.search.options import AcquisitionOptions
from pure_hb.search.prior import new_candidates
from pure_hb.search.view import View
from pure_hb.space import Configuration, dimension, encode, gap, initial_points, match_key, uniform_of

SPACE = hb.Space(
    rate=hb.Float(1e-4, 1.0, log=True),
    width=hb.Int(1, 64, log=True),
    kind=hb.Choice("a", "b", "c"),
    fixed=hb.Constant(7),
)
HERE: dict[str, object] = {"rate": 0.01, "width": 8, "kind": "b"}
THERE: dict[str, object] = {"rate": 1.0, "width": 1, "kind": "a"}


def candidates(
    space: hb.Space, *points: Mapping[str, object], count: int = 4000, clock: int = 5, tried: Any = (), **options: Any
) -> Candidates:
    known = np.array([encode(space, one) for one in tried]).reshape(-1, dimension(space))
    excluded = Excluded({match_key(space, one) for one in tried}, known)
    view = View(space, None, frozenset(), frozenset(), points=initial_points(space, points))
    return new_candidates(view, count, AcquisitionOptions(**options), excluded, KeyedDraws(3, clock))


def configurations(found: Candidates) -> list[Configuration]:
    return [found.configuration(number) for number in range(len(found.x))]


def moved(found: list[Configuration]) -> Any:
    """By what share of its range the rate of each differs from 0.01."""
    return np.log(np.array([float(one["rate"]) for one in found]) / 0.01) / np.log(1e4)


def test_without_a_prior_candidates_are_those_of_before() -> None:
    plain = draw_candidates(SPACE, 50, Excluded((), np.zeros((0, dimension(SPACE)))), KeyedDraws(3, 5))
    for found in (
        candidates(SPACE, HERE, count=50),
        candidates(SPACE, count=50, prior_fraction=0.5),
        candidates(SPACE, HERE, count=50, prior_fraction=0.5, prior_parameters=()),
    ):
        assert np.array_equal(found.uniforms, plain.uniforms)
        assert (found.around, found.said, found.believed(0)) == (None, (), False)


@pytest.mark.parametrize(
    ("fraction", "count", "around"), [(0.001, 100, 1), (0.5, 100, 50), (0.8, 100, 80), (1.0, 100, 100), (0.2, 1, 1)]
)
def test_the_share_of_candidates_that_the_option_says_is_around_the_point(
    fraction: float, count: int, around: int
) -> None:
    found = candidates(SPACE, HERE, count=count, prior_fraction=fraction, prior_width=0.01)
    far = np.abs(moved(configurations(found)))
    assert len(far) == count
    assert (far[:around] <= 0.01).all()
    assert np.count_nonzero(far[around:] <= 0.01) < 10
    assert [found.believed(number) for number in range(count)] == [number < around for number in range(count)]
    assert found.said == (Because(f"{around} of {count} candidates are around the initial points"),)


@pytest.mark.parametrize("width", [0.05, 0.4])
def test_numbers_move_by_the_width_at_most_and_a_choice_is_drawn_anew_with_this_probability(width: float) -> None:
    found = configurations(candidates(SPACE, HERE, prior_fraction=1.0, prior_width=width))
    far = moved(found)
    assert np.abs(far).max() <= width
    assert far.std() == pytest.approx(width / np.sqrt(6.0), rel=0.1)
    assert far.mean() == pytest.approx(0.0, abs=width / 10)
    kinds = [one["kind"] for one in found]
    assert kinds.count("b") / len(found) == pytest.approx(1 - width * 2 / 3, abs=0.03)
    assert kinds.count("a") == pytest.approx(kinds.count("c"), rel=0.4)


def test_with_the_largest_width_any_value_can_come_and_stays_in_its_range() -> None:
    found = configurations(candidates(SPACE, THERE, prior_fraction=1.0, prior_width=1.0))
    rates = np.array([float(one["rate"]) for one in found])
    assert 1e-4 <= rates.min() < 3e-4
    assert rates.max() <= 1.0
    assert {one["width"] for one in found} >= {1, 2, 4, 8}
    assert min(kinds := [[one["kind"] for one in found].count(kind) for kind in "abc"]) > 0.8 * max(kinds)


FEW: list[tuple[hb.Int | hb.Ordinal | hb.Finite, list[Any]]] = [
    (hb.Int(0, 1), [0, 1]),
    (hb.Int(1, 2, log=True), [1, 2]),
    (hb.Int(1, 3, log=True), [1, 2, 3]),
    (hb.Int(1, 5), [1, 2, 3, 4, 5]),
    (hb.Ordinal("s", "m", "l"), ["s", "m", "l"]),
    (hb.Ordinal(1, 10, 100), [1, 10, 100]),
    (hb.Ordinal(1, 10, 1000, kind="nn-log"), [1, 10, 1000]),
    (hb.Finite(0.0, 1.0, 3), [0.0, 0.5, 1.0]),
]


@pytest.mark.parametrize(("domain", "values"), FEW, ids=lambda one: str(one))
def test_a_neighbouring_value_is_never_too_far(domain: Any, values: list[Any]) -> None:
    space = hb.Space(n=domain)
    for place, value in enumerate(values):
        found = [
            one["n"] for one in configurations(candidates(space, {"n": value}, prior_fraction=1.0, prior_width=0.01))
        ]
        neighbours = values[max(place - 1, 0) : place + 2]
        assert set(found) <= set(neighbours)
        assert len(set(found)) > 1, f"{value} is all that comes"
        assert found.count(value) > 0.5 * len(found)


def test_how_far_the_next_value_is() -> None:
    for domain, values in FEW:
        places = [uniform_of(domain, value) for value in values]
        for value, here in zip(values, places, strict=True):
            assert gap(domain, value) == min(abs(there - here) for there in places if there != here)
    alone: list[tuple[Any, Any]] = [(hb.Float(0.0, 1.0), 0.5), (hb.Choice("a", "b"), "a"), (hb.Int(3, 3), 3)]
    for lonely, value in (*alone, (hb.Finite(2.0, 2.0, 1), 2.0), (hb.Constant(7), 7)):
        assert gap(lonely, value) == 0.0


def test_several_points_take_turns_from_another_one_each_time() -> None:
    begins = set()
    for clock in range(12):
        found = candidates(SPACE, HERE, THERE, count=40, clock=clock, prior_fraction=1.0, prior_width=0.1)
        near = [float(one["rate"]) > 0.3 for one in configurations(found)]
        assert near[0::2] == [near[0]] * 20
        assert near[1::2] == [not near[0]] * 20
        begins.add(near[0])
    assert begins == {False, True}


def test_with_more_points_than_candidates_all_of_them_count_in_time() -> None:
    line = hb.Space(x=hb.Float(0.0, 1.0))
    points = [{"x": number / 100} for number in range(100)]
    seen = set()
    for clock in range(30):
        found = candidates(line, *points, count=20, clock=clock, prior_fraction=0.5, prior_width=0.01)
        first = round(float(found.configuration(0)["x"]) * 100)
        for number in range(10):
            there = (first + number) % 100 / 100
            assert float(found.configuration(number)["x"]) == pytest.approx(there, abs=0.0251)
        seen.add(first)
    assert max(seen) > 80
    assert min(seen) < 20


def test_a_parameter_that_the_expert_does_not_know_is_drawn_anywhere() -> None:
    found = configurations(candidates(SPACE, HERE, prior_fraction=1.0, prior_width=0.05, prior_parameters=("width",)))
    assert {one["width"] for one in found} <= {6, 7, 8, 9, 10}
    rates = moved(found)
    assert np.quantile(rates, [0.05, 0.95]) == pytest.approx([-0.45, 0.45], abs=0.03)
    assert min(kinds := [[one["kind"] for one in found].count(kind) for kind in "abc"]) > 0.8 * max(kinds)


def test_what_is_excluded_is_drawn_again_and_where_nothing_is_left_others_are_anywhere() -> None:
    line = hb.Space(n=hb.Int(0, 99))
    some, all_around = ([{"n": n} for n in range(low, 56)] for low in (51, 45))
    found = candidates(line, {"n": 50}, count=100, tried=some, prior_fraction=0.5, prior_width=0.05)
    assert found.around == range(50)
    assert {one["n"] for one in configurations(found)[:50]} <= set(range(45, 51))
    found = candidates(line, {"n": 50}, count=100, tried=all_around, prior_fraction=0.5, prior_width=0.05)
    assert len(found.x) == 100
    assert {one["n"] for one in configurations(found)}.isdisjoint(range(45, 56))
    assert found.said == (Because("0 of 100 candidates are around the initial points"),)


# ---- in a run --------------------------------------------------------------------------------------------------------

BOWL = hb.Space(**{f"x{place}": hb.Float(0.0, 1.0) for place in range(5)})
GOAL = hb.Minimize("loss")
TOP = {f"x{place}": 0.3 + 0.1 * place for place in range(5)}


def bowl(config: Mapping[str, Any], resource: int) -> float:
    return sum((float(config[name]) - top) ** 2 for name, top in TOP.items()) + 1.0 / resource


def suggested(method: str, point: Mapping[str, float], **options: Any) -> tuple[list[float], list[str]]:
    """The values at the end of what a run suggests, and what is said of candidates and of their choice."""
    setup = hb.METHODS[method](
        BOWL, GOAL, max_resource=9, seed=1, points_to_evaluate=[point], opt_maxiter=20, opt_nstarts=2, **options
    )
    found: list[float] = []
    said: list[str] = []

    def note(_: float, __: hb.Event, action: hb.Action) -> None:
        if isinstance(action, hb.Start):
            found.append(bowl(action.config, 9))
            said.extend(one.text for one in action.evidence if isinstance(one, Because))
            said.extend(
                one.selected for one in action.evidence if isinstance(one, Drawn) and one.purpose == "candidates"
            )

    hb.simulate(hb.problem(bowl, BOWL, GOAL, 9), setup, workers=4, max_time=40, record=note)
    return found, [text for text in said if "around the initial points" in text]


@pytest.mark.parametrize("method", ["MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO"])
def test_a_point_near_the_best_leads_the_search_to_better_suggestions(method: str) -> None:
    near = {name: top + 0.05 for name, top in TOP.items()}
    with_prior, said = suggested(method, near, prior_fraction=0.5, prior_width=0.3)
    without, nothing = suggested(method, near)
    assert nothing == []
    candidates = "10 of 20" if method == "DYHPO" else "125 of 250"
    assert f"{candidates} candidates are around the initial points" in said
    assert any("one of those around the initial points" in text for text in said)
    assert ("around the initial points and anywhere" in said) == (method != "DYHPO")
    assert np.median(with_prior[7:]) < 0.8 * np.median(without[7:])


def test_every_decision_with_a_prior_can_be_made_again() -> None:
    setup = hb.mobster(
        SPACE, GOAL, max_resource=9, seed=2, points_to_evaluate=[HERE, THERE], prior_fraction=0.5, opt_nstarts=2
    )
    problem = hb.problem(lambda config, resource: float(config["rate"]) + 1.0 / resource, SPACE, GOAL, 9)
    state = hb.initial(setup)
    asked: list[tuple[hb.Event, hb.Action]] = []

    def note(_: float, event: hb.Event, action: hb.Action) -> None:
        asked.append((event, action))

    hb.simulate(problem, setup, workers=2, max_time=30, record=note)
    for event, action in asked:
        assert hb.choose(state, event) == action
        state = hb.advance(state, event, action)
    assert sum(isinstance(action, hb.Start) for _, action in asked) > 10


# ---- what it is told -------------------------------------------------------------------------------------------------

METHODS = pytest.mark.parametrize("make", [hb.mobster, hb.hyper_tune, hb.dyhpo])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"prior_fraction": 0.5}, "prior_fraction is 0.5, but changes nothing: there are no points_to_evaluate"),
        ({"prior_fraction": 0.5, "points_to_evaluate": []}, "there are no points_to_evaluate"),
        ({"prior_fraction": 0.5, "points_to_evaluate": [{}]}, "no parameter is known; name one in points_to_evaluate"),
        ({"prior_width": 0.1, "points_to_evaluate": [HERE]}, "prior_fraction is 0; use prior_fraction=0.5"),
        ({"prior_parameters": ["rate"], "points_to_evaluate": [HERE]}, "prior_fraction is 0; use prior_fraction=0.5"),
    ],
)
@METHODS
def test_a_prior_that_is_nobodys_is_warned_of(make: Any, options: dict[str, Any], told: str) -> None:
    with pytest.warns(UserWarning, match=told):
        make(SPACE, GOAL, max_resource=9, **options)


@pytest.mark.filterwarnings("error")
@METHODS
def test_what_the_points_name_is_what_the_expert_knows(make: Any) -> None:
    def known(*points: dict[str, object], **options: Any) -> Any:
        setup = make(
            SPACE, GOAL, max_resource=9, points_to_evaluate=points, prior_fraction=0.5, prior_width=0.2, **options
        )
        assert hb.from_json(hb.to_json(setup), hb.Setup) == setup
        return setup.search.acquisition.prior_parameters

    assert known(HERE) is None, "all"
    assert known({"rate": 0.1}) == ("rate",)
    assert known({"width": 4}, {"rate": 0.1}) == ("rate", "width")
    assert known(HERE, prior_parameters=["kind"]) == ("kind",)


@pytest.mark.filterwarnings("ignore:.*prior_fraction")
@pytest.mark.parametrize("points", [3, np.zeros((2, 2)), {"rate": 0.1}, "rate", [3], [[0.1]], [{"rate": "fast"}]])
@METHODS
def test_points_that_cannot_be_are_refused_as_without_a_prior(make: Any, points: Any) -> None:
    said = []
    for options in ({}, {"prior_fraction": 0.5}):
        with pytest.raises(hb.SpaceError) as caught:
            make(SPACE, GOAL, max_resource=9, points_to_evaluate=points, **options)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_a_prior_is_an_option_of_the_acquisition() -> None:
    setup = hb.mobster(SPACE, GOAL, max_resource=9, points_to_evaluate=[HERE], prior_fraction=0.5, prior_width=0.2)
    assert isinstance(setup.search, Mobster)
    options = setup.search.acquisition
    assert (options.prior_fraction, options.prior_width, options.prior_parameters) == (0.5, 0.2, None)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["speed"], "prior_parameters has 'speed'; parameters to search are rate, width, kind"),
        (["fixed"], "prior_parameters has 'fixed'"),
        ("rate", "prior_parameters is 'rate'; it is a list of names"),
        ([1], "prior_parameters has 1"),
        (3, "prior_parameters is 3; it is a list of names"),
    ],
)
@METHODS
def test_names_that_cannot_be_are_refused(make: Any, given: Any, told: str) -> None:
    with pytest.raises(hb.SetupError, match=told):
        make(SPACE, GOAL, max_resource=9, points_to_evaluate=[HERE], prior_fraction=0.5, prior_parameters=given)
