"""What can never be made, and what can never follow? `advance` refuses a log that `decide` would never give."""

from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.protocol import (
    Ask,
    Continue,
    Fail,
    Fitted,
    Learned,
    Noted,
    Observe,
    Pause,
    Release,
    Report,
    Resume,
    Share,
    Start,
    Stop,
    Theta,
)
from pure_hb.rungs.rules import PashaMemory, RushMemory
from pure_hb.rungs.rules.pasha import Cap
from pure_hb.rungs.rules.rush import Threshold
from tests.play import Play

SPACE = hb.Space(x=hb.Float(0.0, 1.0), k=hb.Int(1, 5))
ERROR = hb.Minimize("error")
POINT = hb.Configuration({"x": 0.5, "k": 3})
NAN = float("nan")


def setup(type: Any = "promotion", **options: Any) -> hb.Setup:
    return hb.asha(SPACE, ERROR, max_resource=27, type=type, max_failures=2, points_to_evaluate=[POINT], **options)


RUNS = (Ask("w0"),)
PAUSED = (*RUNS, Report(0, 1, 0.5))
TWO = (*PAUSED, Ask("w0"), Report(1, 1, 0.6), Ask("w1"))
"""Trial 0 was promoted and goes to 3, trial 1 waits."""
BROKEN = (*PAUSED, Ask("w0"), Fail(1))
"""Trial 0 waits, trial 1 is broken."""
FAILED = (*RUNS, Fail(0), Ask("w0"))
WENT_ON = (*RUNS, Report(0, 1, 0.5))

NEW = hb.Configuration({"x": 0.25, "k": 1})
FOREIGN: list[tuple[str, str, tuple[hb.Event, ...], hb.Event, hb.Action, str]] = [
    ("to no level", "stopping", RUNS, Report(0, 1, 0.5), Continue(0, 2, 1), "goes on to 3, not to 2"),
    ("past a level", "stopping", RUNS, Report(0, 1, 0.5), Continue(0, 9, 1), "goes on to 3, not to 9"),
    ("between levels", "stopping", WENT_ON, Report(0, 2, 0.5), Continue(0, 9), "goes on to 3, not to 9"),
    ("past the maximum", "stopping", RUNS, Report(0, 30, 0.5), Continue(0, 1), "after that the trial ends"),
    ("pause at the maximum", "promotion", RUNS, Report(0, 27, 0.5), Pause(0), "Pause without an entry"),
    ("a level not reached", "stopping", RUNS, Report(0, 1, 0.5), Continue(0, 9, 3), "cannot enter level 3"),
    ("a level jumped over", "stopping", RUNS, Report(0, 4, 0.5), Continue(0, 3, 1), "cannot enter level 1"),
    ("a level passed", "stopping", WENT_ON, Report(0, 2, 0.5), Continue(0, 3, 1), "cannot enter level 1"),
    ("no level", "stopping", RUNS, Report(0, 2, 0.5), Continue(0, 3, 2), "level 2 is none of"),
    ("no entry", "stopping", RUNS, Report(0, 1, 0.5), Continue(0, 3), "Continue without an entry"),
    ("no entry of a NaN", "stopping", RUNS, Report(0, 1, NAN), Stop(0), "Stop without an entry"),
    ("a pause without entry", "promotion", RUNS, Report(0, 1, 0.5), Pause(0), "Pause without an entry"),
    ("a pause between levels", "promotion", TWO, Report(0, 2, 0.5), Pause(0), "Pause without an entry"),
    ("NaN goes on", "stopping", WENT_ON, Report(0, 2, NAN), Continue(0, 3), "after that the trial ends"),
    ("infinity goes on", "stopping", RUNS, Report(0, 1, -float("inf")), Continue(0, 3, 1), "after that the trial ends"),
    ("NaN waits", "promotion", RUNS, Report(0, 1, NAN), Pause(0, 1), "after that the trial ends"),
    ("a cost below 0", "promotion", RUNS, Report(0, 1, 0.5, -1.0), Pause(0, 1), "cannot have cost -1.0"),
    ("one that waits", "promotion", PAUSED, Report(0, 2, 0.5), Continue(0, 3), "is paused cannot get Cont"),
    ("one that has ended", "stopping", (*RUNS, Report(0, 1, NAN)), Report(0, 2, 0.5), Stop(0), "cannot get Stop for"),
    ("a memory of none", "promotion", RUNS, Report(0, 1, 0.5), Pause(0, 1, memory=RushMemory()), "cannot remember"),
    ("of another rule", "pasha", RUNS, Report(0, 1, 0.5), Pause(0, 1, memory=RushMemory()), "cannot remember"),
    ("of more systems", "pasha", RUNS, Report(0, 1, 0.5), Pause(0, 1, memory=PashaMemory((Cap(3, 1),) * 2)), "cannot"),
    ("a cap of no level", "pasha", RUNS, Report(0, 1, 0.5), Pause(0, 1, memory=PashaMemory((Cap(4, 1),))), "cannot"),
    ("a cap elsewhere", "pasha", RUNS, Report(0, 1, 0.5), Pause(0, 1, memory=PashaMemory((Cap(9, 1),))), "cannot"),
    ("noise of NaN", "pasha", RUNS, Report(0, 1, 0.5), Pause(0, 1, memory=PashaMemory((Cap(3, 1, NAN),))), "cannot"),
    (
        "a threshold of NaN", "rush_stopping", RUNS, Report(0, 1, 0.5),
        Continue(0, 3, 1, memory=RushMemory((0,), (Threshold(0, 1, NAN, 0),))), "cannot remember",
    ),
    ("outside the space", "promotion", (), Ask("w0"), Start(0, hb.Configuration({"x": 2.0, "k": 1}), 0, 1), "outside"),
    ("not whole", "promotion", (), Ask("w0"), Start(0, hb.Configuration({"x": 0.5}), 0, 1), "k is missing"),
    ("more than whole", "promotion", (), Ask("w0"), Start(0, hb.Configuration({**POINT, "z": 1}), 0, 1), "z is not"),
    ("another leg", "promotion", (), Ask("w0"), Start(0, POINT, 0, 1, leg=1), "cannot be started as leg 1"),
    ("no new trial", "promotion", (), Ask("w0", new_trials=False), Start(0, POINT, 0, 1), "asked for no new trial"),
    ("start, one is broken", "promotion", BROKEN, Ask("w0"), Start(2, NEW, 0, 1), "trial 1 is broken"),
    ("promotion, one is broken", "promotion", BROKEN, Ask("w0"), Resume(0, POINT, 1, 3, 1, 1), "trial 1 is broken"),
    ("resumed to no level", "promotion", PAUSED, Ask("w0"), Resume(0, POINT, 1, 2, 1, 1), "goes on to 3, not to 2"),
    ("broken to another", "promotion", FAILED[:2], Ask("w0"), Resume(0, POINT, 0, 3, 1), "goes on to 1, not to 3"),
    ("broken from a level", "promotion", FAILED[:2], Ask("w0"), Resume(0, POINT, 0, 1, 1, 1), "cannot go on so"),
    ("failures left", "promotion", RUNS, Fail(0), Stop(0), "1 failures of 2"),
    ("no failures left", "promotion", FAILED, Fail(0), Pause(0), "2 failures of 2"),
    ("an entry by a failure", "promotion", RUNS, Fail(0), Pause(0, 1), "makes no entry"),
    ("memory by a release", "promotion", RUNS, Release(0), Pause(0, memory=RushMemory()), "teaches the rule nothing"),
    ("an observed curve", "promotion", (), Observe(POINT, ((2, 0.5), (1, 0.5))), Noted(0), "must increase strictly"),
    ("a fit", "promotion", RUNS, Fitted(0, Learned(observed=1)), Noted(None), "a fit of clock 0 cannot be taken"),
]  # fmt: skip


@pytest.mark.parametrize("case", FOREIGN, ids=lambda case: case[0])
def test_advance_refuses_what_cannot_follow(
    case: tuple[str, str, tuple[hb.Event, ...], hb.Event, hb.Action, str],
) -> None:
    _, type, before, event, action, said = case
    state = Play(setup(type), before).state
    after, ours = hb.decide(state, event)
    assert hb.advance(state, event, ours) == after, "what decide answers follows"
    with pytest.raises(hb.ImpossibleError, match=said):
        hb.advance(state, event, action)


@pytest.mark.parametrize(
    "change", [{"supported": 2}, {"level": -1}, {"theta": NAN}, {"theta": 2.0}, {"loss": -1.0}], ids=str
)
def test_a_theta_that_nobody_can_have_estimated_cannot_follow(change: dict[str, float]) -> None:
    """Taken, it would make the next suggestion raise, not the one that it stands in."""
    first = {"level": 1, "theta": 0.25, "loss": 0.5, **{k: v for k, v in change.items() if k != "supported"}}
    shares = (Share(**first), Share(3, 0.75, 0.1))  # type: ignore[arg-type]  # level is an integer, as it is written
    learned = Learned(theta=Theta(int(change.get("supported", 3)), 6, shares))
    state = hb.initial(hb.hyper_tune(SPACE, ERROR, max_resource=9))
    due = hb.choose(state, Ask("w0"))
    assert isinstance(due, Start)
    with pytest.raises(hb.ImpossibleError, match="theta"):
        hb.advance(state, Ask("w0"), evolve(due, learned=learned))


def test_a_fit_to_no_newer_data_cannot_follow() -> None:
    state = hb.initial(hb.mobster(SPACE, ERROR, max_resource=9, fit="background"))
    for event, action in (
        (Fitted(1, Learned(observed=1)), Noted(None)),
        (Fitted(0, Learned(observed=0)), Noted(None)),
        (Fitted(0, Learned(observed=1)), Noted(0)),
    ):
        with pytest.raises(hb.ImpossibleError, match="a fit"):
            hb.advance(state, event, action)


# ---- values that cannot be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [hb.Wait, hb.Done, lambda logged: hb.Reject("no", logged=logged)])
def test_what_changes_nothing_is_never_logged(make: Any) -> None:
    with pytest.raises(ValueError, match="is never logged"):
        make(logged=True)
    with pytest.raises(ValueError, match="is never logged"):
        evolve(make(logged=False), logged=True)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([POINT], "a setup never changes: give a tuple"),
        (({"x": 0.5, "k": 3},), "point 0 is {'x': 0.5, 'k': 3}; in the space it is"),
        ((hb.Configuration({"x": 1, "k": 3}),), "in the space it is {k: 3, x: 1.0}"),
        ((hb.Configuration({"x": 0.5, "k": 3.0}),), "in the space it is {k: 3, x: 0.5}"),
        ((hb.Configuration({"x": 2.0, "k": 3}),), "2.0 is outside"),
        ((hb.Configuration({"x": NAN, "k": 3}),), "no finite number"),
        ((hb.Configuration({"k": 3}),), "x is missing"),
        ((None,), "point 0 is None"),
    ],
)
def test_points_of_a_setup_are_of_its_space(points: Any, said: str) -> None:
    with pytest.raises(hb.SetupError, match=said):
        evolve(setup(), points=points)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"levels": [1, 3, 9]}, "give a tuple"),
        ({"levels": (1.0, 3.0)}, "a rung level is 1.0"),
        ({"separate_rungs": 1}, "separate_rungs is 1"),
    ],
)
def test_levels_of_a_setup_are_integers_that_nobody_changes(change: dict[str, Any], said: str) -> None:
    with pytest.raises(hb.SetupError, match=said):
        evolve(setup(), **change)
