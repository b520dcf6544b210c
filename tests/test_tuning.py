"""Does `tune` train real scripts, whatever they do? Worker processes, exceptions, crashes, wrong scripts, the display.

Failures before the first result, and what they say, are in test_tuning_failures.py; Ctrl-C, kills and full disks in
test_tuning_survives.py.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.session import Session
from pure_hb.tuning import load_file
from tests import scripts
from tests.logs import assert_verifies, pairs
from tests.play import ERROR, LINE, Make, promotion, stopping
from tests.processes import pure_hb, python, run

pytestmark = pytest.mark.usefixtures("modules_as_before")


def tuned(script: Path, setup: hb.Setup | None = None, **options: Any) -> hb.Result:
    """Tunes a script quietly; the journal is beside it."""
    given = {"workers": 1, "max_trials": 6, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, setup or promotion(), **given)


def full(max_resource: int) -> hb.Setup:
    """Every trial trains to the end."""
    return hb.random_search(LINE, ERROR, max_resource=max_resource)


def outcome(result: hb.Result) -> list[tuple[str, int, int]]:
    return [(trial.status.value, trial.highest, trial.failures) for trial in result.trials]


# ---- the two forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_both_forms_and_a_loop_of_ones_own_decide_the_same(tmp_path: Path, make: Make) -> None:
    """With one worker, and checkpoints that are asserted by the scripts themselves."""
    logs: list[list[tuple[hb.Event, hb.Action]]] = []
    for form in (scripts.GENERATOR, scripts.PLAIN):
        folder = tmp_path / str(len(logs))
        folder.mkdir()
        result = tuned(scripts.write(folder, form, name=f"script_{len(logs)}.py"), make())
        assert result.best_value is not None
        logs.append(pairs(assert_verifies(folder / "run.jsonl")))
    with Session(tmp_path / "run.jsonl", make(), max_trials=6) as session:
        while trial := session.ask(worker="worker-0"):
            for epoch in trial.epochs():
                trial.checkpoint.touch()
                trial.report(epoch, abs(float(trial.config["x"]) - 0.3) + 1 / epoch)
    logs.append(pairs(assert_verifies(tmp_path / "run.jsonl")))
    assert logs[0] == logs[1] == logs[2]


def test_two_workers_share_the_trials_and_the_result_tells_all(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR, seconds=0.005)
    result = tuned(script, workers=2, max_trials=12)
    assert len(result.trials) == 12
    assert {trial.status.value for trial in result.trials} <= {"paused", "ended"}
    assert result.best_checkpoint is not None
    best = result.trials[result.best_trial or 0]
    assert (result.best_checkpoint / "epoch").read_text() == str(best.highest)
    asks = [event for event, _ in pairs(assert_verifies(tmp_path / "run.jsonl")) if isinstance(event, hb.Ask)]
    assert {ask.worker for ask in asks} == {"worker-0", "worker-1"}
    assert any(trial.leg > 0 for trial in result.trials), "some were paused and resumed"


def test_the_same_call_goes_on_and_a_larger_budget_goes_further(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    first = tuned(script, max_trials=3)
    assert tuned(script, max_trials=3) == first
    assert len(tuned(script, max_trials=5).trials) == 5
    assert_verifies(tmp_path / "run.jsonl")


def test_what_a_script_prints_goes_to_the_log_of_its_worker(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noisy = "print('hello from', __name__)\nprint('and on stderr', file=sys.stderr)"
    tuned(scripts.write(tmp_path, scripts.GENERATOR, noisy), max_trials=1)
    printed = capfd.readouterr()
    log = (tmp_path / "run.jsonl.logs" / "worker-0.log").read_text()
    assert "hello from script\n" in log
    assert "and on stderr" in log
    assert printed.err.count("and on stderr") == 1, "this process imports it too"


def test_a_script_finds_its_neighbours_and_keeps_what_it_has_loaded(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_the_script.py").write_text("loaded = 0")
    train = """
import neighbour_of_the_script as shared
def train(config, resume_from, checkpoint_dir):
    shared.loaded += 1
    Path(checkpoint_dir, "x").touch()
    yield 9, float(shared.loaded)
"""
    result = tuned(scripts.write(tmp_path, train), max_trials=3)
    assert [trial.curve for trial in result.trials] == [((9, 1.0),), ((9, 2.0),), ((9, 3.0),)]


def test_a_train_that_ends_before_the_maximum_is_complete(tmp_path: Path) -> None:
    train = """
def train(config, resume_from, checkpoint_dir):
    yield 1, 0.5
    Path(checkpoint_dir, "went on").touch()
"""
    setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9, grace_period=3)
    assert outcome(tuned(scripts.write(tmp_path, train), setup, max_trials=2)) == [("ended", 1, 0)] * 2


def test_values_that_are_no_numbers_are_results(tmp_path: Path) -> None:
    train = """
def train(config, resume_from, checkpoint_dir):
    import numpy as np
    yield np.int64(1), np.float32("nan")
"""
    result = tuned(scripts.write(tmp_path, train), max_trials=2)
    assert outcome(result) == [("ended", 1, 0)] * 2
    assert result.best_value is None


def test_a_generator_that_is_stopped_may_tidy_up(tmp_path: Path) -> None:
    train = """
def train(config, resume_from, checkpoint_dir):
    try:
        for epoch in range(1, 10):
            yield epoch, 0.5
    finally:
        Path(__file__).with_name("tidied").touch()
"""
    tuned(
        scripts.write(tmp_path, train),
        hb.random_search(promotion().space, promotion().goal, max_resource=2),
        max_trials=1,
    )
    assert (tmp_path / "tidied").exists()


def test_checkpoints_are_kept_if_that_is_asked_for(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    setup = full(2)
    tuned(script, setup, max_trials=3, keep_checkpoints=True, checkpoints=tmp_path / "models")
    assert len(list((tmp_path / "models").rglob("epoch"))) == 3
    tuned(script, setup, max_trials=3, checkpoints=tmp_path / "models")
    assert len(list((tmp_path / "models").rglob("epoch"))) == 1, "the best one's"


# ---- scripts that break ---------------------------------------------------------------------------------------------

BREAKS = """
def train(config, resume_from, checkpoint_dir):
    counter = Path(__file__).with_name("counter")
    with counter.open("a") as file:
        file.write("x")
    match counter.stat().st_size:
        case 2: raise RuntimeError("loss exploded")
        case 3: os.kill(os.getpid(), signal.SIGKILL)
        case 4: os._exit(7)
        case 5: sys.exit("no such data set")
        case 6: os.closerange(3, 100)
    Path(checkpoint_dir, "x").touch()
    yield 9, config["x"]
"""


def test_a_trial_that_breaks_is_run_again_whatever_happens_to_its_worker(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = tuned(scripts.write(tmp_path, BREAKS), promotion(max_failures=6), max_trials=2)
    assert outcome(result) == [("ended", 9, 0), ("ended", 9, 5)]
    assert result.trials[1].leg == 5
    printed = capfd.readouterr().err.splitlines()
    logs = tmp_path / "run.jsonl.logs" / "trial-1"
    died = "trial 1 failed: the worker process died: "
    assert printed[0].startswith("trial 1 failed: RuntimeError: loss exploded (script.py line ")
    assert printed[0].endswith(f"; see {logs / 'leg-0'}")
    assert printed[1] == f"{died}signal SIGKILL; see {logs / 'leg-1'}"
    assert printed[2] == f"{died}exit status 7; see {logs / 'leg-2'}"
    assert printed[3] == f"{died}exit status 1; see {logs / 'leg-3'}, at the end: no such data set"
    assert printed[4].startswith("trial 1 failed: ")
    assert len(printed) == 5
    fails = [event for event, _ in pairs(assert_verifies(tmp_path / "run.jsonl")) if isinstance(event, hb.Fail)]
    assert [event.leg for event in fails] == [0, 1, 2, 3, 4]


def test_a_trial_ends_with_its_last_failure_and_the_others_go_on(tmp_path: Path) -> None:
    train = """
def train(config, resume_from, checkpoint_dir):
    if Path(checkpoint_dir).parent.name == "trial-1":
        raise ValueError("not this one")
    Path(checkpoint_dir, "x").touch()
    yield 9, config["x"]
"""
    result = tuned(scripts.write(tmp_path, train), promotion(max_failures=2), max_trials=3)
    assert outcome(result) == [("ended", 9, 0), ("ended", 0, 2), ("ended", 9, 0)]


def test_the_traceback_of_a_script_is_in_the_log_of_its_leg(tmp_path: Path) -> None:
    train = "def train(config, resume_from, checkpoint_dir):\n    yield 1 / 0, 1"
    with pytest.raises(hb.TuningError):
        tuned(scripts.write(tmp_path, train))
    log = (tmp_path / "run.jsonl.logs" / "trial-0" / "leg-0").read_text()
    assert "Traceback (most recent call last):" in log
    assert "ZeroDivisionError: division by zero" in log


def test_a_run_in_which_every_trial_fails_is_no_success(tmp_path: Path) -> None:
    train = "def train(config, resume_from, checkpoint_dir):\n    yield 1 / 0, 1"
    with pytest.raises(hb.TuningError, match="ZeroDivisionError: division by zero"):
        tuned(scripts.write(tmp_path, train), max_trials=2)


def test_after_a_repair_the_same_call_goes_on(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, "def train(config, resume_from, checkpoint_dir):\n    yield 1 / 0, 0.5")
    with pytest.raises(hb.TuningError):
        tuned(script)
    scripts.write(tmp_path, scripts.GENERATOR)
    result = tuned(script)
    assert result.best_value is not None
    assert sum(trial.failures for trial in result.trials) == 0


def test_a_report_after_the_end_is_noticed_once_and_never_an_exception(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = """
def train(trial):
    for epoch in range(1, 4):
        Path(trial.checkpoint, "x").touch()
        assert trial.report(epoch, trial.config["x"]) is (epoch < 1)
"""
    result = tuned(
        scripts.write(tmp_path, train),
        hb.random_search(promotion().space, promotion().goal, max_resource=1),
        max_trials=2,
    )
    assert outcome(result) == [("ended", 1, 0)] * 2
    printed = capfd.readouterr().err
    assert "train goes on after trial.report returned False; leave the loop then, or use trial.epochs()" in printed
    assert len(printed.splitlines()) <= 4


def test_a_report_that_is_rejected_is_a_line_and_training_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = "def train(config, resume_from, checkpoint_dir):\n    yield 0, 0.5\n    yield 9, 0.5"
    assert outcome(tuned(scripts.write(tmp_path, train), max_trials=1)) == [("ended", 9, 0)]
    assert "resource 0; it is an integer from 1" in capfd.readouterr().err


# ---- scripts that cannot be used ------------------------------------------------------------------------------------


def local() -> Any:
    def train(config: Any, resume_from: int, checkpoint_dir: str) -> Iterator[tuple[int, float]]:
        yield 1, 0.5

    return train


class Callable:
    def __call__(self, trial: Any) -> None:
        pass

    def method(self, trial: Any) -> None:
        pass


def train_of_a_test(config: Any, resume_from: int) -> Iterator[tuple[int, float]]:
    yield 1, 0.5


def train_with_nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (lambda trial: None, ("train is <lambda>, which worker processes cannot import", "top of a file")),
        (local(), ("local.<locals>.train, which worker processes cannot import",)),
        (Callable(), ("train is a Callable, which worker processes cannot import", "pip install 'pure_hb[notebooks]'")),
        (Callable().method, ("Callable.method, which worker processes cannot import",)),
        (5, ("train is a int; give a function",)),
        (None, ("train is a NoneType; give a function",)),
        (train_of_a_test, ("takes (config, resume_from, checkpoint_dir); it has ('config', 'resume_from')",)),
        (train_with_nothing, ("train has the parameters ()", "train(trial) that calls trial.report(resource, value)")),
        (print, ("train takes (*args, **kwargs), which tells nothing; let its decorator use functools.wraps",)),
    ],
)
def test_a_function_that_workers_cannot_import_or_call_is_refused_before_anything_starts(
    tmp_path: Path, train: Any, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)  # as if it were not installed
    with pytest.raises(hb.ScriptError) as caught:
        hb.tune(train, promotion(), max_trials=1, journal=tmp_path / "run.jsonl", quiet=True)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("budget", [{}, {"max_trials": None}])
def test_a_run_without_end_is_refused(tmp_path: Path, budget: dict[str, Any]) -> None:
    with pytest.raises(
        hb.TuningError, match=r"no budget: give max_time \(seconds\), max_trials, or max_resource_total"
    ):
        hb.tune(train_of_a_test, promotion(), journal=tmp_path / "run.jsonl", **budget)


@pytest.mark.parametrize("workers", [0, -1, True, 1.5, "2", None])
def test_the_number_of_workers_is_checked(tmp_path: Path, workers: Any) -> None:
    with pytest.raises(ValueError, match=r"workers is .*; it is the number of worker processes, at least 1"):
        hb.tune(train_of_a_test, promotion(), workers=workers, max_trials=1, journal=tmp_path / "run.jsonl")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module_anywhere", ("line 1 broke while it was imported", "No module named 'no_such_module")),
        ("x = 1\nx +", ("line 2 broke while it was imported: SyntaxError",)),
        ("\n\n1 / 0", ("line 3 broke while it was imported: ZeroDivisionError: division by zero",)),
        ("x = 1", ("does not define 'space'",)),
        ("def train(trial): pass", ("does not define 'space'", "either setup, or space, goal and max_resource")),
        (scripts.HEAD, ("does not define 'train'",)),
        (scripts.HEAD + "train = 5", ("train is a int; give a function",)),
        (scripts.HEAD + "goal = 'error'\ndef train(trial): pass", ("goal is 'error'", "hb.Minimize(")),
        (scripts.HEAD + "max_resource = 'many'\ndef train(trial): pass", ("max_resource is 'many'",)),
        (scripts.HEAD + "space = {'x': 1}\ndef train(trial): pass", ("space is {'x': 1}; make one: Space(",)),
        (scripts.HEAD + "setup = 5\ndef train(trial): pass", ("setup is a int; make it with asha(...)",)),
        (scripts.HEAD + "raise SystemExit(0)", ("SystemExit",)),
    ],
)  # fmt: skip
def test_a_file_that_is_no_training_script_is_one_sentence(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    (tmp_path / "script.py").write_text(text)
    method = [] if "setup = 5" in text else ["--method", "ASHA-PROM"]
    arguments = [str(tmp_path / "script.py"), *method, "--max-trials", "1", "--journal", str(tmp_path / "run.jsonl")]
    done = CliRunner().invoke(cli, ["tune", *arguments])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert all(word in done.output for word in words), done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "run.jsonl").exists()


UNGUARDED = """
hb.tune(train, hb.asha(space, goal, max_resource=9), workers=2, max_trials=20)
"""


def test_a_script_without_a_main_guard_is_told_to_have_one(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR, UNGUARDED)
    done = run([sys.executable, str(script)], tmp_path)
    assert done.returncode == 1
    assert 'put the call under `if __name__ == "__main__":`' in done.stderr
    assert done.stderr.count("Traceback") <= 1, "that of the script itself"
    assert len(done.stderr.splitlines()) < 60
    assert_verifies(tmp_path / "run.jsonl")


def test_a_script_with_a_main_guard_is_run_as_a_file(tmp_path: Path) -> None:
    guarded = f'if __name__ == "__main__":\n    print({UNGUARDED.strip()}.best_value)'
    script = scripts.write(tmp_path, scripts.GENERATOR, guarded)
    done = run([sys.executable, str(script)], tmp_path)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    assert float(done.stdout) < 1.3
    assert_verifies(tmp_path / "run.jsonl")


def test_train_may_be_in_an_importable_module(tmp_path: Path) -> None:
    scripts.write(tmp_path, scripts.GENERATOR, name="my_models.py")
    code = """
import my_models, pure_hb as hb
setup = hb.asha(my_models.space, my_models.goal, max_resource=9)
print(hb.tune(my_models.train, setup, workers=1, max_trials=2).best_trial)
"""
    done = python(code, cwd=tmp_path)
    assert (done.returncode, done.stdout) in ((0, "0\n"), (0, "1\n")), done.stderr


# ---- what a person sees ---------------------------------------------------------------------------------------------


def tune_command(script: Path, *more: str) -> list[str]:
    return ["tune", str(script), "--method", "ASHA-PROM", "--workers", "1", "--max-trials", "4", *more]


def test_plain_lines_come_where_there_is_no_terminal_and_a_summary_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = scripts.write(tmp_path, scripts.GENERATOR)
    done = pure_hb(*tune_command(script), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) < 20
    assert all(" trials: " in line and "best " in line for line in lines), done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    summary = done.stdout.splitlines()
    assert summary[0] == "Best configuration:"
    assert summary[1].startswith("  x  0.")
    assert summary[2].startswith("error ")
    assert "after epoch " in summary[2]
    assert summary[3].startswith("Its curve: 1: ")
    assert "4 trials took" in summary[4]
    assert "training all of them fully would take 36" in summary[4]
    assert summary[5] == "Journal: script-asha-prom.jsonl"
    assert summary[6].startswith("Checkpoint of the best trial: script-asha-prom.jsonl.checkpoints/trial-")
    assert_verifies(tmp_path / "script-asha-prom.jsonl")

    monkeypatch.chdir(tmp_path)
    quiet = CliRunner().invoke(cli, tune_command(script, "--quiet"))
    assert (quiet.exit_code, quiet.stdout) == (0, done.stdout), "it goes on, and all is done"
    assert len(quiet.stderr.splitlines()) == 1
    assert quiet.stderr.startswith("Nothing was left to do: ")


def test_text_that_would_steer_a_terminal_is_escaped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    train = """
goal = hb.Minimize("\\x1b[31merror")
space = hb.Space(**{"\\x1b]0;x\\x07": hb.Choice("\\x1b[2J", "b")})
def train(config, resume_from, checkpoint_dir):
    raise ValueError("\\x1b[2J gone")
    yield
"""
    script, journal = scripts.write(tmp_path, train), tmp_path / "run.jsonl"
    done = CliRunner().invoke(cli, tune_command(script, "--journal", str(journal)))
    assert done.exit_code in (0, 1)
    assert "\\x1b[2J gone" in done.stderr + capfd.readouterr().err
    for output in (done.output, CliRunner().invoke(cli, ["show", str(journal)]).output):
        assert output
        assert "\x1b" not in output
        assert "\x07" not in output
