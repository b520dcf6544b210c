"""Do worker processes begin and end as they should, and what they have started with them?

Workers that die before they train, ends within one deadline, children of train, Ctrl-C that is ignored, logs that
cannot be written. No test depends on how fast the machine is: clocks are handed in, or limits are far away.
"""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.journal import open_file_journal, read_journal
from pure_hb.tuning import load_file, pool, process
from pure_hb.tuning.channel import Entered, Leg, Message, Noticed
from pure_hb.tuning.ending import GRACE_S, end_groups, is_left
from pure_hb.tuning.engine import Died, Lost
from pure_hb.tuning.modules import Source
from pure_hb.tuning.pool import MOST_DEATHS, Pool
from pure_hb.tuning.script import Script
from pure_hb.tuning.worker import IN_WORKER
from tests import scripts
from tests.logs import assert_verifies, pairs
from tests.play import promotion
from tests.processes import LIMIT_S, PURE_HB, begin, end, is_alive, python, wait_until
from tests.shared import ROOT

pytestmark = pytest.mark.usefixtures("modules_as_before")

Said = list[tuple[str, Message | Died | Lost]]


@pytest.fixture
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_FIRST_PAUSE_S", 0.001)


def interpreter(folder: Path, text: str) -> str:
    """A program that takes the place of Python in workers, with ``PYTHON`` for the real one."""
    program = folder / "interpreter"
    program.write_text(f"#!/bin/sh\n{text}\n".replace("PYTHON", shlex.quote(sys.executable)))
    program.chmod(0o755)
    return str(program)


def tuned(script: Path, folder: Path, **options: Any) -> hb.Result:
    more = {"workers": 2, "max_trials": 2, "journal": folder / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, promotion(), **more)


# ---- a worker that dies before it trains ----------------------------------------------------------------------------


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Starts:
    """When processes are started, by a clock."""

    def __init__(self, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times: list[float] = []
        start = process.start_worker

        def started(*arguments: Any) -> Any:
            self.times.append(clock.now)
            return start(*arguments)

        monkeypatch.setattr(pool, "start_worker", started)


def looked_after(workers: Pool, until: Callable[[], bool]) -> Said:
    """What a pool tells until something is so."""
    said: Said = []

    def done() -> bool:
        said.extend(workers.wait(0.01))
        return until()

    wait_until(done, "the pool does not get there")
    return said


def one_worker(folder: Path, clock: Clock) -> Pool:
    source = Source("script", str(folder / "script.py"), str(folder), is_main=True)
    return Pool(Script(source, "train"), ("worker-0",), folder / "logs", now=clock)


def test_a_worker_that_dies_at_once_is_started_again_after_pauses_that_grow_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "echo 'no licence\nfor this' >&2; exit 3"))
    clock, said = Clock(), []
    starts = Starts(clock, monkeypatch)
    with one_worker(tmp_path, clock) as workers:
        for number in range(1, MOST_DEATHS + 1):
            begun = clock.now
            while len(starts.times) < number:
                assert not workers._processes
                said += list(workers.wait(0.0))
                clock.now += 0.0 if len(starts.times) == number else 0.02
                assert clock.now < begun + 5.0
            said += looked_after(workers, lambda: not workers._processes)
        assert workers.hopeless is not None
        for _ in range(10):
            clock.now += 1000.0
            said += list(workers.wait(0.0))
    assert len(starts.times) == MOST_DEATHS
    pauses = [after - before for before, after in zip(starts.times, starts.times[1:], strict=False)]
    assert pauses == [pytest.approx(pause, abs=0.05) for pause in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 4.0)]
    log = tmp_path / "logs" / "worker-0.log"
    told = Noticed(
        "worker-0: its process died outside of training: exit status 3. It is started again, after pauses; "
        f"its output is in {log}, at the end: no licence | for this"
    )
    assert said == [("worker-0", told)], "once, however often it dies"
    assert workers.hopeless == (
        f"no worker process stays alive; worker-0 died {MOST_DEATHS} times in a row outside of training, "
        f"the last time: exit status 3; its output is in {log}, at the end: no licence | for this. "
        "Remove the cause and start the same command again"
    )
    assert len(log.read_text().splitlines()) == 2 * MOST_DEATHS


def test_each_kind_of_death_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = "echo x >> count; case $(wc -l < count | tr -d ' ') in 1|2) exit 7;; 3) kill -9 $$;; *) exit 7;; esac"
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, f"cd {shlex.quote(str(tmp_path))}; {count}"))
    clock, said = Clock(), []
    with one_worker(tmp_path, clock) as workers:
        while workers.hopeless is None:
            clock.now += 10.0
            said += looked_after(workers, lambda: bool(workers._processes) or workers.hopeless is not None)
            said += looked_after(workers, lambda: not workers._processes)
    texts = [message.text for _, message in said if isinstance(message, Noticed)]
    assert ["exit status 7. It" in text or "signal SIGKILL. It" in text for text in texts] == [True, True]


def test_a_pool_does_not_wait_while_a_worker_pauses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others may have something to say: it waits in `wait` only, as long as it is asked to or a pause lasts."""
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "exit 1"))
    asked: list[float] = []
    clock = Clock()
    with one_worker(tmp_path, clock) as workers:
        looked_after(workers, lambda: bool(workers._processes))
        looked_after(workers, lambda: not workers._processes)

        def select(seconds: float) -> list[Any]:
            asked.append(seconds)
            return []

        monkeypatch.setattr(workers._selector, "select", select)
        list(workers.wait(50.0))
        list(workers.wait(0.03))
    assert asked == [pytest.approx(0.1), pytest.approx(0.03)]


@pytest.mark.usefixtures("_short_pauses")
def test_a_run_whose_workers_all_die_at_once_ends_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", interpreter(tmp_path, "exit 3"))
        with pytest.raises(hb.TuningError) as caught:
            tuned(script, tmp_path)
    assert "no worker process stays alive; worker-" in str(caught.value)
    assert f"died {MOST_DEATHS} times in a row outside of training, the last time: exit status 3" in str(caught.value)
    assert str(tmp_path / "run.jsonl.logs" / "worker-") in str(caught.value)
    assert str(caught.value).endswith("Remove the cause and start the same command again")
    printed = capfd.readouterr().err.splitlines()
    assert len(printed) == 2, printed
    assert "exit status 3. It is started again" in printed[0]
    assert (
        f"is given up after {MOST_DEATHS} such deaths in a row (exit status 3); the other workers go on" in printed[1]
    )
    events = [event for event, _ in pairs(assert_verifies(tmp_path / "run.jsonl"))]
    assert {type(event) for event in events} <= {hb.Ask, hb.Release}
    assert len(events) <= 4, "nothing is given to a process that has not said that it can train, after the first"
    released = [event.reason for event in events if isinstance(event, hb.Release)]
    assert set(released) <= {"the worker process died before it could train: exit status 3"}
    assert [trial.failures for trial in tuned(script, tmp_path).trials] == [0, 0], "the same command goes on"


@pytest.mark.usefixtures("_short_pauses")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux which worker it is")
def test_if_one_worker_is_given_up_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR, seconds=0.05)
    which = 'case "$(readlink /proc/$$/fd/1)" in *worker-0.log) exit 4;; esac; exec PYTHON "$@"'
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", interpreter(tmp_path, which))
        result = tuned(script, tmp_path, max_trials=4)
    assert len(result.trials) == 4
    asks = [event for event, _ in pairs(assert_verifies(tmp_path / "run.jsonl")) if isinstance(event, hb.Ask)]
    assert sum(event.worker == "worker-0" for event in asks) <= 1
    assert [trial.failures for trial in result.trials] == [0] * 4
    assert "exit status 4. It is started again" in capfd.readouterr().err


@pytest.mark.usefixtures("_short_pauses")
def test_a_process_that_cannot_be_started_is_tried_again_told_and_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    with pytest.raises(hb.TuningError, match=r"the last time: it cannot be started: No such file or directory"):
        tuned(script, tmp_path)
    printed = capfd.readouterr().err.splitlines()
    assert "it cannot be started: No such file or directory. It is started again" in printed[0]
    assert len(printed) == 2


@pytest.mark.usefixtures("_short_pauses")
def test_a_start_that_fails_for_a_while_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, failures, start = scripts.write(tmp_path, scripts.GENERATOR), [5], process.start_worker

    def sometimes(*arguments: Any) -> Any:
        failures[0] -= 1
        if failures[0] >= 0:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return start(*arguments)

    monkeypatch.setattr(pool, "start_worker", sometimes)
    assert [trial.failures for trial in tuned(script, tmp_path).trials] == [0, 0]


ENDS_AFTER_ITS_LEG = """
import os, threading, time
def train(trial):
    threading.Timer(0.01, lambda: (go_on(trial), os._exit(5))).start()
def go_on(trial):
    while not trial.checkpoint.exists():
        time.sleep(0.005)
"""


def test_a_worker_that_has_trained_or_lived_long_begins_to_count_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MOST_DEATHS", 2)
    (tmp_path / "script.py").write_text(ENDS_AFTER_ITS_LEG)
    clock = Clock()
    with one_worker(tmp_path, clock) as workers:
        for number in range(3):
            clock.now += 10.0
            looked_after(workers, lambda: workers.is_ready("worker-0"))
            may_end = tmp_path / f"may-end-{number}"
            workers.send("worker-0", Leg(0, 0, {}, 0, 1, str(may_end)))
            looked_after(workers, lambda: not workers._processes["worker-0"].has_leg)
            may_end.touch()
            looked_after(workers, lambda: not workers._processes)
            assert workers._places["worker-0"].deaths == 1
            assert workers.hopeless is None
        for _ in range(2):
            clock.now += 10.0
            looked_after(workers, lambda: workers.is_ready("worker-0"))
            clock.now += 61.0
            os.kill(workers._processes["worker-0"].group, signal.SIGKILL)
            looked_after(workers, lambda: not workers._processes)
            assert workers._places["worker-0"].deaths == 1
        clock.now += 10.0
        looked_after(workers, lambda: workers.is_ready("worker-0"))
        os.kill(workers._processes["worker-0"].group, signal.SIGKILL)
        looked_after(workers, lambda: not workers._processes)
        assert workers.hopeless is not None, "a short life counts"


ENDS_AND_NEVER_COMES_BACK = """
import os, pathlib, threading, time
HERE = pathlib.Path(__file__).parent
if (HERE / "imported").exists():
    os._exit(4)
(HERE / "imported").touch()
def train(trial):
    threading.Thread(target=end).start()
def end():
    while not (HERE / "may-end").exists():
        time.sleep(0.005)
    os._exit(5)
"""


def test_a_process_that_dies_while_it_imports_the_script_has_not_entered_train_whatever_the_one_before_it_did(
    tmp_path: Path,
) -> None:
    (tmp_path / "script.py").write_text(ENDS_AND_NEVER_COMES_BACK)
    clock = Clock()
    with one_worker(tmp_path, clock) as workers:
        looked_after(workers, lambda: workers.is_ready("worker-0"))
        workers.send("worker-0", Leg(0, 0, {}, 0, 1, str(tmp_path), 9, str(tmp_path / "log")))
        looked_after(workers, lambda: not workers._processes["worker-0"].has_leg)
        assert workers.has_entered("worker-0")
        (tmp_path / "may-end").touch()
        looked_after(workers, lambda: not workers._processes)
        clock.now += 10.0
        looked_after(workers, lambda: workers.is_ready("worker-0"))
        assert not workers.has_entered("worker-0")
        workers.send("worker-0", Leg(1, 0, {}, 0, 1, str(tmp_path), 9, str(tmp_path / "log")))
        said = looked_after(workers, lambda: not workers._processes)
    assert said == [("worker-0", Died("exit status 4", has_entered=False))]


def test_a_death_by_a_signal_without_a_name_is_told_by_its_number(tmp_path: Path) -> None:
    if not hasattr(signal, "SIGRTMIN"):
        pytest.skip("this system has no real-time signals")
    train = "def train(trial):\n    os.kill(os.getpid(), signal.SIGRTMIN + 3)\n    time.sleep(600)"
    scripts.write(tmp_path, train)
    script = Script(Source("script", str(tmp_path / "script.py"), is_main=True), "train")
    with Pool(script, ("worker-0",), tmp_path / "logs") as workers:
        looked_after(workers, lambda: workers.is_ready("worker-0"))
        workers.send("worker-0", Leg(0, 0, {}, 0, 1, str(tmp_path / "leg")))
        said = looked_after(workers, lambda: not workers._processes)
    assert said == [("worker-0", Entered()), ("worker-0", Died(f"signal {signal.SIGRTMIN + 3}"))]


# ---- one deadline ---------------------------------------------------------------------------------------------------

IGNORES_ALL = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""


def test_all_workers_end_within_one_deadline_even_if_they_ignore_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, eight take eight times the grace."""
    monkeypatch.setattr(process, "_RUN_WORKER", IGNORES_ALL)
    names = tuple(f"worker-{number}" for number in range(8))
    with Pool(Script(Source("script", "none.py", is_main=True), "train"), names, tmp_path / "logs") as workers:
        logs = [workers.log(name) for name in names]
        looked_after(workers, lambda: all(log.exists() and log.read_text() == "up\n" for log in logs))
        processes = [one.process for one in workers._processes.values()]
        began = time.monotonic()
    assert GRACE_S <= time.monotonic() - began < 4 * GRACE_S
    assert [one.returncode for one in processes] == [-signal.SIGKILL] * 8


def test_a_second_interrupt_while_workers_end_kills_them_at_once() -> None:
    stubborn = [sys.executable, "-S", "-c", IGNORES_ALL]
    with subprocess.Popen(stubborn, stdout=subprocess.PIPE, start_new_session=True) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == b"up\n"

        def interrupt() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            end_groups([one.pid], LIMIT_S, interrupt)
        assert one.wait(LIMIT_S) == -signal.SIGKILL
        assert not is_left(one.pid)


# ---- children of train ----------------------------------------------------------------------------------------------

CHILDREN = """
import multiprocessing, subprocess

def sleep():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)

def have_children():
    context = multiprocessing.get_context("fork")
    loader = context.Process(target=sleep)
    loader.start()
    plain = subprocess.Popen(["sleep", "600"], close_fds=False)
    shell = subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 600; sleep 600"])
    orphans = subprocess.run(["sh", "-c", "sleep 600 >&- 2>&- & echo $!"], stdout=subprocess.PIPE).stdout.split()
    for child in (loader.pid, plain.pid, shell.pid, *orphans):
        Path(__file__).with_name(f"pid-{int(child)}").touch()

def train(trial):
    if trial.number == 0 and trial.leg == 0:
        have_children()
        Path(__file__).with_name("began").touch()
        and_then(trial)
    trial.report(9, 0.5)
"""
GOES_ON: str = "def and_then(trial): pass"
SLEEPS: str = "def and_then(trial): time.sleep(600)"
KILLS_BOTH: str = """
def and_then(trial):
    os.kill(os.getppid(), signal.SIGSTOP)
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""
STOPS: str = "def and_then(trial): os.kill(os.getpid(), signal.SIGSTOP)"
HOLDS_PYTHON: str = """
def and_then(trial):
    "Neither the thread that watches the connection nor a handler of a signal can run."
    import re
    signal.signal(signal.SIGTERM, lambda *_: None)
    re.match("(a+)+$", "a" * 60 + "b")
"""


@contextmanager
def run_with_children(folder: Path, then: str, method: str = "ASHA-PROM") -> Iterator[subprocess.Popen[str]]:
    """A run of one worker whose first leg has children; at the end nothing is left whatever the test finds."""
    script = scripts.write(folder, CHILDREN, then, scripts.TELLS_ITS_PROCESS)
    options = ["--method", method, "--workers", "1", "--max-trials", "2", "--journal", "run.jsonl", "--quiet"]
    scheduler = begin([*PURE_HB, "tune", script.name, *options], folder)
    try:
        wait_until(lambda: (folder / "began").exists() or scheduler.poll() is not None, "it does not begin")
        yield scheduler
    finally:
        end(scheduler)
        for one in scripts.processes(folder):
            if is_alive(one):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)


def left(folder: Path) -> list[int]:
    found = scripts.processes(folder)
    assert len(found) >= 6, "scheduler, worker and four children"
    return [one for one in found if is_alive(one)]


def test_children_of_train_end_with_the_run(tmp_path: Path) -> None:
    with run_with_children(tmp_path, GOES_ON) as scheduler:
        _, told = scheduler.communicate(timeout=LIMIT_S)
        assert scheduler.returncode == 0, told
        assert left(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("then", [SLEEPS, STOPS, HOLDS_PYTHON], ids=["sleeps", "stops", "holds python"])
def test_children_of_train_end_with_a_run_that_is_interrupted(
    tmp_path: Path, number: signal.Signals, then: str
) -> None:
    with run_with_children(tmp_path, then) as scheduler:
        scheduler.send_signal(number)
        _, told = scheduler.communicate(timeout=LIMIT_S)
        assert scheduler.returncode == 130, told
        assert left(tmp_path) == []
        assert told.splitlines()[-2].startswith("Interrupted"), told


@pytest.mark.parametrize("then", [SLEEPS, STOPS, HOLDS_PYTHON], ids=["sleeps", "stops", "holds python"])
def test_children_of_train_end_after_the_scheduler_was_killed(tmp_path: Path, then: str) -> None:
    with run_with_children(tmp_path, then) as scheduler:
        scheduler.kill()
        scheduler.wait(LIMIT_S)
        wait_until(lambda: left(tmp_path) == [], "children of train are left")


def test_children_of_train_end_after_the_scheduler_and_the_worker_were_killed(tmp_path: Path) -> None:
    """So the worker cannot see to its children; the scheduler is stopped, so that it does not either."""
    with run_with_children(tmp_path, KILLS_BOTH) as scheduler:
        scheduler.wait(LIMIT_S)
        wait_until(lambda: left(tmp_path) == [], "children of train are left")


def test_children_of_a_worker_that_died_end_before_another_takes_its_place(tmp_path: Path) -> None:
    look = """
def are_gone():
    for path in Path(__file__).parent.glob("pid-*"):
        try:
            status = Path("/proc", path.name[4:], "stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            continue
        if status not in "ZX" and int(path.name[4:]) not in (os.getpid(), os.getppid()):
            return False
    return True

def and_then(trial):
    trial.report(1, 0.5)  # so that the script is known to work
    os.kill(os.getpid(), signal.SIGKILL)

if Path(__file__).with_name("began").exists():
    Path(__file__).with_name(f"gone-{are_gone()}").touch()
"""
    if not Path("/proc/self/stat").exists():
        pytest.skip("asks Linux which processes live")
    with run_with_children(tmp_path, look, "ASHA-STOP") as scheduler:
        _, told = scheduler.communicate(timeout=LIMIT_S)
        assert scheduler.returncode == 0, told
        assert "trial 0 failed: the worker process died: signal SIGKILL" in told
        assert [path.name for path in tmp_path.glob("gone-*")] == ["gone-True"]
        assert left(tmp_path) == []


def setup_of(folder: Path) -> hb.Setup:
    return read_journal(folder / "run.jsonl")[0].setup


FORKS_BESIDE = """
import os, sys, threading, time
import pure_hb as hb
from pathlib import Path
import script

def fork():
    while not Path("began").exists():
        time.sleep(0.01)
    child = os.fork()
    if child == 0:
        time.sleep(600)
    Path(f"forked-{child}").touch()

if __name__ == "__main__":
    threading.Thread(target=fork, daemon=True).start()
    hb.tune(script.train, hb.asha(script.space, script.goal, max_resource=9), workers=1, max_trials=2, quiet=True)
"""


def test_a_fork_of_the_scheduler_keeps_no_worker_alive(tmp_path: Path) -> None:
    """It has all connections open, as long as it does not close them."""
    scripts.write(tmp_path, CHILDREN, SLEEPS, scripts.TELLS_ITS_PROCESS)
    (tmp_path / "main.py").write_text(FORKS_BESIDE)
    scheduler = begin([sys.executable, "main.py"], tmp_path)
    try:
        wait_until(lambda: bool(list(tmp_path.glob("forked-*"))) or scheduler.poll() is not None, "it does not fork")
        scheduler.kill()
        scheduler.wait(LIMIT_S)
        wait_until(lambda: left(tmp_path) == [], "workers or their children are left")
        fork = int(next(tmp_path.glob("forked-*")).name.partition("-")[2])
        assert is_alive(fork), "it is the user's"
        open_file_journal(tmp_path / "run.jsonl", setup_of(tmp_path)).journal.close()
    finally:
        end(scheduler)
        for one in scripts.processes(tmp_path):
            if is_alive(one):
                os.kill(one, signal.SIGKILL)


def test_a_fork_in_train_that_reports_is_told_who_can(tmp_path: Path) -> None:
    train = """
def train(trial):
    child = os.fork()
    if child == 0:
        try:
            trial.report(9, 0.1)
        except RuntimeError as error:
            trial.checkpoint.joinpath("told").write_text(str(error))
        os._exit(0)
    os.waitpid(child, 0)
    trial.report(9, 0.5)
"""
    result = tuned(scripts.write(tmp_path, train), tmp_path, workers=1, max_trials=1)
    assert (result.best_value, result.trials[0].failures) == (0.5, 0)
    assert result.best_checkpoint is not None
    text = (result.best_checkpoint / "told").read_text()
    assert text.startswith("a fork of the worker reports: process ")
    assert "which called train, can. Hand the result over to it, and report it there" in text


# ---- Ctrl-C that is ignored -----------------------------------------------------------------------------------------

IGNORING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"


def test_processes_of_tests_hear_ctrl_c_whatever_started_the_tests(tmp_path: Path) -> None:
    code = f"""
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.SIG_IGN)
from tests.processes import begin, run
asks = [sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT).__name__, end='')"]
print(run(asks, Path({str(tmp_path)!r})).stdout, begin(asks, Path({str(tmp_path)!r})).communicate()[0])
print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
"""
    done = python(code, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("default_int_handler default_int_handler\nTrue\n", "")


def test_a_run_that_was_started_to_ignore_ctrl_c_does_so_and_ends_by_sigterm(tmp_path: Path) -> None:
    """As a shell without job control starts what runs in its background."""
    script = scripts.write(tmp_path, scripts.GENERATOR, seconds=0.05)
    options = ["--method", "ASHA-PROM", "--workers", "1", "--max-trials", "999", "--journal", "run.jsonl", "--quiet"]
    command = [sys.executable, "-c", IGNORING, *PURE_HB, "tune", script.name, *options]
    journal = tmp_path / "run.jsonl"

    def lines() -> int:
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    scheduler = begin(command, tmp_path)
    try:
        wait_until(lambda: lines() >= 4 or scheduler.poll() is not None, "it does not begin")
        scheduler.send_signal(signal.SIGINT)
        so_far = lines()
        wait_until(lambda: lines() >= so_far + 6 or scheduler.poll() is not None, "it does not go on")
        assert scheduler.poll() is None
        scheduler.send_signal(signal.SIGTERM)
        _, told = scheduler.communicate(timeout=LIMIT_S)
    finally:
        end(scheduler)
    assert (scheduler.returncode, "To go on:" in told) == (130, True)
    assert_verifies(journal)


# ---- logs that cannot be written ------------------------------------------------------------------------------------


def pipe(log: Path) -> None:
    os.mkfifo(log)


def link(log: Path) -> None:
    log.symlink_to(log.with_name("precious"))


def folder(log: Path) -> None:
    log.mkdir()


@pytest.mark.parametrize("plant", [pipe, link, folder])
def test_what_stands_in_place_of_a_log_is_left_alone_and_told_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], plant: Callable[[Path], None]
) -> None:
    logs = tmp_path / "run.jsonl.logs"
    logs.mkdir()
    (logs / "precious").write_text("precious")
    plant(logs / "worker-0.log")
    script = scripts.write(tmp_path, scripts.GENERATOR, "print('hello')")
    assert len(tuned(script, tmp_path).trials) == 2
    assert (logs / "precious").read_text() == "precious"
    told = [line for line in capfd.readouterr().err.splitlines() if "the output of worker-0 is lost" in line]
    assert len(told) == 1
    assert told[0].startswith(f"{logs / 'worker-0.log'}: ")
    assert told[0].endswith("Move away what is there")


def test_a_file_in_place_of_the_folder_of_logs_is_told_and_the_run_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.jsonl.logs").write_text("mine")
    assert len(tuned(scripts.write(tmp_path, scripts.GENERATOR), tmp_path).trials) == 2
    assert (tmp_path / "run.jsonl.logs").read_text() == "mine"
    assert "the output of worker-0 is lost" in capfd.readouterr().err


def test_a_worker_whose_scheduler_is_gone_leaves_without_a_word() -> None:
    """A run may end before its last worker has come up: nothing is wrong then, and its log says nothing."""
    scheduler, end = socket.socketpair()
    scheduler.shutdown(socket.SHUT_RD)  # what the worker sends first cannot be sent; it is not told of an end
    with scheduler, end:
        done = subprocess.run(
            [sys.executable, "-c", process._RUN_WORKER, str(end.fileno())],
            pass_fds=[end.fileno()],
            env={**os.environ, IN_WORKER: "0"},
            capture_output=True,
            timeout=60,
            start_new_session=True,
        )
    assert (done.stdout, done.stderr) == (b"", b"")
