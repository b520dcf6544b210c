"""Which training scripts do tests tune? Small files, each with one thing that is special about it."""

from pathlib import Path
from typing import Final

HEAD: Final = """
import os, signal, sys, time
from pathlib import Path
import pure_hb as hb

space = hb.Space(x=hb.Float(0.0, 1.0))
goal = hb.Minimize("error")
max_resource = 9

def error_of(config, epoch):
    return abs(config["x"] - 0.3) + 1 / epoch

"""

GENERATOR: Final = """
def train(config, resume_from, checkpoint_dir):
    saved = Path(checkpoint_dir) / "epoch"
    assert (saved.read_text() if resume_from else "0") == str(resume_from)
    for epoch in range(resume_from + 1, max_resource + 1):
        time.sleep(SECONDS)
        saved.write_text(str(epoch))
        yield epoch, error_of(config, epoch)
"""

PLAIN: Final = """
def train(trial):
    saved = trial.checkpoint / "epoch"
    assert (saved.read_text() if not trial.fresh else "0") == str(trial.start_from)
    for epoch in trial.epochs():
        time.sleep(SECONDS)
        saved.write_text(str(epoch))
        trial.report(epoch, error_of(trial.config, epoch))
"""


TELLS_ITS_PROCESS: Final = """
Path(__file__).with_name(f"pid-{os.getpid()}").touch()
"""
"""The script leaves the number of each process that has imported it: see `processes`."""


def processes(folder: Path) -> list[int]:
    """The processes that have imported a script in a folder, if it tells so: the scheduler and its workers."""
    return [int(path.name.partition("-")[2]) for path in folder.glob("pid-*")]


def forget_processes(folder: Path) -> None:
    """Of processes that have ended: their numbers may soon be those of others."""
    for path in folder.glob("pid-*"):
        path.unlink()


def write(folder: Path, *parts: str, seconds: float = 0.0, name: str = "script.py") -> Path:
    """Writes a script of parts; every epoch takes so many seconds."""
    path = folder / name
    path.write_text("\n".join((HEAD, f"SECONDS = {seconds}", *parts)))
    return path
