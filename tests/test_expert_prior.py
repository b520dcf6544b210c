"""An expert's prior: are its candidates around the initial points, as many as asked for, and does a run gain by it?"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Because
from pure_hb.search import Mobster
from pure_hb.search.candidates import Candidates, Excluded, draw_candidates, new_candidates
from pure_hb.search.options import AcquisitionOptions
from pure_hb.search.view import View
from pure_hb.space import Configuration, dimension, encode, initial_points, match_key

SPACE = hb.Space(
    rate=hb.Float(1e-4, 1.0, log=True),
    width=hb.Int(1, 64, log=True),
    kind=hb.Choice("a", "b", "c"),
    fixed=hb.Constant(7),
)
HERE: dict[str, object] = {"rate": 0.01, "width": 8, "kind": "b"}
THERE: dict[str, object] = {"rate": 1.0, "width": 1, "kind": "a"}
DRAWS = KeyedDraws(3, 5)


def candidates(
    space: hb.Space, *points: Mapping[str, object], count: int = 4000, excluded: Excluded | None = None, **options: Any
) -> tuple[Candidates, tuple[object, ...]]:
    view = View(space, None, frozenset(), frozenset(), points=initial_points(space, points))
    nothing = Excluded((), np.zeros((0, dimension(space))))
    return new_candidates(view, count, AcquisitionOptions(**options), excluded or nothing, DRAWS)


def configurations(found: Candidates) -> list[Configuration]:
    return [found.configuration(number) for number in range(len(found.x))]


def moved(found: list[Configuration]) -> Any:
    """By what share of its range the rate of each differs from 0.01."""
    return np.log(np.array([float(one["rate"]) for one in found]) / 0.01) / np.log(1e4)


def test_without_a_prior_candidates_are_those_of_before() -> None:
    nothing = Excluded((), np.zeros((0, dimension(SPACE))))
    plain = draw_candidates(SPACE, 50, nothing, DRAWS)
    for points, fraction in (((HERE,), 0.0), ((), 0.5), ((HERE,), 0.009)):
        found, said = candidates(SPACE, *points, count=50, prior_fraction=fraction)
        assert np.array_equal(found.uniforms, plain.uniforms)
        assert said == ()


@pytest.mark.parametrize(("fraction", "around"), [(0.01, 1), (0.5, 50), (0.8, 80), (1.0, 100)])
def test_the_share_of_candidates_that_the_option_says_is_around_the_point(fraction: float, around: int) -> None:
    found, said = candidates(SPACE, HERE, count=100, prior_fraction=fraction, prior_width=0.01)
    assert len(found.x) == 100
    far = np.abs(moved(configurations(found)))
    assert (far[:around] <= 0.01).all()
    assert np.mean(far[around:] <= 0.01) < 0.1 if around < 100 else True
    assert said == (Because(f"of 100 candidates from the whole space, {around} are around the initial points"),)


@pytest.mark.parametrize("width", [0.05, 0.4])
def test_numbers_move_by_the_width_at_most_and_a_choice_is_drawn_anew_with_this_probability(width: float) -> None:
    found = configurations(candidates(SPACE, HERE, prior_fraction=1.0, prior_width=width)[0])
    far = moved(found)
    assert np.abs(far).max() <= width
    assert far.std() == pytest.approx(width / np.sqrt(6.0), rel=0.1)
    assert far.mean() == pytest.approx(0.0, abs=width / 10)
    kinds = [one["kind"] for one in found]
    assert kinds.count("b") / len(found) == pytest.approx(1 - width * 2 / 3, abs=0.03)
    assert kinds.count("a") == pytest.approx(kinds.count("c"), rel=0.4)


def test_with_the_largest_width_any_value_can_come_and_stays_in_its_range() -> None:
    found = configurations(candidates(SPACE, THERE, prior_fraction=1.0, prior_width=1.0)[0])
    rates = np.array([float(one["rate"]) for one in found])
    assert 1e-4 <= rates.min() < 3e-4
    assert rates.max() <= 1.0
    assert {one["width"] for one in found} >= {1, 2, 4, 8}
    assert min(kinds := [[one["kind"] for one in found].count(kind) for kind in "abc"]) > 0.8 * max(kinds)


def test_several_points_take_turns() -> None:
    found = configurations(candidates(SPACE, HERE, THERE, count=400, prior_fraction=1.0, prior_width=0.1)[0])
    assert all(0.003 < float(one["rate"]) < 0.03 for one in found[0::2])
    assert all(float(one["rate"]) > 0.3 for one in found[1::2])


def test_with_more_points_than_candidates_the_first_ones_count() -> None:
    line = hb.Space(x=hb.Float(0.0, 1.0))
    points = [{"x": number / 100} for number in range(100)]
    found = configurations(candidates(line, *points, count=20, prior_fraction=0.5, prior_width=0.01)[0])
    for number in range(10):
        assert float(found[number]["x"]) == pytest.approx(number / 100, abs=0.0101)


def test_where_all_around_the_point_is_tried_the_others_are_anywhere() -> None:
    line = hb.Space(n=hb.Int(0, 99))
    tried = [{"n": n} for n in range(45, 56)]
    excluded = Excluded({match_key(line, one) for one in tried}, np.array([encode(line, one) for one in tried]))
    found, said = candidates(line, {"n": 50}, count=100, excluded=excluded, prior_fraction=0.5, prior_width=0.05)
    assert len(found.x) == 100
    assert {one["n"] for one in configurations(found)}.isdisjoint(range(45, 56))
    assert said == (Because("of 100 candidates from the whole space, 0 are around the initial points"),)


# ---- in a run --------------------------------------------------------------------------------------------------------

BOWL = hb.Space(**{f"x{place}": hb.Float(0.0, 1.0) for place in range(5)})
GOAL = hb.Minimize("loss")
TOP = {f"x{place}": 0.3 + 0.1 * place for place in range(5)}


def bowl(config: Mapping[str, Any], resource: int) -> float:
    return sum((float(config[name]) - top) ** 2 for name, top in TOP.items()) + 1.0 / resource


def suggested(method: str, point: Mapping[str, float], **options: Any) -> tuple[list[float], list[str]]:
    """The values at the end of what a run suggests, and what is said of candidates."""
    setup = hb.METHODS[method](
        BOWL, GOAL, max_resource=9, seed=1, points_to_evaluate=[point], opt_maxiter=20, opt_nstarts=2, **options
    )
    found: list[float] = []
    said: list[str] = []

    def note(_: float, __: hb.Event, action: hb.Action) -> None:
        if isinstance(action, hb.Start):
            found.append(bowl(action.config, 9))
            texts = [one.text for one in action.evidence if isinstance(one, Because)]
            said.extend(text for text in texts if text.endswith("are around the initial points"))

    hb.simulate(hb.problem(bowl, BOWL, GOAL, 9), setup, workers=4, max_time=40, record=note)
    return found, said


@pytest.mark.parametrize("method", ["MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO"])
def test_a_point_near_the_best_leads_the_search_to_better_suggestions(method: str) -> None:
    near = {name: top + 0.05 for name, top in TOP.items()}
    with_prior, said = suggested(method, near, prior_fraction=0.5, prior_width=0.3)
    without, nothing = suggested(method, near)
    assert (len(nothing), len(said) > 5) == (0, True)
    assert np.median(with_prior[7:]) < 0.8 * np.median(without[7:])


def test_every_decision_with_a_prior_can_be_made_again() -> None:
    setup = hb.mobster(
        SPACE, GOAL, max_resource=9, seed=2, points_to_evaluate=[HERE, THERE], prior_fraction=0.5, opt_nstarts=2
    )
    problem = hb.problem(lambda config, resource: float(config["rate"]) + 1.0 / resource, SPACE, GOAL, 9)
    state, asked = hb.initial(setup), []

    def note(_: float, event: hb.Event, action: hb.Action) -> None:
        asked.append((event, action))

    hb.simulate(problem, setup, workers=2, max_time=30, record=note)
    for event, action in asked:
        assert hb.choose(state, event) == action
        state = hb.advance(state, event, action)
    assert sum(isinstance(action, hb.Start) for _, action in asked) > 10


# ---- what it is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"prior_fraction": 0.5}, "candidates are drawn around the middle of the space; give your points"),
        ({"prior_fraction": 0.5, "points_to_evaluate": []}, "points_to_evaluate is empty"),
        ({"prior_width": 0.1, "points_to_evaluate": [HERE]}, "prior_fraction is 0; use prior_fraction=0.5"),
    ],
)
@pytest.mark.parametrize("make", [hb.mobster, hb.hyper_tune, hb.dyhpo])
def test_a_prior_that_is_nobodys_is_warned_of(make: Any, options: dict[str, Any], told: str) -> None:
    with pytest.warns(UserWarning, match=told):
        make(SPACE, GOAL, max_resource=9, **options)


@pytest.mark.filterwarnings("error")
def test_a_prior_with_points_is_taken_in_silence() -> None:
    setup = hb.mobster(SPACE, GOAL, max_resource=9, points_to_evaluate=[HERE], prior_fraction=0.5, prior_width=0.2)
    assert isinstance(setup.search, Mobster)
    options = setup.search.acquisition
    assert (options.prior_fraction, options.prior_width) == (0.5, 0.2)
