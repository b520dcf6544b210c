"""Does each worker know its number, and is its environment what was set for it, and told to nobody?"""

import os
import sys
import traceback
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.tuning import load_file
from pure_hb.tuning.environments import Environments
from tests import scripts
from tests.play import promotion

pytestmark = pytest.mark.usefixtures("modules_as_before")

SECRET: Final = "s3cr3t"
SEES: Final = """
NAMES = ("PURE_HB_WORKER", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "TOKEN")
AT_IMPORT = {name: os.environ.get(name) for name in NAMES}

def train(trial):
    assert AT_IMPORT == {name: os.environ.get(name) for name in NAMES}
    Path(__file__).with_name(f"saw-{trial.worker}-{os.getpid()}").write_text(repr(AT_IMPORT))
    while len(list(Path(__file__).parent.glob("saw-*"))) < WORKERS:
        time.sleep(0.01)  # each of them gets a trial
    BREAK
    trial.checkpoint.joinpath("x").touch()
    trial.report(9, trial.config["x"])
"""


def write(folder: Path, workers: int = 1, breaks: str = "pass") -> Path:
    return scripts.write(folder, SEES.replace("WORKERS", str(workers)).replace("BREAK", breaks))


def tuned(script: Path, **options: Any) -> hb.Result:
    """Tunes a script quietly; the journal is beside it."""
    given = {"workers": 1, "max_trials": 3, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, promotion(), **given)


def seen(folder: Path) -> list[tuple[str, dict[str, str]]]:
    """What the workers saw, with the number of each."""
    return [(path.name.split("-")[1], eval(path.read_text())) for path in sorted(folder.glob("saw-*"))]


# ---- the number of a worker -----------------------------------------------------------------------------------------


def test_workers_know_their_number_from_their_environment_and_from_the_trial(tmp_path: Path) -> None:
    tuned(write(tmp_path, 3), workers=3)
    assert [(number, one["PURE_HB_WORKER"]) for number, one in seen(tmp_path)] == [(x, x) for x in "012"]


def test_numbers_are_those_of_the_logs_also_past_ten(tmp_path: Path) -> None:
    """The names of workers are not in the order of their numbers."""
    tuned(scripts.write(tmp_path, "print('I am', os.environ.get('PURE_HB_WORKER'))", scripts.PLAIN), workers=12)
    for path in tmp_path.rglob("worker-*.log"):
        assert set(path.read_text().splitlines()) <= {f"I am {path.stem.partition('-')[2]}"}


def test_a_process_that_takes_the_place_of_another_has_its_number_and_environment(tmp_path: Path) -> None:
    dies = "if trial.worker == 1 and len(list(Path(__file__).parent.glob('saw-1-*'))) == 1: os._exit(3)"
    devices = [{"CUDA_VISIBLE_DEVICES": "a"}, {"CUDA_VISIBLE_DEVICES": "b"}]
    tuned(write(tmp_path, 2, dies), workers=2, worker_env=devices, max_trials=8)
    saw = seen(tmp_path)
    assert {(number, one["CUDA_VISIBLE_DEVICES"]) for number, one in saw} == {("0", "a"), ("1", "b")}
    assert len(saw) == 3


# ---- environments ---------------------------------------------------------------------------------------------------


def test_each_worker_has_its_environment_before_the_script_is_imported_and_shares_it_in_turn(tmp_path: Path) -> None:
    tuned(
        write(tmp_path, 3), workers=3, worker_env=[{"CUDA_VISIBLE_DEVICES": 0}, {"CUDA_VISIBLE_DEVICES": np.int64(7)}]
    )
    assert [one["CUDA_VISIBLE_DEVICES"] for _, one in seen(tmp_path)] == ["0", "7", "0"]


def test_it_comes_after_all_else_also_after_threads_and_the_environment_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("TOKEN", "mine")
    tuned(write(tmp_path), worker_env=[{"OMP_NUM_THREADS": 5}])
    assert [(one["OMP_NUM_THREADS"], one["TOKEN"]) for _, one in seen(tmp_path)] == [("5", "mine")]


def test_more_entries_than_workers_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tuned(write(tmp_path), worker_env=[{"A": "0"}, {"A": "1"}, {"A": "2"}])
    assert capfd.readouterr().err == "worker_env has 3 entries (devices), and there are 1 workers: give workers=3\n"


def test_the_command_gives_each_worker_its_devices(tmp_path: Path) -> None:
    uuid = "GPU-8f1e-22"
    arguments = ["--method", "ASHA-PROM", "--workers", "2", "--max-trials", "2", "--quiet", "--gpus", f"3, {uuid}"]
    script = write(tmp_path, 2)
    done = CliRunner().invoke(cli, ["tune", str(script), *arguments, "--journal", str(tmp_path / "run.jsonl")])
    assert done.exit_code == 0, done.output
    assert [one["CUDA_VISIBLE_DEVICES"] for _, one in seen(tmp_path)] == ["3", uuid]


@pytest.mark.parametrize("devices", ["", ",", "0,", "0,,1", " "])
def test_the_command_refuses_empty_devices(tmp_path: Path, devices: str) -> None:
    arguments = ["--method", "ASHA-PROM", "--max-trials", "2", "--gpus", devices]
    done = CliRunner().invoke(cli, ["tune", str(write(tmp_path)), *arguments])
    assert done.exit_code == 2
    assert "has an empty part; write the devices with commas, for example 0,1" in done.output


# ---- secrets --------------------------------------------------------------------------------------------------------


def test_no_value_is_in_the_journal_a_log_or_a_message(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = scripts.write(tmp_path, "def train(trial):\n    raise ValueError(len(os.environ['TOKEN']))")
    with pytest.raises(hb.TuningError) as caught:
        tuned(script, worker_env=[{"TOKEN": SECRET}])
    assert f"ValueError: {len(SECRET)}" in str(caught.value), "it was there"
    told = "".join(traceback.format_exception(caught.value)) + "".join(capfd.readouterr())
    assert SECRET not in told
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert all(SECRET.encode() not in path.read_bytes() for path in files)


def test_no_repr_shows_a_value() -> None:
    assert SECRET not in repr(Environments.checked([{"TOKEN": SECRET}]))


class Odd(dict[str, str]):
    """A mapping all the same."""


@pytest.mark.parametrize("given", [[{"A": "1"}], ({"A": "1"},), [Odd(A="1")], [{"A": 1}], iter([{"A": "1"}])])
def test_what_an_environment_may_be(given: Any) -> None:
    assert Environments.checked(given).of(5) == {"A": "1"}


@pytest.mark.parametrize("given", [(), []])
def test_none_may_be_given(given: Any) -> None:
    assert Environments.checked(given).of(5) == {}


WRONG: Final[tuple[tuple[object, type[Exception], str], ...]] = (
    ({"TOKEN": SECRET}, TypeError, "worker_env is one mapping; .* write [ {...} ]"),
    (f"TOKEN={SECRET}", TypeError, "worker_env is a str; it is a sequence of mappings"),
    (5, TypeError, "worker_env is a int; it is a sequence of mappings"),
    (None, TypeError, "worker_env is a NoneType"),
    ([f"TOKEN={SECRET}"], TypeError, "worker_env[0] is a str; it is a mapping"),
    ([{}, {5: SECRET}], TypeError, "worker_env[1] has a name that is a int; it is a text"),
    ([{}, {"TOKEN": SECRET.encode()}], TypeError, "worker_env[1]['TOKEN'] is a bytes; it is a text"),
    ([{"TOKEN": None}], TypeError, "worker_env[0]['TOKEN'] is a NoneType; it is a text"),
    ([{"TOKEN": True}], TypeError, "worker_env[0]['TOKEN'] is a bool; it is a text"),
    ([{"TOKEN": 0.5}], TypeError, "worker_env[0]['TOKEN'] is a float; it is a text"),
    ([{f"TOKEN={SECRET}": "x"}], ValueError, "worker_env[0] has a name that is empty, or holds '=' or NUL"),
    ([{"": SECRET}], ValueError, "worker_env[0] has a name that is empty"),
    ([{"TOKEN": f"{SECRET}\0"}], ValueError, "worker_env[0]['TOKEN'] has a character that no variable can hold"),
    ([{"TOKEN": f"{SECRET}\ud800"}], ValueError, "worker_env[0]['TOKEN'] has a character that no variable can hold"),
    ([{"PURE_HB_WORKER": "5"}], ValueError, "worker_env[0] sets PURE_HB_WORKER, which is the number of the worker"),
)


@pytest.mark.parametrize(("given", "kind", "words"), WRONG, ids=range(len(WRONG)))
def test_what_no_environment_can_be_is_refused_by_its_place_and_never_by_its_value(
    tmp_path: Path, given: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        tuned(write(tmp_path), worker_env=given)
    first, _, rest = words.partition(".* ")
    assert first in str(caught.value)
    assert rest in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert not (tmp_path / "run.jsonl").exists()


def test_folders_of_modules_that_are_set_for_a_worker_do_not_replace_ours(tmp_path: Path) -> None:
    """Else it would not find pure_hb, unless that is installed. Programs that train starts look there first."""
    train = """
def train(trial):
    Path(__file__).with_name("saw").write_text(os.environ["PYTHONPATH"])
    trial.report(9, trial.config["x"])
"""
    tuned(scripts.write(tmp_path, train), max_trials=1, worker_env=[{"PYTHONPATH": str(tmp_path / "theirs")}])
    theirs, *ours = (tmp_path / "saw").read_text().split(os.pathsep)
    assert theirs == str(tmp_path / "theirs")
    assert set(filter(None, map(str, sys.path))) <= {*ours, str(tmp_path)}
