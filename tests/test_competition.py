"""Who wins DyHPO's competition, and who is given something where no model can say? By hand, and with a posterior whose
means are known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws, Purpose
from pure_hb.protocol import Because, Drawn, Learned, Scored
from pure_hb.search import AcquisitionOptions, DyHPO, SurrogateOptions
from pure_hb.search.acquisition import LowerConfidenceBound
from pure_hb.search.candidates import Candidates
from pure_hb.search.dyhpo import ProbabilityOfImprovement, Stakes, judge, judge_ahead, stakes
from pure_hb.search.view import Known, Resumption, Suggestion, View, Waits
from pure_hb.space import encode, match_key
from pure_hb.surrogate import TrialCurve, observation_table, points
from tests.test_judged_at_its_level import Levelled, belief_of

LINE = hb.Space(x=hb.Float(0.0, 1.0))
DRAWS = KeyedDraws(0, 0)
XS = (0.1, 0.3, 0.5, 0.7, 0.9)


def at(x: float) -> hb.Configuration:
    return hb.Configuration({"x": x})


def waits(trial: int, x: float, level: int) -> Waits:
    return Waits(trial, at(x), level, {1: 3, 3: 9}[level])


def seen(*waiting: Waits, observed: bool = True, **changes: Any) -> View:
    """Five trials that were paused at level 1; best is the one at 0.5."""
    known = [Known(n, at(x), ((1, abs(x - 0.5)),) if observed else (), None) for n, x in enumerate(XS)]
    taken = {match_key(LINE, at(x)) for x in XS}
    given: dict[str, Any] = {"levels": (1, 3), "max_resource": 9, "known": lambda: known, **changes}
    return View(LINE, None, taken, frozenset(), waiting=lambda: waiting, **given)


def search(horizon: str = "next", fit: str = "inside", **options: Any) -> DyHPO:
    return DyHPO(
        SurrogateOptions(opt_maxiter=3, opt_nstarts=1, gp_resource_kernel="matern52", fit=fit),  # type: ignore[arg-type]  # one of the literals
        AcquisitionOptions(num_init_candidates=20, **{"num_init_random": 3, **options}),
        horizon,  # type: ignore[arg-type]  # one of the literals
    )


def why(found: Any) -> str:
    return next(one.text for one in found.evidence if isinstance(one, Because))


PAUSED = (waits(2, 0.5, 1), waits(0, 0.1, 1))


# ---- where no model can say ------------------------------------------------------------------------------------------


def test_nothing_waits_and_nothing_new_is_wanted() -> None:
    assert search().suggest(seen(new_trials=False), DRAWS) is None


@pytest.mark.parametrize(
    ("options", "changes", "reason"),
    [
        ({}, {"observed": False}, "there is no surrogate yet: the best of the highest rung"),
        ({"num_init_random": 6}, {}, "there is no surrogate yet: the best of the highest rung"),
        ({"fit": "background"}, {}, "no fit has been made yet"),
    ],
)
def test_without_a_model_the_first_that_waits_goes_on(
    options: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    found = search(**options).suggest(seen(*PAUSED, new_trials=False, **changes), DRAWS)
    assert isinstance(found, Resumption)
    assert (found.waits, why(found)) == (PAUSED[0], f"no model: {reason}")
    new = search(**options).suggest(seen(*PAUSED, **changes), DRAWS)
    assert isinstance(new, Suggestion), "a new configuration is possible"
    assert not [one for one in new.evidence if isinstance(one, Scored)]


def test_with_just_enough_known_the_model_decides_among_those_that_wait() -> None:
    found = search(num_init_random=5).suggest(seen(*PAUSED, new_trials=False), DRAWS)
    assert isinstance(found, Resumption)
    assert [one.trial for one in found.evidence if isinstance(one, Scored)] == [2, 0]


def test_a_surrogate_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from pure_hb.search import dyhpo
    from pure_hb.surrogate import SingularError

    def fails(*_: Any, **__: Any) -> None:
        raise SingularError("of no use")

    monkeypatch.setattr(dyhpo, "fit_now", fails)
    old = search().suggest(seen(*PAUSED, new_trials=False), DRAWS)
    assert isinstance(old, Resumption)
    assert (old.waits.trial, why(old)) == (2, "no model: the surrogate failed: of no use")
    new = search().suggest(seen(*PAUSED), DRAWS)
    assert isinstance(new, Suggestion)
    assert "the surrogate failed: of no use" in why(new)


# ---- with a model ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("horizon", ["next", "random"])
def test_the_winner_is_the_first_of_what_was_scored_and_what_follows_is_remembered(horizon: str) -> None:
    kinds = set[type]()
    for seed in range(12):
        draws = KeyedDraws(seed, 0)
        found = search(horizon).suggest(seen(*PAUSED), draws)
        assert found is not None
        first, *others = [one for one in found.evidence if isinstance(one, Scored)]
        values = [dict(one.numbers)["acquisition"] for one in (first, *others)]
        assert values == sorted(values)
        assert len(values) == 4
        kinds.add(type(found))
        assert found.learned is not None
        assert found.learned.observed == 5
        if isinstance(found, Resumption):
            assert (first.trial, first.configuration) == (found.waits.trial, None)
            assert found.learned.resumed
        else:
            assert (first.trial, first.configuration) == (None, found.configuration)
            assert not found.learned.resumed
        tossed = [one.purpose for one in found.evidence if isinstance(one, Drawn)]
        assert tossed == (["horizon", "improvement"] if horizon == "random" else [])
    assert len(kinds) == 2 or horizon == "next"


def test_after_a_resumption_the_parameters_are_kept_and_after_a_start_they_are_fitted() -> None:
    first = search().suggest(seen(*PAUSED), DRAWS)
    assert first is not None
    assert first.learned is not None
    old = evolve(first.learned, observed=3, resumed=True)
    kept, fitted = (
        search().suggest(seen(*PAUSED, learned=evolve(old, resumed=resumed)), DRAWS) for resumed in (True, False)
    )
    assert kept is not None
    assert fitted is not None
    assert "to 3 values are kept" in why(kept)
    assert (kept.learned or old).observed == 3
    assert fitted.learned is not None
    assert fitted.learned.observed == 5
    random = search(random_fraction=1.0).suggest(seen(*PAUSED, learned=Learned(resumed=True)), DRAWS)
    assert isinstance(random, Suggestion)
    assert random.learned == Learned(resumed=False), "a random start ends the row of resumptions too"
    quiet = search(random_fraction=1.0).suggest(seen(*PAUSED), DRAWS)
    assert isinstance(quiet, Suggestion)
    assert quiet.learned is None


def test_in_a_space_that_is_used_up_those_that_wait_compete_among_themselves() -> None:
    few = hb.Space(x=hb.Int(0, 4))
    known = [Known(n, hb.Configuration({"x": n}), ((1, abs(n - 2.0)),), None) for n in range(5)]
    taken = {match_key(few, one.configuration) for one in known}
    waiting = [Waits(n, hb.Configuration({"x": n}), 1, 3) for n in (0, 2)]
    view = View(few, None, taken, (), (1, 3), 9, known=lambda: known, waiting=lambda: waiting)
    found = search().suggest(view, DRAWS)
    assert isinstance(found, Resumption)
    assert sorted(one.trial or 0 for one in found.evidence if isinstance(one, Scored)) == [0, 2]
    assert search().suggest(evolve(view, waiting=tuple), DRAWS) is None


# ---- the judgement ---------------------------------------------------------------------------------------------------

NEW = Candidates(LINE, np.array([[0.2], [0.8]]), np.array([[0.2], [0.8]]))
WAITING = (waits(0, 0.1, 3), waits(1, 0.6, 1))
BELIEF = belief_of(
    TrialCurve(0, (0.1,), ((1, 0.5), (3, 0.4), (9, 0.3))),
    TrialCurve(1, (0.6,), ((1, 0.2), (3, 0.6))),
    TrialCurve(2, (0.9,), ((1, 0.9),)),
)
WHERE: Any = View(LINE, None, (), (), (1, 3), 9)


def test_paused_trials_are_judged_at_their_next_level_and_new_ones_at_the_lowest() -> None:
    found = judge(BELIEF, LowerConfidenceBound(0.5), WHERE, WAITING, NEW)
    assert found.level.tolist() == [9.0, 3.0, 1.0, 1.0]
    x = [float(encode(LINE, one.configuration)[0]) for one in WAITING] + [0.2, 0.8]
    means = np.array([1.5 * ((one - r / 10.0) ** 2 + 10.0 * r) for one, r in zip(x, found.level, strict=True)])
    assert found.mean == pytest.approx(means)
    assert found.deviation == pytest.approx(found.level)
    assert found.value == pytest.approx(means - 0.5 * found.level)
    alone: Any = View(LINE, None, (), (), (), 9)
    assert judge(BELIEF, LowerConfidenceBound(0.5), alone, (), NEW).level.tolist() == [9.0, 9.0]


def test_so_many_levels_ahead_each_is_compared_with_the_best_there() -> None:
    asked = Stakes((1, 3, 9), 2, 0.3, ())
    found = judge_ahead(BELIEF, asked, WHERE, WAITING, NEW)
    assert found.level.tolist() == [9.0, 9.0, 3.0, 3.0]
    posterior = Levelled()
    for number, (x, r) in enumerate([(0.1, 9), (0.6, 9), (0.2, 3), (0.8, 3)]):
        known = {9: (0.1,), 3: (0.1, 0.6)}[r]
        best = posterior.mean(points([[one] for one in known], r)).min(axis=0)
        mean = posterior.mean(points([[x]], r))
        value = ProbabilityOfImprovement(0.3)(mean, np.array([float(r)]), best).value
        assert found.value[number] == pytest.approx(float(value[0]), rel=1e-6)


def test_who_may_be_lost_is_worth_less() -> None:
    rows = observation_table([TrialCurve(0, (0.1,), ((1, 0.5),))], levels=(1, 3), max_resource=9)
    survival: Any = SimpleNamespace(chance=lambda points: np.where(points.x[:, 0] > 0.5, 0.25, 1.0), least=0.5)
    survival.among = lambda rivals: survival
    given: Any = SimpleNamespace(posterior=Levelled(), rows=rows, survival=survival, worst=100.0)
    plain: Any = SimpleNamespace(posterior=Levelled(), rows=rows, survival=None, worst=100.0)
    found, before = (judge(one, LowerConfidenceBound(1.0), WHERE, (), NEW).value for one in (given, plain))
    assert found == pytest.approx([before[0], 0.25 * before[1] + 75.0])


def test_the_stakes_are_by_two_draws_of_their_own() -> None:
    draws = KeyedDraws(7, 5)
    far, much = draws.uniform(Purpose.COIN, 2), draws.uniform(Purpose.COIN, 3)
    found = stakes((1, 3), 9, draws)
    assert found.ahead == 1 + int(3 * far)
    assert found.improvement == pytest.approx(10.0 ** (-3.0 * much))
    assert found.ladder == (1, 3, 9)
    assert found.said == (
        Drawn("horizon", far, f"{found.ahead} of 3 levels ahead"),
        Drawn("improvement", much, f"at least {found.improvement:.4g} standard deviations"),
    )


def test_the_derivatives_of_the_probability_in_mean_and_deviation() -> None:
    mean, s, best = np.array([[0.2, 0.7]]), np.array([0.5]), np.array([0.4, 0.1])
    rule, step = ProbabilityOfImprovement(0.1), 1e-6
    found = rule(mean, s, best)
    for k in range(2):
        unit = step * np.eye(2)[k]
        slope = (rule(mean + unit, s, best).value - rule(mean - unit, s, best).value) / (2.0 * step)
        assert found.by_mean[:, k] == pytest.approx(slope, rel=1e-5)
    slope = (rule(mean, s + step, best).value - rule(mean, s - step, best).value) / (2.0 * step)
    assert found.by_deviation == pytest.approx(slope, rel=1e-5)
