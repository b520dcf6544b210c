"""PyTorch in an ordinary script: its loaders, its pickles, its pools. Run where torch is installed, else skipped."""

import signal
import sys
from pathlib import Path
from typing import Final

import pytest

import pure_hb as hb
from tests.logs import assert_verifies
from tests.processes import begin, end, python, run, wait_until
from tests.processes import pure_hb as command_line

pytest.importorskip("torch", reason="torch is not installed; `pip install torch` to run these tests")

EXAMPLE: Final = Path(__file__).resolve().parent.parent / "examples" / "digits_torch.py"
TUNE: Final = ("tune", EXAMPLE, "--method", "ASHA-PROM", "--workers", "2", "--quiet", "--journal", "run.jsonl")


def test_the_example_trains_by_itself(tmp_path: Path) -> None:
    done = run((sys.executable, str(EXAMPLE), "--epochs", "2", "--loaders", "1"), tmp_path)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["epoch 1", "epoch 2"], done.stderr


def test_the_example_is_tuned_and_its_model_is_read_by_others(tmp_path: Path) -> None:
    done = command_line(*TUNE, "--max-trials", "3", "--", "--epochs", "3", "--loaders", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "validation_error" in done.stdout
    header, records, _ = hb.read_journal(tmp_path / "run.jsonl")
    assert header.setup.max_resource == 3
    assert not [record.event for record in records if isinstance(record.event, hb.Fail | hb.Release)]
    saved = sorted(tmp_path.glob("run.jsonl.checkpoints/trial-*/leg-*/checkpoint.pt"))
    assert saved
    code = (
        f"import sys; sys.path.insert(0, {str(EXAMPLE.parent)!r}); import digits_torch, torch; "
        f"saved = torch.load({str(saved[0])!r}, weights_only=False); "
        "print(type(saved.model) is digits_torch.Network, type(saved) is digits_torch.Checkpoint)"
    )
    assert python(code, cwd=tmp_path).stdout == "True True\n"
    assert_verifies(tmp_path / "run.jsonl")


def test_the_example_is_interrupted_and_goes_on_without_its_arguments_being_said_again(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"

    def reports() -> int:
        if not journal.exists():
            return 0
        return sum(isinstance(record.event, hb.Report) for record in hb.read_journal(journal)[1])

    program = (sys.executable, "-m", "pure_hb", *map(str, TUNE))
    process = begin((*program, "--max-trials", "20", "--", "--epochs", "3", "--loaders", "1"), tmp_path)
    try:
        wait_until(lambda: reports() >= 2, "two results")
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        end(process)
    assert process.returncode == 130, told
    assert "To go on:" in told
    before = reports()
    done = command_line(*TUNE, "--max-trials", "8", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    header, records, _ = hb.read_journal(journal)
    assert header.setup.max_resource == 3
    assert reports() > before
    state = hb.fold(header.setup, ((record.event, record.action) for record in records))
    assert not state.trials.running
    assert all(epoch == place for trial in state.trials for place, (epoch, _) in enumerate(trial.curve, 1))
    assert not [record.event for record in records if isinstance(record.event, hb.Fail)]
    assert_verifies(journal)


LOADER: Final = """
import os

import torch
from torch.utils.data import DataLoader, Dataset

import pure_hb as hb

setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=2)


class Numbers(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor([float(index), float(os.getpid())])


def train(trial):
    loader = DataLoader(Numbers(), batch_size=4, num_workers=2, multiprocessing_context=METHOD)
    for epoch in trial.epochs():
        rows = torch.cat(list(loader))
        assert rows[:, 0].sum() == 28
        assert os.getpid() not in rows[:, 1].tolist()
        trial.report(epoch, trial.config["x"])


if __name__ == "__main__":
    result = hb.tune(train, setup, workers=1, max_trials=1, quiet=True)
    print(len(result.trials), "trial")
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_loaders_work_with_processes_however_they_are_started(tmp_path: Path, method: str) -> None:
    script = tmp_path / "numbers_of_digits.py"
    script.write_text(LOADER.replace("METHOD", repr(method)))
    done = run((sys.executable, str(script)), tmp_path)
    assert done.stdout == "1 trial\n", done.stderr
