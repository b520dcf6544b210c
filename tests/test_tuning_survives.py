"""Does a run survive what happens to its processes? Ctrl-C, termination, kills at any moment, a full disk.

Each test runs the real command and starts the same command again; at the end nothing that was acknowledged is lost.
"""

import os
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import pure_hb as hb
from pure_hb.journal import Record, read_journal
from pure_hb.tuning.channel import Leg
from pure_hb.tuning.modules import Source
from pure_hb.tuning.pool import Pool
from pure_hb.tuning.script import Script
from tests import scripts
from tests.logs import assert_verifies, lines_of
from tests.processes import LIMIT_S, PURE_HB, begin, end, is_alive, run, wait_until

JOURNAL = "run.jsonl"


def command(script: Path, trials: int, *more: str) -> list[str]:
    """The command that is started again and again."""
    options = ["--method", "ASHA-PROM", "--workers", "2", "--max-trials", str(trials), "--journal", JOURNAL]
    return [*PURE_HB, "tune", script.name, *options, *more]


@contextmanager
def running(arguments: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A command that runs in a process group of its own, which is gone at the end."""
    process = begin(arguments, folder)
    try:
        yield process
    finally:
        end(process)


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
    """Waits until something is so. False if the process has ended before."""
    deadline = time.monotonic() + LIMIT_S
    while not what():
        if process.poll() is not None:
            return what()
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.005)
    return True


def lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def are_gone(folder: Path) -> bool:
    """Whether no process is left that has imported the script of a folder; there were some."""
    found = scripts.processes(folder)
    assert found
    return not any(is_alive(process) for process in found)


def kill(processes: list[int]) -> None:
    """Kills processes, of which some may have ended."""
    for process in processes:
        if is_alive(process):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def started(records: tuple[Record, ...]) -> list[int]:
    return [record.action.trial for record in records if isinstance(record.action, hb.Start)]


# ---- Ctrl-C ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "to_all"), [(signal.SIGINT, False), (signal.SIGINT, True), (signal.SIGTERM, False)])
def test_ctrl_c_releases_what_runs_prints_the_command_and_the_same_command_goes_on(
    tmp_path: Path, number: signal.Signals, to_all: bool
) -> None:
    """On a terminal Ctrl-C goes to all processes of the group; `kill` only to one."""
    parts = (scripts.GENERATOR, scripts.TELLS_ITS_PROCESS)
    script, journal = scripts.write(tmp_path, *parts, seconds=0.05), tmp_path / JOURNAL
    arguments = command(script, 8)
    with running(arguments, tmp_path) as process:
        assert wait_for(lambda: lines(journal) >= 6, process)
        os.killpg(process.pid, number) if to_all else process.send_signal(number)
        printed, told = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 130, told
        assert are_gone(tmp_path), "all workers have ended before it did"
    assert "Traceback" not in told
    assert printed == ""
    *_, said, shown = told.splitlines()
    assert said == "Interrupted; nothing that was reported is lost. To go on:"
    assert shlex.split(shown)[1:] == arguments[1:]
    records = assert_verifies(journal)
    state = hb.fold(read_journal(journal)[0].setup, [(record.event, record.action) for record in records])
    assert not [trial for trial in state.trials if trial.status is hb.Status.RUNNING]
    if to_all:
        again = run([sys.executable, *shlex.split(shown)[1:]], tmp_path)
        assert again.returncode == 0, again.stderr
        after = assert_verifies(journal)
        assert after[: len(records)] == records
        assert started(after) == list(range(8))


def test_ctrl_c_does_not_wait_for_a_long_epoch(tmp_path: Path) -> None:
    train = """
def train(config, resume_from, checkpoint_dir):
    yield 1, 0.5
    Path(checkpoint_dir, "x").touch()
    time.sleep(600)
    yield 9, 0.5
"""
    script, journal = scripts.write(tmp_path, train, scripts.TELLS_ITS_PROCESS), tmp_path / JOURNAL
    with running([*command(script, 2), "--option", "type=stopping"], tmp_path) as process:
        assert wait_for(lambda: lines(journal) >= 4, process)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.communicate(timeout=LIMIT_S)
        assert time.monotonic() - began < 15
        assert process.returncode == 130
        assert are_gone(tmp_path)
    assert isinstance(assert_verifies(journal)[-1].event, hb.Release)


def test_ctrl_c_before_the_first_trial_is_answered_the_same(tmp_path: Path) -> None:
    """While the script is imported, which may take long, too."""
    importing = (scripts.TELLS_ITS_PROCESS, "Path('importing').touch()\ntime.sleep(30)")
    script = scripts.write(tmp_path, scripts.GENERATOR, *importing)
    with running(command(script, 2), tmp_path) as process:
        assert wait_for((tmp_path / "importing").exists, process)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 130, told
        assert are_gone(tmp_path)
    assert "Traceback" not in told
    assert "To go on:" in told


def test_the_command_that_pip_installs_prints_itself(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("pure-hb")
    if not program.exists():
        pytest.skip("the package is not installed with its commands")
    script, journal = scripts.write(tmp_path, scripts.GENERATOR, seconds=0.05), tmp_path / JOURNAL
    arguments = [str(program), *command(script, 50)[len(PURE_HB) :]]
    with running(arguments, tmp_path) as process:
        assert wait_for(lambda: lines(journal) >= 2, process)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=LIMIT_S)
    assert told.splitlines()[-1] == f"  {shlex.join(arguments)}"


# ---- kills ----------------------------------------------------------------------------------------------------------

KILLS = 6


@pytest.mark.parametrize("form", [scripts.GENERATOR])
def test_killed_at_any_moment_and_started_again_nothing_that_was_acknowledged_is_lost(
    tmp_path: Path, form: str
) -> None:
    """The scheduler and its workers are killed, so that nobody can tidy up. The moments are drawn from a seed: after so
    many records, and a little later."""
    moments = random.Random(20)
    script = scripts.write(tmp_path, form, scripts.TELLS_ITS_PROCESS, seconds=0.01)
    journal = tmp_path / JOURNAL
    arguments = command(script, 40)
    for _ in range(KILLS):
        before = journal.read_bytes() if journal.exists() else b""
        wanted = lines(journal) + moments.choice((1, 2, 3, 6, 12))
        with running(arguments, tmp_path) as process:
            assert wait_for(lambda wanted=wanted: lines(journal) >= wanted, process), process.communicate()  # type: ignore[misc]  # a default in a lambda has no type
            time.sleep(moments.uniform(0.0, 0.03))
            os.killpg(process.pid, signal.SIGKILL)
            kill(scripts.processes(tmp_path))
            process.wait()
        scripts.forget_processes(tmp_path)
        after = journal.read_bytes()
        whole = b"".join(line for line in lines_of(before) if line.endswith(b"\n"))
        assert after.startswith(whole), "what was there is there"
        _, records, _ = read_journal(journal)
        assert started(records) == list(range(len(started(records))))
    last = run(arguments, tmp_path)
    assert last.returncode == 0, last.stderr
    assert "Traceback" not in last.stderr
    records = assert_verifies(journal)
    assert journal.read_bytes().startswith(after[: after.rfind(b"\n") + 1])
    assert started(records) == list(range(40))
    releases = [record.event for record in records if isinstance(record.event, hb.Release)]
    assert {event.reason for event in releases} == {"the session that ran it is gone"}
    assert not [record for record in records if isinstance(record.event, hb.Fail)], "checkpoints were right, every time"


def test_when_only_the_scheduler_is_killed_its_workers_end_too(tmp_path: Path) -> None:
    parts = (scripts.GENERATOR, scripts.TELLS_ITS_PROCESS)
    script, journal = scripts.write(tmp_path, *parts, seconds=0.2), tmp_path / JOURNAL
    with running(command(script, 20), tmp_path) as process:
        assert wait_for(lambda: lines(journal) >= 4, process)
        process.kill()
        process.wait()
        wait_until(lambda: are_gone(tmp_path), "worker processes are left")
    read_journal(journal)


# ---- a full disk ----------------------------------------------------------------------------------------------------

LITTLE_ROOM = """
import resource, sys
from pure_hb.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, resource.RLIM_INFINITY))
sys.argv[0] = "pure-hb"
main()
"""


def test_a_disk_that_fills_up_in_the_middle_is_one_sentence_and_the_same_command_goes_on(tmp_path: Path) -> None:
    script, journal = scripts.write(tmp_path, scripts.GENERATOR), tmp_path / JOURNAL
    arguments = command(script, 20)[len(PURE_HB) :]
    full = run([sys.executable, "-c", LITTLE_ROOM, *arguments], tmp_path)
    assert full.returncode == 1
    last = full.stderr.splitlines()[-1]
    number = lines(journal)
    assert last == (
        f"Error: {JOURNAL}: cannot append record {number}: File too large. All records before it are safe; "
        "remove the cause and start the same command again"
    )
    assert "Traceback" not in full.stderr
    before = journal.read_bytes()
    assert len(before) <= 8000
    assert before.endswith(b"\n"), "what could be written of the record is cut off"
    again = run([*PURE_HB, *arguments], tmp_path)
    assert again.returncode == 0, again.stderr
    assert started(assert_verifies(journal)) == list(range(20))
    assert journal.read_bytes().startswith(before)


def test_a_worker_in_the_middle_of_an_epoch_ends_when_its_scheduler_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "sleeper.py"
    file.write_text("import pathlib, time\ndef train(trial):\n    trial.checkpoint.touch()\n    time.sleep(60)\n")
    with Pool(Script(Source("script", str(file), is_main=True), "train"), ("sleeper",), tmp_path / "logs") as pool:
        while not pool.is_ready("sleeper"):
            assert list(pool.wait(1.0)) == []
        pool.send("sleeper", Leg(0, 0, {}, 0, 1, str(tmp_path / "began")))
        wait_until((tmp_path / "began").exists, "the leg does not begin")
        worker = pool._processes["sleeper"]
        worker.channel.close()
        assert worker.process.wait(20) in (0, -signal.SIGTERM)
