"""pure-hb copy A B: a journal from a file into a database, or back, or from one to another."""

import click

from pure_hb.cli.common import JournalPlace, imports, sentences
from pure_hb.journal import Place
from pure_hb.journal.copying import copy_journal


@click.command("copy", short_help="Copy the journal A to a new journal B.")
@imports
@click.argument("source", type=JournalPlace(), metavar="A")
@click.argument("target", type=JournalPlace(), metavar="B")
def copy_command(source: Place, target: Place) -> None:
    """Copy the journal A to a new journal B.

    A and B are paths or URLs, such as run.jsonl and sqlite:///run.db. Lines and hashes stay as they are, so both have
    the same head. No process should write to A meanwhile: records that are appended later are not in B. Snapshots and
    checkpoints are not copied.
    """
    with sentences():
        copied = copy_journal(source, target)
        if copied.torn is not None:
            click.echo(f"Note: {copied.torn}. It was not copied.")
        click.echo(f"{target}: {copied.head.number} records, head {copied.head}")
