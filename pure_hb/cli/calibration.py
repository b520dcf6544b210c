"""pure-hb calibration JOURNAL: how far could early results and the surrogate be trusted?"""

import json
from pathlib import Path

import click
from attrs import asdict

from pure_hb.cli.common import JournalPlace, columns, imports, printable_lines, sentences
from pure_hb.explaining import Calibration, Story, calibration
from pure_hb.explaining.calibration import in_words
from pure_hb.journal import Place
from pure_hb.tables import load_table


@click.command("calibration", short_help="Say how far early results could be trusted.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="Recorded curves, with the last values of all trials.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def calibration_command(journal: Place, table: Path | None, as_json: bool) -> None:
    """Say how far early results could be trusted.

    For each level: how often it ranked two trials as their last values did. For a surrogate: how often the reported
    value was in the interval that it predicted.
    """
    with sentences():
        found = calibration(Story.of_file(journal), None if table is None else load_table(table))
        click.echo(
            json.dumps(asdict(found), indent=1)
            if as_json
            else printable_lines("\n".join((*_levels(found), *in_words(found))))
        )


def _levels(found: Calibration) -> list[str]:
    """A table of the levels."""
    whose = "all trials, whose ends the table knows" if found.by_table else "the trials that were trained to the end"
    rows = [
        (str(one.level), str(one.trials), str(one.best), _share(one.recall), _share(one.ordered))
        for one in found.levels
    ]
    title = f"Levels against the end, over {whose}: how many of the k best at the end were among the k best there,"
    return [title, "and how many pairs had the same order.", *columns(("level", "trials", "k", "found", "order"), rows)]


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
