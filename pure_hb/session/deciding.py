"""HOW DOES A DECISION COME INTO THE LOG? Chosen, appended if nobody else was faster, and only then the state.

Nothing is locked in a store while it is thought about: who comes too late sees what the others did, and chooses again.
"""

import math
from collections.abc import Callable
from itertools import count

from attrs import frozen

from pure_hb.journal import Behind, FileJournal, SharedJournal
from pure_hb.journal.records import not_less
from pure_hb.machine import State, advance, choose
from pure_hb.protocol import Action, Event
from pure_hb.session.budget import seconds_of
from pure_hb.session.company import Company


@frozen
class Decided:
    """An event, its action, and the states around it; ``after`` is ``before`` if it was not logged."""

    event: Event
    action: Action
    before: State
    after: State


class Decider:
    """The state, and how it goes on. One thread at a time."""

    def __init__(
        self, journal: FileJournal | SharedJournal, state: State, company: Company, now: Callable[[], float]
    ) -> None:
        self.journal: FileJournal | SharedJournal = journal
        self.company: Company = company
        self._now = now
        self.state: State = state
        """That after the last record known to be in the journal."""
        self._next: State | None = None

    @property
    def elapsed(self) -> float:
        """Seconds of work on the run. It never decreases, whatever the clock says."""
        return not_less(round(self.company.elapsed(), 6), self.journal.head.elapsed)

    def settle(self) -> None:
        """Takes the next state if its record is in the journal: an interrupt may have come right after the append."""
        if self._next is not None and self._next.clock == self.journal.number:
            self.state = self._next
        self._next = None

    def catch_up(self) -> bool:
        """Takes in what other processes have appended. Returns whether there was anything. Raises `JournalError`."""
        self.settle()
        before = self.state
        self.state = self.company.catch_up(before)
        return self.state is not before

    def decide(self, make: Callable[[State], Event | None]) -> Decided | None:
        """Decides the event that is made of the state; None if none is made of it. If others were faster, it is made
        and decided again.

        Raises:
            JournalError: if the decision could not be written; the state is then as before.
        """
        self.catch_up()
        for races in count():
            event, before = make(self.state), self.state
            if event is None:
                return None
            began = seconds_of(self._now())
            action = choose(before, event)
            if not action.logged:
                return Decided(event, action, before, before)
            after = advance(before, event, action)
            seconds = round(seconds_of(self._now()) - began, 6)
            if self._append(event, action, after, seconds, races):
                if races:
                    self.company.won()
                return Decided(event, action, before, after)
        raise AssertionError("count() has no end")

    def _append(self, event: Event, action: Action, after: State, seconds: float, races: int) -> bool:
        """Appends a decision; waits while somebody else has claimed the next record. Returns whether it did: not if
        others have appended, which is taken in then."""
        took = seconds if 0.0 <= seconds < math.inf else None
        while True:
            self._next = after
            try:
                self.journal.append(event, action, self.elapsed, self.company.utc(), took)
            except Behind:
                if self.catch_up():
                    self.company.give_way(races + 1, seconds)
                    return False
                self.company.wait_for_claim()
            else:
                self.settle()
                return True
