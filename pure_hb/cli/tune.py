"""pure-hb tune FILE: tunes the training function of a file."""

import glob
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import click

from pure_hb.cli.common import (
    Devices,
    Duration,
    FolderOrUrl,
    JournalPlace,
    Number,
    best_and_last,
    given_names,
    make_setup,
    method_choice,
    method_options,
    number,
    parsed_option,
    same_command,
    sentences,
)
from pure_hb.cli.engines import engine_options, taken_engine
from pure_hb.interrupts import STATUS
from pure_hb.journal import Address, Header, JournalError, Place
from pure_hb.journal.other_setup import defaults_since
from pure_hb.journal.reader import read_header_of
from pure_hb.machine import RULES_VERSION, Maximize, Minimize, Setup
from pure_hb.session import Result
from pure_hb.space.showing import printable
from pure_hb.streams import Forgiving, drain
from pure_hb.tuning import ScriptError, TuningError, load_file, tune

_LINE: Final = "command_line"


class _WithCommandLine(click.Command):
    """A command whose words after ``--`` are for the file: its ``sys.argv[1:]``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Removes the words after ``--`` before the others are parsed."""
        own, given = (args, None) if "--" not in args else (args[: args.index("--")], args[args.index("--") + 1 :])
        try:
            rest = super().parse_args(ctx, own)
        except click.UsageError as error:
            if given is None and "unexpected extra argument" in error.message:
                hint = "What is for the file stands after --: pure-hb tune FILE ... -- data.csv"
                raise click.UsageError(f"{error.message}. {hint}", ctx) from None
            raise
        ctx.params[_LINE] = None if given is None else tuple(given)
        return rest

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Adds the words to the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- WORDS...]"]


@click.command("tune", cls=_WithCommandLine, short_help="Tune the training function of a FILE.")
@click.argument("file", type=click.Path(path_type=Path))
@method_choice(required=False)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Worker processes.")
@click.option("--max-time", type=Duration(), help="Start nothing more after this time in all: 90, 60s, 5m, 2h.")
@click.option("--max-trials", type=click.IntRange(1), help="The largest number of trials to start.")
@click.option(
    "--max-resource-total",
    type=click.IntRange(1),
    help="Start nothing more after this number of epochs in all.",
)
@click.option("--target", type=Number(), help="Start nothing more once a value is as good as this.")
@click.option("--max-leg-time", type=Duration(), help="Kill a leg that trains for longer: its trial has failed.")
@click.option("--max-silence", type=Duration(), help="Kill a leg that is silent for longer: its trial has failed.")
@click.option("--gpus", type=Devices(), help="Set CUDA_VISIBLE_DEVICES for each worker, in turn: 0,1")
@click.option("--seed", type=int, help="Seed of all random draws (default 0).")
@click.option("--journal", type=JournalPlace(), help="The log: a file (default: FILE-METHOD.jsonl here), or a URL.")
@click.option(
    "--lease",
    type=Duration(),
    default=60.0,
    help="With a URL: a process silent for so long is gone (default 60s).",
)
@click.option(
    "--checkpoints", type=FolderOrUrl(), help="Folder of checkpoints (default: beside the journal), or a URL of fsspec."
)
@click.option("--keep-checkpoints", is_flag=True, help="Keep the checkpoints of ended trials.")
@click.option(
    "--observe",
    type=JournalPlace(),
    multiple=True,
    metavar="OLD.jsonl",
    help="Observe the trials of an older search first; may be given several times.",
)
@click.option(
    "--observe-default",
    "observe_defaults",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --observe: the value that older trials have in a parameter that is new.",
)
@click.option("--quiet", is_flag=True, help="Show warnings and the result only.")
@engine_options
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
    journal: Place | None,
    lease: float,
    checkpoints: str | Path | None,
    keep_checkpoints: bool,
    observe: tuple[Place, ...],
    observe_defaults: tuple[str, ...],
    quiet: bool,
    command_line: tuple[str, ...] | None,
    **options: Any,
) -> None:
    """Tune the training function of FILE, a Python file, with processes of this machine, or on Dask or Ray.

    FILE defines `train`, and either `setup`, or `space`, `goal` and `max_resource`. The same command resumes. FILE sees
    WORDS in `sys.argv[1:]`; the journal keeps them, so they may be left out on resuming.
    """
    if max_time is None and max_trials is None and max_resource_total is None:
        besides = "" if target is None else " A target may never be reached."
        raise click.UsageError(f"When is it enough? Give --max-time, --max-trials or --max-resource-total.{besides}")
    engine = taken_engine(options)
    try:
        with sentences():
            words = command_line if command_line is not None else _command_line_of(file, method_name, journal)
            with _as_if_run(file, words):
                module = load_file(file)
                setup = _setup(file, module, method_name, seed, options)
                if not hasattr(module, "setup"):
                    setup = _as_begun(setup, _header(journal or _journal(file, method_name or "")), options)
                result = tune(
                    _found(file, module, "train"),
                    setup,
                    workers=workers,
                    journal=journal or _journal(file, method_name or setup.method),
                    checkpoints=checkpoints,
                    max_trials=max_trials,
                    max_time=max_time,
                    max_resource_total=max_resource_total,
                    target=target,
                    max_leg_time=max_leg_time,
                    max_silence=max_silence,
                    worker_env=[{"CUDA_VISIBLE_DEVICES": device} for device in gpus or ()],
                    keep_checkpoints=keep_checkpoints,
                    command_line=words,
                    observe=observe,
                    observe_defaults=_defaults(observe_defaults),
                    lease=lease,
                    engine=engine,
                    quiet=quiet,
                )
            try:
                click.echo(summary(result, setup))
            except BrokenPipeError as error:  # the reader of the output is gone, which is no fault of the run
                drain(sys.stdout, error)
            if result.best_value is None:
                raise TuningError("there is no finite result: whatever was reported is nan or infinite")
    except KeyboardInterrupt:
        told = f"Interrupted; nothing that was reported is lost. To go on:\n  {same_command()}"
        print(told, file=Forgiving(sys.stderr), flush=True)
        raise SystemExit(STATUS) from None


def _defaults(texts: tuple[str, ...]) -> dict[str, Any]:
    return dict(parsed_option(text, "--observe-default optimizer=sgd") for text in texts)


@contextmanager
def _as_if_run(file: Path, words: tuple[str, ...] | None) -> Iterator[None]:
    """Lets the file see the command line that it would have if Python ran it."""
    before = list(sys.argv)
    sys.argv[:] = [str(file), *(words or ())]
    try:
        yield
    finally:
        sys.argv[:] = before


def _journal(file: Path, method_name: str) -> Path:
    return Path(f"{file.stem}-{method_name.lower().replace(' ', '-')}.jsonl")


def _command_line_of(file: Path, method_name: str | None, journal: Place | None) -> tuple[str, ...] | None:
    """The command line in the journal, which is needed before the file is imported. If only the file decides which
    journal it is, the journals that exist are tried. Raises `ScriptError` if there are several."""
    if journal is not None or method_name is not None:
        header = _header(journal or _journal(file, method_name or ""))
        return None if header is None else header.command_line
    found = {path.name: _header(path) for path in sorted(Path().glob(f"{glob.escape(file.stem)}-*.jsonl"))}
    lines = {
        name: header.command_line
        for name, header in found.items()
        if header is not None and header.command_line and name == _journal(file, header.setup.method).name
    }
    if len(set(lines.values())) > 1:
        raise ScriptError(
            f"the journals {' and '.join(lines)} were begun with different command lines; say which one goes on, by "
            "--journal, or give the words after --"
        )
    return next(iter(lines.values()), None)


def _header(path: Place) -> Header | None:
    """The header of a journal; None if it cannot be read, which is reported when the journal is opened."""
    try:
        return read_header_of(path if isinstance(path, Address) else path.expanduser())
    except (JournalError, OSError):
        return None


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


def _as_begun(setup: Setup, header: Header | None, options: dict[str, Any]) -> Setup:
    """The setup of the journal, if the same command gives another setup now only because defaults have changed."""
    if header is None or header.rules == RULES_VERSION:
        return setup
    since = defaults_since(header.setup, setup, given_names(options))
    if not since:
        return setup
    listed = "".join(f"\n  {line}" for line in since)
    note = f"Note: the journal was begun under version {header.rules} of the rules, and defaults have changed since."
    click.echo(f"{note} The search goes on with those that it was begun with:{listed}", err=True)
    return header.setup


def summary(result: Result, setup: Setup) -> str:
    """The result as lines of text."""
    lines = []
    if result.best_config is None or result.best_trial is None:
        lines.append("No result yet.")
    else:
        trial = result.trials[result.best_trial]
        lines += ["Best configuration:"]
        names = [name for name, _ in setup.space.domains]
        width = max(map(len, names))
        lines += [f"  {printable(name):<{width}}  {printable(repr(result.best_config[name]))}" for name in names]
        metric, whose = printable(setup.goal.metric), f" of trial {trial.number}"
        lines.append(f"{best_and_last(trial, setup.goal, whose, metric)}.")
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


def _from_here(path: Place) -> str:
    """A path relative to the current folder, if it is below it."""
    if isinstance(path, Address):
        return printable(str(path))
    here = Path.cwd()
    return printable(str(path.relative_to(here) if path.is_relative_to(here) else path))
