"""WHICH OTHER LAWS MUST THIS LIBRARY'S MACHINE KEEP? Those about the two halves of a decision, evidence, and indices
over the log."""

from typing import Any

from attrs import evolve

import pure_hb as hb
from pure_hb.codec import action_from_json, action_to_json, canonical, parse
from pure_hb.testing.books import Books
from pure_hb.testing.breach import Breach
from pure_hb.testing.subject import Events, Subject, follow


def _setup_of(subject: Subject[Any]) -> hb.Setup:
    if subject.setup is None:
        raise TypeError("this law looks at our own state; give the setup: check_machine(..., setup=setup)")
    return subject.setup


def two_halves(subject: Subject[Any], events: Events) -> Breach | None:
    """The law TWO_HALVES: `decide` is `choose` followed by `advance`. Returns the first breach, or None."""
    for turn in follow(subject, events):
        action = hb.choose(turn.before, turn.event)
        if action != turn.action:
            return Breach(turn.number, f"choose says {action}, decide says {turn.action}")
        read = action_from_json(parse(canonical(action_to_json(action))))
        for said, how in ((action, "advance"), (read, "advance with the action read from JSON")):
            after = hb.advance(turn.before, turn.event, said)
            if after != turn.after:
                return Breach(turn.number, f"{how} gives {after}, decide gives {turn.after}")
    return None


def evidence(subject: Subject[Any], events: Events) -> Breach | None:
    """The law EVIDENCE: a log without evidence folds to the same state. Returns the first breach, or None."""
    state = hb.initial(_setup_of(subject))
    for turn in follow(subject, events):
        if turn.action.logged:
            state = hb.advance(state, turn.event, evolve(turn.action, evidence=()))
        if state != turn.after:
            return Breach(turn.number, f"without evidence the log folds to {state}, not to {turn.after}")
    return None


def one_truth(subject: Subject[Any], events: Events) -> Breach | None:
    """The law ONE_TRUTH: indices are those rebuilt from the accepted log. Returns the first breach, or None."""
    books = Books(_setup_of(subject))
    for turn in follow(subject, events):
        if turn.action.logged:
            books.write(turn.event, turn.action)
        difference = next(books.differences(turn.after), None) if turn.action.logged else None
        if difference is not None:
            return Breach(turn.number, difference)
    return None
