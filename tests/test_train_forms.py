"""Is train judged by what it is? Decorated, with defaults, returning an iterator or a score; and told what to write."""

from pathlib import Path
from typing import Any, Final

import pytest

import pure_hb as hb
from pure_hb.tuning import load_file
from pure_hb.tuning.forms import Form, form_of
from tests import scripts
from tests.play import promotion

pytestmark = pytest.mark.usefixtures("modules_as_before")

DECORATORS: Final = """
import functools
def plain(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
def reporting(function):
    @functools.wraps(function)
    def wrapper(trial):
        for epoch, value in function(trial.config, trial.start_from, trial.checkpoint):
            if not trial.report(epoch, value):
                break
    return wrapper
"""
RESULTS: Final = "(config, resume_from, checkpoint_dir)"


def tuned(script: Path) -> hb.Result:
    journal = script.parent / "run.jsonl"
    return hb.tune(load_file(script).train, promotion(), workers=1, max_trials=2, journal=journal, quiet=True)


def error(script: Path, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        tuned(script)
    return str(caught.value)


WORKS: Final = {
    "wrapped generator": f"@wrapped\ndef train{RESULTS}:\n    yield 9, 0.5",
    "wrapped function": "@wrapped\ndef train(trial):\n    trial.report(9, 0.5)",
    "twice": f"@wrapped\n@wrapped\ndef train{RESULTS}:\n    yield 9, 0.5",
    "wrapper with parameters of its own": f"@reporting\ndef train{RESULTS}:\n    yield 9, 0.5",
    "plain wrapper of one parameter": "def plain(f):\n    def wrapper(t): return f(t)\n    return wrapper\n"
    "@plain\ndef train(trial):\n    trial.report(9, 0.5)",
    "generator of anything": "def train(*args, **kwargs):\n    config, start, folder = args\n    yield 9, 0.5",
    "an iterator": f"def train{RESULTS}:\n    return iter([(9, 0.5)])",
    "a list": f"def train{RESULTS}:\n    return [(1, 0.6), (9, 0.5)]",
    "a map": f"def train{RESULTS}:\n    return map(lambda epoch: (epoch, 0.5), [9])",
    "a generator of another": f"def fit(config):\n    yield 9, 0.5\ndef train{RESULTS}:\n    return fit(config)",
    "defaults": "def train(config, resume_from=0, checkpoint_dir=None):\n"
    "    assert checkpoint_dir is not None\n    yield 9, 0.5",
    "more with defaults": "def train(trial, folds=5, *, deep=True):\n    trial.report(9, 0.5)",
    "a callable object": "class T:\n    def __call__(self, trial):\n        trial.report(9, 0.5)\ntrain = T()",
    "a callable object that yields": "class T:\n    def __call__(self, c, r, d):\n        yield 9, 0.5\ntrain = T()",
    "a method": "class T:\n    def fit(self, trial):\n        trial.report(9, 0.5)\nt = T()\ntrain = t.fit",
    "a static method": "class T:\n    @staticmethod\n    def fit(trial):\n        trial.report(9, 0.5)\ntrain = T.fit",
    "a lambda at the top": "train = lambda trial: trial.report(9, 0.5)",
    "other names": "def train(c, r, d):\n    yield 9, 0.5",
}


@pytest.mark.parametrize("name", WORKS)
def test_train_is_judged_by_what_it_is(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cloudpickle", None)
    assert tuned(scripts.write(tmp_path, DECORATORS, WORKS[name])).best_value == 0.5


REFUSED: Final = {
    "@plain\ndef train(trial):\n    trial.report(9, 0.5)": "takes (*args, **kwargs), which tells nothing; let its "
    "decorator use functools.wraps",
    "def train(trial):\n    yield 9, 0.5": "with one parameter, it does not yield, and calls trial.report(epoch,",
    "def train(config):\n    yield 9, 0.5": "train yields, so it takes (config, resume_from, checkpoint_dir); it has "
    "('config',). Or, with one parameter",
    "class T:\n    async def __call__(self, trial): pass\ntrain = T()": "train is async",
    "def train(): pass": "train has the parameters (); write either a generator",
}


@pytest.mark.parametrize(("train", "words"), REFUSED.items())
def test_what_can_be_seen_is_told_before_anything_starts(tmp_path: Path, train: str, words: str) -> None:
    assert words in error(scripts.write(tmp_path, DECORATORS, train), hb.ScriptError)
    assert not (tmp_path / "run.jsonl").exists()


YIELD: Final = "with the parameters (config, resume_from, checkpoint_dir) it writes `yield epoch, value`"
TOLD: Final = {
    f"def train{RESULTS}:\n    return 0.31": f"train returned 0.31 and yielded nothing; {YIELD}",
    f"def train{RESULTS}:\n    return 9, 0.31": f"train returned (9, 0.31) and yielded nothing; {YIELD}",
    f"def train{RESULTS}:\n    pass": f"train ended and yielded nothing; {YIELD}",
    f"def train{RESULTS}:\n    return dict(error=0.3)": f"train returned {{'error': 0.3}} and yielded nothing; {YIELD}",
    f"def train{RESULTS}:\n    return [0.3]": "train yielded 0.3; it yields (resource, value)",
    f"def train{RESULTS}:\n    return []": "train yielded nothing",
    "def train(trial):\n    return 0.31": "train returned 0.31 and had never called trial.report; call",
}


@pytest.mark.parametrize(("train", "words"), TOLD.items())
def test_a_train_that_returns_no_results_is_told_what_to_write(tmp_path: Path, train: str, words: str) -> None:
    assert words in error(scripts.write(tmp_path, train), hb.TuningError)


FIT: Final = "def fit(x): return x\n"
CONFIGURATIONS: Final = {
    'return fit(cfg["x"])': "write trial.config['x'],",
    "return fit(**cfg)": "write trial.config, as in fit(**trial.config),",
    "return dict(cfg)": "write trial.config, as in",
    "return [name for name in cfg]": "write trial.config,",
    'return "x" in cfg': "write trial.config,",
}


@pytest.mark.parametrize(("body", "words"), CONFIGURATIONS.items())
def test_a_train_of_a_configuration_is_told_both_where_it_is_and_how_to_report(
    tmp_path: Path, body: str, words: str
) -> None:
    told = error(scripts.write(tmp_path, f"{FIT}def train(cfg):\n    {body}"), hb.TuningError)
    assert f"train got a trial, not a configuration: {words}" in told
    assert "and report with trial.report(epoch, value)" in told
    for attribute in ("cfg.x", 'cfg.get("x")'):
        script = scripts.write(tmp_path, f"def train(cfg):\n    return {attribute}")
        assert "are in trial.config, and results are reported by trial.report(epoch, value)" in error(
            script, hb.TuningError
        )


def three(config: Any, resume_from: Any, checkpoint_dir: Any, data: Any = 0) -> None: ...
def data_first(data: Any, trial: Any) -> None: ...
def with_trial(trial: Any, a: Any, b: Any) -> None: ...


def test_the_form_is_that_of_what_is_left_to_give() -> None:
    assert form_of(three, {}) == form_of(three, {"data": 1}) == Form(True)
    assert form_of(data_first, {"data": 1}) == Form(False, ("trial",))
    assert form_of(with_trial, {"a": 1, "b": 2}) == Form(False)
    assert form_of(lambda a, b, c, d, e: iter(()), {"d": 1, "e": 2}) == Form(True)
