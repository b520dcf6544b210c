"""Promotion by cost: who fits the budget, what trials have cost in total, and what is refused."""

import math

import pytest

import pure_hb as hb
from pure_hb.rungs import Rung, Seen
from pure_hb.rungs.rules import CostPromotion
from tests.play import ERROR, LINE, Play
from tests.test_rules import drawing


def seen(costs: dict[int, float], values: tuple[float, ...], waits: bool = True) -> Seen:
    rung = Rung(1, 3)
    for trial, value in enumerate(values):
        rung = rung.enter(trial, value, waits)
    return Seen((rung,), cost=lambda trial, level: costs[trial])


def promoted(found: Seen) -> int | None:
    scan = CostPromotion().scan(found, drawing())
    return None if scan.promoted is None else scan.promoted.entry.trial


def test_the_best_goes_on_if_it_fits_the_budget() -> None:
    assert promoted(seen({0: 1.0, 1: 1.0, 2: 1.0}, (0.3, 0.1, 0.2))) == 1
    assert promoted(seen({0: 1.0, 1: 3.0, 2: 1.0}, (0.3, 0.1, 0.2))) is None
    assert promoted(seen({0: 4.0, 1: 1.0, 2: 1.0}, (0.3, 0.1, 0.2))) == 1
    assert promoted(seen({0: 0.0, 1: 0.0}, (0.3, 0.1))) == 1  # nothing costs nothing


def test_promoted_entries_use_up_the_budget() -> None:
    found = seen({0: 1.0, 1: 1.0, 2: 4.0}, (0.1, 0.2, 0.3))
    assert promoted(found) == 0
    after = Seen((found.rungs[0].promote(0),), cost=found.cost)
    assert promoted(after) == 1
    assert promoted(Seen((after.rungs[0].promote(1),), cost=found.cost)) is None


def test_one_entry_is_not_compared_and_nobody_goes_on_who_does_not_wait() -> None:
    assert promoted(seen({0: 1.0}, (0.1,))) is None
    assert promoted(seen({0: 0.0}, (0.1,))) is None
    assert promoted(seen({0: 1.0, 1: 1.0, 2: 1.0}, (0.1, 0.2, 0.3), waits=False)) is None


def test_costs_of_legs_add_up_and_a_leg_begun_again_costs_again() -> None:
    play = Play(hb.asha(LINE, ERROR, type="cost_promotion", max_resource=9))
    for worker in ("ann", "bob", "eve"):
        play(hb.Ask(worker))
    for trial, value in enumerate((0.1, 0.2, 0.3)):
        play(hb.Report(trial, 1, value, cost=2.0 + 2 * trial))
    resumed = play(hb.Ask("ann"))
    assert isinstance(resumed, hb.Resume)
    assert resumed.trial == 0
    play(hb.Report(0, 2, 0.1, cost=1.5))
    assert (play.trial(0).cost, play.trial(0).cost_at(1)) == (3.5, 2.0)
    play(hb.Fail(0))
    again = play(hb.Ask("ann"))
    assert isinstance(again, hb.Resume)
    assert again.trial == 0
    play(hb.Report(0, 3, 0.1, cost=3.0))
    assert play.trial(0).costs == ((1, 2.0), (2, 3.5), (3, 6.5))
    assert (play.trial(0).cost_at(1), play.trial(0).cost_at(3)) == (2.0, 6.5)


@pytest.mark.parametrize("cost", [None, -1.0, math.inf, math.nan])
def test_a_report_needs_a_cost_that_is_finite(cost: float | None) -> None:
    play = Play(hb.asha(LINE, ERROR, type="cost_promotion", max_resource=9))
    play(hb.Ask("ann"))
    answer = play(hb.Report(0, 1, 0.5, cost=cost))
    assert isinstance(answer, hb.Reject)
    assert "cost" in answer.reason


def test_it_says_budget_and_what_is_spent() -> None:
    scan = CostPromotion().scan(seen({0: 1.0, 1: 1.0, 2: 4.0}, (0.1, 0.2, 0.3)), drawing())
    (figures,) = scan.evidence
    expected = {"level": 1.0, "entries": 3.0, "budget": 2.0, "spent": 1.0, "trial": 0.0}
    assert isinstance(figures, hb.evidence.Figures)
    assert dict(figures.numbers) == expected


def test_a_session_measures_what_it_is_not_told(tmp_path: object) -> None:
    setup = hb.asha(LINE, ERROR, type="cost_promotion", max_resource=9)
    seconds = iter(range(1000))
    with hb.Session(f"{tmp_path}/run.jsonl", setup, max_trials=1, now=lambda: float(next(seconds))) as session:
        trial = session.ask()
        assert trial is not None
        trial.report(1, 0.5)
        assert session.state.trials[0].cost > 0.0


def test_where_nobody_fits_the_budget_the_rung_below_is_asked() -> None:
    low, high = Rung(1, 3), Rung(3, 9)
    for trial, value in enumerate((0.1, 0.2, 0.3, 0.4)):
        low = low.enter(trial, value, waits=True)
    for trial, value in enumerate((0.1, 0.2)):
        low, high = low.promote(trial), high.enter(trial, value, waits=True)
    scan = CostPromotion().scan(Seen((low, high), cost=lambda trial, level: 0.0 if level == 1 else 1.0), drawing())
    assert scan.promoted is not None
    assert (scan.promoted.entry.trial, scan.promoted.rung.level) == (2, 1)
    told = [dict(figures.numbers) for figures in scan.evidence if isinstance(figures, hb.evidence.Figures)]
    assert told == [
        {"level": 3.0, "entries": 2.0, "budget": 2 / 3},
        {"level": 1.0, "entries": 4.0, "budget": 0.0, "spent": 0.0, "trial": 2.0},
    ]
