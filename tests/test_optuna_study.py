"""Does Optuna see the trials of a log, and does optuna-dashboard show them? Skipped where they are not installed."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from tests.logs import busy, write_journal
from tests.test_explain import simulated

optuna = pytest.importorskip("optuna")
pytestmark = pytest.mark.filterwarnings("ignore")  # of a library that is not ours

from pure_hb.reporting.optuna_study import export_to_optuna  # noqa: E402  # it is skipped without Optuna

DASHBOARD = shutil.which("optuna-dashboard", path=str(Path(sys.executable).parent)) or shutil.which("optuna-dashboard")


def test_the_study_has_the_trials_of_the_log(tmp_path: Path) -> None:
    story = simulated("ASHA-PROM")
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    state = hb.fold(story.setup, ((one.event, one.action) for one in story.records))
    assert export_to_optuna(story, storage, "run") == len(state.trials)
    study = optuna.load_study(study_name="run", storage=storage)
    assert study.direction.name == "MINIMIZE"
    for theirs, ours in zip(study.trials, state.trials, strict=True):
        assert theirs.params == dict(ours.config)
        finite = {epoch: value for epoch, value in ours.curve if value == value}
        assert {epoch: value for epoch, value in theirs.intermediate_values.items() if value == value} == finite
        is_full = ours.highest == story.setup.max_resource and ours.curve[-1][1] == ours.curve[-1][1]
        assert (theirs.state.name == "COMPLETE") is is_full
    full = [trial for trial in state.trials if trial.highest == 9 and trial.curve[-1][1] == trial.curve[-1][1]]
    assert study.best_value == min(trial.curve[-1][1] for trial in full)


def test_the_command_refuses_a_name_that_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    arguments = ["export", str(path), "--to", "optuna", f"sqlite:///{tmp_path / 'study.db'}"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert "4 trials are in the study 'run'" in done.output
    again = CliRunner().invoke(cli, arguments)
    assert again.exit_code == 1
    assert "has a study 'run' already" in again.output
    assert CliRunner().invoke(cli, [*arguments, "--name", "other"]).exit_code == 0


@pytest.mark.skipif(DASHBOARD is None, reason="optuna-dashboard is not installed")
def test_the_dashboard_shows_it(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    count = export_to_optuna(simulated("ASHA-PROM"), storage, "shown")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert DASHBOARD is not None
    server = subprocess.Popen(
        [DASHBOARD, storage, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        studies = _asked(f"http://127.0.0.1:{port}/api/studies")["study_summaries"]
        assert [one["study_name"] for one in studies] == ["shown"]
        shown = _asked(f"http://127.0.0.1:{port}/api/studies/{studies[0]['study_id']}")
        assert len(shown["trials"]) == count
    finally:
        server.terminate()
        server.wait(20)


def _asked(address: str) -> dict[str, Any]:
    """The answer of a server that may need some seconds to begin."""
    for _ in range(480):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the dashboard did not begin")
