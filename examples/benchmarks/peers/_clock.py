"""WHEN DOES A PEER LEARN WHAT? Runs a peer on a problem in the simulated time of `pure_hb.simulate`, event by event.

All workers ask at time 0, in order. A training reports after every resource, in the order of (time, worker). A worker
that is freed asks at once, and one that got nothing asks again after the next report, in the order of the workers. A
decision takes no simulated time. A task that goes on with a training pays only for what comes after it stood; where it
has stood as far already, it begins anew.
"""

import heapq
import math
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from attrs import define, field, frozen

import pure_hb as hb

from ._protocol import Peer, Task

Found = Callable[[float, hb.Configuration, int, float], None]
"""Is told (simulated seconds, configuration, resource, value) of each report."""
_T = TypeVar("_T")


@frozen
class _Leg:
    """A task under way: it has trained to ``done``, in so many seconds since training began."""

    task: Task
    done: int
    elapsed: float
    coming: hb.Answer | hb.Failure


@define
class PeerRun:
    """A run, and what it took."""

    problem: hb.Problem
    peer: Peer
    max_time: float
    clock: Callable[[], float]
    found: Found
    trials: int = 0
    """How many trainings have begun."""
    failures: int = 0
    """How many trainings broke. One that ends with a value that is not finite is not counted."""
    decisions: int = 0
    """How many asks and reports were answered."""
    decision_seconds: float = 0.0
    """What they took, by the given clock."""
    stood: dict[Hashable, tuple[int, float]] = field(factory=dict)
    """Of trainings that may go on: (resource, seconds since training began)."""
    queue: list[tuple[float, int]] = field(factory=list)
    busy: dict[int, _Leg] = field(factory=dict)
    idle: list[int] = field(factory=list)

    def to_the_end(self, workers: int) -> None:
        """All events up to the end, in their order."""
        self.let_ask(0.0, range(workers))
        while self.queue and self.queue[0][0] <= self.max_time:
            now, worker = heapq.heappop(self.queue)
            self.report(now, worker, self.busy.pop(worker))
            waiting, self.idle = sorted(self.idle), []
            self.let_ask(now, waiting)

    def let_ask(self, now: float, workers: Iterable[int]) -> None:
        """Workers without work ask; those that get nothing are idle."""
        for worker in workers:
            task = self.timed(self.peer.ask)
            if task is None:
                self.idle.append(worker)
                continue
            done, elapsed = self.stood.pop(task.training, (0, 0.0))
            if done >= task.until:
                done, elapsed = 0, 0.0
            self.trials += not done
            self.train(now, worker, task, done, elapsed)

    def train(self, now: float, worker: int, task: Task, done: int, elapsed: float) -> None:
        """The worker trains the task for one more resource."""
        coming = self.problem.answer(task.config, done + 1)
        self.busy[worker] = _Leg(task, done, elapsed, coming)
        heapq.heappush(self.queue, (now + coming.elapsed - elapsed, worker))

    def report(self, now: float, worker: int, leg: _Leg) -> None:
        """The leg has trained for one more resource, or has failed on its way there."""
        task, coming, done = leg.task, leg.coming, leg.done + 1
        if not isinstance(coming, hb.Answer) or not math.isfinite(coming.value):
            value = coming.value if isinstance(coming, hb.Answer) else None
            self.failures += value is None
            self.timed(lambda: self.peer.fail(task, done, value))
            self.idle.append(worker)
            return
        value = coming.value
        self.found(now, task.config, done, value)
        goes_on = self.timed(lambda: self.peer.report(task, done, value))
        if goes_on and done < task.until:
            self.train(now, worker, task, done, coming.elapsed)
        else:
            self.stood[task.training] = done, coming.elapsed
            self.idle.append(worker)

    def timed(self, part: Callable[[], _T]) -> _T:
        """The answer to a question, whose seconds are counted."""
        begin = self.clock()
        answer = part()
        self.decisions += 1
        self.decision_seconds += self.clock() - begin
        return answer
