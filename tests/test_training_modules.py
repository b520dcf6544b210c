"""Is a training file an ordinary module, however the run is started? Pickles, pools, relative imports.

Each way to start is tried: `python file.py`, `python -m pkg.train`, `pure-hb tune FILE`.
"""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

import pytest

import pure_hb as hb
from pure_hb.tuning import load_file
from pure_hb.tuning.toplevel import names_at_top, relative_depth
from tests.processes import pure_hb, python, run

pytestmark = pytest.mark.usefixtures("modules_as_before")

HEAD: Final = """
import os, pickle, sys
from dataclasses import dataclass
from pathlib import Path
import pure_hb as hb

space = hb.Space(x=hb.Float(0.0, 1.0))
goal = hb.Minimize("error")
max_resource = 9
"""
MAIN: Final = """
if __name__ == "__main__":
    setup = hb.asha(space, goal, max_resource=max_resource)
    hb.tune(train, setup, workers=1, max_trials=4, journal="run.jsonl", quiet=True)
    after()
"""
TUNE: Final = ("--method", "ASHA-PROM", "--workers", "1", "--max-trials", "4", "--journal", "run.jsonl", "--quiet")

Start = Callable[..., CompletedProcess[str]]


def by_file(folder: Path, name: str, *words: str) -> CompletedProcess[str]:
    return run([sys.executable, f"{name}.py", *words], folder)


def by_module(folder: Path, name: str, *words: str) -> CompletedProcess[str]:
    return run([sys.executable, "-m", name, *words], folder)


def by_command(folder: Path, name: str, *words: str) -> CompletedProcess[str]:
    return pure_hb("tune", f"{name}.py", *TUNE, *(["--", *words] if words else []), cwd=folder)


WAYS: Final = (by_file, by_module, by_command)


def write(folder: Path, *parts: str, name: str = "fit") -> Path:
    """Writes a training file; by default nothing is to be done after its run."""
    path = folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((HEAD, "def after(): pass", *parts, MAIN)))
    return path


def worked(done: CompletedProcess[str]) -> CompletedProcess[str]:
    assert done.returncode == 0, done.stderr
    return done


# ---- pickles --------------------------------------------------------------------------------------------------------

PICKLES: Final = """
@dataclass
class State:
    epoch: int
    class Part:
        pass

SEED = Path("seed.pickle")

def train(trial):
    if SEED.exists():
        assert type(pickle.loads(SEED.read_bytes())) is State, "what the caller has pickled is of this class"
    saved = trial.checkpoint / "state.pickle"
    state = State(0) if trial.fresh else pickle.loads(saved.read_bytes())
    assert type(state) is State and state.epoch == trial.start_from
    assert sys.modules["__main__"].State is sys.modules["__mp_main__"].State is State
    for epoch in trial.epochs():
        state.epoch = epoch
        state.part = State.Part()
        saved.write_bytes(pickle.dumps(state))
        trial.report(epoch, trial.config["x"] / epoch)

def after():
    (one, *_) = sorted(Path("run.jsonl.checkpoints").rglob("state.pickle"))
    assert type(pickle.loads(one.read_bytes())) is State
"""
READ: Final = """
import {name}, pickle, sys
from pathlib import Path
(one, *_) = sorted(Path("run.jsonl.checkpoints").rglob("state.pickle"))
state = pickle.loads(one.read_bytes())
print(type(state) is {name}.State, state.epoch)
"""


@pytest.mark.parametrize("start", WAYS)
def test_a_dataclass_of_the_file_in_a_checkpoint_is_read_by_everybody(tmp_path: Path, start: Start) -> None:
    """By later legs, by the script itself when the run is over, and by a program that imports the file."""
    name = "pkg.train" if start is by_module else "fit"
    write(tmp_path, PICKLES, name=name.replace(".", "/"))
    worked(start(tmp_path, name))
    assert worked(python(READ.format(name=name), cwd=tmp_path)).stdout.startswith("True ")


@pytest.mark.parametrize("start", [by_file, by_module])
def test_what_the_caller_has_pickled_is_read_by_workers(tmp_path: Path, start: Start) -> None:
    seed = 'if __name__ == "__main__":\n    SEED.write_bytes(pickle.dumps(State(3)))'
    write(tmp_path, PICKLES, seed)
    worked(start(tmp_path, "fit"))
    assert b"__main__" in (tmp_path / "seed.pickle").read_bytes()


def test_what_the_command_has_pickled_while_it_loads_the_file_is_read_by_workers_too(tmp_path: Path) -> None:
    write(tmp_path, PICKLES, "if not SEED.exists():\n    SEED.write_bytes(pickle.dumps(State(3)))")
    worked(by_command(tmp_path, "fit"))


@pytest.mark.parametrize("start", WAYS)
def test_code_at_the_top_of_the_file_finds_itself_as_main_in_a_worker(tmp_path: Path, start: Start) -> None:
    top = 'if "PURE_HB_WORKER" in os.environ:\n    assert sys.modules["__main__"].space is space, "at once"'
    write(tmp_path, top, 'def train(trial):\n    assert __name__ == "fit"\n    trial.report(9, 0.5)')
    worked(start(tmp_path, "fit"))


# ---- pools inside train ---------------------------------------------------------------------------------------------

POOLS: Final = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

@dataclass
class Item:
    value: int

def double(item):
    return Item(2 * item.value)

def train(trial):
    context = multiprocessing.get_context("METHOD")
    items = [Item(number) for number in range(3)]
    if "POOL" == "futures":
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            found = list(pool.map(double, items))
    else:
        with context.Pool(1) as pool:
            found = pool.map(double, items)
    assert found == [Item(0), Item(2), Item(4)]
    trial.report(9, 0.5)
"""


@pytest.mark.parametrize("start", WAYS)
@pytest.mark.parametrize(("method", "pool"), [("spawn", "futures"), ("forkserver", "futures"), ("spawn", "Pool")])
def test_a_pool_inside_train_maps_a_function_of_the_file(tmp_path: Path, start: Start, method: str, pool: str) -> None:
    name = "pkg.train" if start is by_module else "fit"
    text = POOLS.replace("METHOD", method).replace("POOL", pool)
    path = write(tmp_path, text, name=name.replace(".", "/"))
    path.write_text(path.read_text().replace("max_trials=4", "max_trials=1"))
    worked(start(tmp_path, name))


def test_a_pool_inside_train_of_a_file_that_cannot_be_imported_by_its_name(tmp_path: Path) -> None:
    """With dots in its stem it is `__mp_main__`, and children run it again by its path."""
    write(tmp_path, POOLS.replace("METHOD", "spawn").replace("POOL", "futures"), name="fit.v2")
    worked(by_file(tmp_path, "fit.v2"))


# ---- packages -------------------------------------------------------------------------------------------------------

RELATIVE: Final = """
from ..data import x

def train(trial):
    assert __name__ == "a.b.train" and __package__ == "a.b"
    trial.report(9, x)
"""


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("start", [by_module, by_command])
def test_a_module_of_a_package_imports_its_neighbours(tmp_path: Path, start: Start, marked: bool) -> None:
    write(tmp_path, RELATIVE, name="a/b/train")
    (tmp_path / "a" / "data.py").write_text("x = 0.25")
    if marked:
        (tmp_path / "a" / "__init__.py").touch()
        (tmp_path / "a" / "b" / "__init__.py").touch()
    worked(start(tmp_path, "a.b.train" if start is by_module else "a/b/train"))
    assert hb.read_journal(tmp_path / "run.jsonl")[1][1].event == hb.Report(0, 9, 0.25, leg=0)


def test_a_package_is_run_by_its_main_module_and_tuned_by_its_init_file(tmp_path: Path) -> None:
    text = "from .data import x\ndef train(trial): trial.report(9, x)"
    write(tmp_path, text, name="pkg/__main__")
    (tmp_path / "pkg" / "data.py").write_text("x = 0.25")
    worked(by_module(tmp_path, "pkg"))
    (tmp_path / "run.jsonl").unlink()
    write(tmp_path, text.replace("x)", "x if __name__ == 'pkg' else 1 / 0)"), name="pkg/__init__")
    worked(by_command(tmp_path, "pkg/__init__"))


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("import x", 0),
        ("from . import x", 1),
        ("def f():\n    from ...a import x", 3),
        ("from x import y", 0),
        ("x +", 0),
    ],
)
def test_how_deep_in_a_package_a_file_is(tmp_path: Path, text: str, depth: int) -> None:
    (tmp_path / "one.py").write_text(text)
    assert relative_depth(tmp_path / "one.py") == depth


# ---- names ----------------------------------------------------------------------------------------------------------

TRAIN: Final = "def train(trial): trial.report(9, 0.5)"


@pytest.mark.parametrize("start", [by_file, by_command])
@pytest.mark.parametrize("name", ["json", "click", "random"])
def test_a_stem_that_hides_another_module_is_refused_by_name(tmp_path: Path, start: Start, name: str) -> None:
    """Of the standard library, and of an installed one; nothing is begun."""
    elsewhere = tmp_path / "elsewhere"  # else Python itself would import this file for the library
    elsewhere.mkdir()
    path = write(elsewhere, TRAIN, name=name)
    if start is by_file:
        path.write_text(path.read_text().replace("import os,", "import sys; del sys.path[0]\nimport os,"))
    done = start(tmp_path, f"elsewhere/{name}")
    assert done.returncode == 1
    assert f"{path} has the name of another module, " in done.stderr
    assert "Rename the file" in done.stderr
    assert not list(tmp_path.rglob("run.jsonl"))


def test_a_package_beside_the_file_is_another_module_and_a_folder_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, TRAIN)
    (tmp_path / "fit").mkdir()
    load_file(path)
    (tmp_path / "fit" / "__init__.py").touch()
    with pytest.raises(hb.ScriptError) as caught:
        load_file(path)
    assert f"{path} has the name of another module, {tmp_path / 'fit' / '__init__.py'}" in str(caught.value)
    assert "Rename the file" in str(caught.value)


def test_a_module_that_is_imported_already_from_another_file_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "one", TRAIN)
    monkeypatch.syspath_prepend(tmp_path / "one")
    importlib.import_module("fit")
    with pytest.raises(
        hb.ScriptError, match=r"has the name of another module, .*one/fit\.py, which is imported already"
    ):
        load_file(write(tmp_path / "two", TRAIN))


def test_the_file_itself_by_another_path_is_no_other_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "real", TRAIN)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "fit.py").symlink_to(tmp_path / "real" / "fit.py")
    monkeypatch.syspath_prepend(tmp_path / "link")
    assert load_file(tmp_path / "real" / "fit.py").__name__ == "fit"
    assert load_file(tmp_path / "link" / "fit.py").__name__ == "fit"
    assert load_file(tmp_path / "fit.py").__name__ == "fit"


def test_a_folder_whose_name_is_taken_is_told_where_it_must_be_a_package(tmp_path: Path) -> None:
    write(tmp_path, RELATIVE, name="json/b/train")
    (tmp_path / "json" / "data.py").write_text("x = 0.25")
    done = by_command(tmp_path, "json/b/train")
    assert done.returncode == 1
    assert "json has the name of another module, 'json' of the standard library" in done.stderr
    assert "Rename the folder" in done.stderr


@pytest.mark.parametrize("name", ["my-script", "fit 2", "été", "fit.v2"])
@pytest.mark.parametrize("start", [by_file, by_command])
def test_a_stem_need_not_be_an_identifier(tmp_path: Path, start: Start, name: str) -> None:
    write(tmp_path, PICKLES.partition("def after")[0], name=name)
    worked(start(tmp_path, name))


def test_a_script_without_a_suffix_is_run_too_and_so_is_a_link_to_one_with(tmp_path: Path) -> None:
    write(tmp_path, TRAIN).rename(tmp_path / "fit")
    worked(run([sys.executable, "fit"], tmp_path))
    write(tmp_path / "real", POOLS.replace("METHOD", "spawn").replace("POOL", "futures"), name="real_fit")
    (tmp_path / "run.jsonl").unlink()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "real_fit.py")
    worked(run([sys.executable, "link"], tmp_path))


def test_a_package_that_imports_the_file_itself_is_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, 'def train(trial):\n    assert sys.modules["__main__"].train is train\n    trial.report(9, 0.5)',
          name="pkg/train")  # fmt: skip
    (tmp_path / "pkg" / "__init__.py").write_text("from pkg.train import train")
    worked(by_module(tmp_path, "pkg.train"))


def test_an_argument_of_a_class_of_the_script_reaches_a_train_of_another_module(tmp_path: Path) -> None:
    """The script is imported then, too, and its class is one class."""
    (tmp_path / "models.py").write_text("def train(trial, data):\n    trial.report(9, data.value())")
    data = """
class Data:
    def value(self):
        assert type(self).__module__ == "fit" and sys.modules["fit"].Data is Data
        return 0.25
import functools, models
train = None
if __name__ == "__main__":
    train = functools.partial(models.train, data=Data())
"""
    write(tmp_path, data)
    worked(by_file(tmp_path, "fit"))
    assert hb.read_journal(tmp_path / "run.jsonl")[1][1].event == hb.Report(0, 9, 0.25, leg=0)


def test_a_train_of_another_module_leaves_main_alone(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(
        "import sys\n\ndef train(trial):\n"
        "    assert not hasattr(sys.modules['__main__'], 'space')\n    trial.report(9, 0.5)"
    )
    write(tmp_path, "from models import train", "Path(f'ran-{os.getpid()}').touch()")
    worked(by_file(tmp_path, "fit"))
    assert len(list(tmp_path.glob("ran-*"))) == 1, "workers do not even import it"


@pytest.mark.parametrize(
    "command", [("-m", "cProfile", "fit.py"), ("-m", "pdb", "-c", "c", "-c", "q", "fit.py"), ("-X", "dev", "fit.py")]
)
def test_a_script_that_another_program_runs_is_found_too(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path, TRAIN)
    done = run([sys.executable, *command], tmp_path)
    assert (tmp_path / "run.jsonl").exists(), done.stdout + done.stderr
    assert len(hb.read_journal(tmp_path / "run.jsonl")[1]) == 8


# ---- the command line and the path ----------------------------------------------------------------------------------

READS_ITS_COMMAND_LINE: Final = """
data = float(Path(sys.argv[1]).read_text())

def train(trial):
    assert Path(sys.argv[0]).name == "fit.py"
    trial.report(9, data)
"""
PARSES: Final = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--folds", type=int, default=1)
options = parser.parse_args()

def train(trial):
    trial.report(9, float(Path(options.data).read_text()) + options.folds - 5)
"""


@pytest.mark.parametrize("start", WAYS)
@pytest.mark.parametrize(("text", "words"), [(READS_ITS_COMMAND_LINE, ()), (PARSES, ("--folds", "5"))])
def test_the_command_line_is_the_caller_s_in_workers_too(
    tmp_path: Path, start: Start, text: str, words: tuple[str, ...]
) -> None:
    write(tmp_path, text)
    (tmp_path / "data.csv").write_text("0.125")
    worked(start(tmp_path, "fit", "data.csv", *words))
    assert hb.read_journal(tmp_path / "run.jsonl")[1][1].event == hb.Report(0, 9, 0.125, leg=0)


@pytest.mark.parametrize("start", WAYS)
def test_the_path_of_modules_is_exactly_the_caller_s(tmp_path: Path, start: Start) -> None:
    tells = """
where = "worker" if "PURE_HB_WORKER" in os.environ else "caller"
def train(trial):
    Path("worker").write_text("\\n".join(sys.path))
    trial.report(9, 0.5)
if where == "caller":
    Path("caller").write_text("\\n".join(sys.path))
"""
    write(tmp_path, tells)
    worked(start(tmp_path, "fit"))
    assert (tmp_path / "worker").read_text() == (tmp_path / "caller").read_text()


def test_a_folder_that_holds_the_separator_of_paths_is_found(tmp_path: Path) -> None:
    folder = tmp_path / f"a{os.pathsep}b"
    write(folder, "import neighbour_of_fit", TRAIN)
    (folder / "neighbour_of_fit.py").touch()
    worked(by_file(folder, "fit"))


# ---- what stands at the top -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def a(): b = 1\nclass C:\n    d = 1", {"a", "C"}),
        ("import a.b, c as d\nfrom e import f", {"a", "d", "f"}),
        ("if x:\n    a = 1\nelse:\n    b = 1\ntry:\n    c = 1\nexcept E:\n    d = 1", {"a", "b", "c", "d"}),
        ("a = b = 1\nwith o as c: pass\nfor d, e in z: pass\nprint(f := 1)", {"a", "b", "c", "d", "e", "f"}),
        ('a = 1\nif __name__ == "__main__":\n    b = 1\nelse:\n    c = 1', {"a", "c"}),
        ('a = b = 1\nif "__main__" == __name__ and x:\n    a = 2', {"b"}),
        ('if __name__ != "__main__":\n    a = 1\nelse:\n    b = 1', {"a"}),
        ("[i for i in z]\nf = lambda: (g := 1)", {"f"}),
    ],
)
def test_the_names_that_importing_a_file_binds(tmp_path: Path, text: str, names: set[str]) -> None:
    (tmp_path / "one.py").write_text(text)
    assert names_at_top(tmp_path / "one.py") == frozenset(names)


def test_one_process_may_load_one_file_after_the_other_whatever_their_names(
    tmp_path: Path, modules_as_before: None
) -> None:
    setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9)
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "fit_in_turn.py").write_text(f"def train(trial):\n    trial.report(9, 0.{number})\n")
        train = load_file(folder / "fit_in_turn.py").train
        result = hb.tune(train, setup, workers=1, max_trials=1, journal=folder / "run.jsonl", quiet=True)
        assert result.best_value == number / 10
