"""Does a run end when it is enough, and does a trial that hangs never hold it? The target, and limits of time."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import pure_hb as hb
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, promotion, stopping

UPWARDS: Final = hb.asha(LINE, hb.Maximize("score"), max_resource=9, grace_period=3)
DOWNWARDS: Final = hb.asha(LINE, ERROR, max_resource=9, grace_period=3)


# ---- the target -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setup", "values", "target", "given"),
    [
        (DOWNWARDS, (0.9, 0.8, 0.7, 0.5, 0.4), 0.5, 4),
        (DOWNWARDS, (0.9, -0.5), -0.25, 2),
        (DOWNWARDS, (0.9, math.nan, -math.inf, 0.5), 0.5, 4),
        (UPWARDS, (0.1, 0.9, 0.95), 0.9, 2),
        (UPWARDS, (-3.0, -2.0, -1.0), -1, 3),
    ],
)
def test_a_session_gives_out_nothing_once_the_best_value_is_as_good_as_the_target(
    tmp_path: Path, setup: hb.Setup, values: tuple[float, ...], target: float, given: int
) -> None:
    with hb.Session(tmp_path / "run.jsonl", setup, max_trials=10, target=target) as session:
        workers = [f"w{number}" for number in range(len(values))]
        trials = []
        for worker, value in zip(workers, values, strict=True):
            trial = session.ask(worker=worker, wait=False)
            if trial is None:
                break
            trials.append(trial.number)
            trial.report(1, value)
        assert trials == list(range(given))
        assert session.done
        assert session.ask() is None
        assert session.spent is not None
        assert session.spent.startswith(f"target, {setup.goal.metric} {target:g}: the best value is ")


def test_legs_that_run_when_the_target_is_reached_go_to_their_next_level(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", DOWNWARDS, target=0.5) as session:
        first, second = session.ask(worker="a"), session.ask(worker="b")
        assert first is not None
        assert second is not None
        assert first.report(1, 0.4)
        assert session.ask(worker="c") is None
        assert second.report(1, 0.9)
        assert second.report(2, 0.9)
        assert not second.report(3, 0.9)
        assert session.state.trials[1].status is hb.Status.PAUSED


def test_under_the_stopping_rule_a_leg_is_released_there_and_goes_on_with_a_better_target(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", stopping(), target=0.5) as session:
        trial = session.ask()
        assert trial is not None
        trial.checkpoint.touch()
        assert not trial.report(1, 0.4)
        assert session.state.trials[0].status is hb.Status.BROKEN
    with hb.Session(tmp_path / "run.jsonl", stopping(), target=0.3) as session:
        trial = session.ask()
        assert trial is not None
        assert trial.number == 0
        assert not trial.report(3, 0.2)
    released = [one.event for one in assert_verifies(tmp_path / "run.jsonl") if isinstance(one.event, hb.Release)]
    assert released[0].reason == "the budget is spent: target, error 0.5: the best value is 0.4, of trial 0"


@pytest.mark.parametrize("target", [np.float32(0.5), np.float64(0.5), np.int64(0), 1, 0.5, -1e308, 1e308])
def test_a_target_is_any_finite_number(tmp_path: Path, target: Any) -> None:
    with hb.Session(tmp_path / "run.jsonl", promotion(), target=target) as session:
        assert session.ask() is not None


@pytest.mark.parametrize(
    "target", [True, "0.5", math.nan, math.inf, -math.inf, 10**400, [0.5], np.array([0.5]), Fraction(1, 2)]
)
def test_what_is_no_finite_number_is_no_target_and_the_journal_is_not_touched(tmp_path: Path, target: Any) -> None:
    with pytest.raises(ValueError, match=r"target is .*; it is a value of the metric, a finite number, or None"):
        hb.Session(tmp_path / "run.jsonl", promotion(), target=target)
    assert not (tmp_path / "run.jsonl").exists()
