"""pure-hb what-if JOURNAL: what would other settings have done, with the recorded configurations and curves?"""

import json
from pathlib import Path

import click

from pure_hb.cli.common import JournalPlace, imports, method_choice, printable_lines, sentences
from pure_hb.codec import to_json
from pure_hb.explaining import Change, Story, what_if
from pure_hb.explaining.what_if import WhatIf, in_words
from pure_hb.journal import Place
from pure_hb.tables import load_table


@click.command("what-if", short_help="Decide a JOURNAL under other settings.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("--eta", type=float, help="Another ratio of neighbouring rung levels.")
@method_choice(required=False)
@click.option("--brackets", type=click.IntRange(1), help="Another number of brackets.")
@click.option("--max-trials", type=click.IntRange(1), help="Start fewer trials.")
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="Recorded curves, for values that the log does not have.",
)
@click.option("--seed", type=int, help="Refused: another seed needs configurations that the log does not have.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all decisions that are known.")
def what_if_command(
    journal: Place,
    eta: float | None,
    method_name: str | None,
    brackets: int | None,
    max_trials: int | None,
    table: Path | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Decide a JOURNAL under other settings.

    Configurations and curves are the recorded ones. The answer ends where a decision needs a value that was never
    observed, and says which value; no value is guessed. Without any change the answer is the log itself.
    """
    if seed is not None:
        raise click.UsageError(
            "a new seed draws new configurations, whose values nobody observed; simulate it with pure-hb simulate "
            f"TABLE --seed {seed}, or run it"
        )
    with sentences():
        story = Story.of_file(journal)
        change = Change(eta, method_name, brackets, max_trials)
        answer = what_if(story, change, None if table is None else load_table(table))
        lines = in_words(story, answer)
        click.echo(json.dumps(_as_json(answer), indent=1) if as_json else printable_lines("\n".join(lines)))


def _as_json(answer: WhatIf) -> dict[str, object]:
    found = answer.found
    return {
        "change": str(answer.change),
        "levels": answer.setup.levels,
        "brackets": answer.setup.brackets,
        "recorded": answer.recorded,
        "parted": found.parted,
        "unknown": found.unknown,
        "decisions": [
            {"time": one.time, "event": to_json(one.event), "action": to_json(one.action)} for one in found.decisions
        ],
    }
