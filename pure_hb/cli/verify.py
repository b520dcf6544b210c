"""pure-hb verify JOURNAL: is a log true? Its chain, decisions, fits and numbers are each checked."""

import click

from pure_hb.auditing.parts import faults, notes, parts
from pure_hb.cli.common import JournalPlace, imports, sentences
from pure_hb.journal import KnownHead, Place, verify_file


def noted(context: click.Context, option: click.Parameter, value: str | None) -> KnownHead | None:
    """The noted head."""
    try:
        return None if value is None else KnownHead.of(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, option) from None


@click.command("verify", short_help="Decide a JOURNAL again and compare.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("--strict", is_flag=True, help="Require equality to the last bit, also of fits.")
@click.option(
    "--head",
    metavar="NUMBER:HASH",
    callback=noted,
    help="A head that was printed earlier: its record must be there.",
)
def verify_command(journal: Place, strict: bool, head: KnownHead | None) -> None:
    """Decide a JOURNAL again and compare.

    The decision of every event is made again and compared with the recorded one; a snapshot beside the journal is
    checked too. Exits with 1 if anything disagrees, or if this version of pure_hb decides by other rules. On another
    machine, numbers of models may differ by a relative error of 1e-6, and fits may end at other parameters that are
    about as good: this is printed, and is no error.
    """
    with sentences():
        found = verify_file(journal, strict=strict, head=head)
        for note in notes(found):
            click.echo(f"Note: {note}")
        if found.decisions is None:
            raise click.ClickException(str(found.declined))
        click.echo(f"{journal}: {found.head.number} records, head {found.head}")
        for part, text in parts(found.decisions).items():
            click.echo(f"  {part + ':':<11}{text}")
        wrong = list(faults(journal, found, found.decisions))
        if wrong:
            raise click.ClickException("\n".join(wrong))
