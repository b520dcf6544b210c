"""WHICH OPTIONS NAME AN ENGINE? Those of `pure-hb tune`: --engine, --address, and what each trial gets."""

from collections.abc import Callable
from typing import Any, Final

import click

_NAMES: Final = ("processes", "dask", "ray")
_DETAILS: Final = ("address", "cpus_per_trial", "gpus_per_trial")


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of engines to a command."""
    amount = click.FloatRange(min=0.0)
    for option in (
        click.option("--gpus-per-trial", type=amount, help="With --engine: GPUs of each trial."),
        click.option("--cpus-per-trial", type=amount, help="With --engine: CPUs of each trial."),
        click.option("--address", help="With --engine: the address of the cluster, such as tcp://10.0.0.1:8786."),
        click.option(
            "--engine",
            type=click.Choice(_NAMES),
            default=_NAMES[0],
            help="Where to train (default: here).",
        ),
    ):
        command = option(command)
    return command


def taken_engine(options: dict[str, Any]) -> Any:
    """Removes the options of engines from those of a command, and returns the engine. Raises `click.UsageError`."""
    from pure_hb.tuning import Dask, Ray

    name = options.pop("engine")
    details = {detail: options.pop(detail) for detail in _DETAILS}
    amounts = {"cpus": details["cpus_per_trial"], "gpus": details["gpus_per_trial"]}
    if name == "dask":
        return Dask(details["address"], **amounts)
    if name == "ray":
        return Ray(details["address"], **amounts)
    given = next((detail for detail, value in details.items() if value is not None), None)
    if given is not None:
        hint = ". For the devices of local processes there is --gpus 0,1" if given == "gpus_per_trial" else ""
        raise click.UsageError(
            f"--{given.replace('_', '-')} is for a cluster: give --engine dask or --engine ray{hint}"
        )
    return None
