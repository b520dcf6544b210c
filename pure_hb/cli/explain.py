"""pure-hb explain JOURNAL NUMBER: why was it decided, which value would have changed it, and what happened later?"""

import json
from collections.abc import Iterator

import click

from pure_hb.cli.common import JournalPlace, columns, imports, printable_lines, sentences
from pure_hb.explaining import Explanation, Run, Story, explain_record, explain_trial
from pure_hb.journal import Place
from pure_hb.protocol import Scored


@click.command("explain", short_help="Say why a record of a JOURNAL was decided so.")
@imports
@click.argument("journal", type=JournalPlace())
@click.argument("number", type=int, required=False)
@click.option("--trial", type=int, help="Explain every decision about one trial.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain_command(journal: Place, number: int | None, trial: int | None, as_json: bool) -> None:
    """Explain a record of a JOURNAL, or a trial.

    Explains record NUMBER, or with --trial every decision about one trial.
    """
    if (number is None) == (trial is None):
        raise click.UsageError("Give the NUMBER of a record, or --trial T; pure-hb show lists trials and records.")
    with sentences():
        story = Story.of_file(journal)
        found: tuple[Explanation | Run, ...]
        found = (explain_record(story, number),) if number is not None else explain_trial(story, trial or 0)
        if as_json:
            told = [one.as_json() for one in found]
            click.echo(json.dumps(told if number is None else told[0], indent=1))
        else:
            click.echo(printable_lines("\n".join(line for one in found for line in _in_words(one))))


def _in_words(one: Explanation | Run) -> Iterator[str]:
    if isinstance(one, Run):
        first, last = one.records[0], one.records[-1]
        yield (
            f"Record {first}: {one.said[0].text}" if first == last else f"Records {first} to {last}: {one.said[0].text}"
        )
        return
    yield f"Record {one.record}, after {one.elapsed:.3f} s: {one.action}"
    yield from (f"  {said.text}" for said in one.said)
    if one.candidates:
        yield from (f"    {line}" for line in _candidates(one.candidates))


def _candidates(scored: tuple[Scored, ...]) -> list[str]:
    """A table of those that a model judged best."""
    names = [name for name, _ in scored[0].numbers]
    rows = [
        (
            str(one.place),
            *(f"{dict(one.numbers).get(name, float('nan')):.6g}" for name in names),
            f"trial {one.trial}" if one.configuration is None else repr(one.configuration),
        )
        for one in scored
    ]
    return columns(("place", *names, "what"), rows, frozenset({"what"}))
