"""What does a decision cost, among a thousand trials and among a million?

    python examples/benchmarks/decide_cost.py --json > cost.json
    python examples/benchmarks/decide_cost.py --peers PYTHON     # one that has optuna and ray[tune]
    python examples/benchmarks/decide_cost.py --read cost.json --page docs/measurements/decide_cost.md

A thousand workers train; each asks when it is free, and reports when it has reached the resource that it was given. So
a trial has up to four reports, and every report but those at the maximum makes an entry in a rung. A batch is 200
reports, in any order, of trials that run; then those workers that are free ask. For "stopping" and "promotion", at each
number of trials, it prints

    report_us           microseconds of `decide` for a Report: the median over batches of their medians
    report_us_mean, report_us_p99    the mean and the 99th percentile of all reports that were timed
    ask_us              the median of an Ask, a draw of a configuration included
    bytes_per_trial     how much larger the process has become, for each trial
    ratio               report_us at the largest number of trials by that at the smallest
    fold_records_per_second    (event, action) pairs of a run, once parsed, folded again

The garbage collector is on. Figures outside their limit are marked, and listed under `owed`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from _decide_cost_page import as_markdown, as_page, owed
from _decide_cost_traffic import LEVELS, MAX_RESOURCE, Task, Traffic

import pure_hb as hb

TYPES: Final = ("stopping", "promotion")
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
PEER_SIZES: Final = (1_000, 10_000)
BATCHES: Final = 60
FOLDED: Final = 50_000
"""So many records are folded."""
PEERS: Final = Path(__file__).with_name("_decide_cost_peers.py")


class Ours:
    """The scheduler of this library; its log is kept if that is asked for."""

    def __init__(self, type: str, seed: int, *, keeps_log: bool = False) -> None:
        space = hb.Space(lr=hb.Float(1e-5, 1.0, log=True), width=hb.Int(8, 512), dropout=hb.Float(0.0, 0.5))
        self.setup = hb.asha(
            space, hb.Minimize("error"), type=type, max_resource=MAX_RESOURCE, rung_levels=LEVELS, seed=seed
        )
        self.state, self.keeps_log = hb.initial(self.setup), keeps_log
        self.log: list[tuple[hb.Event, hb.Action]] = []

    def ask(self, worker: str) -> tuple[int, Task]:
        """See `Scheduler`. Nobody waits here: there are always new configurations."""
        nanoseconds, action = self._decided(hb.Ask(worker))
        return nanoseconds, Task(worker, action.trial, action.until)

    def report(self, task: Task, value: float) -> hb.Report:
        """See `Scheduler`."""
        return hb.Report(task.trial, task.until, value)

    def answer(self, task: Task, report: hb.Report) -> tuple[int, int | None]:
        """See `Scheduler`."""
        nanoseconds, action = self._decided(report)
        return nanoseconds, action.until if isinstance(action, hb.Continue) else None

    def _decided(self, event: hb.Event) -> tuple[int, Any]:
        before = self.state
        since = time.perf_counter_ns()
        self.state, action = hb.decide(before, event)
        nanoseconds = time.perf_counter_ns() - since
        if self.keeps_log:
            self.log.append((event, action))
        return nanoseconds, action


def measured(type: str, sizes: list[int], batches: int, seed: int) -> dict[str, Any]:
    """All figures of one type. In a process of its own its memory is its own."""
    rows = []
    scheduler = Ours(type, seed)
    traffic, fresh = Traffic(scheduler, seed), resident()
    for size in sizes:
        traffic.grow(size)
        state = scheduler.state
        row = {"trials": size, "bytes_per_trial": (resident() - fresh) / len(state.trials), **traffic.timed(batches)}
        rows.append({**row, "reports_per_trial": sum(len(trial.curve) for trial in state.trials) / len(state.trials)})
        print(f"{type}, {size:,} trials: done", file=sys.stderr)
    ratio = rows[-1]["report_us"] / rows[0]["report_us"]
    return {"type": type, "sizes": rows, "ratio": ratio, "fold_records_per_second": folded(type, seed)}


def resident() -> int:
    """The memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def folded(type: str, seed: int) -> float:
    """Records a second that `fold` takes: the median of five."""
    scheduler = Ours(type, seed, keeps_log=True)
    traffic = Traffic(scheduler, seed)
    traffic.assign()
    while len(scheduler.log) < FOLDED:
        traffic.batch()
    found = []
    for _ in range(5):
        since = time.perf_counter()
        hb.fold(scheduler.setup, scheduler.log)
        found.append(len(scheduler.log) / (time.perf_counter() - since))
    return median(found)


# ---- the command line ------------------------------------------------------------------------------------------------


def machine() -> dict[str, str]:
    """Where it was measured."""
    return {"cpu": f"{platform.machine()}, {os.cpu_count()} cores", "python": platform.python_version()}


def results(given: argparse.Namespace) -> dict[str, Any]:
    """Each type in a process of its own, then the peers."""
    found = [_json_of([sys.executable, __file__, *_same(given), "--only", type]) for type in TYPES]
    peers = []
    if given.peers:
        sizes = [str(size) for size in given.sizes if size in PEER_SIZES] or [str(PEER_SIZES[0])]
        peers = _json_of([given.peers, str(PEERS), str(given.seed), *sizes])
    return {**machine(), "results": found, "peers": peers, "owed": owed(found)}


def _same(given: argparse.Namespace) -> list[str]:
    sizes = ["--sizes", *map(str, given.sizes)]
    return [*sizes, "--batches", str(given.batches), "--seed", str(given.seed)]


def _json_of(command: list[str]) -> Any:
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    """Measure, or read what was measured; show it, and write it if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), metavar="TRIALS")
    parser.add_argument("--batches", type=int, default=BATCHES, help=f"so many are timed (default {BATCHES})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", metavar="PYTHON", help="one that has optuna and ray[tune]")
    parser.add_argument("--json", action="store_true", help="everything as one JSON document")
    parser.add_argument("--read", type=Path, metavar="JSON", help="show the results of an earlier run, measure nothing")
    parser.add_argument("--page", type=Path, metavar="PAGE", help="write the tables as a page of the documentation")
    parser.add_argument("--only", choices=TYPES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measured(given.only, given.sizes, given.batches, given.seed)))
        return
    found = json.loads(given.read.read_text(encoding="utf-8")) if given.read else results(given)
    print(json.dumps(found, indent=1) if given.json else as_markdown(found))
    if given.page:
        given.page.write_text(as_page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
