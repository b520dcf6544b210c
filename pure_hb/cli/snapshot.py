"""pure-hb snapshot JOURNAL: the state of a log, so that opening it reads only what comes after."""

import click

from pure_hb.cli.common import JournalPlace, imports, sentences
from pure_hb.journal import Place, open_journal
from pure_hb.journal.reader import read_header_of
from pure_hb.journal.snapshot_file import snapshot_name


@click.command("snapshot", short_help="Write a snapshot, so that a JOURNAL opens fast.")
@imports
@click.argument("journal", type=JournalPlace())
def snapshot_command(journal: Place) -> None:
    """Write a snapshot of a JOURNAL.

    The snapshot is JOURNAL.snapshot, or a row of the database. Opening the journal then reads only the records after
    it.
    """
    with sentences():
        opened = open_journal(journal, read_header_of(journal).setup)
        with opened.journal:
            if opened.torn is not None:
                click.echo(f"Note: {opened.torn}. It has been cut.")
            if opened.unusable_snapshot is not None:
                click.echo(f"Note: {opened.unusable_snapshot}. It is replaced.")
            written = opened.journal.save_snapshot(opened.state)
            size = written if isinstance(written, int) else written.stat().st_size
        click.echo(f"{snapshot_name(journal)}: the state after record {opened.journal.number}, {size} bytes.")
