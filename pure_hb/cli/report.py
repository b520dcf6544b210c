"""pure-hb report JOURNAL -o report.html: one page about a run, for any browser, that loads nothing."""

from pathlib import Path

import click

from pure_hb.cli.common import JournalPlace, imports, sentences
from pure_hb.explaining import Story
from pure_hb.journal import Place


@click.command("report", short_help="Write a page about a JOURNAL.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write (default: JOURNAL.html).")
def report_command(journal: Place, output: Path | None) -> None:
    """Write a page about a JOURNAL: curves, workers, rungs, configurations, and every decision with its rungs."""
    from pure_hb.reporting import write_page

    with sentences():
        story = Story.of_file(journal)
        file = journal if isinstance(journal, Path) else journal.beside
        path = file.with_name(f"{file.name}.html") if output is None else output
        if path.exists() and path.resolve() == file.resolve():
            raise click.UsageError(f"{path} is the journal itself; give another file with -o")
        write_page(story, path)
        click.echo(f"{path}: {len(story.records)} decisions; open it in a browser")
