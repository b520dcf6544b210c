"""Is what train prints in the log of its leg, are its last lines shown with a failure, and can nothing break that?"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import pure_hb as hb
from pure_hb.tuning import load_file
from pure_hb.tuning.logs import last_lines
from tests import scripts
from tests.play import promotion

pytestmark = pytest.mark.usefixtures("modules_as_before")

REPORT: Final = "    trial.checkpoint.joinpath('x').touch()\n    trial.report(9, trial.config['x'])"


def tuned(script: Path, **options: Any) -> hb.Result:
    """Tunes a script quietly; the journal is beside it."""
    given = {"workers": 1, "max_trials": 1, "journal": script.parent / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, promotion(), **given)


def broken(script: Path, **options: Any) -> str:
    with pytest.raises(hb.TuningError) as caught:
        tuned(script, **options)
    return str(caught.value)


def write(folder: Path, *lines: str, top: str = "", end: str = REPORT) -> Path:
    """A script whose train has these lines, and then reports."""
    return scripts.write(folder, top, "def train(trial):", *(f"    {line}" for line in lines), end)


def log(folder: Path, trial: int = 0, leg: int = 0) -> Path:
    return folder / "run.jsonl.logs" / f"trial-{trial}" / f"leg-{leg}"


def worker_log(folder: Path) -> str:
    return (folder / "run.jsonl.logs" / "worker-0.log").read_text()


# ---- what is in it --------------------------------------------------------------------------------------------------


def test_what_train_prints_is_in_the_log_of_its_leg_and_all_else_in_that_of_the_worker(tmp_path: Path) -> None:
    top = "print('imported')"
    tuned(write(tmp_path, "print('trial', trial.number)", "print('!', file=sys.stderr)", top=top), max_trials=2)
    assert [log(tmp_path, trial).read_text() for trial in (0, 1)] == ["trial 0\n!\n", "trial 1\n!\n"]
    assert worker_log(tmp_path) == "imported\n"


def test_each_leg_of_a_trial_has_a_log(tmp_path: Path) -> None:
    tuned(
        scripts.write(tmp_path, scripts.PLAIN.replace("        time", "        print(epoch)\n        time")),
        max_trials=4,
    )
    legs = sorted(
        path.relative_to(tmp_path / "run.jsonl.logs") for path in tmp_path.glob("run.jsonl.logs/trial-*/leg-*")
    )
    assert len(legs) > 4
    for number in range(4):
        printed = [path.read_text() for path in sorted(log(tmp_path, number).parent.iterdir())]
        epochs = "".join(printed).split()
        assert epochs == [str(epoch) for epoch in range(1, len(epochs) + 1)]


def test_prints_of_c_code_and_of_children_are_there_too(tmp_path: Path) -> None:
    """C code holds back what it prints to a file; a line comes at once."""
    c = "import ctypes; ctypes.CDLL(None).printf(b'from C\\n')"
    child = "import subprocess; subprocess.run(['sh', '-c', 'echo child; echo error >&2'], check=True)"
    tuned(write(tmp_path, c, child, "os.write(1, b'raw\\n')"))
    assert log(tmp_path).read_text() == "from C\nchild\nerror\nraw\n"
    assert worker_log(tmp_path) == ""


def test_a_leg_that_is_run_again_appends(tmp_path: Path) -> None:
    script = write(tmp_path, "print('first')", "1 / 0")
    assert broken(script).count("first") == 1
    write(tmp_path, "print('second')", "1 / 0")
    text = broken(script)
    assert log(tmp_path, leg=1).exists() is False or "second" in text
    everything = "".join(path.read_text() for path in sorted(log(tmp_path).parent.iterdir()))
    assert everything.index("first") < everything.index("second")
    assert "first" not in text, "what is shown is what this leg has printed"


def test_a_new_run_under_the_same_name_appends_and_shows_its_own(tmp_path: Path) -> None:
    log(tmp_path).parent.mkdir(parents=True)
    log(tmp_path).write_text("of an older run\n")
    text = broken(write(tmp_path, "print('new')", "1 / 0"))
    assert "at the end: new. " in text
    assert log(tmp_path).read_text().startswith("of an older run\nnew\nTraceback")


# ---- what is shown --------------------------------------------------------------------------------------------------


def test_a_failure_shows_the_last_lines_of_what_train_printed_and_not_of_our_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = broken(write(tmp_path, *(f"print('line {number}')" for number in range(9)), "raise ValueError('no')"))
    shown = f"; see {log(tmp_path)}, at the end: line 6 | line 7 | line 8. "
    assert shown in text
    assert text.count("leg-0") == 1, "the log is named once"
    assert shown in capfd.readouterr().err
    assert log(tmp_path).read_text().endswith("ValueError: no\n")


@pytest.mark.parametrize("yields", ["None", "'a text'", "[1, 2]"])
def test_so_does_one_of_a_report_that_is_no_number(tmp_path: Path, yields: str) -> None:
    text = broken(write(tmp_path, "print('before')", end=f"    trial.report(1, {yields})"))
    assert f"see {log(tmp_path)}, at the end: before. " in text


@pytest.mark.parametrize(
    ("dies", "last"),
    [
        ("os._exit(3)", "here"),
        ("os.abort()", "here"),
        ("sys.exit('no such data set')", "here | no such data set"),
        ("os.system('echo from a child; kill -9 $PPID')", "here | from a child"),
    ],
)
def test_of_a_process_that_died_the_end_of_the_log_is_shown(tmp_path: Path, dies: str, last: str) -> None:
    text = broken(write(tmp_path, "print('here')", dies))
    assert f"see {log(tmp_path)}, at the end: {last}. " in text


def test_a_train_that_ends_without_a_report_shows_what_it_printed(tmp_path: Path) -> None:
    text = broken(write(tmp_path, "print('epoch 1: 0.5')", end="    return 0.5"))
    assert f"see {log(tmp_path)}, at the end: epoch 1: 0.5. " in text


def test_lines_are_cut_and_cannot_steer_a_terminal(tmp_path: Path) -> None:
    lines = ["print('x' * 100_000)", r"print('\r 10%|##  \r 20%|### ', end='')", r"print('\x1b[31mred \x07\udc80')"]
    text = broken(write(tmp_path, "sys.stdout.reconfigure(errors='replace')", *lines, "1 / 0"))
    assert len(text) < 2_000
    assert text.isprintable()
    assert "20%|### " in text
    assert "\\x1b[31mred" in text


def test_failures_before_train_is_entered_name_the_log_of_the_worker(tmp_path: Path) -> None:
    text = broken(write(tmp_path, top="if 'PURE_HB_WORKER' in os.environ: os._exit(3)"))
    assert f"see {tmp_path / 'run.jsonl.logs' / 'worker-0.log'}" in text
    assert "leg-0" not in text


def test_last_lines_are_those_between_two_places(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes("old\nä\n\n  b \nc\nd\nTraceback".encode())
    assert last_lines(path, 4, len("old\nä\n\n  b \nc\nd\n".encode())) == "b | c | d"
    assert last_lines(path, 4, 7) == "ä"
    assert last_lines(path, 4, 2) == ""
    assert last_lines(path, 10_000) == ""
    assert last_lines(tmp_path / "none", 0) == ""


# ---- what could break it --------------------------------------------------------------------------------------------

REPLACED: Final = {
    "a text in memory": ("import io; sys.stdout = io.StringIO()", ""),
    "closed": ("sys.stdout.close()", ""),
    "None": ("sys.stdout = sys.stderr = None", ""),
    "no stream": ("sys.stdout = sys.stderr = 5", ""),
    "closed descriptors": ("os.close(1); os.close(2)", ""),
    "held back": (
        "import io; sys.stdout = io.TextIOWrapper(io.FileIO(1, 'w', closefd=False)); print('late')",
        "late\n",
    ),
}


@pytest.mark.parametrize("when", ["in train", "while it is imported"])
@pytest.mark.parametrize("kind", REPLACED)
def test_a_script_that_replaced_or_closed_its_outputs_breaks_nothing(tmp_path: Path, kind: str, when: str) -> None:
    code, printed = REPLACED[kind]
    worker_only = f"if 'PURE_HB_WORKER' in os.environ:\n    {code}"
    script = write(tmp_path, code) if when == "in train" else write(tmp_path, top=worker_only)
    assert len(tuned(script, max_trials=2).trials) == 2
    if when == "in train":
        assert log(tmp_path).read_text() == printed


@pytest.mark.parametrize("when", ["in train", "while it is imported"])
def test_outputs_that_the_script_has_sent_elsewhere_stay_there(tmp_path: Path, when: str) -> None:
    elsewhere = tmp_path / "mine.txt"
    code = f"os.dup2(os.open({str(elsewhere)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)"
    once = f"if 'PURE_HB_WORKER' in os.environ:\n    {code}"
    says = "print(trial.number); print('error', file=sys.stderr)"
    script = (
        write(tmp_path, says, top=once)
        if when != "in train"
        else write(tmp_path, "if trial.number == 0: " + code, says)
    )
    tuned(script, max_trials=2)
    assert elsewhere.read_text() == "0\n1\n"
    assert log(tmp_path, 1).read_text() == "error\n"


IN_THE_WAY: Final[dict[str, Callable[[Path, Path], object]]] = {
    "a link": lambda path, other: path.symlink_to(other),
    "a link to nowhere": lambda path, other: path.symlink_to(other.with_name("nowhere")),
    "a pipe": lambda path, other: os.mkfifo(path),
    "a folder": lambda path, other: path.mkdir(),
}


@pytest.mark.parametrize("kind", IN_THE_WAY)
def test_a_log_that_cannot_be_opened_is_told_once_and_the_output_stays_in_the_log_of_the_worker(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    for trial in range(3):
        log(tmp_path, trial).parent.mkdir(parents=True)
        IN_THE_WAY[kind](log(tmp_path, trial), other)
    tuned(write(tmp_path, "print('trial', trial.number)"), max_trials=3)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{log(tmp_path)}: ")
    assert lines[0].endswith("; the output of trial 0 stays in the log of its worker. Move away what is there")
    assert worker_log(tmp_path) == "trial 0\ntrial 1\ntrial 2\n"
    assert other.read_text() == "mine"


def test_a_failure_then_names_the_log_of_the_worker(tmp_path: Path) -> None:
    log(tmp_path).mkdir(parents=True)
    text = broken(write(tmp_path, "print('before')", "1 / 0"))
    assert f"see {tmp_path / 'run.jsonl.logs' / 'worker-0.log'}" in text


def test_a_file_in_the_place_of_the_folder_is_told_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log(tmp_path).parent.parent.mkdir()
    log(tmp_path).parent.touch()
    tuned(write(tmp_path, "print('before')"))
    assert capfd.readouterr().err.startswith(f"{log(tmp_path)}: ")
    assert worker_log(tmp_path) == "before\n"


def test_a_script_that_deletes_its_log_breaks_nothing(tmp_path: Path) -> None:
    text = broken(
        write(tmp_path, "print('before')", "import shutil", f"shutil.rmtree({str(log(tmp_path).parent)!r})", "1 / 0")
    )
    assert "ZeroDivisionError" in text


def test_a_link_in_place_of_the_folder_of_a_trial_is_not_followed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    log(tmp_path).parent.parent.mkdir()
    log(tmp_path).parent.symlink_to(tmp_path / "elsewhere")
    tuned(write(tmp_path, "print('printed')"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert worker_log(tmp_path) == "printed\n"
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{log(tmp_path)}: ")


def test_a_descriptor_that_a_script_has_closed_is_there_again_in_the_next_leg(tmp_path: Path) -> None:
    """Else it becomes the next file that is opened, and what children print goes into that."""
    closes = "os.closerange(1, 3) if trial.number == 0 else os.system('echo of a child')"
    tuned(write(tmp_path, closes), max_trials=2)
    assert log(tmp_path, 1).read_text() == "of a child\n"


@pytest.mark.parametrize("mistake", ["trial['x']", "trial.x"])
def test_a_script_that_takes_its_trial_for_a_configuration_is_not_told_to_report_nan(
    tmp_path: Path, mistake: str
) -> None:
    text = broken(write(tmp_path, mistake))
    assert "trial.config" in text
    assert "nan" not in text
