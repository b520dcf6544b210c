"""pure-hb report JOURNAL -o report.html: one page about a run, for any browser, that loads nothing."""

from pathlib import Path

import click

from pure_hb.cli.common import imports, sentences
from pure_hb.explaining import Story


@click.command("report", short_help="Write a page about a JOURNAL.")
@imports
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write (default: JOURNAL.html).")
def report_command(journal: Path, output: Path | None) -> None:
    """Write a page about a JOURNAL: curves, workers, rungs, configurations, and every decision with its rungs."""
    from pure_hb.reporting import write_page

    with sentences():
        story = Story.of_file(journal)
        path = journal.with_name(f"{journal.name}.html") if output is None else output
        if path.exists() and path.resolve() == journal.resolve():
            raise click.UsageError(f"{path} is the journal itself; give another file with -o")
        write_page(story, path)
        click.echo(f"{path}: {len(story.records)} decisions; open it in a browser")
