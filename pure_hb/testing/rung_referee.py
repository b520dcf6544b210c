"""WHICH TRIALS SHOULD HAVE CONTINUED? A referee that keeps its own rungs, from events and answers alone.

It knows the claims of a scheduler (`RungClaims`) and not its state. Each answer is recorded even if it is wrong, so
that one fault does not hide another.
"""

import math
from collections import Counter
from collections.abc import Iterator

from attrs import define, field

from pure_hb.protocol import Action, Ask, Continue, Done, Event, Pause, Report, Resume, Start, Stop, Wait
from pure_hb.testing.claims import Jumps, NotANumber, Place, RungClaims, Ties
from pure_hb.testing.rung_laws import (
    ANSWERED,
    BEST_FIRST,
    BETWEEN_LEVELS,
    GOES_ON,
    LEAVES,
    MAXIMUM,
    NEXT_LEVEL,
    ONE_PLACE,
    PROMOTES_FIRST,
    TOP_DOWN,
    TWICE,
    WHOLE_STAGE,
)
from pure_hb.testing.rung_record import Objection as Objection
from pure_hb.testing.rung_record import Record as Record

RungKey = tuple[int, int, int]
"""(bracket, round, level); the bracket is 0 if all brackets share their rungs, and the round is 0 without rounds."""


@define
class RungReferee:
    """Watches a history, one answer after the other."""

    claims: RungClaims
    records: dict[int, Record] = field(factory=dict)
    rungs: dict[RungKey, list[tuple[int, float]]] = field(factory=dict)

    def held_by(self, worker: str) -> Record | None:
        """The trial that a worker runs."""
        return next((record for record in self.records.values() if record.worker == worker), None)

    def due(self, record: Record) -> int:
        """The resource at which a trial is compared next."""
        return self.claims.next_level(record.level, record.bracket)

    def objections(self, event: Event, action: Action) -> list[Objection]:
        """All faults of an answer, which is then recorded as it is."""
        match event:
            case Ask():
                return [*self._ask(event.worker, action)]
            case Report():
                return [*self._report(event, action)]
            case _:
                raise TypeError(f"a world of rungs has no {type(event).__name__}; only Ask and Report are played")

    # ---- a worker asks ----------------------------------------------------------------------------------------------

    def _ask(self, worker: str, action: Action) -> Iterator[Objection]:
        waiting = self._sure()
        match action:
            case Start():
                if waiting:
                    yield Objection(PROMOTES_FIRST, f"trial {action.trial} was started, though {self._first(waiting)}")
                known = self.records.get(action.trial)
                if known is not None:
                    yield Objection(ONE_PLACE, f"trial {action.trial} was started, which is {known.place} already")
                number = self._round(action.bracket)
                self.records[action.trial] = Record(action.trial, action.config, action.bracket, worker, round=number)
                yield from self._until(action.trial, action.until)
            case Resume():
                yield from self._resume(worker, action, waiting)
            case Wait() | Done():
                said = f"a free worker was answered {type(action).__name__}"
                if waiting:
                    yield Objection(PROMOTES_FIRST, f"{said}, though {self._first(waiting)}")
                elif self._has_new():
                    yield Objection(ANSWERED, f"{said}, though a new trial can be started")
            case _:
                yield Objection(ANSWERED, f"an Ask was answered with {type(action).__name__}")

    def _resume(self, worker: str, action: Resume, waiting: list[Record]) -> Iterator[Objection]:
        record = self.records.get(action.trial)
        said = f"trial {action.trial} was resumed"
        if record is None:
            yield Objection(ONE_PLACE, f"{said}, which was never started")
            record = self.records[action.trial] = Record(action.trial, action.config, 0, None)
        elif record.place != "paused":
            yield Objection(ONE_PLACE, f"{said}, which is {record.place} already")
        else:
            if not self._waits(record):
                yield Objection(LEAVES, f"{said} from level {record.level}, where it has no entry to be compared by")
                waiting = []
            elif not self._complete(record):
                yield Objection(WHOLE_STAGE, f"{said} from level {record.level}, where {self._reported(record)}")
            elif self._passes(record) is False:
                yield Objection(LEAVES, f"{said} from level {record.level}, but {self.standing(record)}")
            higher = [other for other in waiting if other.level > record.level]
            if higher and self.claims.top_down:
                yield Objection(TOP_DOWN, f"{said} from level {record.level}, though {self._first(higher)}")
            beside = self._in_rung_of(record, waiting)
            better = [other for other in beside if self._value(other) < self._value(record)]
            if better:
                value = self._shown(self._value(record))
                yield Objection(BEST_FIRST, f"{said} with {value}, though {self._first(better)}")
            if action.promoted_from not in (None, record.level):
                yield Objection(NEXT_LEVEL, f"{said} from level {action.promoted_from}; it pauses at {record.level}")
            if action.start_from not in (record.highest, record.level):
                yield Objection(
                    NEXT_LEVEL, f"{said} from epoch {action.start_from}; it was trained to {record.highest}"
                )
        if action.config != record.config:
            yield Objection(ONE_PLACE, f"{said} with another configuration")
        record.worker, record.leg = worker, record.leg + 1
        yield from self._until(action.trial, action.until)

    def _until(self, trial: int, until: int) -> Iterator[Objection]:
        due = self.due(self.records[trial])
        if self.claims.says_until and until != due:
            yield Objection(NEXT_LEVEL, f"trial {trial} was sent to {until}; the next level of its bracket is {due}")

    # ---- a trial reports --------------------------------------------------------------------------------------------

    def _report(self, event: Report, action: Action) -> Iterator[Objection]:
        record = self.records[event.trial]
        if event.resource <= record.highest:
            yield from self._again(record, event, action)
            return
        due, record.highest, record.last = self.due(record), event.resource, (event, action)
        said = (
            f"trial {event.trial} reported {event.value} at {event.resource} and was answered {type(action).__name__}"
        )
        if not isinstance(action, Continue | Pause | Stop):
            yield Objection(ANSWERED, said)
        elif math.isnan(event.value) and self.claims.nan in (NotANumber.ENDS, NotANumber.ENDS_UNCOUNTED):
            if self.claims.nan is NotANumber.ENDS and due <= event.resource < self.claims.max_resource:
                self._enter(record, event, self._highest(record, event.resource))
            if not isinstance(action, Stop):
                yield Objection(LEAVES, f"{said}, but a NaN ends its trial here")
        elif event.resource >= self.claims.max_resource:
            if not isinstance(action, Stop):
                yield Objection(MAXIMUM, f"{said}; {self.claims.max_resource} is the maximum, where trials end")
        elif event.resource < due:
            if not isinstance(action, Continue):
                yield Objection(BETWEEN_LEVELS, f"{said}; it is compared at {due} next, and not before")
        elif math.isnan(event.value) and self.claims.nan is NotANumber.UNCOUNTED:
            record.level = self._highest(record, event.resource)
            if not isinstance(action, Continue):
                yield Objection(GOES_ON, f"{said}, but a NaN is passed over here")
        else:
            yield from self._at_level(record, event, action, said)
        if isinstance(action, Pause | Stop):
            record.worker, record.ended = None, isinstance(action, Stop)
        elif isinstance(action, Continue):
            yield from self._until(event.trial, action.until)

    def _again(self, record: Record, event: Report, action: Action) -> Iterator[Objection]:
        if record.last is None or record.last[0] != event:
            return
        first = type(record.last[1]).__name__
        if type(action).__name__ != first:
            what = (
                f"trial {event.trial} was answered {first}, and {type(action).__name__} when the same report came again"
            )
            yield Objection(TWICE, what)

    def _at_level(
        self, record: Record, event: Report, action: Continue | Pause | Stop, said: str
    ) -> Iterator[Objection]:
        passes: bool | None = True
        if self.claims.jumps is Jumps.HIGHEST:
            self._enter(record, event, self._highest(record, event.resource))
            passes = self._passes(record)
        else:
            while passes and self.due(record) <= min(event.resource, self.claims.max_resource - 1):
                self._enter(record, event, self.due(record))
                passes = self._passes(record)
        if self.claims.kind == "promotion":
            if not isinstance(action, Pause):
                yield Objection(BETWEEN_LEVELS, f"{said}; at level {record.level} trials pause")
        elif isinstance(action, Pause):
            yield Objection(ANSWERED, f"{said}; nothing pauses here")
        elif isinstance(action, Continue) and passes is False:
            yield Objection(LEAVES, f"{said}, but {self.standing(record)}")
        elif isinstance(action, Stop) and passes is True:
            yield Objection(GOES_ON, f"{said}, but {self.standing(record)}")

    # ---- rungs -----------------------------------------------------------------------------------------------------

    def _highest(self, record: Record, resource: int) -> int:
        return max(level for level in self.claims.levels[record.bracket :] if level <= resource)

    def _key(self, record: Record) -> RungKey:
        separate = self.claims.separate or self.claims.rounds is not None
        return (record.bracket if separate else 0, record.round, record.level)

    def _enter(self, record: Record, event: Report, level: int) -> None:
        record.level = level
        value = math.inf if math.isnan(event.value) else -event.value if self.claims.maximize else event.value
        self.rungs.setdefault(self._key(record), []).append((record.number, value))

    def _value(self, record: Record) -> float:
        return next(value for trial, value in self.rungs[self._key(record)] if trial == record.number)

    def _places(self, record: Record) -> tuple[Place, Place]:
        """Two places of an entry: one if equal values are not better, and one if they are (all of them, or the earlier
        ones)."""
        entries, value = self.rungs[self._key(record)], self._value(record)
        number = [trial for trial, _ in entries].index(record.number)
        others = [*entries[:number], *(entries[number + 1 :] if self.claims.kind == "promotion" else ())]
        values = sorted(other for _, other in (entries if self.claims.counts_itself else others))
        better = sum(other < value for _, other in others)
        before = entries[:number] if self.claims.ties is Ties.EARLIER else others
        equal = sum(other == value for _, other in before)
        share = self.claims.share(record.level)
        return (
            Place(better, len(values), share, value, tuple(values)),
            Place(better + equal, len(values), share, value, tuple(values)),
        )

    def _passes(self, record: Record) -> bool | None:
        """Whether a trial passes at its level; None if the claims leave that open."""
        place, at_worst = self._places(record)
        if not self._complete(record):
            return False
        if place.entries < max(self.claims.fewest, 1):
            return self.claims.kind == "stopping"
        if place.value == math.inf and self.claims.kind == "promotion" and self.claims.nan is NotANumber.ENDS:
            return False
        passes, still = self._among(record, place), self._among(record, at_worst)
        match Ties.EITHER if place.value == math.inf else self.claims.ties:  # the order of two NaNs is undefined
            case Ties.TOGETHER:
                return passes
            case Ties.EARLIER:
                return still
            case Ties.EITHER:
                return passes if passes == still else None

    def _among(self, record: Record, place: Place) -> bool | None:
        rounds = self.claims.rounds
        if rounds is None:
            return self.claims.quota.passes(place)
        return place.better < rounds.sizes[record.bracket][self._stage(record) + 1]

    # ---- rounds ----------------------------------------------------------------------------------------------------

    def _round(self, bracket: int) -> int:
        if self.claims.rounds is None:
            return 0
        return self.claims.rounds.number(bracket, sum(one.bracket == bracket for one in self.records.values()))

    def _has_new(self) -> bool:
        """Whether a free worker that gets no promotion must get a new trial."""
        rounds = self.claims.rounds
        if rounds is None or rounds.at_once:
            return self.claims.new_trials
        started = Counter((one.bracket, one.round) for one in self.records.values())
        return not started or any(count < rounds.sizes[bracket][0] for (bracket, _), count in started.items())

    def _stage(self, record: Record) -> int:
        return self.claims.levels[record.bracket :].index(record.level)

    def _expected(self, record: Record) -> int:
        """How many entries the rung of a trial will get; 0 without rounds."""
        rounds = self.claims.rounds
        if rounds is None:
            return 0
        levels = self.claims.levels[record.bracket :][: self._stage(record) + 1]
        keys = [(record.bracket, record.round, level) for level in levels]
        values = [[value for _, value in self.rungs.get(key, ())] for key in keys]
        return rounds.expected(record.bracket, values, self.claims.nan)

    def _complete(self, record: Record) -> bool:
        return len(self.rungs[self._key(record)]) >= self._expected(record)

    def _reported(self, record: Record) -> str:
        return f"{len(self.rungs[self._key(record)])} of {self._expected(record)} trials of its round have reported"

    def _sure(self) -> list[Record]:
        """The trials that wait and pass, with any meaning of ties."""
        if self.claims.kind == "stopping":
            return []
        paused = [record for record in self.records.values() if record.place == "paused" and self._waits(record)]
        return [record for record in paused if self._passes(record) is True]

    def _waits(self, record: Record) -> bool:
        return record.highest < self.claims.max_resource and any(
            trial == record.number for trial, _ in self.rungs.get(self._key(record), ())
        )

    def _in_rung_of(self, record: Record, others: list[Record]) -> list[Record]:
        return [other for other in others if self._key(other) == self._key(record)]

    # ---- words -----------------------------------------------------------------------------------------------------

    def _shown(self, value: float) -> str:
        return "NaN" if value == math.inf else repr(-value if self.claims.maximize else value)

    def _quota(self, record: Record, place: Place) -> str:
        rounds = self.claims.rounds
        if rounds is None:
            return f"{self.claims.quota.name} (n {place.entries}, eta {1 / place.share})"
        return f"{rounds.sizes[record.bracket][self._stage(record) + 1]} of a round of {place.entries} go on"

    def _first(self, records: list[Record]) -> str:
        best = min(records, key=lambda record: (-record.level, self._value(record), record.number))
        return self.standing(best)

    def standing(self, record: Record) -> str:
        """The place of a trial at its level, in words."""
        place, at_worst = self._places(record)
        others = place.entries - self.claims.counts_itself
        if not self._complete(record):
            fate = self._reported(record)
        elif place.entries < max(self.claims.fewest, 1):
            fate = "there is too little to compare it with"
        else:
            fate = {True: "passes", False: "does not pass", None: "may pass"}[self._passes(record)]
            fate = f"it {fate}, as {self._quota(record, place)}"
        equal = at_worst.better - place.better
        equals = f", {equal} equal" if equal else ""
        better = (
            "it is alone" if not others else f"{place.better} of {others} others {_are(place.better)} better{equals}"
        )
        return f"trial {record.number} stands at level {record.level} with {self._shown(place.value)}: {better}; {fate}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
