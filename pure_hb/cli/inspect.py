"""pure-hb verify JOURNAL, pure-hb show JOURNAL: is a log true, and what does it say?"""

import math
import shlex
from pathlib import Path
from statistics import median
from typing import Final

import click

from pure_hb.cli.common import best_and_last, columns, imports, number, numbered, printable_lines, sentences
from pure_hb.cli.export import Form, exported
from pure_hb.codec import shown
from pure_hb.journal import Difference, Header, JournalError, Record, fold, read_journal, verify_file
from pure_hb.journal.snapshot_file import snapshot_path
from pure_hb.machine import Goal, State, Status, Trial
from pure_hb.machine.ranking import best_first, best_result
from pure_hb.protocol import explain

_MOST: Final = 20
"""So many trials are shown unless all are asked for."""
_PLACES: Final = 8
"""So many places at which a snapshot differs are shown."""


@click.command("verify")
@imports
@click.argument("journal", type=click.Path(path_type=Path))
def verify_command(journal: Path) -> None:
    """Decide every event of a JOURNAL again and compare with what it says, and so its snapshot. Exits with 1 at the
    first difference, and if this version of pure_hb decides by other rules."""
    with sentences():
        found = verify_file(journal)
        if found.torn is not None:
            click.echo(f"Note: {found.torn}. It is cut when the journal is opened for writing.")
        if not found.same_platform:
            click.echo("Note: a session of it ran on another platform; numbers may differ by 1e-9, relatively.")
        if found.unusable_snapshot is not None:
            click.echo(f"Note: {found.unusable_snapshot}. It is passed over when the journal is opened.")
        if found.decisions is None:
            raise click.ClickException(str(found.declined))
        if found.decisions.disagreement is not None:
            line = found.decisions.disagreement.number + 1
            raise click.ClickException(
                f"{journal} line {line}: {found.decisions.disagreement}\n"
                f"The {found.decisions.records} records before it agree."
            )
        if found.snapshot:
            raise click.ClickException(_false_snapshot(journal, found.snapshot))
        how = "exactly as recorded" if found.decisions.exact else "as recorded, numbers within 1e-9"
        click.echo(f"{journal}: {found.decisions.records} records, hash chain whole, every decision comes out {how}.")


def _false_snapshot(journal: Path, found: tuple[Difference, ...]) -> str:
    places = "\n".join(
        f"  {one.path[2:]} is {shown(one.recorded)} there, but by the log it is {shown(one.recomputed)}"
        for one in found[:_PLACES]
    )
    more = f"\n  and {len(found) - _PLACES} more" if len(found) > _PLACES else ""
    return f"{snapshot_path(journal)} is not what the log says; delete it:\n{places}{more}"


@click.command("show")
@imports
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("--all", "all_trials", is_flag=True, help="Show all trials, not only the 20 best.")
@click.option("--trial", "trial_number", type=int, help="Show one trial: its curve, and every decision about it.")
@click.option("--record", "record_number", type=int, help="Show one record in words.")
@click.option("--csv", "form", flag_value="csv", help="Write all trials as CSV, for other programs.")
@click.option("--json", "form", flag_value="json", help="Write all trials as JSON, for other programs.")
@click.option("--curves", is_flag=True, help="With --csv or --json: all that was reported, instead of the trials.")
def show_command(
    journal: Path,
    all_trials: bool,
    trial_number: int | None,
    record_number: int | None,
    form: Form | None,
    curves: bool,
) -> None:
    """Show what a JOURNAL says: rungs, trials, the best configuration, seconds per decision."""
    if curves and form is None:
        raise click.UsageError("--curves goes with --csv or --json.")
    if form is not None and record_number is not None:
        raise click.UsageError(f"--record is shown in words only; leave --{form} out.")
    with sentences():
        header, records, torn = read_journal(journal)
        if torn is not None:
            click.echo(f"Note: {torn}.", err=form is not None)
        if record_number is not None:
            click.echo(_record_in_words(journal, records, record_number))
            return
        state = fold(header.setup, ((record.event, record.action) for record in records))
        if trial_number is not None:
            _refuse_unknown(journal, state, trial_number)
        if form is not None:
            click.echo(exported(state, form, curves=curves, trial=trial_number), nl=False)
            return
        if trial_number is not None:
            click.echo(_trial_in_words(state, records, trial_number))
            return
        click.echo(_run_in_words(header, records, state, all_trials))


def _record_in_words(journal: Path, records: tuple[Record, ...], wanted: int) -> str:
    if not 1 <= wanted <= len(records):
        raise JournalError(f"{journal} has {numbered('record', 1, len(records))}; there is no record {wanted}")
    record = records[wanted - 1]
    return printable_lines(
        f"Record {record.number}, after {record.elapsed:.3f} s: {record.event}\n{explain(record.action)}"
    )


def _refuse_unknown(journal: Path, state: State, wanted: int) -> None:
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
    about = (record for record in records if getattr(record.action, "trial", None) == wanted)
    lines.extend(f"Record {one.number}, {type(one.event).__name__}: {explain(one.action)}" for one in about)
    return printable_lines("\n".join(lines))


def _run_in_words(header: Header, records: tuple[Record, ...], state: State, all_trials: bool) -> str:
    setup, best = state.setup, state.best
    lines = [
        f"{setup.method}, {setup.goal!r}, seed {setup.seed}, begun {header.started or 'in a simulation'}",
        *_of_train(header),
        f"{len(records)} records, {records[-1].elapsed if records else 0.0:.1f} s; {_counts(state)}",
    ]
    seconds = [record.seconds for record in records if record.seconds is not None]
    if seconds:
        lines.append(f"seconds per decision: median {median(seconds):.6f}, longest {max(seconds):.6f}")
    if best is not None:
        lines.append(f"best {number(best.value)} after epoch {best.resource} of trial {best.trial}")
        lines.append(f"  {state.trials[best.trial].config!r}")
    return printable_lines("\n".join([*lines, "", *_rungs(state), "", *_trials(state, all_trials)]))


def _of_train(header: Header) -> list[str]:
    """What train was called with."""
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
