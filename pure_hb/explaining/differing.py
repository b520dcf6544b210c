"""WHERE DO TWO LOGS BEGIN TO DIFFER? The first different record, and whether its event, action or evidence differs."""

from typing import Any

from attrs import frozen

from pure_hb.codec import action_to_json, event_to_json
from pure_hb.explaining.decision import Explanation, explain_record
from pure_hb.explaining.story import Story
from pure_hb.explaining.words import Said
from pure_hb.journal import Record
from pure_hb.journal.differences import Difference, differences
from pure_hb.journal.other_setup import setup_differences


@frozen
class Parting:
    """Where two logs begin to differ."""

    setups: tuple[str, ...]
    """The places at which the setups differ, a line each."""
    same: int
    """The number of equal records at the beginning."""
    what: str | None
    """What differs first: "event", "action" (its kind), "decision" (its fields) or "evidence"; "end" if one log
    continues where the other ends; None: the logs are equal."""
    places: tuple[Difference, ...] = ()
    """Where the records differ: ``recorded`` is the first log, ``recomputed`` the second."""
    first: Explanation | None = None
    second: Explanation | None = None


def parting(one: Story, other: Story, *, evidence: bool = False) -> Parting:
    """Where two logs begin to differ. Times are not compared, and evidence only with ``evidence=True``, since no
    decision uses it.

    Raises:
        ReplayError: if a record before that place cannot follow the records before it.
    """
    setups = tuple(setup_differences(one.setup, other.setup))
    for number, (left, right) in enumerate(zip(one.records, other.records, strict=False), 1):
        what, places = _unlike(left, right, evidence=evidence)
        if what is not None:
            first, second = explain_record(one, number), explain_record(other, number)
            return Parting(setups, number - 1, what, places, first, second)
    same = min(len(one.records), len(other.records))
    ends = len(one.records) != len(other.records)
    return Parting(setups, same, "end" if ends else None)


def _unlike(one: Record, other: Record, *, evidence: bool) -> tuple[str | None, tuple[Difference, ...]]:
    events = tuple(differences(event_to_json(one.event), event_to_json(other.event)))
    if events:
        return "event", events
    left, right = action_to_json(one.action), action_to_json(other.action)
    found = tuple(differences(_bare(left), _bare(right)))
    if type(one.action) is not type(other.action):
        return "action", found
    if found:
        return "decision", found
    found = tuple(differences(left, right)) if evidence else ()
    return ("evidence", found) if found else (None, ())


def _bare(action: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in action.items() if name != "evidence"}


def only(one: Explanation, other: Explanation) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
    """The sentences that are in only one of two explanations."""
    left, right = {said.text for said in one.said}, {said.text for said in other.said}
    return (
        tuple(said for said in one.said if said.text not in right),
        tuple(said for said in other.said if said.text not in left),
    )
