"""What is train called with? Arguments, what stands after `--`, partials, and what goes by cloudpickle."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.journal import open_file_journal, read_journal
from pure_hb.tuning import load_file
from tests import scripts
from tests.logs import assert_verifies
from tests.play import promotion
from tests.processes import LIMIT_S, environment, pure_hb, python, run

pytestmark = pytest.mark.usefixtures("modules_as_before")

TELLS: Final = """
import json
def train(trial, data, folds=3, **more):
    Path(__file__).with_name("got").write_text(json.dumps([data, folds, more]))
    if isinstance(data, list):
        data.append("changed")
    trial.report(9, 0.5)
"""


def tuned(script: Path, **options: Any) -> hb.Result:
    given = {"workers": 1, "max_trials": 2, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, promotion(), **given)


def got(folder: Path) -> Any:
    return json.loads((folder / "got").read_text())


# ---- arguments ------------------------------------------------------------------------------------------------------


def test_arguments_are_passed_written_in_the_header_and_taken_from_there(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, TELLS)
    tuned(script, arguments={"data": "x.csv", "folds": 5})
    assert got(tmp_path) == ["x.csv", 5, {}]
    assert read_journal(tmp_path / "run.jsonl")[0].arguments == {"data": "x.csv", "folds": 5}
    (tmp_path / "got").unlink()
    assert len(tuned(script, max_trials=3).trials) == 3
    assert got(tmp_path) == ["x.csv", 5, {}], "left out, they are those of the journal"
    tuned(script, max_trials=4, arguments={"folds": 5, "data": "x.csv"})
    assert_verifies(tmp_path / "run.jsonl")
    shown = CliRunner().invoke(cli, ["show", str(tmp_path / "run.jsonl")]).output
    assert "arguments of train: data='x.csv', folds=5" in shown


@pytest.mark.parametrize("form", ["trial", "config, resume_from, checkpoint_dir"])
def test_both_forms_take_them(tmp_path: Path, form: str) -> None:
    body = "trial.report(9, x)" if form == "trial" else "yield 9, x"
    result = tuned(scripts.write(tmp_path, f"def train({form}, *, x):\n    {body}"), arguments={"x": 0.25})
    assert result.best_value == 0.25


def test_what_a_leg_changes_in_them_the_next_one_does_not_see(tmp_path: Path) -> None:
    tuned(scripts.write(tmp_path, TELLS), max_trials=3, arguments={"data": [1]})
    assert got(tmp_path)[0] == [1]


DIFFERENT: Final[dict[str, dict[str, Any]]] = {
    "data: 'x.csv' there, 'y.csv' here": {"data": "y.csv", "folds": 5},
    "folds: 5 there, none here": {"data": "x.csv"},
    "folds: 5 there, 5.0 here": {"data": "x.csv", "folds": 5.0},
    "folds: 5 there, True here\n  lr: none there, 0.5 here": {"data": "x.csv", "folds": True, "lr": 0.5},
    "data: 'x.csv' there, none here\n  folds: 5 there, none here": {},
}


@pytest.mark.parametrize(("words", "arguments"), DIFFERENT.items())
def test_different_ones_are_refused_by_name(tmp_path: Path, words: str, arguments: dict[str, Any]) -> None:
    path = tmp_path / "run.jsonl"
    hb.Session(path, promotion(), arguments={"data": "x.csv", "folds": 5}).close()
    with pytest.raises(hb.JournalError) as caught:
        hb.Session(path, promotion(), arguments=arguments)
    assert words in str(caught.value)
    assert "Leave them out to go on with those of the journal, or use another journal" in str(caught.value)
    with hb.Session(path, promotion()) as session:
        assert session.arguments == {"data": "x.csv", "folds": 5}


def test_a_journal_that_was_begun_without_has_none_and_its_header_is_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, promotion(), arguments={}, command_line=[]) as session:
        assert (session.arguments, session.command_line) == ({}, ())
    assert not {"train_arguments", "train_command_line"} & set(json.loads(path.read_bytes().splitlines()[0]))
    with pytest.raises(hb.JournalError, match="data: none there, 1 here"):
        hb.Session(path, promotion(), arguments={"data": 1})


VALUES: Final = {
    "None": (None, None),
    "True": (np.True_, True),
    "int": (np.int64(5), 5),
    "float": (np.float32(0.5), 0.5),
    "text": (np.str_("é"), "é"),
    "tuple": ((1, (2, 3)), [1, [2, 3]]),
    "nested": ({"a": [{"b": None}], "c": -0.0}, {"a": [{"b": None}], "c": -0.0}),
    "large": (2**200, 2**200),
}


@pytest.mark.parametrize("name", VALUES)
def test_json_values_are_kept_exactly(tmp_path: Path, name: str) -> None:
    value, kept = VALUES[name]
    path = tmp_path / "run.jsonl"
    for given in ({"v": value}, {"v": kept}, None):
        with hb.Session(path, promotion(), arguments=given) as session:
            assert repr(session.arguments) == repr({"v": kept})


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


WRONG: Final[list[tuple[Any, type[Exception], str]]] = [
    ({"data": Path("x.csv")}, TypeError, "arguments['data'] is PosixPath('x.csv'), a PosixPath, which JSON does not"),
    ({"data": Path("x.csv")}, TypeError, "give its path as text, str(...): 'x.csv'"),
    ({"a": [1, {"b": {1, 2}}]}, TypeError, "arguments['a'][1]['b'] is {1, 2}, a set"),
    ({"a": np.zeros(3)}, TypeError, "give a list, value.tolist()"),
    ({"a": print}, TypeError, "give its name, and let train look it up"),
    ({"a": {5: 1}}, TypeError, "arguments['a'] has the key 5, a int; keys are texts: write str(...)"),
    ({"a": float("nan")}, ValueError, "arguments['a'] is nan, which JSON does not have"),
    ({"a": "\udc80"}, ValueError, "which is no valid Unicode text"),
    ({"a": endless()}, ValueError, "nested more than 64 deep, or hold themselves"),
    ("data=x.csv", TypeError, "arguments is a str; it is a dictionary"),
    ({"a": 1 << 20_000}, ValueError, "arguments['a'] is an int of 20001 bits; give it as text"),
]


@pytest.mark.parametrize(("arguments", "kind", "words"), WRONG)
def test_what_json_does_not_have_is_told_with_its_place_and_what_to_write(
    tmp_path: Path, arguments: Any, kind: type[Exception], words: str
) -> None:
    script = scripts.write(tmp_path, "def train(trial, **more): trial.report(9, 0.5)")
    for begin in (lambda: hb.Session(tmp_path / "run.jsonl", promotion(), arguments=arguments),
                  lambda: tuned(script, arguments=arguments)):  # fmt: skip
        with pytest.raises(kind) as caught:
            begin()
        assert words in str(caught.value)
    assert not (tmp_path / "run.jsonl").exists()


def test_too_much_for_a_header_is_told(tmp_path: Path) -> None:
    with pytest.raises(hb.JournalError, match="cannot begin a journal of this setup and these arguments: the line"):
        hb.Session(tmp_path / "run.jsonl", promotion(), arguments={"a": "x" * 5_000_000})


@pytest.mark.parametrize(
    ("train", "arguments", "words"),
    [
        (
            "def train(trial, data): pass",
            {"dat": 1},
            "train does not take 'dat', which arguments give",
        ),
        ("def train(trial, data): pass", None, "nobody gives 'data': call hb.tune(..., arguments={'data': ...})"),
        ("def train(trial, *, data): pass", {}, "nobody gives 'data'"),
        ("def train(trial, a, b, c): pass", {"b": 1}, "nobody gives 'a', 'c'"),
        ("def train(config, resume_from, checkpoint_dir, data): yield 1, 1", None, "nobody gives 'data'"),
        ("def train(trial, data, /): pass", {"data": 1}, "train does not take 'data'"),
    ],
)
def test_names_that_train_does_not_take_or_needs_are_refused_before_anything_starts(
    tmp_path: Path, train: str, arguments: dict[str, Any] | None, words: str
) -> None:
    with pytest.raises(hb.ScriptError) as caught:
        tuned(scripts.write(tmp_path, train), arguments=arguments)
    assert words in str(caught.value)
    assert not (tmp_path / "run.jsonl").exists()


def test_a_journal_opened_for_itself_says_what_is_in_force(tmp_path: Path) -> None:
    for arguments in ({"a": 1}, None):
        opened = open_file_journal(tmp_path / "run.jsonl", promotion(), arguments=arguments)
        opened.journal.close()
        assert opened.given.arguments == {"a": 1}


# ---- what stands after -- -------------------------------------------------------------------------------------------

FILE: Final = """
data = sys.argv[1]
def train(trial):
    Path(__file__).with_name("got").write_text(repr(sys.argv))
    trial.report(9, 0.5)
"""
OPTIONS: Final = ("--workers", "1", "--max-trials", "1", "--quiet")


@pytest.mark.parametrize("how", ["--method", "--journal", "setup"])
def test_words_after_the_dashes_are_kept_in_the_journal_and_may_be_left_out(tmp_path: Path, how: str) -> None:
    setup = "setup = hb.asha(space, goal, max_resource=9)" if how == "setup" else ""
    scripts.write(tmp_path, FILE, setup)
    options = [*OPTIONS, *([] if how == "setup" else ["--method", "ASHA-PROM"])]
    options += ["--journal", "my.jsonl"] if how == "--journal" else []
    first = pure_hb("tune", "script.py", *options, "--", "data.csv", "--max-trials", "7", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    seen = (tmp_path / "got").read_text()
    assert seen == "['script.py', 'data.csv', '--max-trials', '7']"
    (journal,) = tmp_path.glob("*.jsonl")
    assert read_journal(journal)[0].command_line == ("data.csv", "--max-trials", "7")
    (tmp_path / "got").unlink()
    options[3] = "2"
    again = pure_hb("tune", "script.py", *options, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "got").read_text() == seen
    other = pure_hb("tune", "script.py", *options, "--", "other.csv", cwd=tmp_path)
    assert other.returncode == 1
    assert "command line: ['data.csv', '--max-trials', '7'] there, ['other.csv'] here" in other.stderr
    assert "command line of the file: data.csv --max-trials 7" in pure_hb("show", journal, cwd=tmp_path).stdout


def test_words_without_the_dashes_are_told_where_to_stand(tmp_path: Path) -> None:
    scripts.write(tmp_path, FILE)
    done = pure_hb("tune", "script.py", *OPTIONS, "--method", "ASHA-PROM", "data.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "extra argument (data.csv). What is for the file stands after --" in " ".join(done.stderr.split())


def test_two_journals_of_different_command_lines_are_not_mixed_up(tmp_path: Path) -> None:
    scripts.write(tmp_path, FILE, "setup = hb.METHODS[sys.argv[1]](space, goal, max_resource=9)")
    for name in ("ASHA-PROM", "RANDOM"):
        done = pure_hb("tune", "script.py", *OPTIONS, "--", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    done = pure_hb("tune", "script.py", *OPTIONS, cwd=tmp_path)
    assert done.returncode == 1
    assert "were begun with different command lines; say which one goes on, by --journal" in done.stderr


@pytest.mark.parametrize("words", ["data.csv", [1], 5])
def test_a_command_line_is_a_list_of_words(tmp_path: Path, words: Any) -> None:
    with pytest.raises(TypeError, match="command_line"):
        hb.Session(tmp_path / "run.jsonl", promotion(), command_line=words)


# ---- partials -------------------------------------------------------------------------------------------------------

PARTIALS: Final = {
    "keyword": "partial(fit, data=(1, {2: None}), more=[np.float64(0.5)])",
    "positional": "partial(fit_with_data_first, (1, {2: None}), [0.5])",
    "nested": "partial(partial(fit, data=0, more=[0.5]), data=(1, {2: None}))",
    "of one at the top": "partial(at_the_top, data=(1, {2: None}))",
}
FIT: Final = """
from functools import partial
import numpy as np
def fit(trial, data, more):
    assert data == (1, {2: None}) and more == [0.5] and type(more[0]) is float, (data, more)
    trial.report(9, 0.5)
def fit_with_data_first(data, more, trial):
    fit(trial, data, more)
at_the_top = partial(fit, more=[0.5])
"""


@pytest.mark.parametrize("name", PARTIALS)
def test_a_partial_of_a_function_of_the_file_is_taken_without_cloudpickle(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    module = load_file(scripts.write(tmp_path, FIT))
    train = eval(PARTIALS[name], vars(module))
    hb.tune(train, promotion(), workers=1, max_trials=1, journal=tmp_path / "run.jsonl", quiet=True)
    assert read_journal(tmp_path / "run.jsonl")[0].arguments is None


def test_other_objects_of_a_partial_go_by_cloudpickle_or_are_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def fit(trial, data): trial.report(9, float(data.sum()))"
    train = partial(load_file(scripts.write(tmp_path, text)).fit, data=np.array([0.25, 0.5]))
    result = hb.tune(train, promotion(), workers=1, max_trials=1, journal=tmp_path / "run.jsonl", quiet=True)
    assert result.best_value == 0.75
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(hb.ScriptError) as caught:
        hb.tune(train, promotion(), workers=1, max_trials=1, journal=tmp_path / "other.jsonl", quiet=True)
    assert "its argument data is no plain value" in str(caught.value)
    assert "let train itself load or make it, or install what sends such objects: pip install" in str(caught.value)


def test_a_generator_behind_a_partial_is_taken(tmp_path: Path) -> None:
    text = (
        "from functools import partial\ndef fit(config, resume_from, checkpoint_dir, data):\n    yield 9, float(data)"
    )
    assert tuned(scripts.write(tmp_path, text, "train = partial(fit, data=3)")).best_value == 3.0


# ---- what has no name -----------------------------------------------------------------------------------------------

UNNAMED: Final = {
    "lambda": "hb.tune(lambda trial: trial.report(9, factor), **options)",
    "closure": "hb.tune(make(0.5), **options)",
    "under the guard": "def train(trial): trial.report(9, factor)\n    hb.tune(train, **options)",
    "callable object": "hb.tune(Trainer(0.5), **options)",
    "bound method": "hb.tune(Trainer(0.5).fit, **options)",
    "partial of a closure": "hb.tune(partial(make(0.5)), **options)",
}
UNNAMED_FILE: Final = """
import pickle, sys
from functools import partial
import pure_hb as hb

class Model:
    pass

def make(factor):
    def train(trial):
        Trainer(factor).fit(trial)
    return train

class Trainer:
    def __init__(self, factor):
        self.factor, self.model = factor, Model()
    def __call__(self, trial):
        self.fit(trial)
    def fit(self, trial):
        assert type(self.model) is Model
        assert __name__ != "fit" or sys.modules["fit"].Model is Model, "one class"
        assert type(pickle.loads(pickle.dumps(Model()))) is Model
        trial.report(9, self.factor)

factor = 0.5
setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9)
options = dict(setup=setup, workers=1, max_trials=2, quiet=True)
if __name__ == "__main__":
    {call}
    print("done")
"""


@pytest.mark.parametrize("name", UNNAMED)
def test_what_has_no_name_in_a_file_goes_by_cloudpickle(tmp_path: Path, name: str) -> None:
    (tmp_path / "fit.py").write_text(UNNAMED_FILE.format(call=UNNAMED[name]))
    done = run([sys.executable, "fit.py"], tmp_path)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    (tmp_path / "run.jsonl").unlink()
    (tmp_path / "cloudpickle.py").write_text("raise ImportError")
    done = run([sys.executable, "fit.py"], tmp_path)
    assert done.returncode == 1
    assert "pip install 'pure_hb[notebooks]'" in done.stderr
    assert "define it at the top of a file, and not under `if __name__" in done.stderr
    assert not (tmp_path / "run.jsonl").exists()


TYPED: Final = """
import pure_hb as hb

class Model:
    value = 0.25

def train(trial):
    trial.report(9, Model().value)

setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9)
print(hb.tune(train, setup, workers=1, max_trials=2, quiet=True).best_value)
"""


def test_functions_that_stand_in_no_file_go_by_cloudpickle(tmp_path: Path) -> None:
    """Of `python -c`, and of standard input, as of a notebook."""
    assert python(TYPED, cwd=tmp_path).stdout == "0.25\n"
    (tmp_path / "run.jsonl").unlink()
    done = subprocess.run(
        [sys.executable], input=TYPED, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.stdout == "0.25\n", done.stderr


def test_what_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    import threading

    lock = threading.Lock()

    def train(trial: Any) -> None:
        with lock:
            trial.report(9, 0.5)

    given: list[tuple[Any, str]] = [
        (train, "lock is <unlocked _thread.lock object"),
        (partial(train_with_data, data=lock), "data is <unlocked _thread.lock object"),
    ]
    for one, words in given:
        with pytest.raises(hb.ScriptError) as caught:
            hb.tune(one, promotion(), workers=1, max_trials=1, journal=tmp_path / "run.jsonl")
        assert words in str(caught.value)
        assert "make it inside train" in str(caught.value)
    assert not (tmp_path / "run.jsonl").exists()


def train_with_data(trial: Any, data: Any) -> None:
    pass


def test_a_message_of_many_megabytes_reaches_the_workers(tmp_path: Path) -> None:
    data = np.arange(3_000_000)
    train = partial(
        load_file(scripts.write(tmp_path, "def fit(trial, data): trial.report(9, len(data))")).fit, data=data
    )
    result = hb.tune(train, promotion(), workers=1, max_trials=1, journal=tmp_path / "run.jsonl", quiet=True)
    assert result.best_value == 3_000_000
