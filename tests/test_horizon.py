"""DyHPO with a random horizon: how far ahead rivals are judged, and by what."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.journal.older import as_of_now
from pure_hb.protocol import Drawn, Scored
from pure_hb.search import DyHPO
from pure_hb.search.dyhpo import ProbabilityOfImprovement, Stakes, stakes

SPACE, GOAL = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("loss")


def crossing(x: float, resource: int) -> float:
    """Curves that cross: what is quick at first ends high."""
    return (x - 0.8) ** 2 + (1.5 - x) * math.exp(-3.0 * (1.2 - x) * resource / 9)


def played(setup: hb.Setup, asks: int = 24) -> list[tuple[hb.Event, hb.Action]]:
    """One worker trains whatever it is given."""
    state, found = hb.initial(setup), list[tuple[hb.Event, hb.Action]]()
    for _ in range(asks):
        event: hb.Event = hb.Ask("ann")
        state, action = hb.decide(state, event)
        found.append((event, action))
        if isinstance(action, hb.Start | hb.Resume):
            x = float(action.config["x"])
            begun = 0 if isinstance(action, hb.Start) else action.start_from
            for resource in range(begun + 1, action.until + 1):
                event = hb.Report(action.trial, resource, crossing(x, resource), float(resource - begun), action.leg)
                state, answer = hb.decide(state, event)
                found.append((event, answer))
    return found


def made(**options: Any) -> hb.Setup:
    return hb.dyhpo(SPACE, GOAL, max_resource=9, num_init_random=3, horizon="random", **options)


def test_the_level_is_so_many_levels_ahead_and_at_most_the_maximum() -> None:
    asked = Stakes((1, 3, 5, 7, 9), 2, 0.1, ())
    assert [asked.level(level) for level in (1, 3, 5, 7, 9)] == [3, 5, 7, 9, 9]
    assert Stakes((1, 3, 5, 7, 9), 1, 0.1, ()).level(1) == 1


def test_horizons_and_improvements_are_drawn_evenly() -> None:
    drawn = [stakes((1, 3, 5, 7), 9, KeyedDraws(0, clock)) for clock in range(2000)]
    counts = np.bincount([one.ahead for one in drawn], minlength=6)
    assert counts[0] == 0
    assert counts[1:].min() > 330
    logarithms = np.log10([one.improvement for one in drawn])
    assert -3.0 <= logarithms.min() < -2.95 < -0.05 < logarithms.max() <= 0.0
    assert abs(logarithms.mean() + 1.5) < 0.06
    assert stakes((1, 3), 9, KeyedDraws(0, 7)) == stakes((1, 3), 9, KeyedDraws(0, 7))


def test_the_probability_of_improvement_is_that_of_a_normal_variable() -> None:
    mean, deviation, best = np.array([[0.0, 0.5], [3.0, -1.0]]), np.array([1.0, 0.2]), np.array([0.1, 0.0])
    found = ProbabilityOfImprovement(0.3)(mean, deviation, best).value
    expected = -np.log(norm.cdf((best - mean - 0.3) / deviation[:, None]).mean(axis=1))
    assert found == pytest.approx(expected, rel=1e-12)
    far = ProbabilityOfImprovement()(np.array([[1e3]]), np.array([1.0]), np.array([0.0])).value
    assert far == pytest.approx(5e5, rel=1e-3), "it has digits where the probability itself is 0"


def test_a_decision_names_the_draws_and_the_level_at_which_rivals_were_judged() -> None:
    by_model = [action for _, action in played(made(probability_sh=0.0)) if drawn(action)]
    assert len(by_model) > 10
    seen = set[int]()
    for action in by_model:
        ahead = int(drawn(action)["horizon"].split()[0])
        ladder = (1, 3, 5, 7, 9)
        winner = next(one for one in action.evidence if isinstance(one, Scored))
        begun = action.start_from if isinstance(action, hb.Resume) else 0
        own_next = next(level for level in ladder if level > begun)
        expected = ladder[min(ladder.index(own_next) + ahead, len(ladder)) - 1]
        assert dict(winner.numbers)["level"] == expected
        seen.add(ahead)
    assert len(seen) > 2
    assert "The draw for the horizon, 0." in hb.explain(by_model[0])
    assert "selected at least 0." in hb.explain(by_model[0])


def drawn(action: hb.Action) -> dict[str, str]:
    """Purpose -> what was selected, of the draws of the horizon."""
    found = {one.purpose: one.selected for one in getattr(action, "evidence", ()) if isinstance(one, Drawn)}
    return found if "horizon" in found else {}


def test_the_same_log_gives_the_same_decisions() -> None:
    setup = made()
    history = played(setup)
    assert played(setup) == history
    state = hb.initial(setup)
    for event, action in history:
        state, again = hb.decide(state, event)
        assert again == action


def test_by_default_horizons_are_random_and_as_published_they_are_the_next_level() -> None:
    plain, published = (hb.dyhpo(SPACE, GOAL, max_resource=9, preset=name).search for name in ("default", "published"))
    assert isinstance(plain, DyHPO)
    assert isinstance(published, DyHPO)
    assert (plain.horizon, published.horizon) == ("random", "next")
    known = hb.dyhpo(SPACE, GOAL, max_resource=9, num_init_random=3, horizon="next")
    assert not any(drawn(action) for _, action in played(known))


def test_a_header_of_older_rules_means_the_next_level() -> None:
    written = hb.to_json(hb.dyhpo(SPACE, GOAL, max_resource=9))
    del written["search"]["horizon"]
    assert as_of_now(written, 3)["search"]["horizon"] == "next"
    assert as_of_now(hb.to_json(hb.asha(SPACE, GOAL, max_resource=9)), 3) == hb.to_json(
        hb.asha(SPACE, GOAL, max_resource=9)
    )


def test_wrong_and_idle_options_are_said() -> None:
    with pytest.raises(hb.SetupError, match="horizon is 'far'; it is one of next, random"):
        hb.dyhpo(SPACE, GOAL, max_resource=9, horizon="far")  # type: ignore[arg-type]  # what it refuses
    with pytest.warns(UserWarning, match='kappa is 2.0, but changes nothing: horizon is "random"'):
        made(kappa=2.0)
    with pytest.raises(hb.SetupError, match="mobster has no option 'horizon'"):
        hb.mobster(SPACE, GOAL, max_resource=9, horizon="random")  # type: ignore[call-arg]  # what it refuses
