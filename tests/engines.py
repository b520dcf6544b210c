"""How do tests train on engines? A small real model whose process is killed in mid-leg once, and what holds then."""

import sys
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pure_hb as hb
from pure_hb.tuning import load_file
from tests.logs import assert_verifies, pairs

EXAMPLES: Final = Path(__file__).resolve().parent.parent / "examples"
TRIALS: Final = 6
_DIGITS: Final = f"""
import os, signal, sys
from pathlib import Path

sys.path.insert(0, {str(EXAMPLES)!r})
import digits
import pure_hb as hb

setup = hb.asha(digits.space, digits.goal, max_resource=9, seed=1)
space, goal, max_resource = digits.space, digits.goal, 9
KILLED = Path(__file__).with_name("killed")

def train(config, resume_from, checkpoint_dir):
    for epoch, error in digits.train(config, resume_from, checkpoint_dir):
        if epoch == 2 and not KILLED.exists():  # in the middle of a leg from 1 to 3, with the checkpoint saved
            KILLED.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield epoch, error
"""


def digits_script(folder: Path) -> Path:
    """A script that trains the network of examples/digits.py."""
    script = folder / "killed_digits.py"
    script.write_text(_DIGITS)
    return script


def tune_digits(folder: Path, **options: Any) -> hb.Result:
    """Tunes it, by two workers, and checks what must hold of the run."""
    script, journal = digits_script(folder), folder / "run.jsonl"
    module = load_file(script)
    given = {"workers": 2, "max_trials": TRIALS, "journal": journal, "quiet": True, "keep_checkpoints": True}
    result = hb.tune(module.train, module.setup, **{**given, **options})
    assert_killed_once_and_whole(journal, result, folder)
    return result


def assert_killed_once_and_whole(journal: Path, result: hb.Result, folder: Path) -> None:
    """The death was one failure; its leg ran again elsewhere and went on; every value is that of an undisturbed
    training; the log verifies, and an audit finds nothing."""
    log = pairs(assert_verifies(journal))
    assert hb.audit(journal).ok
    fails = [event for event, _ in log if isinstance(event, hb.Fail)]
    assert len(fails) == 1, fails
    assert "died" in fails[0].reason
    broken = result.trials[fails[0].trial]
    assert broken.highest >= 3, "its leg was given again, and reached its level"
    given = [(action.trial, action.leg) for _, action in log if isinstance(action, hb.Start | hb.Resume)]
    assert len(given) == len(set(given)), "no leg was given twice"
    assert {trial.status.value for trial in result.trials} <= {"paused", "ended"}
    assert len(result.trials) == TRIALS
    assert result.best_checkpoint is not None
    assert (result.best_checkpoint / "network.npz").exists()
    digits = sys.modules["digits"]
    for trial in result.trials:
        alone = folder / f"alone-{trial.number}"
        alone.mkdir()
        straight = islice(digits.train(dict(trial.config), 0, str(alone)), trial.highest)
        assert tuple(straight) == tuple(trial.curve), f"trial {trial.number} went on from the wrong checkpoint"
