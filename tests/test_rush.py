"""RUSH: thresholds by trusted configurations, as it stops and as it promotes."""

from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.codec import from_json, to_json
from pure_hb.rungs.rules import PashaMemory, RushMemory, RushPromotion, RushStopping
from pure_hb.rungs.rules.rush import Threshold
from tests.play import ERROR, LINE, SCORE, Play

POINTS = [{"x": 0.5}, {"x": 0.25}]


def played(type: Any, values: tuple[float, ...], points: Any = POINTS, goal: hb.Goal = ERROR) -> tuple[Play, list[str]]:
    play = Play(hb.asha(LINE, goal, type=type, max_resource=9, points_to_evaluate=points))
    for number in range(len(values)):
        play(hb.Ask(f"worker-{number}"))
    return play, [type_of(play(hb.Report(trial, 1, value))) for trial, value in enumerate(values)]


def type_of(action: hb.Action) -> str:
    return type(action).__name__


def test_a_trial_worse_than_the_threshold_stops_though_its_rung_lets_it_go_on() -> None:
    values = (0.30, 0.90, 0.80, 0.35)
    play, answers = played("rush_stopping", values)
    assert answers == ["Continue", "Stop", "Stop", "Stop"]
    assert played("stopping", values)[1] == ["Continue", "Stop", "Stop", "Continue"]
    assert play.state.memory == RushMemory((0, 1), (Threshold(0, 1, 0.30, 0),))


def test_equal_values_go_on_and_candidates_lower_the_threshold() -> None:
    play, answers = played("rush_stopping", (0.30, 0.20, 0.9, 0.9, 0.20))
    assert answers == ["Continue", "Continue", "Stop", "Stop", "Continue"]
    assert isinstance(play.state.memory, RushMemory)
    assert play.state.memory.threshold(0, 1) == Threshold(0, 1, 0.20, 1)


def test_a_stopped_candidate_sets_no_threshold() -> None:
    play, answers = played("rush_stopping", (0.9, 0.1, 0.5), points=[{"x": 0.5}, {"x": 0.25}, {"x": 0.75}])
    assert answers == ["Continue", "Continue", "Stop"]
    assert isinstance(play.state.memory, RushMemory)
    assert play.state.memory.candidates == (0, 1, 2)


def test_the_threshold_is_told_in_units_of_the_metric() -> None:
    play = Play(hb.asha(LINE, SCORE, type="rush_stopping", max_resource=9, points_to_evaluate=POINTS))
    play(hb.Ask("ann"))
    (figures,) = (one for one in play(hb.Report(0, 1, 0.9)).evidence if isinstance(one, hb.evidence.Figures))
    assert dict(figures.numbers) == {"level": 1.0, "threshold": 0.9, "set by trial": 0.0}


@pytest.mark.parametrize(("rush", "plain"), [("rush_stopping", "stopping"), ("rush_promotion", "promotion")])
@pytest.mark.parametrize("points", [None, []])
def test_without_points_it_is_the_plain_type(rush: str, plain: str, points: Any) -> None:
    values = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2)
    ours, theirs = played(rush, values, points), played(plain, values, points)
    assert ours[1] == theirs[1]
    assert type_of(ours[0](hb.Ask("worker-0"))) == type_of(theirs[0](hb.Ask("worker-0")))


def test_promotion_passes_over_those_that_are_worse_than_the_threshold() -> None:
    points = [{"x": 0.1 * number} for number in (1, 2)]
    play, _ = played("rush_promotion", (0.1, 0.3, 0.2, 0.9, 0.9, 0.9, 0.9), points)
    first, second = play(hb.Ask("worker-0")), play(hb.Ask("worker-1"))
    assert isinstance(first, hb.Resume)
    assert first.trial == 0
    assert isinstance(second, hb.Resume)
    assert second.trial == 1
    assert isinstance(play(hb.Ask("worker-2")), hb.Start)


def test_a_candidate_that_is_drawn_again_is_one() -> None:
    space = hb.Space(x=hb.Choice("a", "b"))
    options: dict[str, Any] = {"max_resource": 9, "points_to_evaluate": [{"x": "a"}], "allow_duplicates": True}
    play = Play(hb.asha(space, ERROR, type="rush_stopping", **options))
    for number in range(12):
        play(hb.Ask(f"worker-{number}"))
        play(hb.Report(number, 1, 1.0))
    same = tuple(trial.number for trial in play.state.trials if trial.config["x"] == "a")
    assert len(same) > 1
    assert isinstance(play.state.memory, RushMemory)
    assert play.state.memory.candidates == same


def test_what_is_remembered_and_the_rules_turn_to_json() -> None:
    play, _ = played("rush_stopping", (0.30, 0.90))
    assert from_json(to_json(play.state), hb.State) == play.state
    assert hb.fold(play.state.setup, play.log) == play.state
    assert (RushStopping(2), RushPromotion(2)) == (
        play.state.setup.rule,
        played("rush_promotion", ())[0].state.setup.rule,
    )


def test_a_number_of_points_is_none_below_zero() -> None:
    with pytest.raises(hb.SetupError, match="trusted points_to_evaluate is -1"):
        RushStopping(-1)


def test_the_first_of_equal_candidates_keeps_the_threshold() -> None:
    play, _ = played("rush_stopping", (0.3, 0.3))
    assert play.state.memory == RushMemory((0, 1), (Threshold(0, 1, 0.3, 0),))


def test_by_itself_nobody_is_trusted() -> None:
    assert (RushStopping().trusted, RushPromotion().trusted) == (0, 0)


@pytest.mark.parametrize(
    ("memory", "fits"),
    [
        (RushMemory(), True),
        (RushMemory((0,), (Threshold(0, 3, 0.5, 0),)), True),
        (RushMemory((0,), (Threshold(0, 2, 0.5, 0),)), False),
        (RushMemory((0,), (Threshold(1, 3, 0.5, 0),)), False),
        (RushMemory((0,), (Threshold(-1, 3, 0.5, 0),)), False),
        (PashaMemory(()), False),
        (None, False),
    ],
)
def test_it_remembers_thresholds_of_its_own_levels_only(memory: hb.protocol.Memory | None, fits: bool) -> None:
    for rule in (RushStopping(1), RushPromotion(1)):
        assert rule.fits(memory, ((1, 3),)) is fits


def test_only_the_first_so_many_points_are_trusted() -> None:
    setup = hb.asha(LINE, ERROR, type="rush_stopping", max_resource=9, points_to_evaluate=POINTS)
    play = Play(evolve(setup, rule=RushStopping(1)))
    for trial, worker in enumerate(("ann", "bob")):
        play(hb.Ask(worker))
        play(hb.Report(trial, 1, 0.5 - 0.1 * trial))
    assert play.state.memory == RushMemory((0,), (Threshold(0, 1, 0.5, 0),))


@pytest.mark.parametrize("type", ["rush_stopping", "rush_promotion"])
def test_between_levels_nothing_is_learned(type: Any) -> None:
    play, _ = played(type, (0.3, 0.4))
    if type == "rush_promotion":
        assert isinstance(play(hb.Ask("worker-0")), hb.Resume)
    before = play.state.memory
    assert isinstance(play(hb.Report(0, 2, 0.1)), hb.Continue)
    assert play.state.memory == before != RushMemory()


def test_one_entry_is_not_compared_and_the_better_of_two_goes_on() -> None:
    play, _ = played("rush_promotion", (0.4,))
    alone = play(hb.Ask("worker-0"))
    assert isinstance(alone, hb.Start)
    assert not any(isinstance(one, hb.evidence.Ranked) for one in alone.evidence)
    play(hb.Report(1, 1, 0.3))
    better = play(hb.Ask("worker-1"))
    assert isinstance(better, hb.Resume)
    assert better.trial == 1
    assert [(one.trial, one.entries, one.rank) for one in better.evidence if isinstance(one, hb.evidence.Ranked)] == [
        (1, 2, 0)
    ]


def test_a_trial_as_good_as_the_threshold_may_be_promoted() -> None:
    play, _ = played("rush_promotion", (0.3, 0.3), POINTS[:1])
    for trial, worker in enumerate(("worker-0", "worker-1")):
        resumed = play(hb.Ask(worker))
        assert isinstance(resumed, hb.Resume)
        assert resumed.trial == trial


def test_a_threshold_of_zero_has_no_sign() -> None:
    play = Play(hb.asha(LINE, SCORE, type="rush_stopping", max_resource=9, points_to_evaluate=POINTS))
    play(hb.Ask("ann"))
    (figures,) = (one for one in play(hb.Report(0, 1, 0.0)).evidence if isinstance(one, hb.evidence.Figures))
    assert repr(dict(figures.numbers)["threshold"]) == "0.0"
