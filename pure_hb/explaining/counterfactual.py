"""WHAT WOULD HAVE HAPPENED WITH OTHER SETTINGS? A log is decided with them as far as it has the values that are needed.

As long as every decision is the recorded one, the recorded events happen. From the first different decision on, events
are simulated: each worker trains its trial, an epoch takes as long as it took in the record, and the k-th trial that is
started has the k-th recorded configuration. The simulation ends where it would need a value that was not observed;
nothing is guessed.
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
"""The order of two times with a smaller relative difference is unknown: they may differ by rounding only."""


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
    """All known decisions, from the beginning."""
    parted: int | None
    """The number of the first record that would have been decided differently; None: there is none."""
    unknown: str | None
    """What would be needed next but was not observed; None: everything is known."""
    state: State
    """The state after the decisions."""


class Unknown(Exception):
    """Something that was not observed; the message says what."""


def played(world: World, records: tuple[Record, ...], setup: Setup, max_trials: int | None) -> Counterfactual:
    """A log with another setup, with at most ``max_trials`` trials, or as many as it has."""
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
    """A counterfactual in progress. It changes in place and never leaves this module."""

    world: World
    setup: Setup
    state: State
    limit: int
    known: list[Known] = field(factory=list)
    parted: int | None = None
    closed: bool = False
    """Whether more trials would have been started than allowed: no worker asks any more."""
    names: dict[int, int] = field(factory=dict)
    """Trial -> its number among the started ones."""
    queue: list[tuple[float, int, int, str]] = field(factory=list)
    """(time, 0 for an Ask or 1 for a report or 2 for an observation, the place of the worker, the worker)."""
    coming: dict[str, Epoch | str] = field(factory=dict)
    idle: list[str] = field(factory=list)

    # ---- as long as it is the record -------------------------------------------------------------------------------

    def follow(self, records: tuple[Record, ...]) -> None:
        """Decide recorded events, up to the first different decision."""
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
        """The decision; None: a trial would be started that is not allowed."""
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
        """Checks for a model that also resumes trials: what it would choose in another situation is unknown."""
        if recorded is None or not self.is_own:
            raise Unknown(
                f"what the model of {self.world.setup.method} would choose: a new configuration, or who goes on"
            )
        if isinstance(recorded, Start) and self.state.tried.started >= self.limit:
            return None
        return recorded

    def in_its_bracket(self, action: Start, recorded: Action | None) -> Start:
        """For a search that draws brackets from what it has learned: uses the recorded draw, as long as everything is
        as recorded."""
        odds_are_learned = self.setup.brackets > 1 and hasattr(self.world.setup.search, "theta_from")
        if not odds_are_learned:
            return action
        if isinstance(recorded, Start) and self.is_own:
            return evolve(action, bracket=recorded.bracket, until=recorded.until)
        raise Unknown(f"the bracket that {self.world.setup.method} would draw for trial {action.trial}, by its theta")

    @property
    def is_own(self) -> bool:
        """Whether the rungs and the rule are those of the record."""
        ours, theirs = self.setup, self.world.setup
        return (ours.levels, ours.brackets, ours.rule, ours.separate_rungs) == (
            theirs.levels, theirs.brackets, theirs.rule, theirs.separate_rungs,
        )  # fmt: skip

    def accept(self, time: float, event: Event, action: Action) -> None:
        """Apply a decision, and keep it if it is one that a log contains."""
        if not action.logged:
            return
        if isinstance(action, Start):
            self.names[action.trial] = self.state.tried.started
        self.state = replayed(self.state, len(self.known) + 1, event, action)
        self.known.append(Known(time, event, action))

    # ---- from where it parts ---------------------------------------------------------------------------------------

    def part(self, records: tuple[Record, ...], record: Record, action: Action | None) -> None:
        """The first different decision: which worker trains which trial now, and when does each worker ask?"""
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
        """Whether the record with the different decision has freed this worker."""
        event = record.event
        if not isinstance(event, Report) or self.state.trials[event.trial].worker is not None:
            return False
        given = self.state.trials.given.get(worker)
        return given == event.trial

    def push(self, at: float, kind: int, worker: str) -> None:
        """Puts an event of a worker into the queue."""
        place = list(self.world.asks).index(worker)
        heapq.heappush(self.queue, (at, kind, place, worker))

    def train(self, worker: str, now: float, *, anchored: bool) -> None:
        """The worker trains its trial for one more epoch. ``anchored``: as in the record, so that it reports at the
        recorded time."""
        trial = self.state.trials.held(worker)
        assert isinstance(trial, Trial)
        epoch = self.world.next_epoch(self.names[trial.number], trial.highest, trial.until)
        self.coming[worker] = epoch
        if isinstance(epoch, str):
            self.push(now, 1, worker)  # the time is unknown: every later event may come after it
        elif anchored and epoch.at is not None:
            self.push(epoch.at, 1, worker)
        else:
            self.push(now + epoch.seconds, 1, worker)

    def go_on(self) -> None:
        """Handles events until there are none."""
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
        """Ends the simulation if two times are so near that their order is unknown."""
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
        """A worker reports, if the value is known."""
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
    """The action without its evidence and memory."""
    names = ("trial", "until", "level", "bracket", "leg", "promoted_from", "start_from", "logged")
    return (type(action), *(getattr(action, name, None) for name in names))


def _with_learned(action: Action, recorded: Action) -> Action:
    if isinstance(action, Start) and isinstance(recorded, Start):
        return evolve(action, learned=recorded.learned)
    if isinstance(action, Resume) and isinstance(recorded, Resume):
        return evolve(action, learned=recorded.learned)
    return action
