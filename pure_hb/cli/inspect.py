"""pure-hb show JOURNAL: what is in a log?"""

import math
import shlex
from array import array
from typing import Final

import click
import numpy as np
from attrs import frozen

from pure_hb.cli.common import (
    JournalPlace,
    best_and_last,
    columns,
    imports,
    number,
    numbered,
    printable_lines,
    sentences,
)
from pure_hb.cli.export import Form, exported
from pure_hb.codec import shown
from pure_hb.journal import Head, Header, JournalError, Place, Record, Torn
from pure_hb.journal.reader import header_of, reading
from pure_hb.journal.replay import step
from pure_hb.machine import Goal, State, Status, Trial, initial
from pure_hb.machine.ranking import best_first, best_result
from pure_hb.protocol import explain

_MOST: Final = 20
"""The most trials that are shown without --all."""


@click.command("show", short_help="Show rungs, trials and the best of a JOURNAL.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("--all", "all_trials", is_flag=True, help="Show all trials, not only the 20 best.")
@click.option("--trial", "trial_number", type=int, help="Show one trial: its curve, and every decision about it.")
@click.option("--record", "record_number", type=int, help="Show one record in words.")
@click.option("--csv", "form", flag_value="csv", help="Write all trials as CSV, for other programs.")
@click.option("--json", "form", flag_value="json", help="Write all trials as JSON, for other programs.")
@click.option("--curves", is_flag=True, help="With --csv or --json: every reported value, instead of the trials.")
def show_command(
    journal: Place,
    all_trials: bool,
    trial_number: int | None,
    record_number: int | None,
    form: Form | None,
    curves: bool,
) -> None:
    """Show rungs, trials and the best of a JOURNAL.

    Also shows the best configuration and the seconds per decision.
    """
    if curves and form is None:
        raise click.UsageError("--curves goes with --csv or --json.")
    if form is not None and record_number is not None:
        raise click.UsageError(f"--record is shown in words only; leave --{form} out.")
    with sentences():
        seen = _look(journal, record_number, trial_number)
        if seen.torn is not None:
            click.echo(f"Note: {seen.torn}.", err=form is not None)
        if record_number is not None:
            click.echo(_record_in_words(journal, seen, record_number))
            return
        state = seen.state
        if trial_number is not None:
            _refuse_unknown(journal, state, trial_number)
        if form is not None:
            click.echo(exported(state, form, curves=curves, trial=trial_number), nl=False)
            return
        if trial_number is not None:
            click.echo(_trial_in_words(state, seen.kept, trial_number))
            return
        click.echo(_run_in_words(seen, all_trials))


@frozen
class _Seen:
    """The result of reading a journal line by line; only requested records are kept."""

    header: Header
    head: Head
    torn: Torn | None
    state: State
    """The first state, if a single record was requested."""
    seconds: "array[float]"
    """The seconds of each decision."""
    kept: tuple[Record, ...]


def _look(journal: Place, record_number: int | None, trial_number: int | None) -> _Seen:
    """Reads a journal. Raises `JournalError` and `ReplayError`."""
    seconds, kept = array("d"), list[Record]()
    with reading(journal) as reader:
        header = header_of(reader)
        state = initial(header.setup)
        for record in reader:
            if record_number is not None:
                kept += [record] * (record.number == record_number)
                continue
            state = step(state, record.number, record.event, record.action)
            if record.seconds is not None:
                seconds.append(record.seconds)
            if trial_number is not None and getattr(record.action, "trial", None) == trial_number:
                kept.append(record)
        return _Seen(header, reader.head, reader.torn, state, seconds, tuple(kept))


def _record_in_words(journal: Place, seen: _Seen, wanted: int) -> str:
    if not seen.kept:
        there = numbered("record", 1, seen.head.number)
        raise JournalError(f"{journal} has {there}; there is no record {wanted}")
    record = seen.kept[0]
    return printable_lines(
        f"Record {record.number}, after {record.elapsed:.3f} s: {record.event}\n{explain(record.action)}"
    )


def _refuse_unknown(journal: Place, state: State, wanted: int) -> None:
    if wanted not in state.trials:
        raise JournalError(f"{journal} has {numbered('trial', 0, len(state.trials))}; there is no trial {wanted}")


def _trial_in_words(state: State, records: tuple[Record, ...], wanted: int) -> str:
    trial = state.trials[wanted]
    lines = [
        f"Trial {wanted}: {trial.status.value}, bracket {trial.bracket}, leg {trial.leg}, {trial.failures} failures",
        f"  {trial.config!r}",
        "  " + ", ".join(f"{epoch}: {number(value)}" for epoch, value in trial.curve),
    ]
    if trial.curve:
        lines.append(f"  {best_and_last(trial, state.setup.goal)}")
    lines.extend(f"Record {one.number}, {type(one.event).__name__}: {explain(one.action)}" for one in records)
    return printable_lines("\n".join(lines))


def _run_in_words(seen: _Seen, all_trials: bool) -> str:
    header, head, state = seen.header, seen.head, seen.state
    setup, best = state.setup, state.best
    lines = [
        f"{setup.method}, {setup.goal!r}, seed {setup.seed}, begun {header.started or 'in a simulation'}",
        *_of_train(header),
        f"{head.number} records, {head.elapsed:.1f} s; {_counts(state)}",
        f"head {head}",
    ]
    if seen.seconds:
        lines.append(f"seconds per decision: median {np.median(seen.seconds):.6f}, longest {max(seen.seconds):.6f}")
    if best is not None:
        lines.append(f"best {number(best.value)} after epoch {best.resource} of trial {best.trial}")
        lines.append(f"  {state.trials[best.trial].config!r}")
    return printable_lines("\n".join([*lines, "", *_rungs(state), "", *_trials(state, all_trials)]))


def _of_train(header: Header) -> list[str]:
    """The arguments of train, as lines."""
    arguments = ", ".join(f"{name}={shown(value)}" for name, value in (header.arguments or {}).items())
    words = shlex.join(header.command_line or ())
    return [f"arguments of train: {arguments}"] * bool(arguments) + [f"command line of the file: {words}"] * bool(words)


def _counts(state: State) -> str:
    counts = {status: sum(trial.status is status for trial in state.trials) for status in Status}
    words = ", ".join(f"{count} {status.value}" for status, count in counts.items() if count)
    return f"{len(state.trials)} trials: {words or 'none'}; {state.resource_spent} epochs"


def _rungs(state: State) -> list[str]:
    to_metric = state.setup.goal.to_minimise  # its own inverse
    rows = []
    for bracket, system in enumerate(state.ladder.systems):
        for rung in system:
            best = to_metric(rung.kth_best(0)) if len(rung) and math.isfinite(rung.kth_best(0)) else None
            cutoff = rung.standing(rung.kth_best(0)).cutoff if len(rung) else None
            cells = (
                rung.level,
                len(rung),
                len(rung.waiting),
                number(best),
                number(None if cutoff is None else to_metric(cutoff)),
            )
            rows.append((str(bracket) if state.ladder.plan.separate else "all", *map(str, cells)))
    titles = ("bracket", "level", "entries", "waiting", "best", "cutoff")
    return ["Rungs", *columns(titles, rows)] if rows else ["No rungs: every trial trains to the end"]


def _trials(state: State, all_trials: bool) -> list[str]:
    trials = best_first(state.trials, state.setup.goal, state.best.trial if state.best else None)
    shown = trials if all_trials else trials[:_MOST]
    rows = [_cells(trial, state.setup.goal) for trial in shown]
    titles = ("trial", "status", "bracket", "leg", "epochs", "best value", "at epoch", "last value", "configuration")
    heading = "Trials, best first" if len(shown) == len(trials) else f"The {_MOST} best of {len(trials)} trials (--all)"
    return [heading, *columns(titles, rows, frozenset({"status", "configuration"}))]


def _cells(trial: Trial, goal: Goal) -> tuple[str, ...]:
    epoch, value = best_result(trial, goal) or (None, None)
    return (
        str(trial.number),
        "observed" if trial.observed else trial.status.value,
        *map(str, (trial.bracket, trial.leg, trial.highest)),
        number(value),
        "-" if epoch is None else str(epoch),
        number(trial.curve[-1][1] if trial.curve else None),
        repr(trial.config),
    )
