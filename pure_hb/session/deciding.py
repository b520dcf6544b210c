"""HOW DO DECISIONS COME INTO THE LOG? Choose, append if no other process was faster, and only then take the new state.

No store is locked while an action is chosen. If another process appends first, this one reads its records and chooses
again. Several events may be decided together: one after the other, and appended in one write, all or none.
"""

import math
from collections.abc import Callable, Sequence
from itertools import count

from attrs import frozen

from pure_hb.journal import Behind, Decision, FileJournal, SharedJournal
from pure_hb.journal.records import not_less
from pure_hb.machine import State, advance, choose
from pure_hb.protocol import Action, Event
from pure_hb.session.budget import seconds_of
from pure_hb.session.company import Company

Make = Callable[[State], Event | None]
"""Makes an event from the newest state, which may have records of other processes; None: no event."""


def always(event: Event) -> Make:
    """Makes the same event from every state."""
    return lambda state: event


@frozen
class Decided:
    """An event, its action, and the states around it; ``after`` is ``before`` if it was not logged."""

    event: Event
    action: Action
    before: State
    after: State
    seconds: float
    """What the decision took, by the clock of the session."""
    races: int = 0
    """The number of lost races: how often another process was faster."""


class Decider:
    """The state, and the decisions that change it. For one thread at a time."""

    def __init__(
        self, journal: FileJournal | SharedJournal, state: State, company: Company, now: Callable[[], float]
    ) -> None:
        self.journal: FileJournal | SharedJournal = journal
        self.company: Company = company
        self._now = now
        self.state: State = state
        """The state after the last record known to be in the journal."""
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
        """Applies the records of other processes. Returns whether there were any. Raises `JournalError`."""
        self.settle()
        before = self.state
        self.state = self.company.catch_up(before)
        return self.state is not before

    def decide(self, make: Make) -> Decided | None:
        """Decides the event that ``make`` makes from the state; None if it makes none. If another process was faster,
        the event is made and decided again.

        Raises:
            JournalError: if the decision could not be written; the state is then as before.
        """
        return self.decide_all((make,))[0]

    def decide_all(self, makes: Sequence[Make]) -> tuple[Decided | None, ...]:
        """The same for several events, each made from the state after those before it. They are appended together, all
        or none; if another process was faster, all are made and decided again.

        Raises:
            JournalError: if they could not be written; the state is then as before.
        """
        if not makes:
            return ()
        for races in count():
            began = seconds_of(self._now())
            self.catch_up()
            decided, state = [], self.state
            for make in makes:
                event = make(state)
                decided.append(None if event is None else self._decided(state, event, races))
                state = state if (last := decided[-1]) is None else last.after
            logged = [one for one in decided if one is not None and one.action.logged]
            if not logged or self._append(logged, races, began):
                self.company.won()
                return tuple(decided)
        raise AssertionError("count() has no end")

    def _decided(self, before: State, event: Event, races: int) -> Decided:
        began = seconds_of(self._now())
        action = choose(before, event)
        after = advance(before, event, action) if action.logged else before
        return Decided(event, action, before, after, round(seconds_of(self._now()) - began, 6), races)

    def _append(self, logged: list[Decided], races: int, began: float) -> bool:
        """Appends decisions; waits while another process has claimed the next record. Returns False if other processes
        have appended; their records are then applied."""
        thought = seconds_of(self._now())
        decisions = [Decision(one.event, one.action, _duration(one.seconds)) for one in logged]
        while True:
            self._next = logged[-1].after
            try:
                self.journal.append_all(decisions, self.elapsed, self.company.utc())
            except Behind:
                if self.catch_up():
                    self.company.give_way(races + 1, thought - began, seconds_of(self._now()) - began)
                    return False
                self.company.wait_for_claim()
            else:
                self.settle()
                return True


def _duration(seconds: float) -> float | None:
    return seconds if 0.0 <= seconds < math.inf else None
