"""How do tests run other processes? Python snippets and the command `pure-hb`, with the interpreter of the tests."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LIMIT_S: Final = 60.0
"""No process of a test takes so long, however slow the machine."""

PURE_HB: Final = (sys.executable, "-m", "pure_hb")
"""The command `pure-hb`."""


ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The last bits of a fit depend on the number of threads. Both `conftest.py` set this before numpy is there."""


def environment(**more: str) -> dict[str, str]:
    """One thread for numpy, and no setting of whoever runs the tests."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PURE_HB", "COV_"))}
    return {**ours, **ONE_THREAD, **more}


def python(code: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a snippet; its arguments are in ``sys.argv[1:]``."""
    return run([sys.executable, "-c", code, *map(str, arguments)], cwd)


def pure_hb(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command `pure-hb` to its end."""
    return run([*PURE_HB, *map(str, arguments)], cwd)


@contextmanager
def ctrl_c_is_heard() -> Iterator[None]:
    """This process and those that are started here hear SIGINT, as on a terminal, even if whoever runs the tests
    ignores it (a shell without job control does so for what runs in its background) and would pass that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run(command: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    with ctrl_c_is_heard():
        process = _started(command, cwd, more or {}, own_session=False)
    with process:
        try:
            printed, told = process.communicate(timeout=LIMIT_S)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, printed, told)


def begin(command: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts a command in a process group of its own; see `end`."""
    with ctrl_c_is_heard():
        return _started(command, cwd, more or {}, own_session=True)


def _started(command: Sequence[str], cwd: Path, more: Mapping[str, str], *, own_session: bool) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=own_session,
    )


def end(process: subprocess.Popen[str]) -> None:
    """Kills what is left of a process group that `begin` made."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def is_alive(process: int) -> bool:
    """Whether a process has not ended yet. One that has ended, and whose parent has not looked at it, is not alive."""
    try:
        os.kill(process, 0)
        status = Path(f"/proc/{process}/stat").read_text() if Path("/proc/self/stat").exists() else ") R"
    except (ProcessLookupError, FileNotFoundError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_until(what: Callable[[], bool], why: str) -> None:
    """Waits until something is so, which is an error if it never is."""
    deadline = time.monotonic() + LIMIT_S
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(0.005)
