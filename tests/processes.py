"""How do tests run other processes? Python snippets and the command `pure-hb`, with the interpreter of the tests."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
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


def run(command: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**(more or {})),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def begin(command: Sequence[str], cwd: Path) -> subprocess.Popen[str]:
    """Starts a command in a process group of its own; see `end`."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    """Kills what is left of a process group that `begin` made."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
