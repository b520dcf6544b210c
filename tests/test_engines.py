"""Do legs train on executors as in local processes? Real threads and processes; and what an engine must do.

Dask and Ray, and a real model on each engine, are in test_clusters.py.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.session import Session
from pure_hb.tuning import load_file
from pure_hb.tuning.channel import Answer, Arrived, Ended, Entered, Leg, Message, Reported
from pure_hb.tuning.engine import Died, Dropped, Heard
from pure_hb.tuning.engines.call import Call, Outcome
from pure_hb.tuning.engines.job import Job
from pure_hb.tuning.engines.submitted import Submitted
from pure_hb.tuning.engines.workplace import Asked, Broken, Over, Word
from pure_hb.tuning.environments import NO_ENVIRONMENTS
from pure_hb.tuning.script import Script
from tests import scripts
from tests.logs import assert_verifies, pairs
from tests.play import ERROR, LINE, promotion, stopping
from tests.processes import ctrl_c_is_heard, pure_hb

pytestmark = pytest.mark.usefixtures("modules_as_before")


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def tuned(train: Callable[..., Any], journal: Path, executor: Any, **options: Any) -> hb.Result:
    given = {"workers": 1, "max_trials": 6, "quiet": True, **options}
    return hb.tune(train, given.pop("setup", promotion()), journal=journal, executor=executor, **given)


def error_of(trial: Any, epoch: int) -> float:
    return abs(float(trial.config["x"]) - 0.3) + 1 / epoch


# ---- threads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_threads_decide_as_a_loop_of_ones_own(tmp_path: Path, threads: Executor, make: Callable[[], hb.Setup]) -> None:
    """With one worker, and checkpoints that the script itself asserts."""
    train = load_file(scripts.write(tmp_path, scripts.PLAIN)).train
    tuned(train, tmp_path / "run.jsonl", threads, setup=make())
    with Session(tmp_path / "own.jsonl", make(), max_trials=6) as session:
        while trial := session.ask(worker="worker-0"):
            for epoch in trial.epochs():
                trial.checkpoint.touch()
                trial.report(epoch, error_of(trial, epoch))
    assert pairs(assert_verifies(tmp_path / "run.jsonl")) == pairs(assert_verifies(tmp_path / "own.jsonl"))


def test_two_threads_share_the_trials_and_a_generator_is_closed(tmp_path: Path, threads: Executor) -> None:
    closed: list[int] = []

    def train(config: Any, resume_from: int, checkpoint_dir: str) -> Iterator[tuple[int, float]]:
        saved = Path(checkpoint_dir) / "epoch"
        try:
            for epoch in range(resume_from + 1, 10):
                assert (saved.read_text() if epoch > 1 else "0") == str(epoch - 1)
                saved.write_text(str(epoch))
                yield epoch, config["x"] / epoch
        finally:
            closed.append(resume_from)

    result = tuned(train, tmp_path / "run.jsonl", threads, workers=2, max_trials=12)
    log = pairs(assert_verifies(tmp_path / "run.jsonl"))
    assert len(result.trials) == 12
    assert {event.worker for event, _ in log if isinstance(event, hb.Ask)} == {"worker-0", "worker-1"}
    assert len(closed) == sum(isinstance(action, hb.Start | hb.Resume) for _, action in log)


def test_the_same_call_goes_on(tmp_path: Path, threads: Executor) -> None:
    def train(trial: Any) -> None:
        for epoch in trial.epochs():
            trial.checkpoint.joinpath("epoch").write_text(str(epoch))
            trial.report(epoch, error_of(trial, epoch))

    tuned(train, tmp_path / "run.jsonl", threads, max_trials=3)
    assert len(tuned(train, tmp_path / "run.jsonl", None, max_trials=3).trials) == 3, "also on another engine"
    assert len(tuned(train, tmp_path / "run.jsonl", threads).trials) == 6
    tuned(train, tmp_path / "whole.jsonl", threads)
    resumed, whole = (pairs(assert_verifies(tmp_path / name)) for name in ("run.jsonl", "whole.jsonl"))
    assert [event for event, _ in resumed] == [event for event, _ in whole]


@pytest.mark.parametrize("way", ["raise ValueError('no')", "sys.exit(3)", "trial['x']"])
def test_what_breaks_is_a_failure_with_its_traceback_in_the_log_of_its_leg(
    tmp_path: Path, threads: Executor, way: str
) -> None:
    text = f"""
def train(trial):
    for epoch in trial.epochs():
        if trial.number == 1 and trial.leg == 0:
            {way}
        trial.report(epoch, error_of(trial.config, epoch))
"""
    train = load_file(scripts.write(tmp_path, text)).train
    result = tuned(train, tmp_path / "run.jsonl", threads)
    assert [trial.failures for trial in result.trials] == [0, int("trial[" not in way), 0, 0, 0, 0]
    log = (tmp_path / "run.jsonl.logs" / "trial-1" / "leg-0").read_text()
    assert "Traceback" in log
    assert way in log
    assert "trial 1, leg 0: began in process" in (tmp_path / "run.jsonl.logs" / "worker-0.log").read_text()


def test_ctrl_c_releases_what_runs_and_the_leg_leaves_when_it_reports_next(tmp_path: Path) -> None:
    left: list[int] = []
    may_go_on = threading.Event()

    def train(trial: Any) -> None:
        for epoch in trial.epochs():
            if trial.number == 1 and 1 not in left:
                signal.raise_signal(signal.SIGINT)  # which the main thread hears
                may_go_on.wait(60)
            trial.report(epoch, error_of(trial, epoch))
        left.append(trial.number)

    with ThreadPoolExecutor(1) as executor:
        with ctrl_c_is_heard(), pytest.raises(KeyboardInterrupt):
            tuned(train, tmp_path / "run.jsonl", executor)
        log = pairs(assert_verifies(tmp_path / "run.jsonl"))
        assert isinstance(log[-1][0], hb.Release)
        may_go_on.set()
    assert left == [0], "train was taken out of its loop"
    left.append(1)
    with ThreadPoolExecutor(1) as executor:
        assert len(tuned(train, tmp_path / "run.jsonl", executor).trials) == 6
    assert_verifies(tmp_path / "run.jsonl")


# ---- processes ------------------------------------------------------------------------------------------------------


def test_an_executor_that_broke_ends_the_run_and_the_same_command_goes_on(tmp_path: Path) -> None:
    kills = """
def train(trial):
    for epoch in trial.epochs():
        if trial.number == 2 and trial.leg == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        trial.report(epoch, error_of(trial.config, epoch))
"""
    train = load_file(scripts.write(tmp_path, kills)).train
    with ProcessPoolExecutor(1) as executor, pytest.raises(hb.TuningError) as caught:
        tuned(train, tmp_path / "run.jsonl", executor)
    assert "give tune what makes a new one: executor=lambda: ProcessPoolExecutor(4)" in str(caught.value)
    log = pairs(assert_verifies(tmp_path / "run.jsonl"))
    (reason,) = (event.reason for event, _ in log if isinstance(event, hb.Fail))
    assert reason.startswith("the worker process died: BrokenProcessPool")
    result = tuned(train, tmp_path / "run.jsonl", lambda: ProcessPoolExecutor(1))
    assert [trial.failures for trial in result.trials] == [0, 0, 1, 0, 0, 0]


def _broken_initializer() -> None:
    raise SystemExit


def test_executors_whose_processes_never_start_end_the_run(tmp_path: Path) -> None:
    train = load_file(scripts.write(tmp_path, scripts.PLAIN)).train
    with pytest.raises(hb.TuningError, match="died before train was entered: BrokenProcessPool"):
        tuned(train, tmp_path / "run.jsonl", lambda: ProcessPoolExecutor(1, initializer=_broken_initializer))
    assert_verifies(tmp_path / "run.jsonl")


def test_an_executor_that_is_shut_down_is_told(tmp_path: Path, threads: Executor) -> None:
    threads.shutdown()
    with pytest.raises(hb.TuningError, match="the executor takes no work any more: RuntimeError"):
        tuned(lambda trial: None, tmp_path / "run.jsonl", threads)


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_leg_time": 5}, ("max_leg_time is 5", "no leg can be killed", 'engine="ray"')),
        ({"max_silence": 60}, ("max_silence is 60", "Leave it out")),
        ({"worker_env": [{"CUDA_VISIBLE_DEVICES": "0"}]}, ("worker_env", "give the executor an initializer")),
    ],
)
def test_what_cannot_hold_in_an_executor_is_refused_before_the_journal_is_touched(
    tmp_path: Path, threads: Executor, options: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(hb.TuningError) as caught:
        tuned(lambda trial: None, tmp_path / "run.jsonl", threads, **options)
    assert all(word in str(caught.value) for word in words), caught.value
    assert not (tmp_path / "run.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"engine": "slurm"}, ValueError, 'it is one of "processes", "dask", "ray"'),
        ({"engine": 3}, TypeError, "engine is 3"),
        ({"executor": 3}, TypeError, "executor is 3"),
        ({"executor": len, "engine": "dask"}, ValueError, "executor and engine='dask' are given"),
    ],
)
def test_what_is_no_engine_is_refused(
    tmp_path: Path, options: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        hb.tune(lambda trial: None, promotion(), max_trials=1, journal=tmp_path / "run.jsonl", **options)
    assert words in str(caught.value)


@pytest.mark.parametrize("amount", [-1, float("nan"), "1", True])
def test_amounts_are_numbers_from_0_on(amount: Any) -> None:
    for kind in (hb.Dask, hb.Ray):
        with pytest.raises(ValueError, match=r"gpus is .*; it is how many each trial gets"):
            kind(gpus=amount)


@pytest.mark.parametrize(("engine", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_engine_that_is_not_installed_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(hb.ScriptError, match=rf"needs {module}.*pip install 'pure_hb\[{engine}\]'"):
        hb.tune(lambda trial: None, promotion(), max_trials=1, journal=tmp_path / "run.jsonl", engine=engine)


def test_the_command_refuses_details_of_a_cluster_without_one(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.PLAIN)
    done = pure_hb("tune", script, "--method", "ASHA-PROM", "--max-trials", 1, "--gpus-per-trial", 1, cwd=tmp_path)
    assert done.returncode == 2
    assert "--gpus-per-trial is for a cluster: give --engine dask or --engine ray" in done.stderr
    assert "--gpus 0,1" in done.stderr


def test_fewer_places_than_workers_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(1) as executor:
        tuned(lambda trial: trial.report(9, 1.0), tmp_path / "run.jsonl", executor, workers=3)
    assert "the executor has 1 workers, and tune 3: give workers=1" in capfd.readouterr().err


# ---- what every engine must do, by a made one -----------------------------------------------------------------------


class Made:
    """A workplace of which the test says what it hears."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: list[tuple[str, bool]] = []
        self.ended: list[str] = []
        self.words: list[Word] = []

    def submit(self, call: Call) -> None:
        self.calls.append(call)

    def answer(self, attempt: str, answer: Answer) -> None:
        self.answers.append((attempt, answer.go_on))

    def hear(self, seconds: float) -> Iterator[Word]:
        words, self.words = self.words, []
        yield from words

    def is_quiet(self) -> bool:
        return not self.words

    def end(self, call: str) -> None:
        self.ended.append(call)

    def close(self) -> None:
        self.ended.append("all")


class Played:
    """A worker that has been given a leg on a made workplace."""

    def __init__(self, folder: Path) -> None:
        self.made = Made()
        job = Job(lambda trial: None, Script(None), ("worker-0",), folder, NO_ENVIRONMENTS, lambda text: None)
        self.engine = Submitted(self.made, job)
        self.give()

    def give(self) -> None:
        self.engine.send("worker-0", Leg(3, 1, {"x": 0.5}, 1, 3, "saved"))
        self.call = self.made.calls[-1].identity

    def says(self, attempt: str, message: Message) -> list[Heard]:
        return self.hears(Asked(self.call, attempt, message))

    def hears(self, word: Word) -> list[Heard]:
        self.made.words = [word]
        return [heard for _, heard in self.engine.wait(0)]


def test_a_leg_that_an_engine_begins_again_is_a_death_and_is_not_trained_there(tmp_path: Path) -> None:
    """It must begin with the checkpoint that it began with, and the first attempt may have changed that."""
    played = Played(tmp_path)
    assert played.says("first", Arrived("here")) == []
    assert played.says("first", Entered()) == [Entered()]
    assert played.says("first", Reported(2, 0.5)) == [Reported(2, 0.5)]
    played.engine.send("worker-0", Answer(True, 3))
    (death,) = played.says("second", Arrived("there"))
    assert isinstance(death, Died)
    assert death.has_entered
    assert "(here)" in death.how
    assert played.made.answers == [("first", True)] * 3 + [("second", False)]
    assert played.made.ended == [played.call]
    assert played.engine.is_ready("worker-0")
    assert played.says("first", Reported(3, 0.4)) == [], "should it live after all, nobody hears of it"
    assert played.made.answers[-1] == ("first", False)


def test_a_leg_that_was_killed_is_told_to_leave_should_it_ask_again(tmp_path: Path) -> None:
    played = Played(tmp_path)
    played.says("first", Arrived("here"))
    assert played.engine.is_quiet("worker-0")
    played.engine.kill("worker-0")
    assert played.made.ended == [played.call]
    assert played.says("first", Reported(2, 0.5)) == []
    assert played.made.answers == [("first", True), ("first", False)]
    assert played.hears(Over(played.call, Outcome(Ended()))) == []
    old = played.call
    played.give()
    assert played.call != old, "the same leg, given again, is another call"
    played.call = old
    assert played.says("late", Arrived("here")) == []
    assert played.made.answers[-1] == ("late", False)


def test_a_death_before_train_was_entered_is_told_apart(tmp_path: Path) -> None:
    played = Played(tmp_path)
    played.says("first", Arrived("here"))
    assert played.hears(Over(played.call, Died("gone"))) == [Died("gone (here)", has_entered=False)]


def test_what_is_dropped_is_no_death_and_a_broken_engine_takes_no_legs(tmp_path: Path) -> None:
    played = Played(tmp_path)
    assert played.hears(Over(played.call, Dropped("restarted"))) == [Dropped("restarted")]
    assert played.engine.is_ready("worker-0")
    assert played.hears(Broken("no more")) == []
    assert played.engine.hopeless == "no more"
    assert not played.engine.is_ready("worker-0")


def test_whoever_leaves_ends_all_that_runs(tmp_path: Path) -> None:
    played = Played(tmp_path)
    with played.engine:
        pass
    assert played.made.ended == [played.call, "all"]


def test_a_leg_that_is_dropped_is_given_again_and_nobody_has_failed(tmp_path: Path, threads: Executor) -> None:
    """An executor that cancels what it has not begun: the trial goes on, without a failure."""
    cancelled: list[object] = []

    class Cancels(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **keywords: Any) -> Any:
            future = super().submit(*arguments, **keywords)
            if not cancelled:
                cancelled.append(future.cancel())
            return future

    with Cancels(1) as executor:
        blocked = threading.Event()
        ThreadPoolExecutor.submit(executor, blocked.wait, 60)
        threading.Timer(0.2, blocked.set).start()
        setup = hb.random_search(LINE, ERROR, max_resource=1)
        result = tuned(lambda trial: trial.report(1, 0.5), tmp_path / "run.jsonl", executor, setup=setup, max_trials=2)
    assert cancelled == [True]
    assert [trial.failures for trial in result.trials] == [0, 0]
    assert any(isinstance(event, hb.Release) for event, _ in pairs(assert_verifies(tmp_path / "run.jsonl")))
