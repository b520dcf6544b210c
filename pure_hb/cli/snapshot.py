"""pure-hb snapshot JOURNAL: the state of a search beside its log, so that a long one opens fast."""

from pathlib import Path

import click

from pure_hb.cli.common import imports, sentences
from pure_hb.journal import open_file_journal, snapshot_path
from pure_hb.journal.reader import read_header_of


@click.command("snapshot")
@imports
@click.argument("journal", type=click.Path(path_type=Path))
def snapshot_command(journal: Path) -> None:
    """Write JOURNAL.snapshot: opening the journal then reads only the records that come after."""
    with sentences():
        opened = open_file_journal(journal, read_header_of(journal).setup)
        with opened.journal:
            if opened.torn is not None:
                click.echo(f"Note: {opened.torn}. It has been cut.")
            if opened.unusable_snapshot is not None:
                click.echo(f"Note: {opened.unusable_snapshot}. It is replaced.")
            size = opened.journal.save_snapshot(opened.state).stat().st_size
        click.echo(f"{snapshot_path(journal)}: the state after record {opened.journal.number}, {size} bytes.")
