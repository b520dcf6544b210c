"""pure-hb audit JOURNAL: chain, decisions, fits, evidence and every invariant of a log, in one table."""

import json

import click

from pure_hb.auditing import Audit, audit
from pure_hb.cli.common import JournalPlace, imports, printable_lines, sentences
from pure_hb.cli.verify import noted
from pure_hb.journal import JournalError, KnownHead, Place


@click.command("audit", short_help="Check hashes, decisions and invariants of a JOURNAL.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("--strict", is_flag=True, help="Require equality to the last bit, also of fits.")
@click.option(
    "--head",
    metavar="NUMBER:HASH",
    callback=noted,
    help="A head that was printed earlier: its record must be there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit_command(journal: Place, strict: bool, head: KnownHead | None, as_json: bool) -> None:
    """Check a JOURNAL: hashes, decisions and invariants.

    Exits with 0 if nothing is wrong, with 1 if anything is, and with 2 if there is no such journal, or if an older or
    newer version decided it by other rules than this one.
    """
    with sentences():
        try:
            found = audit(journal, strict=strict, head=head)
        except JournalError as error:
            click.echo(f"Error: {printable_lines(str(error))}", err=True)
            raise SystemExit(2) from None
        click.echo(_as_json(found) if as_json else _in_words(found))
    if not found.ok:
        raise SystemExit(1 if found.faults else 2)


def _in_words(found: Audit) -> str:
    notes = [f"Note: {note}" for note in found.notes]
    count = len(found.faults)
    end = "All is as it should be." if found.ok else "Not all could be examined."
    if count:
        end = f"{count} fault{'s' * (count > 1)}."
    return printable_lines("\n".join([*notes, str(found), end]))


def _as_json(found: Audit) -> str:
    return json.dumps(
        {
            "ok": found.ok,
            "rows": [
                {"name": one.name, "law": one.law, "examined": one.examined, "found": one.result, "ok": one.ok}
                for one in found.rows
            ],
            "faults": found.faults,
            "notes": found.notes,
            "declined": found.declined,
        },
        indent=1,
    )
