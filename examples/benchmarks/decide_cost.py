"""What does a decision cost, among a thousand trials and among a million?

    python examples/benchmarks/decide_cost.py --json > cost.json
    python examples/benchmarks/decide_cost.py --sizes 1000 10000 --peers     # beside pruners of Optuna and Ray
    python examples/benchmarks/decide_cost.py --read cost.json --page docs/decide_cost.md

A thousand workers train; each asks when it is free, and reports when it has reached the resource that it was given. So
a trial has up to four reports, and every report but those at the maximum makes an entry in a rung. For "stopping" and
"promotion", at each number n of trials, it prints

    report_us           microseconds of `decide` for a Report: the median over batches of their means
    report_us_p99       the 99th percentile of all that were timed
    ask_us              as report_us, for an Ask
    bytes_per_trial     how much larger the process has become, for each trial
    ratio               report_us at the largest n by that at the smallest
    fold_records_per_second    events and actions of a run folded again, once parsed: records a second

A batch is 200 reports, in any order, of 200 of the thousand trials that run; then those workers that are free ask. The
garbage collector is on. Figures outside their limit are marked, and listed under `owed`.
"""

import os
import random
import sys
import time
from collections import deque
from statistics import fmean, median
from typing import Any, Final

WORKERS: Final = 1_000
MAX_RESOURCE: Final = 27
BATCH: Final = 200
"""So many reports make a batch."""
BATCHES: Final = 60
FOLDED: Final = 20_000
"""So many records are folded."""
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
TYPES: Final = ("stopping", "promotion")


class Traffic:
    """A search and its workers. The values are those of curves that fall to an asymptote of their own, with noise."""

    def __init__(self, hb: Any, type: str, seed: int) -> None:
        space = hb.Space(lr=hb.Float(1e-5, 1.0, log=True), width=hb.Int(8, 512), dropout=hb.Float(0.0, 0.5))
        goal = hb.Minimize("error")
        setup = hb.asha(space, goal, max_resource=MAX_RESOURCE, type=type, seed=seed)
        self.hb, self.state, self.random = hb, hb.initial(setup), random.Random(seed)
        self.free = deque(f"worker-{number}" for number in range(WORKERS))
        self.running: list[tuple[str, int, int, int]] = []  # worker, trial, leg, until
        self.asymptotes: dict[int, float] = {}

    @property
    def trials(self) -> int:
        """How many have been started."""
        return len(self.state.trials)

    def ask(self) -> Any:
        """A free worker asks."""
        return self.hb.Ask(self.free[0])

    def report(self) -> Any:
        """One of those that train, any of them, reports."""
        place = self.random.randrange(len(self.running))
        self.running[place], self.running[-1] = self.running[-1], self.running[place]
        _, trial, leg, until = self.running[-1]
        value = self.asymptotes[trial] + until**-0.7 + self.random.gauss(0.0, 0.02)
        return self.hb.Report(trial, until, value, leg=leg)

    def heard(self, event: Any, state: Any, action: Any) -> None:
        """Go on from what was decided."""
        self.state, hb = state, self.hb
        if isinstance(event, hb.Ask):
            self.free.popleft()
            self.running.append((event.worker, action.trial, action.leg, action.until))
            self.asymptotes.setdefault(action.trial, self.random.random())
            return
        worker, trial, leg, _ = self.running.pop()
        if isinstance(action, hb.Continue):
            self.running.append((worker, trial, leg, action.until))
        else:
            self.free.append(worker)
            if isinstance(action, hb.Stop):
                del self.asymptotes[trial]

    def batch(self) -> tuple[list[int], list[int]]:
        """What each decision of a batch took, in nanoseconds: those of reports, and those of questions."""
        reports = [self._timed(self.report()) for _ in range(BATCH)]
        return reports, self.assign()

    def assign(self) -> list[int]:
        """All free workers ask: what each decision took, in nanoseconds."""
        asks = []
        while self.free:
            asks.append(self._timed(self.ask()))
        return asks

    def _timed(self, event: Any) -> int:
        decide, state = self.hb.decide, self.state
        since = time.perf_counter_ns()
        after, action = decide(state, event)
        taken = time.perf_counter_ns() - since
        self.heard(event, after, action)
        return taken


def grown(traffic: Traffic, size: int) -> None:
    """Go on until there are so many trials."""
    traffic.assign()
    while traffic.trials < size:
        traffic.batch()


def timed(traffic: Traffic, batches: int) -> dict[str, Any]:
    """Go on for so many batches, and sum up."""
    found = [traffic.batch() for _ in range(batches)]
    reports = [one for batch, _ in found for one in batch]
    return {
        "report_us": median(fmean(batch) for batch, _ in found) / 1e3,
        "report_us_p99": sorted(reports)[len(reports) * 99 // 100] / 1e3,
        "ask_us": median(fmean(batch) for _, batch in found) / 1e3,
    }


def resident() -> int:
    """The memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def folded(hb: Any, type: str, records: int, seed: int) -> float:
    """Records a second that `fold` takes: the median of five."""
    traffic, pairs = Traffic(hb, type, seed), []
    setup = traffic.state.setup
    while len(pairs) < records:
        event = traffic.ask() if traffic.free else traffic.report()
        state, action = hb.decide(traffic.state, event)
        traffic.heard(event, state, action)
        if action.logged:
            pairs.append((event, action))
    found = []
    for _ in range(5):
        since = time.perf_counter()
        hb.fold(setup, pairs)
        found.append(records / (time.perf_counter() - since))
    return median(found)


def measured(type: str, sizes: list[int], batches: int, seed: int) -> dict[str, Any]:
    """All figures of one type; in a process of its own, so that its memory is its own."""
    import pure_hb as hb

    rows = []
    traffic = Traffic(hb, type, seed)
    fresh = resident()
    for size in sizes:
        grown(traffic, size)
        row = {"trials": size, **timed(traffic, batches)}
        row["bytes_per_trial"] = (resident() - fresh) / traffic.trials
        row["reports_per_trial"] = sum(len(trial.curve) for trial in traffic.state.trials) / traffic.trials
        rows.append(row)
        print(f"{type}, {size:,} trials: done", file=sys.stderr)
    ratio = rows[-1]["report_us"] / rows[0]["report_us"]
    return {"sizes": rows, "ratio": ratio, "fold_records_per_second": folded(hb, type, FOLDED, seed)}
