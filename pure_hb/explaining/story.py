"""WHAT WAS THE STATE AT ONE DECISION? `Story`: the records of a log, and the states at each of them, from a fold."""

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from pure_hb.auditing import Step
from pure_hb.journal import Place, Record, read_journal
from pure_hb.journal.replay import step as replayed
from pure_hb.machine import Setup, State, initial
from pure_hb.protocol import Action, Event, Report, Start

Arrivals = dict[tuple[int, int], dict[int, int]]
"""(rung system, level) -> trial -> the record that made its entry."""


class StoryError(ValueError):
    """A record or trial that a log does not have, or an impossible change; the message says what is possible."""


@frozen
class Told:
    """A record of a log, with the states before and after it."""

    record: Record
    step: Step


@frozen(eq=False)
class Story:
    """The records of a log. Nothing is decided again until a question needs it."""

    name: str
    """Its name in messages: the path of the file."""
    setup: Setup
    records: tuple[Record, ...] = field(repr=False)

    @classmethod
    def of_file(cls, place: str | Place) -> "Story":
        """The story of a journal.

        Raises:
            JournalError: if it cannot be read, or is damaged.
        """
        header, records, _ = read_journal(place)
        return cls(str(place), header.setup, records)

    @classmethod
    def of_pairs(cls, setup: Setup, pairs: Iterable[tuple[Event, Action]]) -> "Story":
        """The story of (event, action) pairs, which have no times."""
        records = tuple(Record(number, event, action) for number, (event, action) in enumerate(pairs, 1))
        return cls("the log", setup, records)

    def told(self, first: int = 1, state: State | None = None) -> Iterator[Told]:
        """The records from ``first`` on, with the states before and after each.

        Raises:
            ReplayError: at a record that cannot follow the records before it.
        """
        state = self.state_before(first) if state is None else state
        for record in self.records[first - 1 :]:
            after = replayed(state, record.number, record.event, record.action)
            yield Told(record, Step(state, record.event, record.action, after))
            state = after

    def state_before(self, number: int) -> State:
        """The state in which record ``number`` was decided. Raises `ReplayError` as `told`."""
        state = initial(self.setup)
        for record in self.records[: number - 1]:
            state = replayed(state, record.number, record.event, record.action)
        return state

    def record(self, number: int) -> Record:
        """Record ``number``, counted from 1.

        Raises:
            StoryError: if there is none.
        """
        if not 1 <= number <= len(self.records):
            there = f"records 1 to {len(self.records)}" if self.records else "no records"
            raise StoryError(f"{self.name} has {there}; there is no record {number}")
        return self.records[number - 1]

    def arrivals(self, before: int) -> Arrivals:
        """Which record before ``before`` made which entry."""
        brackets: dict[int, int] = {}
        found: Arrivals = {}
        for record in self.records[: before - 1]:
            action = record.action
            if isinstance(action, Start):
                brackets[action.trial] = action.bracket
            level = getattr(action, "level", None)
            if level is not None and isinstance(record.event, Report):
                system = brackets.get(record.event.trial, 0) if self.setup.separate_rungs else 0
                found.setdefault((system, level), {})[record.event.trial] = record.number
        return found
