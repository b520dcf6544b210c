"""Are decisions the same with other kernels? The small run of `property_tests/portability.py`."""

import subprocess
import sys

import pytest

from tests.shared import ROOT


def test_decisions_are_the_same_with_at_least_three_kernels() -> None:
    command = [sys.executable, str(ROOT / "property_tests" / "portability.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    had = [line for line in done.stdout.splitlines() if line.startswith("| kernel ") and "cannot be had" not in line]
    if done.stdout and len(had) < 3:
        pytest.skip(f"OpenBLAS cannot be told to take three kernels here: {done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
