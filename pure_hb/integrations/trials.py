"""WHAT DO ALL CALLBACKS FOR TRAINERS SHARE? The trial as they see it, where they save, and which value they report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pure_hb as hb


class Trial(Protocol):
    """One leg of a trial, as `Session.ask` and `tune` give it to a training."""

    @property
    def checkpoint(self) -> Path:
        """A path of its own."""
        ...

    @property
    def fresh(self) -> bool:
        """Whether there is nothing to load."""
        ...

    @property
    def start_from(self) -> int:
        """The epoch that the checkpoint holds; 0 if there is none."""
        ...

    @property
    def running(self) -> bool:
        """Whether to go on."""
        ...

    def report(self, resource: int, value: float, cost: float | None = None) -> bool:
        """Reports the metric after an epoch. Returns whether to go on."""
        ...


def path_to_save(trial: Trial, name: str) -> Path:
    """The path of a file in the checkpoint of a trial, whose folder is made."""
    trial.checkpoint.mkdir(parents=True, exist_ok=True)
    return trial.checkpoint / name


def path_to_load(trial: Trial, name: str) -> Path | None:
    """The path of a file in the checkpoint of a trial; None if there is none.

    Raises:
        FileNotFoundError: if the trial goes on and the file is not there.
    """
    if trial.fresh:
        return None
    path = trial.checkpoint / name
    if not path.exists():
        raise FileNotFoundError(
            f"the trial goes on after epoch {trial.start_from}, and {path} is not there; give "
            "TrialCallback(trial, ...) to every training, which saves it"
        )
    return path


def value_of(metrics: Mapping[str, Any], name: str) -> float:
    """The value of a metric that a trainer has measured.

    Raises:
        KeyError: if it has not, naming what it has.
    """
    if name not in metrics:
        raise KeyError(
            f"nothing is named {name!r} among {', '.join(sorted(metrics)) or 'no metrics'}; give one of these"
        )
    value = metrics[name]
    return float(value.item() if hasattr(value, "item") else value)


def refuse_several_processes(count: int) -> None:
    """Only the process that was given a trial can report.

    Raises:
        ValueError: if a training is spread over several processes.
    """
    if count > 1:
        raise ValueError(
            f"the training is spread over {count} processes, of which only the one that has the trial could report; "
            "train each trial in one process, and several trials at once: workers=..."
        )


def count_of(name: str, given: int) -> int:
    """A positive whole number.

    Raises:
        SetupError: if it is none.
    """
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise hb.SetupError(f"{name} is {given!r}; it is a whole number, at least 1")
    return given
