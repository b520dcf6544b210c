"""Do failures of `tune` say what failed, and whose fault it is? Before the run has a result it is the script's."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.journal import read_journal
from pure_hb.tuning import load_file
from pure_hb.tuning.patience import Patience
from tests import scripts
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, promotion, stopping
from tests.processes import python

pytestmark = pytest.mark.usefixtures("modules_as_before")

TRAIN: Final = "def train(config, resume_from, checkpoint_dir):\n"
CLOSED: Final = "the session was closed"


def tuned(script: Path, setup: hb.Setup | None = None, **options: Any) -> hb.Result:
    """Tunes a script quietly; the journal is beside it."""
    given = {"workers": 1, "max_trials": 6, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, setup or promotion(), **given)


def broken(script: Path, setup: hb.Setup | None = None, **options: Any) -> str:
    """What the error says with which the run of a script ends."""
    with pytest.raises(hb.TuningError) as caught:
        tuned(script, setup, **options)
    return str(caught.value)


def events(folder: Path, kind: type[Any]) -> list[Any]:
    return [record.event for record in assert_verifies(folder / "run.jsonl") if isinstance(record.event, kind)]


def breaks(folder: Path) -> list[str]:
    """The reasons of all releases that are not of the closing session."""
    return [event.reason for event in events(folder, hb.Release) if event.reason != CLOSED]


def outcome(result: hb.Result) -> list[tuple[str, int, int]]:
    return [(trial.status.value, trial.highest, trial.failures) for trial in result.trials]


# ---- before train is entered ----------------------------------------------------------------------------------------

IN_WORKER: Final = "if 'PURE_HB_WORKER' in os.environ:\n    "
BEFORE_TRAIN: Final = {
    "import no_such_module": "script.py line 10 broke while it was imported: ModuleNotFoundError: No module named",
    "import neighbour_with_a_typo": "SyntaxError: invalid syntax (neighbour_with_a_typo.py, line 2)",
    "import neighbour_that_divides": "ZeroDivisionError: division by zero (neighbour_that_divides.py line 3)",
    "sys.exit('no data set')": "script.py line 10 broke while it was imported: SystemExit: no data set",
    "raise BaseException('odd')": "script.py line 10 broke while it was imported: BaseException: odd",
    "os._exit(7)": "the worker process died before train was entered: exit status 7",
    "os.kill(os.getpid(), signal.SIGKILL)": "the worker process died before train was entered: signal SIGKILL",
    "del train": "script.py has no function 'train'",
    "train = lambda trial, data: 5": "train has the parameters ('trial', 'data')",
}


@pytest.mark.parametrize(("code", "words"), BEFORE_TRAIN.items())
def test_what_breaks_before_train_is_entered_ends_the_run_at_once_and_counts_against_nobody(
    tmp_path: Path, code: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "neighbour_with_a_typo.py").write_text("x = 1\nx +\n")
    (tmp_path / "neighbour_that_divides.py").write_text("\n\n1 / 0\n")
    script = tmp_path / "script.py"
    script.write_text(
        f"import os, signal, sys\nfrom pathlib import Path\n{TRAIN}    yield 9, 0.5\n\n\n\n\n{IN_WORKER}{code}\n"
    )
    assert script.read_text().splitlines()[9].strip() == code
    text = broken(script)
    assert words in text
    assert f"see {tmp_path / 'run'}" in text
    assert "worker-0.log" in text
    assert "Repair the script" in text
    assert text.count(words) == 1
    assert capfd.readouterr().err == "", "it is said once, by the error"
    assert (len(events(tmp_path, hb.Start)), events(tmp_path, hb.Fail)) == (0, [])
    script.write_text(f"from pathlib import Path\n{TRAIN}    yield 9, 0.5\n")
    assert outcome(tuned(script, max_trials=2)) == [("ended", 9, 0)] * 2


def test_a_module_that_a_worker_cannot_import_is_told_with_its_place(tmp_path: Path) -> None:
    """It works where `tune` is called, and not in the worker."""
    (tmp_path / "my_models.py").write_text(f"import os\n{IN_WORKER}import no_such_module\n{TRAIN}    yield 9, 0.5\n")
    code = """
import my_models, pure_hb as hb
setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9)
try:
    hb.tune(my_models.train, setup, workers=2, max_trials=2, quiet=True)
except hb.TuningError as error:
    print(error)
"""
    done = python(code, cwd=tmp_path)
    assert "my_models broke while it was imported: ModuleNotFoundError: No module named 'no_such_module'" in done.stdout
    assert f"(my_models.py line 3); see {tmp_path}" in done.stdout
    assert events(tmp_path, hb.Fail) == []


def test_a_file_that_breaks_with_a_huge_text_is_a_short_sentence(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, "raise ValueError('x' * 1_000_000)")
    with pytest.raises(hb.ScriptError) as caught:
        load_file(script)
    assert 1_000 < len(str(caught.value)) < 2_000


def test_ctrl_c_while_a_file_is_imported_is_no_script_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        load_file(scripts.write(tmp_path, "raise KeyboardInterrupt"))


# ---- before the first result ----------------------------------------------------------------------------------------

ALWAYS: Final = (
    ("raise ValueError('no')", "ValueError: no (script.py line ", 1),
    ("raise ValueError('no')", "ValueError: no (script.py line ", 3),
    ("os._exit(3)", "the worker process died: exit status 3", 2),
    ("os.kill(os.getpid(), signal.SIGKILL)", "the worker process died: signal SIGKILL", 1),
    ("sys.exit('no')", "the worker process died: exit status 1", 1),
)


@pytest.mark.parametrize(("code", "words", "workers"), ALWAYS)
def test_a_script_that_always_breaks_ends_after_as_many_failures_as_workers_and_counts_against_nobody(
    tmp_path: Path, code: str, words: str, workers: int, capfd: pytest.CaptureFixture[str]
) -> None:
    script = scripts.write(tmp_path, f"{TRAIN}    {code}\n    yield")
    text = broken(script, workers=workers)
    assert words in text
    assert text.startswith(f"{workers} failure{'s' * (workers > 1)} and no result yet")
    assert "start the same command again: it goes on with all configurations" in text
    assert 'let train report float("nan") for it' in text
    assert events(tmp_path, hb.Fail) == []
    assert len(breaks(tmp_path)) == workers
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == workers
    assert all(line.endswith("It is not counted, as there is no result yet") for line in lines), lines
    scripts.write(tmp_path, scripts.GENERATOR)
    result = tuned(script, workers=workers)
    assert {trial.failures for trial in result.trials} == {0}
    assert all(trial.curve for trial in result.trials), "all configurations went on"
    assert result.trials[0].config == promotion().points[0]


def test_started_again_and_again_a_broken_script_never_costs_a_configuration(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, f"{TRAIN}    yield 1 / 0, 1")
    for _ in range(4):
        broken(script)
    assert len(breaks(tmp_path)) == 4
    scripts.write(tmp_path, scripts.GENERATOR)
    assert outcome(tuned(script, max_trials=1)) == [("paused", 1, 0)]


def test_one_bad_configuration_does_not_end_a_run_in_which_others_train(tmp_path: Path) -> None:
    """The worker that broke waits for the first result; only then is the trial run again, and counted."""
    train = f"""
{TRAIN}
    if config["x"] == 0.5:
        Path(__file__).with_name("broke").touch()
        raise ValueError("not this one")
    while not Path(__file__).with_name("broke").exists():
        time.sleep(0.01)
    time.sleep(0.3)
    Path(checkpoint_dir, "x").touch()
    yield 9, config["x"]
"""
    result = tuned(scripts.write(tmp_path, train), promotion(max_failures=2), workers=2, max_trials=4)
    assert outcome(result) == [("ended", 0, 2), *[("ended", 9, 0)] * 3]
    assert len(breaks(tmp_path)) == 1


def test_nan_is_a_result_and_lets_a_run_past_a_configuration_that_cannot_be_trained(tmp_path: Path) -> None:
    """The way out that the error names."""
    train = f"{TRAIN}    yield 9, float('nan') if config['x'] == 0.5 else config['x']"
    assert outcome(tuned(scripts.write(tmp_path, train), max_trials=3)) == [
        ("ended", 9, 0),
        *[("ended", 9, 0)] * 2,
    ]


def test_failures_count_again_in_a_journal_that_has_a_result(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    tuned(script, max_trials=1)
    scripts.write(tmp_path, f"{TRAIN}    yield 1 / 0, 1")
    text = broken(script, max_trials=100)
    assert text.startswith("9 failures in a row, the last one: ZeroDivisionError: division by zero (script.py line ")
    assert (len(events(tmp_path, hb.Fail)), breaks(tmp_path)) == (9, [])


def test_results_that_were_observed_do_not_show_that_the_script_works(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", promotion()) as session:
        session.observe({"x": 0.25}, [(1, 0.5)])
    broken(scripts.write(tmp_path, f"{TRAIN}    yield 1 / 0, 1"))
    assert events(tmp_path, hb.Fail) == []


def test_how_much_may_break() -> None:
    before = Patience(workers=2, max_failures=3, has_result=False)
    assert [before.broke("x") for _ in range(2)] == [False, True]
    later = Patience(workers=2, max_failures=3, has_result=True)
    assert [later.broke("x") for _ in range(12)] == [False] * 11 + [True]
    later.worked()
    assert [later.broke("x") for _ in range(60)] == [False] * 59 + [True]
    assert [later.gives_up(trial) for trial in (5, 5, 7, 5)] == [False, False, False, True]


# ---- no result at all -----------------------------------------------------------------------------------------------

WITHOUT: Final = {
    "def train(config):\n    return 0.3": "train returned 0.3 and had never called trial.report",
    "def train(trial):\n    pass": "train ended and had never called trial.report",
    "def train(trial):\n    for epoch in trial.epochs():\n        if epoch % 100 == 0: trial.report(epoch, 0.5)": (
        "train ended and had never called trial.report; call trial.report(epoch, value) after each epoch, or, if "
        "it has no epochs, trial.report(9, value) at its end"
    ),
    "async def main(trial): pass\ndef train(trial):\n    return main(trial)": "train returned a coroutine",
    "def loop(trial): yield 1, 0.5\ndef train(trial):\n    return loop(trial)": "train returned a generator",
    f"{TRAIN}    return\n    yield": "train yielded nothing; it yields (resource, value) after each epoch",
    f"{TRAIN}    return 0.3\n    yield": "train yielded nothing (it returned 0.3)",
    f"{TRAIN}    yield 0, 0.5": "train ended, and none of its reports was accepted",
    "def train(cfg):\n    return cfg['rate']": "not a configuration: write trial.config['rate'], and report with",
    "def train(cfg):\n    return cfg.rate": "a trial has no 'rate'; the values of the parameters are in trial.config",
}


@pytest.mark.parametrize(("train", "words"), WITHOUT.items())
def test_a_run_without_any_result_ends_early_says_why_and_is_no_success(
    tmp_path: Path, train: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = scripts.write(tmp_path, train)
    arguments = [str(script), "--method", "ASHA-PROM", "--workers", "1", "--max-trials", "1000", "--quiet"]
    done = CliRunner().invoke(cli, ["tune", *arguments, "--journal", "run.jsonl"])
    assert done.exit_code == 1, done.output
    assert words in done.stderr
    assert "Best configuration" not in done.output
    assert len(read_journal(Path("run.jsonl"))[1]) == 2, "one trial was tried, and waits for the repair"
    scripts.write(tmp_path, scripts.GENERATOR)
    assert outcome(tuned(script, hb.asha(LINE, ERROR, max_resource=9), max_trials=1)) == [("paused", 1, 0)]


@pytest.mark.parametrize(
    "train", ["async def train(trial):\n    pass", f"async {TRAIN}    yield 1, 0.5"], ids=["coroutine", "generator"]
)
def test_an_async_train_is_refused_before_anything_starts(tmp_path: Path, train: str) -> None:
    with pytest.raises(hb.ScriptError, match=r"train is async, and nobody awaits it; .* asyncio\.run"):
        tuned(scripts.write(tmp_path, train))
    assert not (tmp_path / "run.jsonl").exists()


def test_a_trial_without_a_result_in_a_run_that_has_some_is_complete_and_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = "def train(trial):\n    if trial.number == 1: return 'nothing'\n    trial.report(9, trial.config['x'])"
    assert outcome(tuned(scripts.write(tmp_path, train), max_trials=3)) == [
        ("ended", 9, 0), ("ended", 0, 0), ("ended", 9, 0),
    ]  # fmt: skip
    printed = capfd.readouterr().err.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith("trial 1 has ended without a result: train returned 'nothing' and had never called")


def test_a_script_that_stops_reporting_does_not_use_up_all_trials(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    tuned(script, max_trials=1)
    scripts.write(tmp_path, "def train(trial): return 0.5")
    assert broken(script, max_trials=1000).startswith("9 failures in a row, the last one: train returned 0.5")


def test_a_run_whose_budget_was_spent_without_a_result_says_so(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    text = broken(script, max_time=1e-9)
    assert text.startswith("The run has ended without any result; max_time, 1e-09 s")


def test_a_run_of_nan_alone_is_no_success_for_the_command(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, f"{TRAIN}    yield 1, float('nan')")
    options = ["--method", "ASHA-PROM", "--workers", "1", "--max-trials", "2", "--journal", str(tmp_path / "run.jsonl")]
    done = CliRunner().invoke(cli, ["tune", str(script), *options])
    assert done.exit_code == 1
    assert "there is no finite result: whatever was reported is nan or infinite" in done.stderr


# ---- values ---------------------------------------------------------------------------------------------------------


def test_numbers_of_other_libraries_are_values(tmp_path: Path) -> None:
    train = """
import decimal, fractions
import numpy as np
class Scalar:  # as those of torch, jax and others
    def __init__(self, value): self.value = value
    def item(self): return self.value
values = [Scalar(0.5), np.array(0.5), np.float32(0.5), decimal.Decimal("0.5"), fractions.Fraction(1, 2)]
def train(trial):
    for epoch, value in enumerate(values, 1):
        trial.report((Scalar, np.int64, np.array, int)[epoch % 4](epoch), value)
"""
    result = tuned(scripts.write(tmp_path, train), hb.random_search(LINE, ERROR, max_resource=5), max_trials=1)
    assert result.trials[0].curve == tuple((epoch, 0.5) for epoch in range(1, 6))


RUBBISH: Final = {
    "0.5": "train yielded 0.5; it yields (resource, value), for example (epoch, validation_error)",
    "{'error': 0.5}": "train yielded {'error': 0.5}",
    "(1, 0.5, 0.1, 7)": "train yielded (1, 0.5, 0.1, 7)",
    "None": "train yielded None",
    "'ab'": "train yielded 'ab'",
    "(1.0, 0.5)": "train yielded (1.0, 0.5): resource must be an int, got 1.0 of type float; write 1",
    "('1', 0.5)": "train yielded ('1', 0.5): resource must be an int, got '1' of type str",
    "(1, '0.3')": "train yielded (1, '0.3'): value must be a number, got str; convert it first: float(value)",
    "(1, None)": 'value must be a number, got NoneType; give float("nan") where there is no number',
    "(1, np.zeros(3))": "value must be a number, got ndarray of shape (3,); give one number, such as value.mean()",
    "(1,)": "train yielded (1,)",
    "(1, [0.5] * 300_000)": "value must be a number, got list",
    "[Rude()]": "train yielded [<Rude instance at",
}


@pytest.mark.parametrize(("rubbish", "words"), RUBBISH.items())
def test_what_is_no_result_is_told_and_is_no_failure_of_the_trial(
    tmp_path: Path, rubbish: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """At first the script is repaired; then it yields rubbish for one trial now and then, and the run goes on."""
    rude = "import numpy as np\nclass Rude:\n    def __repr__(self): raise ValueError"
    script = scripts.write(tmp_path, rude, f"{TRAIN}    yield {rubbish}")
    text = broken(script)
    assert words in text
    assert "(script.py line" not in text
    assert "nan" not in text.replace(words, ""), "no other configuration would help"
    assert len(text) < 3_000
    assert len(breaks(tmp_path)) == 1
    capfd.readouterr()
    scripts.write(tmp_path, rude, f"{TRAIN}    yield {rubbish} if config['x'] < 0.1 else (9, 0.5)")
    result = tuned(script, max_trials=12)
    odd = [trial for trial in result.trials if float(trial.config["x"]) < 0.1]
    assert odd
    assert {(trial.status.value, trial.highest, trial.failures) for trial in odd} == {("ended", 0, 0)}
    assert {trial.highest for trial in result.trials if trial not in odd} == {9}
    assert events(tmp_path, hb.Fail) == []
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 3 * len(odd)
    assert [line.rpartition(". ")[2] for line in lines[:3]] == [
        "It is not counted, and runs its leg again", "It is not counted, and runs its leg again",
        "It has ended, with what it had reported",
    ]  # fmt: skip


def test_a_value_that_is_no_number_is_told_with_the_line_that_reports_it(tmp_path: Path) -> None:
    text = broken(scripts.write(tmp_path, "def train(trial):\n    trial.report(1, None)"))
    assert 'value must be a number, got NoneType; give float("nan") where there is no number (script.py line 1' in text


def test_a_script_that_yields_nothing_but_rubbish_later_on_ends_too(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    tuned(script, max_trials=1)
    scripts.write(tmp_path, f"{TRAIN}    yield 0.5")
    assert broken(script, max_trials=1000).startswith("9 failures in a row, the last one: train yielded 0.5")


# ---- texts ----------------------------------------------------------------------------------------------------------

TEXTS: Final = {
    "ValueError([0.123456789] * 300_000)": "ValueError: [0.123456789, 0.123456789",
    "ValueError('x' * 40_000_000)": "ValueError: xxxx",
    "Rude()": "Rude: <its text cannot be made: KeyError>",
    "Silent()": "Silent: <its text cannot be made: TypeError>",
    "ValueError('lone \\udc80 surrogate')": "ValueError: lone ",
    "ValueError('\\x1b[2J gone')": "ValueError: ",
    "ExceptionGroup('many', [ValueError('x' * 10_000)] * 1000)": "ExceptionGroup: many (1000 sub-exceptions)",
}


@pytest.mark.parametrize(("error", "words"), TEXTS.items())
def test_texts_of_exceptions_are_cut_in_the_worker_whatever_they_hold(
    tmp_path: Path, error: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = """
class Rude(Exception):
    def __str__(self): raise KeyError("x")
class Silent(Exception):
    def __str__(self): return 5
"""
    script = scripts.write(tmp_path, odd, f"{TRAIN}    raise {error}\n    yield")
    text = broken(script)
    told = capfd.readouterr().err
    assert words in text
    assert "(script.py line " in text
    assert max(len(text), len(told)) < 2_000
    assert "\x1b" not in told
    (reason,) = breaks(tmp_path)
    assert len(reason) < 1_100
    assert "\\udc80" in reason or "surrogate" not in reason
    (log,) = tmp_path.glob("run.jsonl.logs/*/leg-0")
    assert log.stat().st_size < 200_000
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize("code", ["sys.stdout = sys.stderr = None", "sys.stdout.close(); sys.stderr.close()"])
def test_a_script_that_has_no_streams_any_more_breaks_with_its_own_words(tmp_path: Path, code: str) -> None:
    assert "ValueError: no (script.py line " in broken(
        scripts.write(tmp_path, f"{TRAIN}    {code}\n    raise ValueError('no')\n    yield")
    )


# ---- after the end of a leg -----------------------------------------------------------------------------------------

LATE: Final = {
    "generator": f"""
{TRAIN}
    saved = Path(checkpoint_dir) / "epoch"
    saved.touch()
    try:
        for epoch in range(resume_from + 1, 10):
            yield epoch, error_of(config, epoch)
    finally:
        time.sleep(0.01)
        saved.write_text("last")
        Path(__file__).with_name("saved").open("a").write("x")
""",
    "function": """
def train(trial):
    saved = trial.checkpoint / "epoch"
    saved.touch()
    for epoch in trial.epochs():
        trial.report(epoch, error_of(trial.config, epoch))
    time.sleep(0.01)
    saved.write_text("last")
    Path(__file__).with_name("saved").open("a").write("x")
""",
}


@pytest.mark.parametrize("form", LATE)
def test_a_train_that_saves_when_it_is_stopped_has_not_failed_and_its_folder_goes_when_it_has_left(
    tmp_path: Path, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    result = tuned(scripts.write(tmp_path, LATE[form]), stopping(), workers=2, max_trials=30)
    assert Counter(trial.status.value for trial in result.trials) == {"ended": 30}
    assert {trial.failures for trial in result.trials} == {0}
    assert capfd.readouterr().err == ""
    assert (tmp_path / "saved").read_text() == "x" * 30, "each could save"
    assert result.best_checkpoint is not None
    assert list((tmp_path / "run.jsonl.checkpoints").rglob("trial-*")) == [result.best_checkpoint.parent]
    assert (result.best_checkpoint / "epoch").read_text() == "last"


@pytest.mark.parametrize("code", ["1 / 0", "os._exit(3)", "yield 5, 5"])
def test_what_breaks_after_the_end_of_a_leg_is_told_and_is_no_failure(
    tmp_path: Path, code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    train = f"{TRAIN}    try:\n        yield 9, config['x']\n    finally:\n        {code}"
    assert outcome(tuned(scripts.write(tmp_path, train), max_trials=2)) == [("ended", 9, 0)] * 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("after it was told to leave, so this is no failure" in line for line in lines), lines


# ---- epochs that do not increase ------------------------------------------------------------------------------------

STUCK: Final = {
    "the same": f"{TRAIN}    while True: yield 1, 0.5",
    "falling": f"{TRAIN}\n    for epoch in (2, *[1] * 10**6): yield epoch, 0.5",
    "a function": "def train(trial):\n    while trial.running: trial.report(1, 0.5)",
}


@pytest.mark.parametrize("kind", STUCK)
def test_a_train_that_reports_the_same_epoch_again_and_again_is_ended_and_told(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """In each leg, and the trial ends as with any failure; so does the run."""
    result = tuned(scripts.write(tmp_path, STUCK[kind]), hb.random_search(LINE, ERROR, max_resource=9), max_trials=2)
    assert [(trial.status.value, trial.failures) for trial in result.trials] == [("ended", 3)] * 2
    told = capfd.readouterr().err
    assert told.count("trial 0 reports epoch 1 and brings no new epoch: the first value of an epoch counts") == 1
    assert "trial 0 failed: 101 reports in a row, the last of epoch 1, brought no new epoch" in told.replace(
        "102", "101"
    )


def test_a_leg_that_began_afresh_may_repeat_all_that_its_trial_has_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = f"""
{TRAIN}
    for epoch in range(1, 301):
        if epoch == 290 and not Path(__file__).with_name("broke").exists():
            Path(__file__).with_name("broke").touch()
            raise ValueError("once")
        yield epoch, 0.5
"""
    result = tuned(scripts.write(tmp_path, train), hb.random_search(LINE, ERROR, max_resource=300), max_trials=1)
    assert outcome(result) == [("ended", 300, 1)]
    assert "brings no new epoch" not in capfd.readouterr().err


def test_an_epoch_beyond_the_last_is_told_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = tuned(scripts.write(tmp_path, f"{TRAIN}    yield 30, config['x']"), max_trials=3)
    assert outcome(result) == [("ended", 9, 0)] * 3
    assert capfd.readouterr().err == (
        "trial 0 reports epoch 30, beyond the 9 epochs of a full training (max_resource): that counts as epoch 9, and "
        "the trial ends. This is told once\n"
    )


def test_an_error_names_no_log_twice_and_no_way_out_that_cannot_help(tmp_path: Path) -> None:
    text = broken(scripts.write(tmp_path, f"{TRAIN}    while True: yield 0, 0.5"))
    assert text.count("run.jsonl.logs") == 1
    assert "nan" not in text, "epoch 0 is not accepted, whatever its value"
    text = broken(scripts.write(tmp_path, f"{TRAIN}    raise ValueError('no')\n    yield"))
    assert text.count("run.jsonl.logs") == 1


def test_an_epoch_that_is_never_accepted_ends_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = broken(scripts.write(tmp_path, f"{TRAIN}    while True: yield 0, 0.5"))
    assert "100 reports in a row, the last of epoch 0, brought no new epoch" in text
    assert capfd.readouterr().err.count("reported resource 0; it is an integer from 1") == 1, "it is said once"


def test_a_function_that_never_asks_whether_to_go_on_is_taken_out_of_its_loop(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = """
def train(trial):
    try:
        while True:
            trial.report(9, trial.config["x"])
    finally:
        Path(__file__).with_name("tidied").touch()
"""
    assert outcome(tuned(scripts.write(tmp_path, train), max_trials=2)) == [("ended", 9, 0)] * 2
    told = capfd.readouterr().err
    assert told.count("train goes on after trial.report returned False") == len(told.splitlines()) == 2
    assert (tmp_path / "tidied").exists()


def test_the_epochs_of_a_worker_end_at_the_maximum_and_may_begin_elsewhere(tmp_path: Path) -> None:
    train = """
def train(trial):
    counted = [list(trial.epochs()), list(trial.epochs(7)), list(trial.epochs(done=20))]
    Path(__file__).with_name("counted").write_text(str(counted))
    trial.report(9, 0.5)
"""
    tuned(scripts.write(tmp_path, train), max_trials=1)
    assert json.loads((tmp_path / "counted").read_text()) == [list(range(1, 10)), [8, 9], []]


def test_the_number_of_workers_may_be_one_of_numpy(tmp_path: Path) -> None:
    workers: Any = np.int64(2)
    assert len(tuned(scripts.write(tmp_path, scripts.GENERATOR), workers=workers).trials) == 6
    assert len(list(tmp_path.rglob("worker-*.log"))) == 2
    assert os.environ.get("PURE_HB_WORKER") is None
