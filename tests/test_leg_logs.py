"""Is the output of train kept, leg by leg, and are its last lines shown with a failure?"""

import os
from pathlib import Path
from typing import Any, Final

import pytest

import pure_hb as hb
from pure_hb.tuning import load_file
from pure_hb.tuning.logs import last_lines, open_log
from tests import scripts
from tests.play import promotion

pytestmark = pytest.mark.usefixtures("modules_as_before")


def tuned(script: Path, **options: Any) -> hb.Result:
    more = {"workers": 1, "max_trials": 2, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, promotion(), **more)


def broken(script: Path, **options: Any) -> str:
    with pytest.raises(hb.TuningError) as caught:
        tuned(script, **options)
    return str(caught.value)


def log(folder: Path, trial: int = 0, leg: int = 0) -> Path:
    return folder / "run.jsonl.logs" / f"trial-{trial}" / f"leg-{leg}"


def worker_log(folder: Path) -> str:
    return (folder / "run.jsonl.logs" / "worker-0.log").read_text()


# ---- what is in it --------------------------------------------------------------------------------------------------


def test_what_train_prints_is_in_the_log_of_its_leg_and_the_rest_in_that_of_the_worker(tmp_path: Path) -> None:
    train = """
print("imported")
def train(trial):
    print("trial", trial.number, "from", trial.start_from)
    print("careful", file=sys.stderr)
    for epoch in trial.epochs():
        (trial.checkpoint / "x").touch()
        trial.report(epoch, trial.config["x"])
"""
    result = tuned(scripts.write(tmp_path, train), max_trials=4)
    legs = {(trial.number, leg) for trial in result.trials for leg in range(trial.leg + 1)}
    logs = {path.relative_to(tmp_path / "run.jsonl.logs") for path in tmp_path.glob("run.jsonl.logs/trial-*/*")}
    assert logs == {Path(f"trial-{number}", f"leg-{leg}") for number, leg in legs}
    assert any(leg for _, leg in legs), "one was promoted"
    for number, leg in legs:
        begun = {0: 0, 1: 1, 2: 3}[leg]
        assert log(tmp_path, number, leg).read_text() == f"trial {number} from {begun}\ncareful\n"
    assert worker_log(tmp_path) == "imported\n"


def test_what_c_code_and_children_print_is_there_too(tmp_path: Path) -> None:
    train = """
import ctypes, subprocess
def train(trial):
    os.write(1, b"by number\\n")
    os.write(2, b"by number 2\\n")
    os.system("echo a shell")
    ctypes.CDLL(None).puts(b"by the library of C")
    subprocess.run([sys.executable, "-c", "print('a child')"])
    trial.report(9, trial.config["x"])
"""
    tuned(scripts.write(tmp_path, train), max_trials=1)
    assert log(tmp_path).read_text() == "by number\nby number 2\na shell\nby the library of C\na child\n"
    assert worker_log(tmp_path) == ""


def test_a_leg_that_is_run_again_appends(tmp_path: Path) -> None:
    log(tmp_path).parent.mkdir(parents=True)
    log(tmp_path).write_text("before\n")
    train = "def train(trial):\n    print('now')\n    1 / 0"
    assert f"see {log(tmp_path)}, at the end: now. Repair" in broken(scripts.write(tmp_path, train))
    assert log(tmp_path).read_text().startswith("before\nnow\nTraceback")


STREAMS: Final = {
    "none": "sys.stdout = sys.stderr = None",
    "closed": "sys.stdout.close(); sys.stderr.close()",
    "replaced": "sys.stdout = open(os.devnull, 'w')",
    "no stream": "sys.stdout = 5",
    "its own file in place of the descriptor": "os.close(1); assert os.open(str(MINE), os.O_WRONLY | os.O_CREAT) == 1",
    "redirected": "os.dup2(os.open(str(MINE), os.O_WRONLY | os.O_CREAT), 1)",
}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_script_that_closes_or_replaces_its_streams_goes_on(tmp_path: Path, kind: str) -> None:
    """A file that it put in their place stays what it is, in all legs that follow."""
    mine = "MINE = Path(__file__).with_name('mine')\n"
    train = f"""
{mine}
def train(trial):
    if trial.number == 0:
        {STREAMS[kind]}
    if MINE.exists():
        os.write(1, b"mine %d\\n" % trial.number)
    else:
        os.system("echo of a child " + str(trial.number))
    trial.report(9, trial.config["x"])
"""
    result = tuned(scripts.write(tmp_path, train), max_trials=3)
    assert [trial.failures for trial in result.trials] == [0, 0, 0]
    if (tmp_path / "mine").exists():
        assert (tmp_path / "mine").read_text() == "mine 0\nmine 1\nmine 2\n"
    elif kind != "closed":
        assert [log(tmp_path, trial).read_text() for trial in range(3)] == [
            f"of a child {trial}\n" for trial in range(3)
        ]
    else:
        assert log(tmp_path, 2).read_text() == "of a child 2\n", "a new leg has descriptors again"


# ---- logs that cannot be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a folder", "a link to a folder", "a file for a folder"])
def test_a_log_that_cannot_be_opened_leaves_the_output_with_the_worker_and_is_told_once(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    for trial in range(2):
        place = log(tmp_path, trial)
        if "for a folder" in kind or "to a folder" in kind:
            place.parent.parent.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True)
        match kind:
            case "a link":
                place.symlink_to(elsewhere / "file")
            case "a pipe":
                os.mkfifo(place)
            case "a folder":
                place.mkdir()
            case "a link to a folder":
                place.parent.symlink_to(elsewhere)
            case _:
                place.parent.write_text("no folder")
    train = "def train(trial):\n    print('printed by', trial.number)\n    trial.report(9, trial.config['x'])"
    tuned(scripts.write(tmp_path, train))
    assert worker_log(tmp_path) == "printed by 0\nprinted by 1\n"
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{log(tmp_path)}: ")
    assert line.endswith(
        f"; the output of the leg is in {tmp_path / 'run.jsonl.logs' / 'worker-0.log'}. Move away what is there"
    )
    assert [path.name for path in elsewhere.iterdir()] == ["file"]
    assert (elsewhere / "file").read_text() == "mine"


def test_failures_of_a_leg_without_a_log_name_that_of_the_worker(tmp_path: Path) -> None:
    log(tmp_path).mkdir(parents=True)
    text = broken(scripts.write(tmp_path, "def train(trial):\n    1 / 0"))
    assert f"see {tmp_path / 'run.jsonl.logs' / 'worker-0.log'}. Repair" in text
    assert "Traceback" in worker_log(tmp_path)


# ---- what is shown --------------------------------------------------------------------------------------------------

FAILS: Final = {
    "raise ValueError('no')": "ValueError: no (script.py line ",
    "trial.report(1, None)": "value must be a number",
    "trial['x']": "train got a trial, not a configuration: write trial.config['x']",
    "os._exit(3)": "the worker process died: exit status 3",
    "os.kill(os.getpid(), signal.SIGKILL)": "the worker process died: signal SIGKILL",
}


@pytest.mark.parametrize("code", FAILS)
def test_the_last_lines_that_train_printed_are_shown_with_a_failure_and_not_our_traceback(
    tmp_path: Path, code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    train = f"def train(trial):\n    for line in range(5): print('line', line)\n    {code}"
    text = broken(scripts.write(tmp_path, train))
    shown = f"; see {log(tmp_path)}, at the end: line 2 | line 3 | line 4. "
    assert FAILS[code] in text
    assert shown in text
    assert text.count(str(tmp_path / "run.jsonl.logs")) == 1, "the log is named once"
    (line,) = capfd.readouterr().err.splitlines()
    assert shown in line


def test_of_a_process_that_died_the_whole_end_of_its_log_is_shown(tmp_path: Path) -> None:
    """The interpreter prints it while it ends."""
    text = broken(scripts.write(tmp_path, "def train(trial):\n    print('loading')\n    sys.exit('no such data set')"))
    assert f"exit status 1; see {log(tmp_path)}, at the end: loading | no such data set. " in text


def test_last_lines_are_cut_and_cannot_steer_a_terminal(tmp_path: Path) -> None:
    train = "def train(trial):\n    print('x' * 10_000 + 'the end\\x1b[2J')\n    1 / 0"
    text = broken(scripts.write(tmp_path, train))
    assert "xxxthe end\\x1b[2J. " in text
    assert len(text) < 1500


def test_nothing_that_train_printed_in_an_earlier_leg_is_shown_with_a_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train = """
def train(trial):
    if trial.number == 0:
        print("all is well")
        trial.report(9, 0.5)
    elif trial.leg == 0:
        1 / 0
    else:
        trial.report(9, 0.5)
"""
    tuned(scripts.write(tmp_path, train))
    (line,) = capfd.readouterr().err.splitlines()
    assert line.endswith(f"; see {log(tmp_path, 1)}")


def test_what_breaks_before_train_is_entered_names_the_log_of_the_worker(tmp_path: Path) -> None:
    script = scripts.write(tmp_path, "if 'PURE_HB_WORKER' in os.environ: 1 / 0", "def train(trial): pass")
    assert f"see {tmp_path / 'run.jsonl.logs' / 'worker-0.log'}. Repair the script and start" in broken(script)
    assert "ZeroDivisionError" in worker_log(tmp_path)


def test_last_lines_end_where_they_are_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a\nb\n\nc\nd\ne\n")
    assert last_lines(path, 0) == "c | d | e"
    assert last_lines(path, 0, 7) == "a | b | c"
    assert last_lines(path, 2, 7) == "b | c"
    assert last_lines(path, 7, 7) == ""
    assert last_lines(path, 9, 2) == ""
    assert last_lines(tmp_path / "none", 0) == ""
    path.unlink()
    os.mkfifo(path)
    assert last_lines(path, 0) == ""
    with pytest.raises(OSError, match="No such device"):
        open_log(path)
    with pytest.raises(OSError, match="it is no regular file"):
        open_log(Path(os.devnull))


HINT: Final = 'If only this configuration cannot be trained, let train report float("nan") for it'


@pytest.mark.parametrize(
    ("train", "applies"),
    [
        ("def train(trial): 1 / 0", True),
        ("def train(config): return config['x']", False),
        ("def train(config): return config.x", False),
        ("def train(trial): trial.report(1, 'x')", False),
        ("def train(trial):\n    while trial.running: trial.report(0, 0.5)", False),
    ],
)
def test_the_way_out_for_one_configuration_is_told_where_it_is_one(tmp_path: Path, train: str, applies: bool) -> None:
    assert (HINT in broken(scripts.write(tmp_path, train))) is applies


def test_an_epoch_past_the_maximum_is_told_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    train = "def train(trial):\n    trial.report(100, 0.5)"
    result = tuned(scripts.write(tmp_path, train), max_trials=3)
    assert {trial.highest for trial in result.trials} == {9}
    (line,) = capfd.readouterr().err.splitlines()
    assert line == (
        "trial 0 reports epoch 100, past max_resource, which is 9: the value counts as that of epoch 9, and the trial "
        "ends. To train longer, make max_resource larger"
    )
