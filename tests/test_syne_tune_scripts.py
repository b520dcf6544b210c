"""Do whole scripts that were written for Syne Tune up to 0.13 run with one changed import, in its newest Tuner?

Each stands in `tests/data/syne_tune/` as its user wrote it: space, backend, scheduler, stopping criterion, Tuner, and
the reading of results. It is run with the import of its scheduler changed, and nothing else. The table of
`docs/coming_from.md` is held to what is found here. A stage of its own in `.ci/run`: it needs Syne Tune.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.processes import environment
from tests.shared import ROOT

FOLDER: Final = ROOT / "tests" / "data" / "syne_tune"
PAGE: Final = ROOT / "docs" / "coming_from.md"
HELPERS: Final = {"tabulated", "train_net", "train_net_checkpoints"}

RUNS: Final = {
    # script -> the method that decides
    "asha_stopping": "asha",
    "asha_promotion_checkpoints": "asha",
    "ask_tell": None,
    "bohb": "bohb",
    "cost_promotion": "asha",
    "dyhpo": "dyhpo",
    "hyper_tune": "hyper_tune",
    "hyper_tune_joint": "hyper_tune",
    "hyperband_bayesopt": "mobster",
    "hyperband_brackets": "asha",
    "maximised_accuracy": "mobster",
    "mobster_first_points": "mobster",
    "mobster_independent": "mobster",
    "mobster_joint_promotion": "mobster",
    "mobster_many_domains": "mobster",
    "pasha": "asha",
    "python_backend": "asha",
    "resume_tuning": "mobster",
    "rush_points": "asha",
    "several_baselines": "bohb",
}
STOPS: Final = {
    # script -> the name at which it stops, and the beginning of the way out
    "bayesian_optimization": ("BayesianOptimization", "it trains every trial to the end; write MOBSTER"),
    "checkpoint_removal": ("early_checkpoint_removal_kwargs", "checkpoints of paused trials are kept; leave it out"),
    "cost_aware_bayesopt": ("searcher", "it is one of 'random', 'kde', 'bayesopt'"),
    "dehb": ("DEHB", "write BOHB or MOBSTER"),
    "moasha": ("MOASHA", "from syne_tune.optimizer.schedulers.multiobjective import MOASHA"),
    "pasha_soft_ranking": ("epsilon", "there is nothing like it here; leave it out"),
    "quantised_domain": ("lr", "take uniform, loguniform"),
    "random_search": ("RandomSearch", "from syne_tune.optimizer.baselines import RandomSearch"),
    "rush_transfer": ("transfer_learning_evaluations", "give the best configurations of earlier tasks"),
    "sync_hyperband": ("SynchronousGeometricHyperbandScheduler", "write HyperbandScheduler"),
    "sync_mobster": ("SyncMOBSTER", "write MOBSTER(..., search_options="),
    "zero_shot": ("ZeroShotTransfer", "as points_to_evaluate of RUSH"),
}
_IMPORT: Final = re.compile(r"from syne_tune\.optimizer\.(baselines|schedulers(\.synchronous)?) import")


def test_all_scripts_are_tried_and_the_page_says_of_each_what_is_found() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py")} - HELPERS
    assert scripts == RUNS.keys() | STOPS.keys()
    assert len(RUNS) >= 20
    told = re.findall(r"^\| `(\w+)\.py` \|.*\| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(told) == dict.fromkeys(RUNS, "runs") | {name: f"stops: `{at}`" for name, (at, _) in STOPS.items()}


@pytest.mark.parametrize("name", [*RUNS, *STOPS])
def test_a_script_needs_one_changed_import(name: str, tmp_path: Path) -> None:
    pytest.importorskip("syne_tune", reason="Syne Tune is not installed")
    for path in FOLDER.glob("*.py"):
        shutil.copy(path, tmp_path)
    script = tmp_path / f"{name}.py"
    changed, count = _IMPORT.subn("from pure_hb.integrations.syne_tune import", script.read_text())
    assert count == 1
    script.write_text(changed)
    places = {"HOME": str(tmp_path), "SYNETUNE_FOLDER": str(tmp_path / "found"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=tmp_path, env=environment(**places), capture_output=True, text=True, timeout=900)
    if name in STOPS:
        at, way_out = STOPS[name]
        last = done.stderr.strip().splitlines()[-1]
        assert done.returncode == 1
        assert re.search(rf"\b{at}\b", last), last
        assert way_out in last
        return
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"^best ", done.stdout, re.MULTILINE)
    kept = [json.loads(path.read_text()) for path in sorted((tmp_path / "found").rglob("metadata.json"))]
    kept.sort(key=lambda one: float(one["st_tuner_creation_timestamp"]))
    assert [one["scheduler_name"] for one in kept] == ["pure_hb"] * len(kept)
    assert (kept[-1]["setup"]["method"] if kept else None) == RUNS[name]
    if name == "asha_promotion_checkpoints":
        assert int(done.stdout.rpartition("resumed ")[2]) >= 1
