"""Is a changed log found, and an honest one not? A small run of `property_tests/tampering.py`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pure_hb as hb
from property_tests.tampering import LISTED, METHODS, played_log, tried
from tests.shared import ROOT

ELSEWHERE = ("Prescott", "Nehalem", "Sandybridge", "Haswell")
"""Kernels as OpenBLAS is asked for them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of each method."""
    found = tmp_path_factory.mktemp("logs")
    for method in METHODS:
        setup, log = played_log(method, 0)
        (found / f"{method}.json").write_text(json.dumps({"setup": hb.to_json(setup), "log": log}))
    return found


def test_what_is_not_listed_is_found(folder: Path) -> None:
    made, missed, alarms = tried(folder, 64, 3)
    assert not alarms, "honest logs"
    assert {kind for kind, count in missed.items() if count} <= set(LISTED)
    assert made.total() > 50
    assert {"action", "configuration", "evidence", "fit"} <= made.keys()


@pytest.mark.parametrize("kernel", ELSEWHERE)
def test_so_it_is_under_another_kernel(folder: Path, kernel: str) -> None:
    """Exit code 0 of honest logs, 1 of changed ones, whatever processor wrote them."""
    words = ["--folder", str(folder), "--alterations", "24", "--seed", "5", "--listed"]
    command = [sys.executable, str(ROOT / "property_tests" / "tampering.py"), *words]
    done = subprocess.run(
        command, env={**os.environ, "OPENBLAS_CORETYPE": kernel}, capture_output=True, text=True, check=False
    )
    if done.returncode < 0:
        pytest.skip(f"this processor has no {kernel}: the program ended by signal {-done.returncode}")
    assert done.returncode == 0, done.stdout + done.stderr
