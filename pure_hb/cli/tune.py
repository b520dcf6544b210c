"""pure-hb tune FILE: tunes the training function of a file."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from pure_hb.cli.common import (
    Devices,
    Duration,
    finite,
    make_setup,
    method_choice,
    method_options,
    number,
    parsed_option,
    same_command,
    sentences,
)
from pure_hb.interrupts import STATUS
from pure_hb.machine import Maximize, Minimize, Setup
from pure_hb.session import Result
from pure_hb.streams import Forgiving, drain
from pure_hb.tuning import ScriptError, TuningError, load_file, tune
from pure_hb.tuning.progress import printable


@click.command("tune")
@click.argument("file", type=click.Path(path_type=Path))
@method_choice(required=False)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Worker processes.")
@click.option("--max-time", type=Duration(), help="Stop giving out work after this time, over all sessions.")
@click.option("--max-trials", type=click.IntRange(1), help="Start at most so many trials.")
@click.option("--max-resource-total", type=click.IntRange(1), help="Stop giving out work after so many epochs.")
@click.option("--target", type=float, callback=finite, help="Stop giving out work at so good a value.")
@click.option("--max-leg-time", type=Duration(), help="A leg that has trained for so long fails.")
@click.option("--max-silence", type=Duration(), help="A leg that has not reported for so long fails.")
@click.option("--gpus", type=Devices(), help="CUDA_VISIBLE_DEVICES of the workers, one each, in turn.")
@click.option("--seed", type=int, help="Seed of all random draws (default 0).")
@click.option("--journal", type=click.Path(path_type=Path), help="The log (default: FILE-METHOD.jsonl in this folder).")
@click.option(
    "--checkpoints", type=click.Path(path_type=Path), help="Folder of checkpoints (default: beside the journal)."
)
@click.option("--keep-checkpoints", is_flag=True, help="Keep the checkpoints of ended trials.")
@click.option(
    "--observe",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="OLD.jsonl",
    help="Take over what an older search has found; may be given several times.",
)
@click.option(
    "--observe-default",
    "observe_defaults",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value that older trials stand for in a parameter that is new.",
)
@click.option("--quiet", is_flag=True, help="Show warnings and the result only.")
@method_options
def tune_command(
    file: Path,
    method_name: str | None,
    workers: int,
    max_time: float | None,
    max_trials: int | None,
    max_resource_total: int | None,
    target: float | None,
    max_leg_time: float | None,
    max_silence: float | None,
    gpus: tuple[str, ...] | None,
    seed: int | None,
    journal: Path | None,
    checkpoints: Path | None,
    keep_checkpoints: bool,
    observe: tuple[Path, ...],
    observe_defaults: tuple[str, ...],
    quiet: bool,
    **options: Any,
) -> None:
    """Tune the training function of a Python FILE with local worker processes.

    FILE defines `train`, and either `setup`, or `space`, `goal` and `max_resource`. The same command resumes.
    """
    if max_time is None and max_trials is None and max_resource_total is None:
        alone = "" if target is None else " The target may never be reached."
        raise click.UsageError(f"When is it enough? Give --max-time, --max-trials or --max-resource-total.{alone}")
    try:
        with sentences():
            module = load_file(file)
            setup = _setup(file, module, method_name, seed, options)
            path = journal or Path(f"{file.stem}-{(method_name or setup.method).lower().replace(' ', '-')}.jsonl")
            result = tune(
                _found(file, module, "train"),
                setup,
                workers=workers,
                journal=path,
                checkpoints=checkpoints,
                max_trials=max_trials,
                max_time=max_time,
                max_resource_total=max_resource_total,
                target=target,
                max_leg_time=max_leg_time,
                max_silence=max_silence,
                worker_env=None if gpus is None else [{"CUDA_VISIBLE_DEVICES": device} for device in gpus],
                keep_checkpoints=keep_checkpoints,
                observe=observe,
                observe_defaults=dict(
                    parsed_option(text, "--observe-default optimizer=sgd") for text in observe_defaults
                ),
                quiet=quiet,
            )
            try:
                click.echo(summary(result, setup))
            except BrokenPipeError as error:  # nobody reads it, which is no fault of the run
                drain(sys.stdout, error)
            if result.best_value is None:
                raise TuningError("there is no finite result: whatever was reported is nan or infinite")
    except KeyboardInterrupt:
        told = f"Interrupted; nothing that was reported is lost. To go on:\n  {same_command()}"
        print(told, file=Forgiving(sys.stderr), flush=True)
        raise SystemExit(STATUS) from None


def _found(file: Path, module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise ScriptError(
            f"{file} does not define {name!r}; it needs train, and either setup, or space, goal and max_resource"
        )
    return getattr(module, name)


def _setup(file: Path, module: ModuleType, method_name: str | None, seed: int | None, options: dict[str, Any]) -> Setup:
    if hasattr(module, "setup"):
        given = ["option" if name == "others" else name for name, value in options.items() if value]
        given += ["method"] * bool(method_name) + ["seed"] * (seed is not None)
        if given:
            raise ScriptError(
                f"{file} defines setup, so --{given[0].replace('_', '-')} would do nothing; "
                "leave it out, or let the file define space, goal and max_resource instead"
            )
        if not isinstance(module.setup, Setup):
            raise ScriptError(
                f"{file}: setup is a {type(module.setup).__name__}; make it with asha(...) or another method"
            )
        return module.setup
    space, goal, maximum = (_found(file, module, name) for name in ("space", "goal", "max_resource"))
    if not isinstance(goal, Minimize | Maximize):
        raise ScriptError(f'{file}: goal is {goal!r}; write goal = hb.Minimize("validation_error") or hb.Maximize(...)')
    if method_name is None:
        raise ScriptError("which method? Give for example --method ASHA-PROM")
    return make_setup(method_name, space, goal, maximum, seed, options)


def summary(result: Result, setup: Setup) -> str:
    """The result for a person."""
    lines = []
    if result.best_config is None or result.best_trial is None:
        lines.append("No result yet.")
    else:
        trial = result.trials[result.best_trial]
        lines += ["Best configuration:"]
        names = [name for name, _ in setup.space.domains]
        width = max(map(len, names))
        lines += [f"  {printable(name):<{width}}  {printable(repr(result.best_config[name]))}" for name in names]
        lines.append(
            f"{printable(setup.goal.metric)} {number(result.best_value)} "
            f"after epoch {result.best_resource} of trial {trial.number}."
        )
        lines.append("Its curve: " + ", ".join(f"{epoch}: {number(value)}" for epoch, value in trial.curve))
    trials = sum(not trial.observed for trial in result.trials)
    full = trials * setup.max_resource
    if result.resource_spent:
        lines.append(
            f"{trials} trials took {result.resource_spent} epochs; training all of them fully would take {full}, "
            f"{full / result.resource_spent:.1f} times as many."
        )
    lines.append(f"Journal: {_from_here(result.journal)}")
    if result.best_checkpoint is not None:
        lines.append(f"Checkpoint of the best trial: {_from_here(result.best_checkpoint)}")
    return "\n".join(lines)


def _from_here(path: Path) -> str:
    """A path below the current folder, as one would type it."""
    here = Path.cwd()
    return printable(str(path.relative_to(here) if path.is_relative_to(here) else path))
