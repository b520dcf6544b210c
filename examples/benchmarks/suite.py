"""How good are the methods, on many kinds of problems? Methods x problems x seeds, at several budgets.

    nice -n 19 python examples/benchmarks/suite.py --problems function cliff live exact --seeds 30 --out suite.jsonl
    python examples/benchmarks/suite.py --problems function cliff live exact --seeds 30 --out suite.jsonl --page page.md

Problems are those of `examples/benchmarks/problems`, by name or by kind. A budget is a number of full trainings of
median cost, shared by the workers. A run lasts as long as the largest budget; what it had found at a smaller one is
read off it, for the end of a run changes no decision before it. What failed is not tried again.

Each run is a line of the file of results, appended when it ends. The same command goes on where it was stopped, and
runs that are there already, for as long or longer, are not made again: add seeds, methods or problems at any time. A
line that a kill has torn is passed over. A method whose defaults have changed is another one, and runs again; where a
problem has changed, delete its lines and its cache.
"""

import argparse
import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from _suite_page import page, shown, write
from _summaries import seed_range
from attrs import asdict, define, evolve, field, frozen
from problems import KINDS, Scale, chosen, registry, scale_of
from threadpoolctl import threadpool_limits

import pure_hb as hb
from pure_hb.codec import canonical
from pure_hb.machine.setup import RULES_VERSION

BUDGETS: Final = (20.0, 60.0, 100.0)
METHODS: Final = ("ASHA-PROM", "ASHA-STOP", "BOHB", "MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO", "RANDOM")
BASE: Final = "ASHA-PROM"

Key = tuple[str, str, int, int, str]


@frozen
class Job:
    """One run."""

    problem: str
    method: str
    seed: int
    workers: int
    budget: float
    """In full trainings of median cost."""
    setup: str
    """A digest of the rules and of the setup with all its options, but the seed."""
    cache: Path | None = None

    @property
    def key(self) -> Key:
        """What tells runs apart in the file of results."""
        return self.problem, self.method, self.seed, self.workers, self.setup


# ---- one run -------------------------------------------------------------------------------------------------------


def make_setup(problem: hb.Problem, method: str, seed: int) -> hb.Setup:
    """A method with its defaults; what has failed would only fail again."""
    return evolve(
        hb.METHODS[method](problem.space, problem.goal, max_resource=problem.max_resource, seed=seed), max_failures=1
    )


def digest(setup: hb.Setup) -> str:
    """Names a setup with all its options, and the rules by which it decides."""
    return hashlib.sha256(f"{RULES_VERSION} ".encode() + canonical(hb.to_json(setup))).hexdigest()[:12]


@lru_cache(maxsize=32)
def _prepared(name: str, cache: Path | None) -> tuple[hb.Problem, Scale, hb.Problem]:
    """A problem, its scale, and the problem that judges what is found."""
    entry = registry()[name]
    problem = entry.problem(cache)
    return problem, scale_of(entry, problem), problem if entry.judge is None else entry.judge()


@define
class _Incumbents:
    """Notes, whenever a report is the best so far, what the configuration is worth there without noise."""

    problem: hb.Problem
    judge: hb.Problem
    best: float | None = None
    trajectory: list[tuple[float, float]] = field(factory=list)
    configs: dict[int, hb.Configuration] = field(factory=dict)

    def note(self, now: float, event: hb.Event, action: hb.Action) -> None:
        """One pair of the log."""
        if isinstance(action, hb.Start):
            self.configs[action.trial] = action.config
        if not isinstance(event, hb.Report):
            return
        value = self.problem.goal.to_minimise(event.value)
        if math.isfinite(value) and (self.best is None or value < self.best):
            self.best = value
            judged = event.value
            if self.judge is not self.problem:
                found = self.judge.answer(self.configs[event.trial], event.resource)
                judged = found.value if isinstance(found, hb.Answer) else judged
            self.trajectory.append((round(now, 6), judged))


def run(job: Job) -> dict[str, Any]:
    """The line of a run."""
    problem, scale, judge = _prepared(job.problem, job.cache)
    unit = scale.cost / job.workers
    incumbents = _Incumbents(problem, judge)
    begin = time.process_time()
    with threadpool_limits(1):  # the other cores have runs of their own
        found = hb.simulate(
            problem,
            make_setup(problem, job.method, job.seed),
            workers=job.workers,
            max_time=unit * job.budget,
            clock=time.process_time,
            record=incumbents.note,
        )
    return {
        "problem": job.problem,
        "method": job.method,
        "seed": job.seed,
        "workers": job.workers,
        "setup": job.setup,
        "kind": registry()[job.problem].kind,
        "budget": job.budget,
        "unit": unit,
        "mode": "min" if isinstance(problem.goal, hb.Minimize) else "max",
        "scale": asdict(scale),
        "trajectory": incumbents.trajectory,
        "trials": found.trials,
        "failures": found.failures,
        "decisions": found.decisions,
        "decision_seconds": round(found.decision_seconds, 4),
        "cpu_seconds": round(time.process_time() - begin, 3),
        "pure_hb": hb.__version__,
    }


# ---- the file of results -------------------------------------------------------------------------------------------


def read(path: Path) -> dict[Key, dict[str, Any]]:
    """The longest run of each kind; what is no whole line is passed over."""
    found: dict[Key, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            one = json.loads(line)
            key = (one["problem"], one["method"], one["seed"], one["workers"], one["setup"])
        except (ValueError, KeyError, TypeError):
            continue
        if key not in found or one["budget"] >= found[key]["budget"]:
            found[key] = one
    return found


def append(path: Path, one: dict[str, Any]) -> None:
    """Appends a line, after a line break if a kill has left half a line."""
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(one).encode() + b"\n")


# ---- many runs -----------------------------------------------------------------------------------------------------


def run_all(jobs: Sequence[Job], path: Path, processes: int) -> None:
    """What is missing, in as many processes with one thread each, with a progress bar. Ctrl-C keeps what has ended."""
    from rich import progress

    known = read(path)
    missing = [job for job in jobs if job.key not in known or known[job.key]["budget"] < job.budget]
    if not missing:
        return
    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns) as bar:
        task = bar.add_task("", total=len(missing))
        for job, one in _as_they_end(missing, processes) if processes > 1 else ((job, run(job)) for job in missing):
            append(path, one)
            bar.update(task, advance=1, description=" ".join(map(str, job.key[:-1])))


def _as_they_end(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Jobs with their results, from other processes; only a few wait there at any time."""
    pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=get_context("spawn"))
    try:
        waiting = iter(jobs)
        running: dict[Future[dict[str, Any]], Job] = {
            pool.submit(run, job): job for job in islice(waiting, 2 * processes)
        }
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
                running.update((pool.submit(run, job), job) for job in islice(waiting, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=["function", "cliff", "live", "exact"], metavar="PROBLEM",
                        help=f"names, or kinds: {', '.join(KINDS)} (default: all kinds but old)")  # fmt: skip
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(hb.METHODS), metavar="METHOD")
    parser.add_argument("--seeds", type=seed_range, default=range(20), help="20 for 0 to 19 (default), or LOW:HIGH")
    parser.add_argument("--budgets", nargs="+", type=float, default=list(BUDGETS), help="full trainings: 20 60 100")
    parser.add_argument("--workers", type=int, default=4, help="workers in the simulation (default 4)")
    parser.add_argument("--base", default=BASE, metavar="METHOD", help=f"compare with this one (default {BASE})")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--cache", type=Path, help="folder for the answers of live problems (default: beside --out)")
    parser.add_argument("--out", type=Path, required=True, help="the file of results, which is added to")
    parser.add_argument("--page", type=Path, help="write the tables into this page; else they are printed")
    return parser.parse_args()


def main() -> None:
    """Run what is missing, and show everything that was asked for."""
    given = arguments()
    problems = {entry.name: entry.problem() for entry in chosen(given.problems)}
    digests = {
        (name, method): digest(make_setup(problem, method, 0))
        for name, problem in problems.items()
        for method in given.methods
    }
    cache = (given.cache or given.out.with_name(given.out.name + ".caches")).resolve()
    jobs = [
        Job(name, method, seed, given.workers, max(given.budgets), digests[name, method], cache)
        for seed in given.seeds
        for name in problems
        for method in given.methods
    ]
    run_all(jobs, given.out, given.processes)
    known = read(given.out)
    text = page(
        shown([known[job.key] for job in jobs], list(known.values()), list(problems), given.base), given.budgets
    )
    if given.page:
        write(given.page, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
