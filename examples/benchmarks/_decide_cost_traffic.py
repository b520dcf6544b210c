"""Who talks to the schedulers that `decide_cost.py` times? A thousand workers and their curves. Imports nothing of any
scheduler, so that others can be asked the same by an interpreter of their own."""

import random
import time
from collections import deque
from collections.abc import Callable
from statistics import fmean, median
from typing import Any, Final, NamedTuple, Protocol

WORKERS: Final = 1_000
LEVELS: Final = (1, 3, 9)
MAX_RESOURCE: Final = 27
BATCH: Final = 200
"""So many reports make a batch."""


class Task(NamedTuple):
    """What a worker trains: a trial, as its scheduler names it, and to which resource."""

    worker: str
    trial: Any
    until: int


class Scheduler(Protocol):
    """What is timed. Each answer comes with the nanoseconds that it took."""

    def ask(self, worker: str) -> tuple[int, Task]:
        """What a free worker gets."""
        ...

    def report(self, task: Task, value: float) -> Any:
        """What a worker sends when it has reached ``until``. This is not timed."""
        ...

    def answer(self, task: Task, report: Any) -> tuple[int, int | None]:
        """To which resource it trains on; None: it is free."""
        ...


def taken(call: Callable[[], Any]) -> tuple[int, Any]:
    """How many nanoseconds a call takes, and its result."""
    since = time.perf_counter_ns()
    found = call()
    return time.perf_counter_ns() - since, found


class Traffic:
    """The workers. Values are those of curves that fall to an asymptote of their own, with noise."""

    def __init__(self, scheduler: Scheduler, seed: int) -> None:
        self.scheduler, self.random = scheduler, random.Random(seed)
        self.free = deque(f"worker-{number}" for number in range(WORKERS))
        self.running: list[Task] = []
        self.asymptotes: dict[Any, float] = {}

    @property
    def trials(self) -> int:
        """How many have been started."""
        return len(self.asymptotes)

    def assign(self) -> list[int]:
        """All free workers ask: what each answer took."""
        asks = []
        while self.free:
            nanoseconds, task = self.scheduler.ask(self.free.popleft())
            asks.append(nanoseconds)
            self.running.append(task)
            if task.trial not in self.asymptotes:
                self.asymptotes[task.trial] = self.random.random()
        return asks

    def batch(self) -> tuple[list[int], list[int]]:
        """Reports of workers in any order, then the questions of those that are free: what each answer took."""
        self.random.shuffle(self.running)
        sent = [(task, self.scheduler.report(task, self._value(task))) for task in self.running[-BATCH:]]
        del self.running[-BATCH:]
        answers = [self.scheduler.answer(task, report) for task, report in sent]
        for (task, _), (_, until) in zip(sent, answers, strict=True):
            if until is None:
                self.free.append(task.worker)
            else:
                self.running.append(task._replace(until=until))
        return [nanoseconds for nanoseconds, _ in answers], self.assign()

    def _value(self, task: Task) -> float:
        return self.asymptotes[task.trial] + float(task.until**-0.7) + self.random.gauss(0.0, 0.02)

    def grow(self, size: int) -> None:
        """Go on until there are so many trials."""
        self.assign()
        while self.trials < size:
            self.batch()

    def timed(self, batches: int) -> dict[str, float]:
        """Go on for so many batches, and sum up."""
        found = [self.batch() for _ in range(batches)]
        reports = sorted(one for batch, _ in found for one in batch)
        return {
            "report_us": median(median(batch) for batch, _ in found) / 1e3,
            "report_us_mean": fmean(reports) / 1e3,
            "report_us_p99": reports[len(reports) * 99 // 100] / 1e3,
            "ask_us": median(one for _, batch in found for one in batch) / 1e3,
        }
