"""WHAT IS TO BE TRAINED? A `Job`: what an engine must know before the first leg. Also checks of what it cannot do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from pure_hb.protocol.checks import shown
from pure_hb.tuning.clocks import Limits
from pure_hb.tuning.environments import Environments
from pure_hb.tuning.forms import form_of
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.script import Script
from pure_hb.tuning.training import Training


@frozen
class Job:
    """What an engine trains, and on how many workers."""

    train: Callable[..., Any]
    script: Script
    """The same train, as another process finds it."""
    names: tuple[str, ...]
    """The names of the workers; each trains one leg at a time."""
    logs: Path
    environments: Environments
    tell: Callable[[str], None]
    """Where to send what the user should know."""

    def training(self) -> Training:
        """Train, as this process calls it. Raises `ScriptError`."""
        arguments = self.script.arguments
        return Training(self.train, form_of(self.train, arguments), arguments)


def refuse_limits(limits: Limits, where: str) -> None:
    """Refuses limits that only hold where a leg can be killed.

    Raises:
        TuningError: if there is a limit.
    """
    for name in ("max_leg_time", "max_silence"):
        seconds = getattr(limits, name)
        if seconds is not None:
            raise TuningError(
                f"{name} is {seconds:g}, and {where} no leg can be killed, so it would not hold. Leave it out, or "
                'train with local processes or engine="ray", where it holds'
            )


def refuse_environments(environments: Environments, where: str, way_out: str) -> None:
    """Refuses environment variables for processes that are not started by tune.

    Raises:
        TuningError: if there are any.
    """
    if environments.entries:
        raise TuningError(
            f"worker_env (--gpus) sets variables of processes that tune starts itself, and {where} it starts none. "
            f"Leave it out; {way_out}"
        )


def check_amount(name: str, value: Any) -> None:
    """Checks CPUs or GPUs for each trial.

    Raises:
        ValueError: if it is no finite number from 0 on.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (is_number and 0.0 <= value < float("inf")):
        raise ValueError(f"{name} is {shown(value)}; it is how many each trial gets, a number from 0 on, or None")
