"""WHAT WOULD THE SAME WORLD HAVE MADE OF OTHER SETTINGS? A log, decided under them for as long as its world is known.

As long as every decision is the recorded one, the recorded events happen. From the first that differs on, the world is
played: each worker trains what it is given, an epoch takes as long as it took in the record, and the k-th trial that is
started has the k-th recorded configuration. It ends where something would be needed that nobody observed. That is said,
and nothing is put in its place.
"""

import heapq
from typing import Final

from attrs import define, evolve, field, frozen

from pure_hb.explaining.recorded import Epoch, World
from pure_hb.journal import Record
from pure_hb.journal.replay import step as replayed
from pure_hb.machine import Setup, State, Trial, choose, initial
from pure_hb.protocol import Action, Ask, Continue, Event, Pause, Report, Resume, Start, Stop
from pure_hb.search import RandomSearch

_TOO_NEAR: Final = 1e-9
"""Two moments this near to each other, relatively, are no order: they may only differ by rounding."""


@frozen
class Known:
    """A decision that is known under the other settings."""

    time: float
    event: Event
    action: Action


@frozen(eq=False)
class Counterfactual:
    """What is known of a log under other settings."""

    decisions: tuple[Known, ...] = field(repr=False)
    """All that is known, from the beginning."""
    parted: int | None
    """The number of the record that would have been decided otherwise; None: none."""
    unknown: str | None
    """What would be needed next and was never observed; None: it is known to its end."""
    state: State
    """The state after the decisions."""


class Unknown(Exception):
    """Something that was never observed; the message says what."""


def played(world: World, records: tuple[Record, ...], setup: Setup, max_trials: int | None) -> Counterfactual:
    """A log under another setup, with at most ``max_trials`` trials, or as many as it has."""
    base = evolve(setup, search=world.setup.search, points=world.setup.points)
    limit = len(world.configurations) if max_trials is None else max_trials
    run = _Run(world, setup, initial(base), limit)
    try:
        run.follow(records)
        run.go_on()
    except Unknown as error:
        return Counterfactual(tuple(run.known), run.parted, str(error), run.state)
    return Counterfactual(tuple(run.known), run.parted, None, run.state)


@define
class _Run:
    """A counterfactual under way. It changes in place and never leaves this module."""

    world: World
    setup: Setup
    state: State
    limit: int
    known: list[Known] = field(factory=list)
    parted: int | None = None
    closed: bool = False
    """Whether one more trial was due than may be started: nobody asks any more."""
    names: dict[int, int] = field(factory=dict)
    """Trial -> its number among the started ones."""
    queue: list[tuple[float, int, int, str]] = field(factory=list)
    """(time, 0 for an Ask or 1 for a report or 2 for an observation, the place of the worker, the worker)."""
    coming: dict[str, Epoch | str] = field(factory=dict)
    idle: list[str] = field(factory=list)

    # ---- as long as it is the record -------------------------------------------------------------------------------

    def follow(self, records: tuple[Record, ...]) -> None:
        """Decide recorded events, up to the first decision that differs."""
        for record in records:
            event = record.event
            action = self.answer(event, record.action)
            if action is None:
                self.part(records, record, None)
                return
            same = _core(action) == _core(record.action)
            if same:
                action = _with_learned(action, record.action)
            self.accept(record.elapsed, event, action)
            if not same:
                self.part(records, record, action)
                return

    def answer(self, event: Event, recorded: Action | None) -> Action | None:
        """What is decided; None: a trial is due that may not be started."""
        if not isinstance(event, Ask):
            return choose(self.state, event)
        number = self.state.tried.started
        at_end = number >= len(self.world.configurations)
        points = () if at_end else (self.world.configurations[number],)
        asked = evolve(self.setup, points=points, search=RandomSearch(allow_duplicates=True))
        view = evolve(self.state, setup=asked, tried=evolve(self.state.tried, next_point=0))
        action = choose(view, event)
        if self.world.setup.search.resumes and not isinstance(action, Resume):
            return self.by_the_model(recorded)
        if not isinstance(action, Start):
            return action
        if number >= self.limit:
            return None
        if at_end:
            raise Unknown(f"a configuration number {number + 1}; the record has {number}")
        return self.in_its_bracket(action, recorded)

    def by_the_model(self, recorded: Action | None) -> Action | None:
        """A model that also resumes trials chose: what it would choose elsewhere nobody knows."""
        if recorded is None or not self.is_own:
            raise Unknown(
                f"what the model of {self.world.setup.method} would choose: a new configuration, or who goes on"
            )
        if isinstance(recorded, Start) and self.state.tried.started >= self.limit:
            return None
        return recorded

    def in_its_bracket(self, action: Start, recorded: Action | None) -> Start:
        """A search that draws brackets by what it has learned draws them as recorded, while all else is as recorded."""
        odds_are_learned = self.setup.brackets > 1 and hasattr(self.world.setup.search, "theta_from")
        if not odds_are_learned:
            return action
        if isinstance(recorded, Start) and self.is_own:
            return evolve(action, bracket=recorded.bracket, until=recorded.until)
        raise Unknown(f"the bracket that {self.world.setup.method} would draw for trial {action.trial}, by its theta")

    @property
    def is_own(self) -> bool:
        """Whether trials are compared as in the record."""
        ours, theirs = self.setup, self.world.setup
        return (ours.levels, ours.brackets, ours.rule, ours.separate_rungs) == (
            theirs.levels, theirs.brackets, theirs.rule, theirs.separate_rungs,
        )  # fmt: skip

    def accept(self, time: float, event: Event, action: Action) -> None:
        """Apply a decision, and keep it if it is one that a log has."""
        if not action.logged:
            return
        if isinstance(action, Start):
            self.names[action.trial] = self.state.tried.started
        self.state = replayed(self.state, len(self.known) + 1, event, action)
        self.known.append(Known(time, event, action))

    # ---- from where it parts ---------------------------------------------------------------------------------------

    def part(self, records: tuple[Record, ...], record: Record, action: Action | None) -> None:
        """The first decision that differs: who trains what now, and who will ask when?"""
        self.parted, now = record.number, record.elapsed
        if action is None:
            self.closed = True
        for worker, times in self.world.asks.items():
            held = self.state.trials.held(worker)
            if held is not None:
                anchored = not (isinstance(action, Start | Resume) and action.trial == held.number)
                told = isinstance(record.event, Report) and record.event.trial == held.number
                self.train(worker, now, anchored=anchored and not told)
                continue
            later = [at for at in times if at >= now and not (at == now and self._asked(record, worker))]
            if self._freed(record, worker) or (isinstance(record.event, Ask) and record.event.worker == worker):
                self.push(now, 0, worker)
            elif later:
                self.push(later[0], 0, worker)
        for at in self.world.observed:
            if at >= now and any(r.elapsed == at and r.number > record.number for r in records):
                heapq.heappush(self.queue, (at, 2, 0, ""))

    def _asked(self, record: Record, worker: str) -> bool:
        return isinstance(record.event, Ask) and record.event.worker == worker

    def _freed(self, record: Record, worker: str) -> bool:
        """Whether this worker was freed by the record that differs."""
        event = record.event
        if not isinstance(event, Report) or self.state.trials[event.trial].worker is not None:
            return False
        given = self.state.trials.given.get(worker)
        return given == event.trial

    def push(self, at: float, kind: int, worker: str) -> None:
        """Something will happen to a worker."""
        place = list(self.world.asks).index(worker)
        heapq.heappush(self.queue, (at, kind, place, worker))

    def train(self, worker: str, now: float, *, anchored: bool) -> None:
        """The worker trains its trial for one more epoch. ``anchored``: it trains as in the record, and reports when it
        did there."""
        trial = self.state.trials.held(worker)
        assert isinstance(trial, Trial)
        epoch = self.world.next_epoch(self.names[trial.number], trial.highest, trial.until)
        self.coming[worker] = epoch
        if isinstance(epoch, str):
            self.push(now, 1, worker)  # nobody knows when: all after this moment may come after it
        elif anchored and epoch.at is not None:
            self.push(epoch.at, 1, worker)
        else:
            self.push(now + epoch.seconds, 1, worker)

    def go_on(self) -> None:
        """What happens next, until nothing does."""
        while self.queue:
            at, kind, _, worker = heapq.heappop(self.queue)
            self.refuse_unordered(at)
            match kind:
                case 0:
                    self.ask(at, worker)
                case 1:
                    self.report(at, worker)
                case _:
                    raise Unknown("what a result from elsewhere, which was told then, would have changed")

    def refuse_unordered(self, at: float) -> None:
        """Two moments that differ by less than rounding could come in any order."""
        for other, kind, _, _ in self.queue[:3]:
            if other != at and abs(other - at) <= _TOO_NEAR * max(1.0, abs(at)) and kind:
                raise Unknown(f"which of two reports came first, {at!r} s or {other!r} s")

    def ask(self, at: float, worker: str) -> None:
        """A free worker asks."""
        if self.closed:
            return
        event = Ask(worker)
        action = self.answer(event, None)
        if action is None:
            self.closed = True
            return
        self.accept(at, event, action)
        if isinstance(action, Start | Resume):
            self.train(worker, at, anchored=False)
        else:
            self.idle.append(worker)

    def report(self, at: float, worker: str) -> None:
        """A worker reports, if it is known what."""
        epoch, trial = self.coming.pop(worker), self.state.trials.held(worker)
        assert isinstance(trial, Trial)
        if isinstance(epoch, str):
            raise Unknown(epoch)
        event = Report(trial.number, epoch.resource, epoch.value, epoch.cost, trial.leg)
        action = choose(self.state, event)
        self.accept(at, event, action)
        if isinstance(action, Continue):
            self.train(worker, at, anchored=False)
        elif isinstance(action, Pause | Stop):
            self.idle.append(worker)
        for other in sorted(self.idle, key=list(self.world.asks).index):
            self.push(at, 0, other)
        self.idle = []


def _core(action: Action) -> tuple[object, ...]:
    """What is done, without evidence and without what is remembered."""
    names = ("trial", "until", "level", "bracket", "leg", "promoted_from", "start_from", "logged")
    return (type(action), *(getattr(action, name, None) for name in names))


def _with_learned(action: Action, recorded: Action) -> Action:
    if isinstance(action, Start) and isinstance(recorded, Start):
        return evolve(action, learned=recorded.learned)
    if isinstance(action, Resume) and isinstance(recorded, Resume):
        return evolve(action, learned=recorded.learned)
    return action
