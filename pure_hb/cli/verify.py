"""pure-hb verify JOURNAL: is a log true? Its chain, its decisions, its fits and its numbers, each by itself."""

import click

from pure_hb.auditing.parts import faults, notes, parts
from pure_hb.cli.common import JournalPlace, imports, sentences
from pure_hb.journal import KnownHead, Place, verify_file


def noted(context: click.Context, option: click.Parameter, value: str | None) -> KnownHead | None:
    """An end that was noted."""
    try:
        return None if value is None else KnownHead.of(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, option) from None


@click.command("verify")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("--strict", is_flag=True, help="Ask for equality to the last bit, of the fits too.")
@click.option(
    "--head", metavar="NUMBER:HASH", callback=noted, help="An end that was noted before, as show and verify print it."
)
def verify_command(journal: Place, strict: bool, head: KnownHead | None) -> None:
    """Decide every event of a JOURNAL again and compare with what it says, and so its snapshot.

    Exits with 1 if anything disagrees, or this version of pure_hb decides by other rules. On another machine numbers of
    models may differ by a millionth, and fits may end elsewhere if they are as good: that is told, and no error.
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
