"""pure-hb export JOURNAL --to optuna STORAGE: the trials of a log for the tools of another library."""

from pathlib import Path

import click

from pure_hb.cli.common import JournalPlace, imports, sentences
from pure_hb.explaining import Story
from pure_hb.journal import Place


@click.command("export", short_help="Write the trials of a JOURNAL as an Optuna study.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option(
    "--to",
    "target",
    nargs=2,
    type=(click.Choice(["optuna"]), str),
    required=True,
    metavar="optuna STORAGE",
    help="The library and the storage: optuna sqlite:///study.db",
)
@click.option("--name", help="The name of the study (default: that of the journal).")
def export_command(journal: Place, target: tuple[str, str], name: str | None) -> None:
    """Write the trials of a JOURNAL as an Optuna study, to be looked at with optuna-dashboard."""
    from pure_hb.reporting.optuna_study import export_to_optuna

    with sentences():
        story = Story.of_file(journal)
        called = (journal.stem if isinstance(journal, Path) else journal.name) if name is None else name
        try:
            count = export_to_optuna(story, target[1], called)
        except ImportError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{count} trials are in the study {called!r}; look at them: optuna-dashboard {target[1]}")
