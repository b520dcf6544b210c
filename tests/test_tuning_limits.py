"""Does a run end when it is enough, and does a trial that hangs never hold it? The target, and limits of time."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.tuning import clocks, load_file
from pure_hb.tuning.patience import Patience
from pure_hb.tuning.progress import Quiet
from tests import scripts
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, promotion, stopping
from tests.processes import is_alive, wait_until

pytestmark = pytest.mark.usefixtures("modules_as_before")

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


# ---- the target of tune ---------------------------------------------------------------------------------------------


def tuned(script: Path, setup: hb.Setup | None = None, **options: Any) -> hb.Result:
    """Tunes a script quietly; the journal is beside it."""
    given = {"workers": 1, "max_trials": 3, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, setup or promotion(), **given)


def command(script: Path, *arguments: str) -> Any:
    """What `pure-hb tune` says to a script."""
    given = ["tune", str(script), "--method", "ASHA-PROM", "--workers", "1", "--quiet"]
    return CliRunner().invoke(cli, [*given, "--journal", str(script.parent / "run.jsonl"), *arguments])


def events(folder: Path, kind: type[Any]) -> list[Any]:
    return [record.event for record in assert_verifies(folder / "run.jsonl") if isinstance(record.event, kind)]


def test_a_run_stops_at_its_target_and_one_that_has_reached_it_has_nothing_to_do(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    first = tuned(script, max_trials=200, target=1.0)
    assert first.best_value is not None
    assert first.best_value <= 1.0
    assert len(first.trials) < 100
    assert tuned(script, max_trials=200, target=1.0) == first
    told = capfd.readouterr().err
    assert told.startswith("Nothing was left to do: target, error 1: the best value is ")


def test_the_command_stops_at_a_target(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    done = command(script, "--max-trials", "200", "--target", "1.0")
    assert done.exit_code == 0
    assert len(hb.read_journal(tmp_path / "run.jsonl")[1]) < 200
    again = command(script, "--max-trials", "200", "--target", "1.0")
    assert "Nothing was left to do: target, error 1" in again.stderr


@pytest.mark.parametrize("target", ["nan", "inf", "-inf", "", "low", "1e999"])
def test_the_command_refuses_a_target_that_is_no_finite_number(tmp_path: Path, target: str) -> None:
    done = command(scripts.write(tmp_path, scripts.GENERATOR), "--max-trials", "1", "--target", target)
    assert done.exit_code == 2
    assert f"{target!r} is no finite number; write for example 0.05" in done.output


def test_a_target_may_be_negative(tmp_path: Path) -> None:
    done = command(scripts.write(tmp_path, scripts.GENERATOR), "--max-trials", "1", "--target", "-1e-3")
    assert done.exit_code == 0


def test_a_target_alone_is_no_budget(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    with pytest.raises(hb.TuningError, match=r"no budget: .*; a target may never be reached"):
        tuned(script, max_trials=None, target=0.5)
    done = command(script, "--target", "0.5")
    assert done.exit_code == 2
    assert "A target may never be reached." in done.output


# ---- limits of time -------------------------------------------------------------------------------------------------

HANGS: Final = """
def train(trial):
    if WHICH:
        Path(__file__).with_name(f"hangs-{os.getpid()}").touch()
        print("waiting for the lock")
        HANG
    trial.checkpoint.joinpath("x").touch()
    trial.report(9, trial.config["x"])
"""
FOR_EVER: Final = "while True: time.sleep(60)"


def hangs(folder: Path, which: str = "trial.number == 1", hang: str = FOR_EVER) -> Path:
    return scripts.write(folder, HANGS.replace("WHICH", which).replace("HANG", hang))


def outcome(result: hb.Result) -> list[tuple[str, int, int]]:
    return [(trial.status.value, trial.highest, trial.failures) for trial in result.trials]


def test_a_trial_that_is_silent_for_too_long_fails_and_the_run_ends(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two workers; the other one finishes everything, and the trial waits in its first epoch."""
    result = tuned(hangs(tmp_path), promotion(max_failures=2), workers=2, max_silence=1.0)
    assert outcome(result) == [("ended", 9, 0), ("ended", 0, 2), ("ended", 9, 0)]
    assert [event.reason for event in events(tmp_path, hb.Fail)] == ["no report for 1 s (max_silence)"] * 2
    log = tmp_path / "run.jsonl.logs" / "trial-1" / "leg-0"
    told = f"trial 1 failed: no report for 1 s (max_silence); see {log}, at the end: waiting for the lock"
    assert told in capfd.readouterr().err.splitlines()


HARD_TO_END: Final = {
    "ignores SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "is stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    "in C code": "import ctypes; ctypes.PyDLL(None).pause()",
    "has a child": (
        "child = os.fork()\n        Path(__file__).with_name(f'hangs-{os.getpid()}').touch()\n"
        "        signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    ),
}


@pytest.mark.parametrize("kind", HARD_TO_END)
def test_whatever_it_does_it_is_killed_with_its_children(tmp_path: Path, kind: str) -> None:
    script = hangs(tmp_path, hang=f"{HARD_TO_END[kind]}\n        {FOR_EVER}")
    result = tuned(script, promotion(max_failures=1), max_silence=1.0)
    assert outcome(result) == [("ended", 9, 0), ("ended", 0, 1), ("ended", 9, 0)]
    left = [int(path.name.partition("-")[2]) for path in tmp_path.glob("hangs-*")]
    assert len(left) == 1 + (kind == "has a child")
    for process in left:
        wait_until(lambda one=process: not is_alive(one), "a process is left")  # type: ignore[misc]  # a default holds the loop variable


def test_a_leg_that_trains_for_too_long_fails_though_it_reports(tmp_path: Path) -> None:
    endless = "epoch = 0\n        while trial.report(1, 0.5) or True: time.sleep(0.05)"
    setup = hb.random_search(LINE, ERROR, max_resource=9, max_failures=1)
    result = tuned(hangs(tmp_path, hang=endless), setup, max_leg_time=1.0)
    assert outcome(result) == [("ended", 9, 0), ("ended", 1, 1), ("ended", 9, 0)]
    assert [event.reason for event in events(tmp_path, hb.Fail)] == ["the leg has trained for 1 s (max_leg_time)"]


def test_so_does_one_that_reports_without_a_pause(tmp_path: Path) -> None:
    """It may never be quiet when the scheduler looks. Waiting for answers, which takes longer, does not count."""
    loop = "for epoch in trial.epochs():\n        time.sleep(0.005)\n        trial.report(epoch, 0.5)"
    train = f"def train(trial):\n    {loop}"
    setup = hb.random_search(LINE, ERROR, max_resource=10**6, max_failures=1)
    result = tuned(scripts.write(tmp_path, train), setup, max_leg_time=0.2, max_trials=1)
    assert [(trial.status.value, trial.failures) for trial in result.trials] == [("ended", 1)]
    assert result.trials[0].highest > 1


def test_before_the_first_result_it_is_a_failure_of_the_trial_all_the_same_and_others_go_on(tmp_path: Path) -> None:
    result = tuned(hangs(tmp_path, "trial.number == 0"), promotion(max_failures=2), max_silence=1.0)
    assert outcome(result) == [("ended", 0, 2), ("ended", 9, 0), ("ended", 9, 0)]


def test_a_script_that_always_hangs_ends_after_many_failures(tmp_path: Path) -> None:
    with pytest.raises(hb.TuningError) as caught:
        tuned(hangs(tmp_path, "True"), promotion(max_failures=1), max_silence=0.5, max_trials=100)
    text = str(caught.value)
    assert text.startswith("3 failures in a row, the last one: no report for 0.5 s (max_silence); see ")
    assert "at the end: waiting for the lock. Raise the limit or repair the script, and start the same" in text
    assert len(events(tmp_path, hb.Fail)) == 3


def test_how_many_limits_may_be_exceeded_before_the_first_result() -> None:
    patience = Patience(workers=2, max_failures=3, has_result=False)
    assert [patience.overran("x") for _ in range(5)] == [False] * 5
    assert [patience.broke("x") for _ in range(2)] == [False, True], "what breaks by itself is counted as ever"
    patience = Patience(workers=2, max_failures=3, has_result=False)
    assert [patience.overran("x") for _ in range(12)] == [False] * 11 + [True]


def test_a_leg_that_does_not_leave_is_killed_too_and_that_is_no_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = f"def train(trial):\n    trial.report(9, 0.5)\n    if trial.number == 0:\n        {FOR_EVER}"
    assert outcome(tuned(scripts.write(tmp_path, train), max_silence=1.0, max_trials=2)) == [("ended", 9, 0)] * 2
    assert "trial 0: no report for 1 s (max_silence), after it was told to leave" in capfd.readouterr().err


def test_the_command_has_limits(tmp_path: Path) -> None:
    done = command(
        hangs(tmp_path),
        "--max-trials",
        "2",
        "--max-silence",
        "1s",
        "--max-leg-time",
        "2h",
        "--option",
        "max_failures=1",
    )
    assert done.exit_code == 0, done.output
    assert [event.reason for event in events(tmp_path, hb.Fail)] == ["no report for 1 s (max_silence)"]


@pytest.mark.parametrize("name", ["max_leg_time", "max_silence"])
def test_a_limit_that_is_none_is_refused_before_the_journal_is_touched(tmp_path: Path, name: str) -> None:
    given: Any = {name: 0}
    with pytest.raises(ValueError, match=f"{name} is 0; it is a positive number of seconds, or None for no limit"):
        tuned(hangs(tmp_path), **given)
    assert not (tmp_path / "run.jsonl").exists()


# ---- trials that hang, without a limit ------------------------------------------------------------------------------


def test_past_max_time_a_trial_that_hangs_is_killed_and_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clocks, "LEAST_SILENCE_S", 0.5)
    result = tuned(hangs(tmp_path), max_time=3.0, workers=2)
    assert outcome(result)[1] == ("broken", 0, 0)
    (released,) = (event for event in events(tmp_path, hb.Release) if event.trial == 1)
    assert released.reason.startswith("max_time is over, and nothing was heard of it for ")
    assert f"trial 1 was released: {released.reason}; see {tmp_path / 'run.jsonl.logs'}" in capfd.readouterr().err
    assert outcome(tuned(scripts.write(tmp_path, scripts.PLAIN), max_trials=2))[1][2] == 0, "it goes on"


def test_without_max_time_its_silence_is_told_once_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other worker has finished everything. Here the trial hangs until that is told."""
    monkeypatch.setattr(clocks, "LEAST_SILENCE_S", 0.5)
    told: list[str] = []

    def tell(progress: object, text: str) -> None:
        if text.startswith("trial 1 has reported nothing for "):
            told.append(text)
            (tmp_path / "told").touch()

    monkeypatch.setattr(Quiet, "tell", tell)
    waits = "while not Path(__file__).with_name('told').exists(): time.sleep(0.01)\n        time.sleep(1.0)"
    result = tuned(hangs(tmp_path, hang=waits), workers=2)
    assert outcome(result) == [("ended", 9, 0)] * 3
    (text,) = told
    assert f" s; see {tmp_path / 'run.jsonl.logs'}" in text
    assert ". If it hangs, end the run with Ctrl-C" in text
    assert "start it again with max_silence=SECONDS (--max-silence)" in text


def test_so_is_one_that_hangs_while_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "LEAST_SILENCE_S", 0.5)
    script = scripts.write(tmp_path, scripts.PLAIN, f"if 'PURE_HB_WORKER' in os.environ:\n    {FOR_EVER}")
    with pytest.raises(hb.TuningError, match="The run has ended without any result; max_time, 1 s"):
        tuned(script, max_time=1.0)
    assert events(tmp_path, hb.Fail) == []
    assert len(events(tmp_path, hb.Release)) == 1
