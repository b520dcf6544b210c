"""What does a decision cost, among a thousand trials and among a million?

    python examples/benchmarks/decide_cost.py --json > cost.json
    python examples/benchmarks/decide_cost.py --sizes 1000 10000 --peers     # beside pruners of Optuna and Ray
    python examples/benchmarks/decide_cost.py --read cost.json --page docs/decide_cost.md

A thousand workers train; each asks when it is free, and reports when it has reached the resource that it was given. So
a trial has up to four reports, and every report but those at the maximum makes an entry in a rung. For "stopping" and
"promotion", at each number n of trials, it prints

    report_us           microseconds of `decide` for a Report: the median over batches of their means
    report_us_p99       the 99th percentile of all that were timed
    ask_us              the same for an Ask
    bytes_per_trial     how much larger the process has become, for each trial
    ratio               report_us at the largest n by that at the smallest
    fold_records_per_second    events and actions of a run folded again, once parsed: records a second

The garbage collector is on. Figures outside their limit are marked, and listed under `owed`.
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

    def next_event(self) -> Any:
        """A free worker asks; else one of those that train, any of them, reports."""
        if self.free:
            return self.hb.Ask(self.free[0])
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


def grown(traffic: Traffic, size: int) -> None:
    """Go on until there are so many trials."""
    decide = traffic.hb.decide
    while traffic.trials < size or traffic.free:
        event = traffic.next_event()
        traffic.heard(event, *decide(traffic.state, event))


def timed(traffic: Traffic, batches: int) -> dict[str, Any]:
    """Go on for so many batches of reports, and time each decision."""
    hb, clock = traffic.hb, time.perf_counter_ns
    decide = hb.decide
    reports: list[int] = []
    asks: list[int] = []
    while len(reports) < batches * BATCH:
        event = traffic.next_event()
        since = clock()
        state, action = decide(traffic.state, event)
        (asks if isinstance(event, hb.Ask) else reports).append(clock() - since)
        traffic.heard(event, state, action)
    return {
        "report_us": _typical(reports),
        "report_us_p99": sorted(reports)[len(reports) * 99 // 100] / 1e3,
        "report_us_median": median(reports) / 1e3,
        "ask_us": _typical(asks),
    }


def _typical(nanoseconds: list[int]) -> float:
    batches = [nanoseconds[start : start + BATCH] for start in range(0, len(nanoseconds), BATCH)]
    return median(map(fmean, batches)) / 1e3


def resident() -> int:
    """The memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def folded(hb: Any, type: str, records: int, seed: int) -> float:
    """Records a second that `fold` takes: the median of five."""
    traffic, pairs = Traffic(hb, type, seed), []
    setup = traffic.state.setup
    while len(pairs) < records:
        event = traffic.next_event()
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
