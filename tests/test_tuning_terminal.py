"""Does a run go on when nobody reads, and is Ctrl-C one line? Standard streams that are closed, and a slow start."""

import io
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from pure_hb.interrupts import is_command
from pure_hb.streams import Forgiving
from tests import scripts
from tests.logs import assert_verifies
from tests.processes import LIMIT_S, PURE_HB, environment, run

ARGUMENTS: Final = ("tune", "script.py", "--method", "ASHA-PROM", "--max-trials", "6", "--journal", "run.jsonl")
TUNE: Final = (*PURE_HB, *ARGUMENTS)

WITHOUT_STREAMS: Final = """
import os, sys
for number in map(int, sys.argv[1].split(",")):
    os.close(number)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
WITH_INTERRUPTS: Final = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("closed", ["2", "1", "1,2", "0,1,2"])
def test_standard_streams_may_be_closed(tmp_path: Path, closed: str) -> None:
    """The journal must not get their numbers: then what libraries print there would be in it."""
    noisy = "def train(trial):\n    os.write(2, b'noise')\n    trial.report(9, 0.5)"
    scripts.write(tmp_path, noisy, "os.write(2, b'noise of the script')\nos.write(1, b'more')")
    done = run([sys.executable, "-c", WITHOUT_STREAMS, closed, *TUNE[1:]], tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(assert_verifies(tmp_path / "run.jsonl")) == 12
    assert ("Best configuration" in done.stdout) is ("1" not in closed)
    assert "2 running" not in done.stdout, "lines for standard error do not go elsewhere"


@pytest.mark.parametrize("gone", ["stderr", "stdout", "both"])
def test_the_readers_of_both_streams_may_go(tmp_path: Path, gone: str) -> None:
    scripts.write(tmp_path, scripts.GENERATOR, seconds=0.01)
    reading, writing = os.pipe()
    os.close(reading)
    streams = {name: writing if gone in (name, "both") else subprocess.PIPE for name in ("stdout", "stderr")}
    process = subprocess.Popen(TUNE, cwd=tmp_path, env=environment(), text=True, **streams)  # type: ignore[call-overload]  # mypy does not look into the dictionary
    os.close(writing)
    printed, told = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, told
    assert "Traceback" not in f"{printed}{told}"
    assert_verifies(tmp_path / "run.jsonl")


def test_an_error_without_a_reader_keeps_its_exit_status(tmp_path: Path) -> None:
    scripts.write(tmp_path, "def train(trial): 1 / 0")
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(TUNE, cwd=tmp_path, env=environment(), stderr=writing)
    os.close(writing)
    assert process.wait(LIMIT_S) == 1


def test_a_terminal_may_go(tmp_path: Path) -> None:
    scripts.write(tmp_path, scripts.GENERATOR, seconds=0.01)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        TUNE, cwd=tmp_path, env=environment(TERM="xterm"), stderr=theirs, stdout=subprocess.PIPE, text=True
    )
    os.close(theirs)
    assert os.read(ours, 10), "the table is drawn"
    os.close(ours)
    printed, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert printed.startswith("Best configuration:")


def test_a_stream_that_forgives() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        forgiving = Forgiving(stream)
        assert (forgiving.write("text"), forgiving.isatty(), forgiving.encoding) == (4, False, "utf-8")
        forgiving.flush()


def test_what_was_written_before_the_reader_went_does_not_spoil_the_exit(tmp_path: Path) -> None:
    """Python flushes its streams at exit, and ends with status 120 if that fails."""
    code = """
import os, sys
from pure_hb.streams import Forgiving
reading, writing = os.pipe()
os.dup2(writing, 2), os.close(reading), os.close(writing)
print("x" * 100_000, file=Forgiving(sys.stderr), flush=True)
print("and again", file=Forgiving(sys.stderr), flush=True)
"""
    assert run([sys.executable, "-c", code], tmp_path).returncode == 0


# ---- Ctrl-C ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", ["numpy", "click", "cattrs"])
def test_ctrl_c_while_the_command_imports_is_one_line(tmp_path: Path, module: str, number: signal.Signals) -> None:
    """numpy is imported with the package, the others later; each is slow here."""
    scripts.write(tmp_path, scripts.GENERATOR)
    (tmp_path / f"{module}.py").write_text("open('importing', 'w').close()\nimport time\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_INTERRUPTS, *TUNE],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + LIMIT_S
    while not (tmp_path / "importing").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    _, told = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, told) == (130, "Interrupted.\n")


@pytest.mark.parametrize(
    ("arguments", "of_python", "expected"),
    [
        (["/venv/bin/pure-hb", "tune"], ["python", "/venv/bin/pure-hb", "tune"], True),
        (["-m", "tune"], ["python", "-W", "error", "-m", "pure_hb", "tune"], True),
        (["-m", "x"], ["python", "-m", "pure_hb_things", "x"], False),
        (["mine.py", "-m", "pure_hb"], ["python", "mine.py", "-m", "pure_hb"], False),
        (["-c"], ["python", "-c", "import pure_hb"], False),
        ([""], ["python"], False),
        ([], [], False),
    ],
)
def test_only_the_command_ends_at_once(arguments: list[str], of_python: list[str], expected: bool) -> None:
    """A program of someone else's that imports pure_hb keeps its own Ctrl-C."""
    assert is_command(arguments, of_python) is expected


def test_importing_the_package_leaves_ctrl_c_alone(tmp_path: Path) -> None:
    code = "import signal; before = signal.getsignal(2); import pure_hb; assert signal.getsignal(2) is before"
    assert run([sys.executable, "-c", code], tmp_path).returncode == 0
