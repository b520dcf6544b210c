"""Do type checkers see what a user of the library mistypes, and is every public name typed?"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mypy import api

from tests.shared import ROOT

ELSEWHERE = ("pure_hb.integrations.", "pure_hb.reporting.optuna_study")
"""Modules that stand on libraries which are not here, or have no types."""

TYPO = "import pure_hb as hb\n\nspace = hb.Spcae(x=hb.Float(0.0, 1.0))\n"
OBSERVED = """import pure_hb as hb

def observe(session: hb.Session) -> None:
    session.observe({"x": 0.5}, [(1, 0.5)])
    session.observe({"x": 0.5}, 0.5)
"""


def pyright(*arguments: str) -> subprocess.CompletedProcess[str]:
    """It looks for packages in the environment of the ``python`` that stands first on the path."""
    program = shutil.which("pyright", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip('pyright is not installed: pip install "pyright[nodejs]"')
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    environment = os.environ | {"PATH": path, "VIRTUAL_ENV": sys.prefix}
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


def mypy(file: Path, text: str) -> tuple[str, int]:
    file.write_text(text)
    printed, complaint, status = api.run(["--config-file", str(ROOT / "pyproject.toml"), str(file)])
    return printed + complaint, status


def test_mypy_sees_a_name_that_is_mistyped(tmp_path: Path) -> None:
    printed, status = mypy(tmp_path / "typo.py", TYPO)
    assert (status, 'has no attribute "Spcae"; maybe "Space"?' in printed) == (1, True), printed


def test_mypy_sees_a_curve_that_is_none(tmp_path: Path) -> None:
    printed, _ = mypy(tmp_path / "observed.py", OBSERVED)
    assert [line.split(":")[1] for line in printed.splitlines() if ": error:" in line] == ["5"], printed


def test_pyright_sees_a_name_that_is_mistyped(tmp_path: Path) -> None:
    (tmp_path / "typo.py").write_text(TYPO)
    done = pyright(str(tmp_path / "typo.py"))
    assert (done.returncode, '"Spcae" is not a known attribute' in done.stdout) == (1, True), done.stdout


def test_every_public_name_is_typed() -> None:
    found = json.loads(pyright("--verifytypes", "pure_hb", "--ignoreexternal", "--outputjson").stdout)
    said = [
        (one["name"], problem["message"])
        for one in found["typeCompleteness"]["symbols"]
        if (not one["isTypeKnown"] or one["isTypeAmbiguous"]) and not one["name"].startswith(ELSEWHERE)
        for problem in one["diagnostics"]
    ]
    untyped = {
        name for name, message in said if "partially unknown" not in message
    }  # at the cause, not where it is used
    assert not untyped, "\n".join(f"{name}: {message}" for name, message in said)
