"""pure-hb simulate TABLE: runs a method over recorded learning curves, in simulated time."""

import json
import math
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from attrs import asdict, evolve

from pure_hb.cli.common import Duration, make_setup, method_choice, method_options, number, sentences
from pure_hb.journal import JournalError, open_file_journal
from pure_hb.machine import Setup
from pure_hb.protocol import Action, Event
from pure_hb.simulation import Recorder, SimulationResult, simulate
from pure_hb.tables import load_table


@click.command("simulate", short_help="Run a method on recorded learning curves.")
@click.argument("table", type=click.Path(path_type=Path))
@method_choice(required=True)
@click.option("--workers", type=click.IntRange(1), default=4, show_default=True, help="Simulated workers.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all random draws.")
@click.option("--max-time", type=Duration(), help="Simulated time at which it ends: 90, 60s, 5m, 2h.")
@click.option("--max-trials", type=click.IntRange(1), help="The largest number of trials to start.")
@click.option(
    "--start-delay",
    type=float,
    default=0.0,
    show_default=True,
    help="Seconds before a leg begins to train.",
)
@click.option(
    "--stop-delay",
    type=float,
    default=0.0,
    show_default=True,
    help="Seconds from a stop to the next Ask.",
)
@click.option(
    "--nan",
    type=click.Choice(["value", "fail"]),
    default="value",
    show_default=True,
    help="Report a value that is not finite as it is, or as a failure that ends the trial.",
)
@click.option("--journal", type=click.Path(path_type=Path), help="Write the log of the simulation to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@method_options
def simulate_command(
    table: Path,
    method_name: str,
    workers: int,
    seed: int,
    max_time: float | None,
    max_trials: int | None,
    start_delay: float,
    stop_delay: float,
    nan: Any,
    journal: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Run a method on recorded learning curves.

    TABLE is a .npz file with a .json file beside it. Time is simulated: no training takes place.
    """
    with sentences():
        recorded = load_table(table)
        setup = make_setup(method_name, recorded.space, recorded.goal, recorded.max_resource, seed, options)
        if nan == "fail":
            setup = evolve(setup, max_failures=1)  # the same leg would only diverge again
        with ExitStack() as stack:
            result = simulate(
                recorded,
                setup,
                workers=workers,
                max_time=max_time,
                max_trials=max_trials,
                start_delay=start_delay,
                stop_delay=stop_delay,
                nan=nan,
                clock=time.process_time,
                record=_recorder(stack, journal, setup),
            )
        shown = {"method": method_name, "seed": seed, "table": recorded.name, "workers": workers, "max_time": max_time}
        click.echo(json.dumps(_numbers(shown, result)) if as_json else _words(shown, result))


def _recorder(stack: ExitStack, path: Path | None, setup: Setup) -> Recorder | None:
    """Appends to a new journal, in batches: a simulation can be run again, so it need not survive a crash."""
    if path is None:
        return None
    opened = open_file_journal(path, setup, sync="batch", timed=False)
    journal = stack.enter_context(opened.journal)
    if not opened.is_new:
        raise JournalError(f"{path}: there is a journal already, and a simulation begins anew; give another --journal")

    def record(seconds: float, event: Event, action: Action) -> None:
        journal.append(event, action, seconds)

    return record


def _numbers(shown: dict[str, Any], result: SimulationResult) -> dict[str, Any]:
    return {
        **shown,
        "best": result.best,
        "time": result.time,
        "trials": result.trials,
        "decisions": result.decisions,
        "decision_seconds": round(result.decision_seconds, 6),
        "trajectory": [list(point) for point in result.trajectory],
        "regret": round(result.regret, 6) if result.regret is not None and math.isfinite(result.regret) else None,
        **asdict(result.spent),
    }


def _words(shown: dict[str, Any], result: SimulationResult) -> str:
    return (
        f"{shown['method']} on {shown['table']}, seed {shown['seed']}: best {number(result.best)} "
        f"(regret {number(result.regret)}) at time {number(result.time)}, {result.trials} trials, "
        f"{result.decisions} decisions in {result.decision_seconds:.3f} s"
    )
