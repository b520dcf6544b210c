"""Has each worker a number and an environment of its own?"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.tuning import load_file
from pure_hb.tuning.environment import environment, environments
from pure_hb.tuning.pool import Pool
from pure_hb.tuning.script import Script
from tests import scripts
from tests.play import promotion
from tests.processes import pure_hb

pytestmark = pytest.mark.usefixtures("modules_as_before")

SECRET: Final = "hunter2"
TELLS: Final = """
import json
AT_IMPORT = dict(os.environ)

def train(trial):
    told = Path(__file__).with_name("told") / f"{trial.number}"
    told.parent.mkdir(exist_ok=True)
    told.write_text(json.dumps([trial.worker, AT_IMPORT]))
    while len(list(told.parent.iterdir())) < WORKERS:  # each worker gets one
        time.sleep(0.005)
    trial.report(9, trial.config["x"])
"""


def told(folder: Path, workers: int, **options: Any) -> dict[int, Mapping[str, str]]:
    """The environments that a script saw when it was imported, by the number of the worker."""
    script = scripts.write(folder, f"WORKERS = {workers}", TELLS)
    more = {"workers": workers, "max_trials": workers, "journal": folder / "run.jsonl", "quiet": True, **options}
    hb.tune(load_file(script).train, promotion(), **more)
    return heard(folder)


def heard(folder: Path) -> dict[int, Mapping[str, str]]:
    return dict(json.loads(path.read_text()) for path in (folder / "told").iterdir())


# ---- numbers --------------------------------------------------------------------------------------------------------


def test_workers_know_their_number(tmp_path: Path) -> None:
    found = told(tmp_path, 3)
    assert {number: env["PURE_HB_WORKER"] for number, env in found.items()} == {0: "0", 1: "1", 2: "2"}
    assert "PURE_HB_WORKER" not in os.environ


def test_a_process_that_takes_the_place_of_a_dead_one_has_its_number(tmp_path: Path) -> None:
    train = """
def train(trial):
    with Path(__file__).with_name("numbers").open("a") as file:
        print(trial.worker, os.environ["PURE_HB_WORKER"], os.getpid(), file=file)
    if trial.leg == 0 and trial.number == 1:
        os._exit(3)
    trial.report(9, trial.config["x"])
"""
    script = scripts.write(tmp_path, train)
    hb.tune(
        load_file(script).train, promotion(), workers=1, max_trials=2, journal=tmp_path / "run.jsonl", quiet=True
    )  # fmt: skip
    lines = [line.split() for line in (tmp_path / "numbers").read_text().splitlines()]
    assert [line[:2] for line in lines] == [["0", "0"]] * 3
    assert len({process for _, _, process in lines}) == 2


def test_more_than_ten_workers_are_numbered_in_their_order() -> None:
    names = tuple(f"worker-{number}" for number in range(12))
    with Pool(Script("train", "none.py", None), names, Path("logs")) as workers:
        assert {name: place.number for name, place in workers._places.items()} == {
            name: int(name.removeprefix("worker-")) for name in names
        }


# ---- environments ---------------------------------------------------------------------------------------------------


def test_each_worker_has_its_environment_before_the_script_is_imported_and_more_share_them_in_turn(
    tmp_path: Path,
) -> None:
    asked = [{"CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": 7}, {"CUDA_VISIBLE_DEVICES": "GPU-8932f937"}]
    found = told(tmp_path, 3, worker_env=asked)
    assert [found[number]["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["0", "GPU-8932f937", "0"]
    assert found[0]["OMP_NUM_THREADS"] == found[2]["OMP_NUM_THREADS"] == "7", "what is asked for comes over all else"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_the_environment_of_the_user_is_shown_and_stored_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = "def train(trial):\n    trial.report(9, 0.5) if trial.number else 1 / 0"
    script = scripts.write(tmp_path, train)
    with pytest.raises(hb.TuningError) as caught:
        hb.tune(
            load_file(script).train, promotion(), workers=1, max_trials=2, journal=tmp_path / "run.jsonl",
            worker_env=[{"TOKEN": SECRET}],
        )  # fmt: skip
    printed = capfd.readouterr()
    assert SECRET not in f"{caught.value}{printed.out}{printed.err}"
    stored = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert stored == []


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"A": SECRET}, TypeError, r"worker_env is one mapping; write \[ \{\.\.\.\} \]"),
        (SECRET, TypeError, "worker_env is a str; write a list such as"),
        (5, TypeError, "worker_env is a int; write a list such as"),
        ([], ValueError, "worker_env is empty; leave it out"),
        ([{}, SECRET], TypeError, r"worker_env\[1\] is a str; write a mapping such as"),
        ([{"A": [SECRET]}], TypeError, r"worker_env\[0\]\['A'\] is a list; give a text, or an int"),
        ([{"A": None}], TypeError, r"worker_env\[0\]\['A'\] is a NoneType"),
        ([{"A": True}], TypeError, r"worker_env\[0\]\['A'\] is a bool"),
        ([{"A": 1.5}], TypeError, r"worker_env\[0\]\['A'\] is a float"),
        ([{"A": f"{SECRET}\0"}], ValueError, r"worker_env\[0\]\['A'\] has a character that no environment variable"),
        ([{"A": f"{SECRET}\ud800"}], ValueError, r"worker_env\[0\]\['A'\] has a character that no environment"),
        ([{5: SECRET}], TypeError, r"worker_env\[0\] has the name 5; names of environment variables are texts"),
        ([{"": SECRET}], ValueError, r"worker_env\[0\] has the name ''; no environment variable"),
        ([{"A=B": SECRET}], ValueError, r"worker_env\[0\] has the name 'A=B'; no environment variable"),
        ([{}, {"PURE_HB_WORKER": "3"}], ValueError, r"worker_env\[1\] sets PURE_HB_WORKER, which is the number of"),
    ],
)
def test_an_environment_that_cannot_be_is_refused_by_its_place_and_not_its_value(
    tmp_path: Path, given: Any, kind: type[Exception], words: str
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    with pytest.raises(kind, match=words) as caught:
        hb.tune(load_file(script).train, promotion(), max_trials=1, journal=tmp_path / "run.jsonl", worker_env=given)
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "run.jsonl").exists(), "before anything starts"


def test_values_may_be_integers_also_those_of_numpy() -> None:
    assert environments([{"A": 3, "B": np.int64(4), "C": ""}]) == ({"A": "3", "B": "4", "C": ""},)
    assert environments(({"A": "x"},)) == ({"A": "x"},)


def test_folders_of_modules_that_are_asked_for_come_before_ours() -> None:
    """Without ours a worker could not import pure_hb."""
    plain, asked = (environment({}, 1, 0, more)["PYTHONPATH"] for more in ({}, {"PYTHONPATH": "/theirs"}))
    assert asked == f"/theirs{os.pathsep}{plain}"


def test_a_worker_has_its_share_of_the_cores_unless_somebody_says_otherwise() -> None:
    share = str(max(1, (os.cpu_count() or 1) // 2))
    assert environment({}, 2, 1, {})["OMP_NUM_THREADS"] == share
    assert environment({"OMP_NUM_THREADS": "5"}, 2, 1, {})["OMP_NUM_THREADS"] == "5"
    assert environment({"OMP_NUM_THREADS": "5"}, 2, 1, {"OMP_NUM_THREADS": "6"})["OMP_NUM_THREADS"] == "6"


# ---- the command ----------------------------------------------------------------------------------------------------


def test_the_option_gpus_sets_the_visible_devices_of_each_worker(tmp_path: Path) -> None:
    scripts.write(tmp_path, "WORKERS = 3", TELLS)
    options = ("--method", "ASHA-PROM", "--workers", 3, "--max-trials", 3, "--quiet", "--gpus", "0, GPU-8932f937")
    done = pure_hb("tune", "script.py", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = heard(tmp_path)
    assert [found[number]["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["0", "GPU-8932f937", "0"]


@pytest.mark.parametrize("text", ["", "0,", ",1", "0,,1", " , "])
def test_a_device_without_a_name_is_refused(tmp_path: Path, text: str) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    done = CliRunner().invoke(cli, ["tune", str(script), "--method", "ASHA-PROM", "--max-trials", "1", "--gpus", text])
    assert done.exit_code == 2
    assert f"{text!r} has a device without a name; write for example 0,1" in done.stderr
