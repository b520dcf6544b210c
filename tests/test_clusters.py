"""Does a small real model train everywhere, though a process of it is killed? Local processes, an executor, Dask, Ray.

These tests need Dask or Ray, and minutes, and run where one of them is installed: `pip install 'pure_hb[dask,ray]'`.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

import pure_hb as hb
from pure_hb.tuning import load_file
from tests.engines import TRIALS, assert_killed_once_and_whole, digits_script, tune_digits
from tests.processes import PURE_HB, wait_until

LONG_S: Final = 600.0
HAS_DASK: Final = find_spec("distributed") is not None
HAS_RAY: Final = find_spec("ray") is not None
if not (HAS_DASK or HAS_RAY):
    pytest.skip("neither Dask nor Ray is installed: pip install 'pure_hb[dask,ray]'", allow_module_level=True)

pytestmark = [
    pytest.mark.usefixtures("modules_as_before"),
    pytest.mark.filterwarnings("default"),  # of other libraries
]
needs_dask = pytest.mark.skipif(not HAS_DASK, reason="Dask is not installed: pip install 'pure_hb[dask]'")
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: pip install 'pure_hb[ray]'")


@pytest.fixture(autouse=True)
def paths_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that a cluster starts import the same pure_hb."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")


@contextmanager
def dask_cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two workers, each a process of its own with one thread; its address."""
    from distributed import Client

    file = folder / "scheduler.json"
    options = ("--scheduler-file", str(file), "--no-dashboard")
    with open(folder / "dask.log", "w") as log:

        def started(module: str, *more: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.{module}", *options, *more]
            return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)

        processes = [started("dask_scheduler", "--host", "127.0.0.1", "--port", "0")]
        processes += [started("dask_worker", "--nthreads", "1", "--resources", "GPU=1") for _ in range(2)]
        try:
            wait_until(file.exists, "the scheduler of Dask has not started")
            with Client(scheduler_file=str(file), set_as_default=False) as client:
                client.wait_for_workers(2, timeout=LONG_S)
                address = client.scheduler.address
            yield address
        finally:
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


# ---- the same model, the same death, the same invariants ------------------------------------------------------------


def test_on_local_processes(tmp_path: Path) -> None:
    tune_digits(tmp_path)


def test_in_an_executor_that_is_made_anew(tmp_path: Path) -> None:
    tune_digits(tmp_path, executor=lambda: ProcessPoolExecutor(2))


@needs_dask
def test_on_dask_by_the_command(tmp_path: Path) -> None:
    """A cluster of processes of its own. Dask starts the worker that was killed again, and its task, which leaves."""
    script = digits_script(tmp_path)
    with dask_cluster(tmp_path) as address:
        options = ["--max-trials", str(TRIALS), "--journal", "run.jsonl", "--keep-checkpoints", "--quiet"]
        engine = ["--engine", "dask", "--address", address, "--gpus-per-trial", "1"]
        command = [*PURE_HB, "tune", str(script), *options, *engine]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LONG_S, check=False)
        assert done.returncode == 0, done.stderr
        assert re.search(r"^trial \d failed: the worker process died: ", done.stderr, re.MULTILINE), done.stderr
        module = load_file(script)
        result = hb.tune(
            module.train,
            module.setup,
            engine=hb.Dask(address, gpus=1),
            max_trials=TRIALS,
            journal=tmp_path / "run.jsonl",
            quiet=True,
        )
    assert_killed_once_and_whole(tmp_path / "run.jsonl", result, tmp_path)


@needs_ray
def test_on_ray(tmp_path: Path) -> None:
    """A cluster on this machine, which `tune` starts and ends."""
    tune_digits(tmp_path, engine=hb.Ray(cpus=0.5))


@needs_ray
def test_where_no_ray_answers_is_told(tmp_path: Path) -> None:
    """Ray itself would wait without an end."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else gets it
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(hb.TuningError, match=f"there is no Ray cluster at '{address}' .*ray start --head"):
            tune_digits(tmp_path, engine=hb.Ray(address))


# ---- the examples of the page ---------------------------------------------------------------------------------------

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "engines.md"


@pytest.mark.parametrize(
    "name", [pytest.param("on_dask.py", marks=needs_dask), pytest.param("on_ray.py", marks=needs_ray)]
)
def test_the_examples_of_the_page_run(tmp_path: Path, name: str) -> None:
    for file, text in re.findall(r"^```python\n# file: (\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        (tmp_path / file).write_text(text)
    command = [sys.executable, name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LONG_S, check=False)
    assert done.stdout == "8 trials\n", done.stderr
