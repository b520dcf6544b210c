"""pure-hb diff JOURNAL OTHER: where do two logs begin to differ, and why?"""

import json
from collections.abc import Iterator
from typing import Final

import click

from pure_hb.cli.common import JournalPlace, imports, printable_lines, sentences
from pure_hb.codec import shown
from pure_hb.explaining import Explanation, Parting, Story, parting
from pure_hb.explaining.differing import only
from pure_hb.journal import JournalError, Place

_PLACES: Final = 8
"""The most differences of two records that are shown."""


@click.command("diff", short_help="Find where two JOURNALs begin to differ.")
@imports
@click.argument("journal", type=JournalPlace())
@click.argument("other", type=JournalPlace())
@click.option("--evidence", is_flag=True, help="Also compare evidence, which decides nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff_command(journal: Place, other: Place, evidence: bool, as_json: bool) -> None:
    """Find where two JOURNALs begin to differ.

    The first record that differs is explained in both. Times are not compared. Exits with 0 if no record differs, with
    1 if one does, and with 2 if a journal cannot be read.
    """
    with sentences():
        try:
            one, two = Story.of_file(journal), Story.of_file(other)
        except JournalError as error:
            click.echo(f"Error: {printable_lines(str(error))}", err=True)
            raise SystemExit(2) from None
        found = parting(one, two, evidence=evidence)
        lines = _in_words(found, one, two)
        click.echo(json.dumps(_as_json(found), indent=1) if as_json else printable_lines("\n".join(lines)))
    if found.what is not None:
        raise SystemExit(1)


def _in_words(found: Parting, one: Story, other: Story) -> Iterator[str]:
    if found.setups:
        yield f"The setups differ ({one.name} is there, {other.name} is here):"
        yield from (f"  {line}" for line in found.setups)
    if found.what is None:
        yield f"All {found.same} records say the same."
        return
    yield f"The first {found.same} records say the same."
    if found.what == "end":
        longer = one if len(one.records) > len(other.records) else other
        yield f"There {longer.name} goes on, with {len(longer.records) - found.same} records more."
        return
    first, second = found.first, found.second
    assert isinstance(first, Explanation)
    assert isinstance(second, Explanation)
    yield {
        "event": f"In record {found.same + 1} something else happened:",
        "action": f"Record {found.same + 1} was answered with {first.action} and with {second.action}:",
        "decision": f"In record {found.same + 1} both say {first.action}, but not the same:",
        "evidence": f"In record {found.same + 1} only the evidence differs, which decides nothing:",
    }[found.what]
    for place in found.places[:_PLACES]:
        yield f"  {place.path[2:]}: {shown(place.recorded)} and {shown(place.recomputed)}"
    if len(found.places) > _PLACES:
        yield f"  and {len(found.places) - _PLACES} more places"
    yield from _said(one, first, only(first, second)[0])
    yield from _said(other, second, only(first, second)[1])


def _said(story: Story, one: Explanation, said: tuple[object, ...]) -> Iterator[str]:
    yield f"{story.name}: {one.action}"
    yield from (f"  {getattr(sentence, 'text', '')}" for sentence in said)


def _as_json(found: Parting) -> dict[str, object]:
    return {
        "setups": found.setups,
        "same": found.same,
        "what": found.what,
        "places": [[place.path, place.recorded, place.recomputed] for place in found.places],
        "first": None if found.first is None else found.first.as_json(),
        "second": None if found.second is None else found.second.as_json(),
    }
