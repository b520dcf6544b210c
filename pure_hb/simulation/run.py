"""WHAT WOULD HAVE HAPPENED? `simulate` runs a setup on a problem, for example a table of learning curves, in simulated
time.

All workers ask at time 0, in order. A trial reports after every resource. Reports are handled in the order of
(time, worker). A worker that becomes free asks at once; one that got nothing asks again after the next report, in the
order of the workers. A decision takes no simulated time unless measured seconds are charged.

With fits beside training (``fit="background"``), a fit that a report makes due is accepted at once, before anybody
asks; it takes no simulated time, also where decisions are charged. Without a clock, a simulation is a pure function of
its arguments.
"""

import heapq
import math
import warnings
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from attrs import define, evolve, field, frozen

from pure_hb.auditing import Spent, Tally
from pure_hb.machine import Setup, State, advance, choose, decide, fit_if_due, initial, too_few_trials
from pure_hb.problems import Answer, Failure, Judged, Problem
from pure_hb.protocol import Action, Ask, Assignment, Continue, Event, Fail, Pause, Report, Resume, Start, Stop
from pure_hb.simulation.refusing import Clock, Limits, Nan, faults, limit_faults, named
from pure_hb.space import Configuration

Recorder = Callable[[float, Event, Action], None]
"""Receives every logged pair with its simulated time in seconds."""

_DIGITS: Final = 6
_T = TypeVar("_T")


class SimulationError(ValueError):
    """Arguments that cannot be simulated; the message says what is allowed."""


@frozen
class SimulationResult:
    """What a simulated run found, and what it spent."""

    best: float | None
    """The best finite value that was reported, with the sign of the metric; None if there was none."""
    time: float
    """Simulated seconds to the last event, or ``max_time`` if something would have gone on after it."""
    trials: int
    """The number of trials that were started."""
    decisions: int
    """The number of asks and reports that were answered."""
    decision_seconds: float
    """Seconds that decisions took by the given clock; 0 without a clock."""
    trajectory: tuple[tuple[float, float], ...]
    """(time, value) of every improvement of the best value, in order of time."""
    regret: float | None
    """The normalised regret of ``best`` (`Table.regret`); None if there is no best, or the problem does not know it."""
    spent: Spent
    """What was spent, and on what."""
    state: State
    """The state at the end."""
    failures: int = 0
    """The number of trainings that failed. A trial that runs its leg again may fail again."""
    last_failure: str | None = None
    """The reason of the last failure; None if there was none."""

    def best_at(self, time: float) -> float | None:
        """The best value found up to a time in simulated seconds; None if there was none yet."""
        return next((value for when, value in reversed(self.trajectory) if when <= time), None)


def simulate(
    problem: Problem,
    setup: Setup,
    *,
    workers: int = 4,
    max_time: float | None = None,
    max_trials: int | None = None,
    start_delay: float = 0.0,
    stop_delay: float = 0.0,
    nan: Nan = "value",
    charge_decisions: bool = False,
    clock: Clock | None = None,
    record: Recorder | None = None,
) -> SimulationResult:
    """Runs a setup on a problem in simulated time. At least one of ``max_time`` and ``max_trials`` is needed.

    Args:
        problem: a `Table`, or what `problem`, `live_problem` or `cached_problem` make, or another `Problem`.
        setup: with the problem's space and goal, and a ``max_resource`` up to that of the problem.
        workers: the number of workers, at least 1. They are called "worker-0", "worker-1", ...
        max_time: the simulated seconds after which the simulation ends, at least 0.
        max_trials: the number of trials to start, at least 1. When one more would be started, no worker asks any more,
            and the running trials go on to their next pause or end.
        start_delay: simulated seconds from an assignment to the beginning of its training, at least 0.
        stop_delay: simulated seconds from a `Pause` or a `Stop` to the next Ask of the worker, at least 0.
        nan: "value" reports a value that is not finite as it is; "fail" sends a `Fail` instead. A `Failure` of the
            problem is always sent as `Fail`.
        charge_decisions: whether a decision also takes simulated time, the seconds that ``clock`` measures. There is
            one scheduler: while it decides, reports wait.
        clock: a function that returns seconds, for example `time.process_time`. None: decisions take 0 seconds.
        record: is called with the time, event and action of every logged pair, in order, also of fits beside training.

    Raises:
        SimulationError: if arguments are out of range or do not fit, or the seconds of the problem decrease.
        ProblemError, TableError: if the problem has no answer.
    """
    if isinstance(problem, Setup):
        way = "write simulate(problem, setup, max_trials=100)"
        raise SimulationError(f"simulate takes the problem first and the setup second, and got a Setup first; {way}")
    until = math.inf if max_time is None else max_time
    limits = Limits(workers, until, max_trials, start_delay, stop_delay, nan, charge_decisions)
    found = faults(problem, setup) + limit_faults(limits, clock)
    if found:
        raise SimulationError("This cannot be simulated.\n" + "\n".join(f"  {fault}" for fault in found))
    doubt = None if max_trials is None else too_few_trials(setup, max_trials, asking=workers)
    if doubt is not None:
        warnings.warn(doubt, stacklevel=2)
    run = _Run(problem, initial(setup), limits, clock or (lambda: 0.0), record or (lambda *_: None), Tally(setup))
    run.to_the_end()
    return run.result()


# ---- the loop ------------------------------------------------------------------------------------------------------


@frozen
class _Leg:
    """A leg under way: its trial has trained to resource ``done``, and trains for what comes next."""

    trial: int
    number: int
    config: Configuration
    begin: float
    """Seconds of training that the trial had when the leg began."""
    done: int
    elapsed: float
    """Seconds of training at ``done``."""
    coming: Answer | Failure | None = None
    """What the next resource brings."""


@define
class _Run:
    """A simulation under way. It changes in place and never leaves this module."""

    problem: Problem
    state: State
    limits: Limits
    clock: Clock
    record: Recorder
    tally: Tally
    now: float = 0.0
    queue: list[tuple[float, int]] = field(factory=list)
    """A heap of (time, worker): when a busy worker reports, or gets free."""
    busy: dict[int, _Leg | None] = field(factory=dict)
    """Worker -> the leg that it trains; None: it is getting free."""
    idle: list[int] = field(factory=list)
    closed: bool = False
    """Whether one more trial was suggested than may be started."""
    decisions: int = 0
    spent: float = 0.0
    trajectory: list[tuple[float, float]] = field(factory=list)
    failures: int = 0
    last_failure: str | None = None

    def to_the_end(self) -> None:
        """All events in their order."""
        self.let_ask(range(self.limits.workers))
        while self.queue:
            due = max(self.now, self.queue[0][0])  # where decisions are charged, reports wait for them
            if due > self.limits.max_time:
                self.now = self.limits.max_time
                break
            self.now = due
            _, worker = heapq.heappop(self.queue)
            leg = self.busy.pop(worker)
            if leg is None or leg.coming is None:
                self.let_ask((worker,))
            else:
                self.report(worker, leg, leg.coming)
                self.fit_beside()
                waiting, self.idle = sorted(self.idle), []
                self.let_ask(waiting)

    def let_ask(self, workers: Iterable[int]) -> None:
        """Workers without work ask in the given order; those that get nothing are idle."""
        for worker in workers:
            if not self.ask(worker):
                self.idle.append(worker)

    def ask(self, worker: int) -> bool:
        """Whether the worker got something to train."""
        if self.closed:
            return False
        event = Ask(f"worker-{worker}")
        self.decisions += 1
        action = self.timed(lambda: choose(self.state, event))
        if isinstance(action, Start) and self.state.tried.started == self.limits.max_trials:
            self.closed = True
            return False
        self.accept(event, action)
        if not isinstance(action, Assignment):
            return False
        done = action.start_from if isinstance(action, Resume) else 0
        elapsed = self.problem.answer(action.config, done).elapsed if done else 0.0
        leg = _Leg(action.trial, action.leg, action.config, elapsed, done, elapsed)
        self.train(worker, leg, self.limits.start_delay)
        return True

    def report(self, worker: int, before: _Leg, coming: Answer | Failure) -> None:
        """The leg has trained for one more resource, or has failed on its way there."""
        leg = evolve(before, done=before.done + 1, elapsed=coming.elapsed)
        event = self.event(leg, coming)
        if isinstance(event, Fail):
            self.failures, self.last_failure = self.failures + 1, event.reason
        elif math.isfinite(event.value):
            self.keep_if_better(event.value)
        self.decisions += 1
        action = self.timed(lambda: choose(self.state, event))
        self.accept(event, action)
        if isinstance(action, Continue):
            self.train(worker, leg, 0.0)
        elif not isinstance(action, Pause | Stop):
            raise SimulationError(f"{event!r} was answered by {action!r}: the simulation cannot go on")
        elif self.limits.stop_delay:
            self.occupy(worker, None, self.now + self.limits.stop_delay)
        else:
            self.idle.append(worker)

    def fit_beside(self) -> None:
        """A fit beside training, if the setup asks for those and one is due: it is accepted at once."""
        made = fit_if_due(self.state)
        if made is not None:
            self.state, action = decide(self.state, made)
            self.note(made, action)

    def event(self, leg: _Leg, came: Answer | Failure) -> Report | Fail:
        """What is said of a leg that has trained to its resource ``done``, or failed."""
        if isinstance(came, Failure):
            return Fail(leg.trial, came.reason, leg.number)
        if self.limits.nan == "fail" and not math.isfinite(came.value):
            return Fail(leg.trial, f"the metric is {came.value!r} at resource {leg.done}", leg.number)
        cost = leg.elapsed - leg.begin if self.state.setup.weighs_cost else None
        return Report(leg.trial, leg.done, came.value, cost, leg.number)

    def train(self, worker: int, leg: _Leg, delay: float) -> None:
        """The worker trains the leg for one more resource."""
        coming = self.problem.answer(leg.config, leg.done + 1)
        if coming.elapsed < leg.elapsed:
            raise SimulationError(
                f"{named(self.problem)} tells {coming.elapsed!r} s at resource {leg.done + 1} of {dict(leg.config)!r} "
                f"after {leg.elapsed!r} s at {leg.done}; elapsed counts from the beginning of training and never falls"
            )
        self.occupy(worker, evolve(leg, coming=coming), self.now + delay + coming.elapsed - leg.elapsed)

    def occupy(self, worker: int, leg: _Leg | None, due: float) -> None:
        self.busy[worker] = leg
        heapq.heappush(self.queue, (due, worker))

    def accept(self, event: Event, action: Action) -> None:
        if action.logged:
            self.state = self.timed(lambda: advance(self.state, event, action))
            self.note(event, action)

    def note(self, event: Event, action: Action) -> None:
        """Counts and records what was accepted."""
        self.tally.add(round(self.now, _DIGITS), event, action)
        self.record(self.now, event, action)

    def timed(self, part: Callable[[], _T]) -> _T:
        """The result of a part of a decision, whose seconds are counted and, if that is asked for, charged."""
        begin = self.clock()
        result = part()
        seconds = self.clock() - begin
        self.spent += seconds
        if self.limits.charge_decisions:
            self.now += seconds
        return result

    def keep_if_better(self, value: float) -> None:
        to_minimise = self.problem.goal.to_minimise
        if not self.trajectory or to_minimise(value) < to_minimise(self.trajectory[-1][1]):
            self.trajectory.append((round(self.now, _DIGITS), value))

    def result(self) -> SimulationResult:
        """What there is to say at the end."""
        best = self.trajectory[-1][1] if self.trajectory else None
        judge = self.problem if isinstance(self.problem, Judged) else None
        return SimulationResult(
            best=best,
            time=round(min(self.now, self.limits.max_time), _DIGITS),
            trials=self.state.tried.started,
            decisions=self.decisions,
            decision_seconds=self.spent,
            trajectory=tuple(self.trajectory),
            regret=None if best is None or judge is None else judge.regret(best),
            spent=self.tally.spent(),
            state=self.state,
            failures=self.failures,
            last_failure=self.last_failure,
        )
