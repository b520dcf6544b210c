"""Candidates near the best: are they near, new and of the space, and does a search draw them as often as it says?"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.draws import KeyedDraws, Purpose
from pure_hb.protocol import NOTHING_LEARNED, Drawn
from pure_hb.search.candidates import Excluded, near_candidates
from pure_hb.search.mobster import Task, best_known, candidates_of
from pure_hb.search.options import AcquisitionOptions
from pure_hb.search.view import View
from pure_hb.space import Configuration, Value, draw_value, encode, match_key, uniform_of
from pure_hb.surrogate import TrialCurve, observation_table

SPACE = hb.Space(
    rate=hb.Float(1e-4, 1.0, log=True),
    width=hb.Int(1, 64, log=True),
    share=hb.Finite(0.0, 1.0, 101),
    kind=hb.Choice("a", "b", "c"),
    fixed=hb.Constant(7),
)
HERE: dict[str, Value] = {"rate": 0.01, "width": 8, "share": 0.5, "kind": "b", "fixed": 7}
THERE: dict[str, Value] = {"rate": 1.0, "width": 1, "share": 0.0, "kind": "a", "fixed": 7}
NOTHING = Excluded((), np.zeros((0, 6)))
DRAWS = KeyedDraws(3, 5)


def near(count: int, *around: Mapping[str, Value], excluded: Excluded = NOTHING, seed: int = 0) -> list[Configuration]:
    found = near_candidates(SPACE, count, around, excluded, KeyedDraws(seed, 1))
    made = [found.configuration(number) for number in range(len(found.x))]
    for one, x in zip(made, found.x, strict=True):
        assert np.allclose(encode(SPACE, one), x, atol=1e-9)
    return made


def test_each_parameter_is_changed_half_of_the_time_and_a_choice_once_in_four() -> None:
    made = near(4000, HERE)
    changed = {name: np.mean([one[name] != pytest.approx(HERE[name]) for one in made]) for name in ("rate", "share")}
    assert changed == {"rate": pytest.approx(0.5, abs=0.03), "share": pytest.approx(0.47, abs=0.03)}
    kinds = [one["kind"] for one in made]
    assert kinds.count("b") / 4000 == pytest.approx(1 - 0.25 * 2 / 3, abs=0.03)
    assert kinds.count("a") == pytest.approx(kinds.count("c"), rel=0.25)
    assert {one["fixed"] for one in made} == {7}


def test_it_moves_by_half_of_the_range_at_most_and_widths_take_turns() -> None:
    steps = np.array([np.log(float(one["rate"]) / 0.01) / np.log(1e4) for one in near(4000, HERE)])
    for turn, width in enumerate((0.5, 0.25, 0.1, 0.05)):
        of_turn = steps[turn::4]
        assert np.abs(of_turn).max() <= width
        moved = of_turn[np.abs(of_turn) > 1e-9]
        assert moved.std() == pytest.approx(width / np.sqrt(6.0), rel=0.1)
        assert moved.mean() == pytest.approx(0.0, abs=width / 10)


def test_at_an_end_of_its_range_a_number_is_reflected() -> None:
    made = near(4000, THERE)
    shares, rates = (np.array([float(one[name]) for one in made]) for name in ("share", "rate"))
    assert 0.3 < shares.max() <= 0.5
    assert np.mean(shares == 0.0) == pytest.approx(0.56, abs=0.04), "unchanged ones, and small steps"
    assert rates.max() == pytest.approx(1.0)
    assert 0.01 <= rates.min() < 0.1
    assert {one["width"] for one in made} >= {1, 2, 3, 4}


@pytest.mark.parametrize("domain", [hb.Int(1, 64, log=True), hb.Int(1, 3, log=True), hb.Int(-2, 5), hb.Int(4, 4)])
def test_every_integer_is_selected_by_its_uniform_number(domain: hb.Int) -> None:
    for value in range(domain.low, domain.high + 1):
        assert draw_value(domain, uniform_of(domain, value)) == value


def test_a_constant_has_no_uniform_number() -> None:
    with pytest.raises(ValueError, match="a constant is not drawn"):
        uniform_of(hb.Constant(7), 7)


def test_parents_take_turns() -> None:
    made = near(400, HERE, THERE)
    shares = np.array([float(one["share"]) for one in made])
    assert np.median(shares[0::2]) == pytest.approx(0.5, abs=0.05)
    assert np.median(shares[1::2]) < 0.1


def test_what_is_excluded_is_left_out() -> None:
    space = hb.Space(n=hb.Int(1, 3))
    keys = {match_key(space, {"n": n}) for n in (1, 2)}
    known = Excluded(keys, np.array([encode(space, {"n": n}) for n in (1, 2)]))
    found = near_candidates(space, 100, [{"n": 2}], known, DRAWS)
    assert 0 < len(found.x) < 50
    assert {found.configuration(number)["n"] for number in range(len(found.x))} == {3}
    everything = Excluded({*keys, match_key(space, {"n": 3})}, np.array([encode(space, {"n": n}) for n in (1, 2, 3)]))
    none = near_candidates(space, 100, [{"n": 2}], everything, DRAWS)
    assert none.x.shape == (0, 1)


def test_they_are_a_function_of_the_draws() -> None:
    assert near(50, HERE, THERE) == near(50, HERE, THERE) != near(50, HERE, THERE, seed=1)


# ---- as a step of a suggestion ---------------------------------------------------------------------------------------

LINE = hb.Space(x=hb.Float(0.0, 1.0))
AT = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9)


def task(fraction: float, count: int = 250) -> Task:
    """Eight trials at level 1, of which three reached level 3; the posterior mean is least at 0.6."""
    curves = [TrialCurve(number, (x,), ((1, x), (3, x)) if x > 0.5 else ((1, x),)) for number, x in enumerate(AT)]
    table = observation_table(curves, levels=(1, 3), max_resource=9)
    posterior = SimpleNamespace(mean=lambda at: np.abs(at.x - 0.62) + 0.0 * at.resource[:, None])
    belief: Any = SimpleNamespace(rows=table, posterior=posterior)
    view = View(LINE, None, frozenset(), frozenset(), (1, 3), 9)
    options = AcquisitionOptions(local_fraction=fraction, num_init_candidates=count)
    return Task(view, options, belief, NOTHING_LEARNED, 3)


def test_the_best_known_are_those_with_the_smallest_means_at_the_level() -> None:
    assert [one["x"] for one in best_known(task(0.2))] == [0.6, 0.7, 0.9], "only three were seen at level 3"


@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.6, 1.0])
def test_four_of_five_candidates_are_near_as_often_as_the_option_says(fraction: float) -> None:
    asked, often = task(fraction), 0
    for clock in range(100):
        draws = KeyedDraws(0, clock)
        found, said = candidates_of(asked, Excluded((), np.zeros((0, 1))), draws)
        assert len(found.x) == 250
        coin = draws.uniform(Purpose.NEARBY)
        often += coin < fraction
        told = "200 of 250 near the best 3 that are known" if coin < fraction else "anywhere"
        assert said == ((Drawn("candidates", coin, told),) if fraction else ())
        close = np.mean(np.abs(found.x[:, :1] - np.array([[0.6, 0.7, 0.9]])).min(axis=1) < 0.05)
        assert (close > 0.6) == (coin < fraction), "anywhere it is a quarter"
    assert often == pytest.approx(100 * fraction, abs=12)


def test_one_candidate_may_be_near() -> None:
    found, said = candidates_of(task(1.0, count=1), Excluded((), np.zeros((0, 1))), DRAWS)
    assert len(found.x) == 1
    assert isinstance(said[0], Drawn)
    assert said[0].selected == "1 of 1 near the best 3 that are known"


def test_in_a_run_suggestions_come_near_the_best() -> None:
    """On a bowl of five parameters, the last suggestions of a search that looks there are better than of one that does
    not."""

    space, goal = hb.Space(**{f"x{place}": hb.Float(0.0, 1.0) for place in range(5)}), hb.Minimize("loss")

    def bowl(config: Mapping[str, Any], resource: int) -> float:
        return sum((float(config[f"x{place}"]) - 0.3 - 0.1 * place) ** 2 for place in range(5)) + 1.0 / resource

    ends = {}
    for fraction in (0.0, 0.5):
        found: list[float] = []
        setup = hb.mobster(space, goal, max_resource=9, seed=1, local_fraction=fraction, opt_maxiter=20, opt_nstarts=2)

        def note(_: float, __: hb.Event, action: hb.Action, found: list[float] = found) -> None:
            if isinstance(action, hb.Start):
                found.append(bowl(action.config, 9))

        hb.simulate(hb.problem(bowl, space, goal, 9), setup, workers=4, max_time=60, record=note)
        ends[fraction] = float(np.median(found[-20:]))
    assert ends[0.5] < 0.7 * ends[0.0]
