"""Do limits end what takes too long, and does a target end a run? Against training that hangs for ever."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.session.budget import Budget
from pure_hb.tuning import clocks, load_file
from pure_hb.tuning.pool import Pool
from pure_hb.tuning.run import Run
from tests import scripts
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, SCORE, promotion, stopping
from tests.processes import is_alive, pure_hb, wait_until

pytestmark = pytest.mark.usefixtures("modules_as_before")

HANGS_ONCE: Final = """
def train(trial):
    if trial.number == 1 and trial.leg == 0:
        print("waits for a lock")
        time.sleep(600)
    trial.report(9, trial.config["x"])
"""
HANGS_ALWAYS: Final = "def train(trial):\n    time.sleep(600)"
NO_REPORT: Final = "no report for 1 s (max_silence)"


def tuned(script: Path, setup: hb.Setup | None = None, **options: Any) -> hb.Result:
    more = {"workers": 1, "max_trials": 2, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, setup or promotion(), **more)


def events(folder: Path, kind: type[Any]) -> list[Any]:
    return [record.event for record in assert_verifies(folder / "run.jsonl") if isinstance(record.event, kind)]


def outcome(result: hb.Result) -> list[tuple[str, int, int]]:
    return [(trial.status.value, trial.highest, trial.failures) for trial in result.trials]


# ---- silence --------------------------------------------------------------------------------------------------------


def test_a_leg_that_is_silent_for_too_long_is_killed_and_its_trial_fails_with_that_reason(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = tuned(scripts.write(tmp_path, HANGS_ONCE), max_silence=1)
    assert outcome(result) == [("ended", 9, 0), ("ended", 9, 1)]
    assert [event.reason for event in events(tmp_path, hb.Fail)] == [NO_REPORT]
    (line,) = capfd.readouterr().err.splitlines()
    log = tmp_path / "run.jsonl.logs" / "trial-1" / "leg-0"
    assert line == f"trial 1 failed: {NO_REPORT}; see {log}, at the end: waits for a lock"


WAITS_ON_A_LOCK: Final = """
import threading
lock = threading.Lock()
def train(trial):
    here = Path(__file__)
    if trial.number == 0 and trial.leg == 0:
        lock.acquire()
        while not here.with_name("ended-2").exists():
            time.sleep(0.01)
        here.with_name("hangs").touch()
        lock.acquire()
    trial.report(9, trial.config["x"])
    here.with_name(f"ended-{trial.number}").touch()
"""
"""Ray 47475: one of three trials, on one of two workers, while the other has finished everything."""


def test_a_trial_that_waits_on_a_lock_in_its_first_epoch_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    looks = [0]

    def interrupted(run: Run) -> None:
        looks[0] += (tmp_path / "hangs").exists()
        if looks[0] == 4:
            raise KeyboardInterrupt

    impatient(monkeypatch, tmp_path, then=interrupted)
    with pytest.raises(KeyboardInterrupt):
        tuned(scripts.write(tmp_path, WAITS_ON_A_LOCK), workers=2, max_trials=3)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("trial 0 has not reported for ")
    assert "If it hangs: Ctrl-C loses nothing that was reported, and max_silence=SECONDS (--max-silence)" in line
    assert line.endswith(f"; see {tmp_path / 'run.jsonl.logs' / 'trial-0' / 'leg-0'}")


def test_a_trial_that_waits_on_a_lock_fails_with_a_limit_and_the_run_ends(tmp_path: Path) -> None:
    result = tuned(scripts.write(tmp_path, WAITS_ON_A_LOCK), workers=2, max_trials=3, max_silence=1)
    assert outcome(result) == [("ended", 9, 1), ("ended", 9, 0), ("ended", 9, 0)]


def impatient(
    monkeypatch: pytest.MonkeyPatch, folder: Path, then: Callable[[Run], None], limit: float | None = None
) -> None:
    """As soon as a script says that it hangs, a minute is over, and max_time too if it is given."""
    watch = Run._watch

    def watched(run: Run) -> None:
        if (folder / "hangs").exists():
            monkeypatch.setattr(clocks, "SILENCE_S", 0.0)
            monkeypatch.setattr(clocks, "GAPS", 0.0)
            if limit is not None:
                run._session.budget = Budget(max_time=limit)
        watch(run)
        then(run)

    monkeypatch.setattr(Run, "_watch", watched)


def test_before_the_first_result_too_it_is_the_trial_that_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The limit was asked for; the script is not taken to be broken."""
    train = HANGS_ONCE.replace("trial.number == 1", "trial.number == 0")
    result = tuned(scripts.write(tmp_path, train), max_silence=1)
    assert outcome(result) == [("ended", 9, 1), ("ended", 9, 0)]
    assert "not counted" not in capfd.readouterr().err


def test_a_run_in_which_all_hang_ends_after_the_larger_number_of_failures(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, HANGS_ALWAYS)
    with pytest.raises(hb.TuningError) as caught:
        tuned(script, promotion(max_failures=1), max_trials=100, max_silence=0.2)
    text = str(caught.value)
    assert text.startswith("3 failures and no result yet, the last one: no report for 0.2 s (max_silence); see ")
    assert text.endswith("Repair the script or raise the limit, and start the same command again")
    assert len(events(tmp_path, hb.Fail)) == 3


def test_a_train_that_hangs_after_it_was_told_to_leave_has_not_failed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = "def train(trial):\n    trial.report(9, trial.config['x'])\n    time.sleep(600 * (trial.number == 0))"
    assert outcome(tuned(scripts.write(tmp_path, train), max_silence=1)) == [("ended", 9, 0)] * 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"trial 0: {NO_REPORT}, after it was told to leave, so this is no failure; see ")


def test_what_a_leg_that_is_killed_has_started_ends_with_it(tmp_path: Path) -> None:
    train = """
import subprocess
def train(trial):
    if trial.number == 0 and trial.leg == 0:
        ignores = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-S", "-c", ignores])
        Path(__file__).with_name("child").write_text(str(child.pid))
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child.wait()
    trial.report(9, trial.config["x"])
"""
    assert outcome(tuned(scripts.write(tmp_path, train), max_silence=1)) == [("ended", 9, 1), ("ended", 9, 0)]
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not is_alive(child), "a child is left")


def test_imports_that_take_longer_than_the_limits_cost_no_trial(tmp_path: Path) -> None:
    slow = "if 'PURE_HB_WORKER' in os.environ: time.sleep(1.5)"
    result = tuned(scripts.write(tmp_path, slow, scripts.GENERATOR), max_silence=1, max_leg_time=1, workers=2)
    assert {trial.failures for trial in result.trials} == {0}


def test_a_report_that_lies_unread_comes_before_any_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler was busy or stopped; the worker is not to blame."""
    has_word, looks = Pool.has_word, [0]

    def late(self: Pool, name: str) -> bool:
        looks[0] += 1
        assert events(tmp_path, hb.Fail) == []
        return looks[0] < 4 or has_word(self, name)

    monkeypatch.setattr(Pool, "has_word", late)
    result = tuned(scripts.write(tmp_path, HANGS_ONCE), max_silence=1)
    assert outcome(result) == [("ended", 9, 0), ("ended", 9, 1)]
    assert looks == [4]


# ---- the time of a leg ----------------------------------------------------------------------------------------------


def test_a_leg_that_trains_for_too_long_is_killed_though_it_reports(tmp_path: Path) -> None:
    train = """
def train(config, resume_from, checkpoint_dir):
    for epoch in range(resume_from + 1, 1_000_000):
        time.sleep(0.02)
        yield epoch, 0.5
"""
    setup = hb.random_search(LINE, ERROR, max_resource=1_000_000, max_failures=1)
    result = tuned(scripts.write(tmp_path, train), setup, max_trials=1, max_leg_time=1)
    assert [trial.status.value for trial in result.trials] == ["ended"]
    assert result.trials[0].highest > 1, "what it had reported stands"
    assert [event.reason for event in events(tmp_path, hb.Fail)] == ["the leg has trained for 1 s (max_leg_time)"]


@pytest.mark.parametrize("option", ["max_silence", "max_leg_time"])
def test_a_limit_that_is_no_time_is_refused_before_anything_starts(tmp_path: Path, option: str) -> None:
    with pytest.raises(ValueError, match=f"{option} is -1; it is a positive number of seconds"):
        tuned(scripts.write(tmp_path, scripts.GENERATOR), None, **{option: -1})
    assert not (tmp_path / "run.jsonl").exists()


# ---- past max_time --------------------------------------------------------------------------------------------------


SAYS: Final = "Path(__file__).with_name('hangs').touch(); time.sleep(600)"
HANGS: Final = {
    "in an import": (f"if 'PURE_HB_WORKER' in os.environ:\n    {SAYS}\ndef train(trial): pass", 0),
    "in its first epoch": (f"def train(trial):\n    {SAYS}", 0),
    "after a report": (f"def train(trial):\n    trial.report(1, 0.5)\n    {SAYS}", 1),
    "after it was told to leave": (f"def train(trial):\n    trial.report(9, 0.5)\n    {SAYS}", 9),
}


@pytest.mark.parametrize("hangs", HANGS)
def test_past_max_time_a_leg_that_is_silent_for_long_is_killed_and_released(
    tmp_path: Path, hangs: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """So a hung trial never holds a run for ever."""
    script = scripts.write(tmp_path, scripts.GENERATOR)
    setup = hb.random_search(LINE, ERROR, max_resource=9)
    tuned(script, setup, max_trials=1)
    train, highest = HANGS[hangs]
    scripts.write(tmp_path, train)
    impatient(monkeypatch, tmp_path, then=lambda run: None, limit=1e-9)
    result = tuned(script, setup, max_trials=None, max_time=1000)
    assert (len(result.trials), result.trials[1].failures, result.trials[1].highest) == (2, 0, highest)
    (line,) = capfd.readouterr().err.splitlines()
    releases = [event.reason for event in events(tmp_path, hb.Release)]
    if hangs == "after it was told to leave":
        assert line.startswith("trial 1 did not end: no report for ")
        assert releases == []
    else:
        assert line.startswith("trial 1 was released: no report for ")
        assert releases == [line.removeprefix("trial 1 was released: ").partition("; see ")[0]]
    assert " s, and max_time is over; see " in line


def test_before_max_time_a_silent_leg_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "SILENCE_S", 0.0)
    monkeypatch.setattr(clocks, "GAPS", 0.0)
    result = tuned(scripts.write(tmp_path, scripts.GENERATOR, seconds=0.05), max_time=1000, workers=2)
    assert {trial.failures for trial in result.trials} == {0}
    assert events(tmp_path, hb.Release) == []


# ---- the target -----------------------------------------------------------------------------------------------------


def state_with(value: float, goal: hb.Goal = ERROR) -> hb.State:
    state = hb.initial(promotion(goal=goal))
    for event in (hb.Ask("w"), hb.Report(0, 1, value)):
        state, _ = hb.decide(state, event)
    return state


@pytest.mark.parametrize(
    ("goal", "value", "target", "reached"),
    [
        (ERROR, 0.1, 0.1, True),
        (ERROR, 0.05, 0.1, True),
        (ERROR, 0.11, 0.1, False),
        (SCORE, 0.9, 0.9, True),
        (SCORE, 0.95, 0.9, True),
        (SCORE, 0.89, 0.9, False),
        (SCORE, -1.0, -2, True),
        (ERROR, math.nan, 1e300, False),
        (ERROR, -math.inf, 0.1, False),
    ],
)
def test_a_target_is_reached_by_a_best_value_as_good_as_it(
    goal: hb.Goal, value: float, target: float, reached: bool
) -> None:
    spent = Budget(target=target).is_spent(state_with(value, goal), 0.0)
    assert spent == (f"target, {target:g} (the best value is {value:g})" if reached else None)


def test_no_result_reaches_no_target() -> None:
    assert Budget(target=5).is_spent(hb.initial(promotion()), 0.0) is None


def test_a_target_may_be_a_number_of_numpy() -> None:
    target: Any = np.float32(0.5)
    assert type(Budget(target=target).target) is float


@pytest.mark.parametrize("target", [math.nan, math.inf, -math.inf, True, "0.1", 10**400, [0.1]])
def test_a_target_that_is_no_finite_number_is_refused(target: Any) -> None:
    with pytest.raises(ValueError, match=r"target is .*; it is a finite number, a best value that is good enough"):
        Budget(target=target)


def test_a_run_ends_when_its_target_is_reached_and_running_legs_go_to_their_next_level(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    result = tuned(script, stopping(), workers=2, max_trials=100, target=0.6)
    assert result.best_value is not None
    assert result.best_value <= 0.6
    assert len(result.trials) < 30
    assert all(trial.highest in (1, 3, 9) for trial in result.trials)
    assert all(event.reason.startswith("the budget is spent: target, 0.6 (") for event in events(tmp_path, hb.Release))


def test_a_run_whose_target_is_reached_has_nothing_to_do_and_says_why(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    before = tuned(script, max_trials=3).best_value
    again = tuned(script, max_trials=100, target=5)
    assert (len(again.trials), again.best_value) == (3, before)
    assert f"Nothing was left to do: target, 5 (the best value is {before:g})" in capfd.readouterr().err


def test_a_session_has_a_target_too(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", stopping(), target=0.5) as session:
        trial, other = session.ask(worker="a"), session.ask(worker="b")
        assert trial is not None
        assert other is not None
        assert trial.report(1, 0.4) is False
        assert session.spent == "target, 0.5 (the best value is 0.4)"
        assert session.ask(worker="a", wait=False) is None
        assert other.report(1, 0.1) is False, "it is released at its next level"
        assert session.done


def test_a_target_alone_is_no_budget(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    with pytest.raises(hb.TuningError, match=r"no budget: give max_time .*; the target may never be reached"):
        tuned(script, max_trials=None, target=0.5)
    done = CliRunner().invoke(cli, ["tune", str(script), "--method", "ASHA-PROM", "--target", "0.5"])
    assert done.exit_code == 2
    assert "--max-trials or --max-resource-total. The target may never be reached." in done.stderr


# ---- the command ----------------------------------------------------------------------------------------------------


def test_the_command_has_limits_and_a_target(tmp_path: Path) -> None:
    scripts.write(tmp_path, HANGS_ONCE)
    options = ("--method", "ASHA-PROM", "--workers", 1, "--max-trials", 9, "--quiet", "--journal", "run.jsonl")
    done = pure_hb(
        "tune", "script.py", *options, "--max-silence", "1s", "--max-leg-time", "5m", "--target", "0.5", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert len(events(tmp_path, hb.Report)) == 1, "the first trial reaches it"
    done = pure_hb("tune", "script.py", *options, "--max-silence", "1s", "--target", "-1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [event.reason for event in events(tmp_path, hb.Fail)] == [NO_REPORT]


@pytest.mark.parametrize(("option", "value"), [("--target", "nan"), ("--target", "inf"), ("--max-silence", "0"),
                                               ("--max-leg-time", "-5"), ("--max-silence", "soon")])  # fmt: skip
def test_the_command_refuses_what_is_no_limit(tmp_path: Path, option: str, value: str) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    arguments = ["tune", str(script), "--method", "ASHA-PROM", "--max-trials", "1", f"{option}={value}"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert option in done.stderr
    assert value in done.stderr
