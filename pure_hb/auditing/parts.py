"""HOW IS A VERIFICATION SHOWN? Its parts, chain, decisions, fits and evidence, each in a phrase."""

from collections.abc import Iterator
from typing import Final

from pure_hb.codec import shown
from pure_hb.journal import Difference, FileVerification, Part, Place, Verification
from pure_hb.journal.differences import RELATIVE_TOLERANCE
from pure_hb.journal.snapshot_file import snapshot_name
from pure_hb.journal.verification import SLACK_NATS

_PLACES: Final = 8
"""The most differences of a snapshot that are shown."""


def notes(found: FileVerification) -> Iterator[str]:
    """Facts that are not faults: a torn end, another machine, a snapshot that cannot be used."""
    if found.torn is not None:
        yield f"{found.torn}. It is cut when the journal is opened for writing."
    yield from (f"another machine: {one}" for one in found.machines)
    if found.unusable_snapshot is not None:
        yield f"{found.unusable_snapshot}. It is passed over when the journal is opened."


def parts(decisions: Verification) -> dict[str, str]:
    """Name of a part -> the finding about it."""
    return {
        "chain": "whole",
        "decisions": _said(decisions, Part.DECISION, decisions.records, "every one comes out as recorded"),
        "fits": _said(decisions, Part.FIT, decisions.fits, _of_fits(decisions)),
        "evidence": _said(decisions, Part.EVIDENCE, decisions.records, _of_numbers(decisions)),
    }


def _said(decisions: Verification, part: Part, of: int, right: str) -> str:
    wrong = len(decisions.of(part))
    return f"{wrong} of {max(of, wrong)} disagree" if wrong else right


def _of_fits(decisions: Verification) -> str:
    if not decisions.fits:
        return "there are none"
    if not decisions.elsewhere:
        return f"all {decisions.fits} end here as recorded"
    worst = max(decisions.elsewhere, key=lambda one: one.worse)
    return (
        f"{len(decisions.elsewhere)} of {decisions.fits} end elsewhere here; those recorded are at most "
        f"{max(worst.worse, 0.0):.2g} nats worse (record {worst.number}; {SLACK_NATS:g} are allowed)"
    )


def _of_numbers(decisions: Verification) -> str:
    if not decisions.rounded:
        return "the same to the last bit"
    rounded = f"{len(decisions.rounded)} of {decisions.records}"
    return f"the same; in {rounded} records numbers of models only within {RELATIVE_TOLERANCE:g}, evaluations aside"


def faults(journal: Place, found: FileVerification, decisions: Verification) -> Iterator[str]:
    """Every disagreement in words, with its line in the file."""
    for one in decisions.disagreements:
        yield f"{journal} line {one.number + 1}, {one.part.value}: {one}"
    if decisions.impossible is not None:
        line = decisions.impossible.number + 1
        yield f"{journal} line {line}: {decisions.impossible}. What comes after it was not decided again"
    if found.missed is not None:
        yield f"{journal}: {found.missed}"
    if found.snapshot:
        yield _false_snapshot(journal, found.snapshot)


def _false_snapshot(journal: Place, found: tuple[Difference, ...]) -> str:
    places = "\n".join(
        f"  {one.path[2:]} is {shown(one.recorded)} there, but by the log it is {shown(one.recomputed)}"
        for one in found[:_PLACES]
    )
    more = f"\n  and {len(found) - _PLACES} more" if len(found) > _PLACES else ""
    return f"{snapshot_name(journal)} is not what the log says; delete it:\n{places}{more}"
