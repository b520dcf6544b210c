"""How good are the methods, on many kinds of problems? Methods x problems x seeds, at several budgets.

    nice -n 19 python examples/benchmarks/suite.py --problems function cliff live exact --seeds 30 --out suite.jsonl
    python examples/benchmarks/suite.py --problems function cliff live exact --seeds 30 --out suite.jsonl --page page.md

Problems are those of `examples/benchmarks/problems`, by name or by kind. A budget is a number of full trainings of
median cost, shared by the workers. A run lasts as long as the largest budget; what it had found at a smaller one is
read off it, for the end of a run changes no decision before it. What failed is not tried again. A run that a peer ends
with an error has no line; all others go on, and the errors are told at the end.

Each run is a line of the file of results, appended when it ends. The same command goes on where it was stopped, and
runs that are there already, for as long or longer, are not made again: add seeds, methods or problems at any time. A
line that a kill has torn is passed over. A method whose defaults have changed is another one, and runs again; where a
problem has changed, delete its lines and its cache.

Methods are ours, variants of them, and peers, optimisers of others (`_suite_methods.py`). What a method was found to do
before it changed is shown beside it, by a name of its own:

    python examples/benchmarks/suite.py --methods ASHA-PROM "MOBSTER-JOINT?opt_nstarts=3" OPTUNA-TPE-HYPERBAND \\
        --show "MOBSTER-JOINT before=MOBSTER-JOINT" --out suite.jsonl
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from _suite_methods import ALIKE, LOSES, Method, method
from _suite_page import page, write
from _suite_results import append, earlier, read
from _suite_runs import Job, Key, Run, tried
from _suite_shown import shown
from _summaries import seed_range
from problems import KINDS, chosen

BUDGETS: Final = (20.0, 60.0, 100.0)
METHODS: Final = ("ASHA-PROM", "ASHA-STOP", "BOHB", "MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO", "RANDOM")
BASE: Final = "ASHA-PROM"

# ---- many runs -----------------------------------------------------------------------------------------------------


def is_there(job: Job, known: Mapping[Key, Run]) -> bool:
    """Whether a job has been run, for as long or longer."""
    return job.key in known and known[job.key]["budget"] >= job.budget


def run_all(jobs: Sequence[Job], path: Path, processes: int) -> list[str]:
    """What is missing, in as many processes with one thread each, with a progress bar. Ctrl-C keeps what has ended.
    Returns the runs that peers have ended with an error, and the errors."""
    from rich import progress

    known = read(path)
    missing = [job for job in jobs if not is_there(job, known)]
    broken: list[str] = []
    if not missing:
        return broken
    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns) as bar:
        task = bar.add_task("", total=len(missing))
        elsewhere = processes > 1 or any(method(job.method).peer for job in missing)
        for job, one in _as_they_end(missing, processes) if elsewhere else ((job, tried(job)) for job in missing):
            name = " ".join(map(str, job.key[:-1]))
            if isinstance(one, str):
                broken.append(f"{name}: {one}")
            else:
                append(path, one)
            bar.update(task, advance=1, description=name)
    return broken


def _as_they_end(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, Run | str]]:
    """Jobs with their results, from other processes; only a few wait there at any time.

    Their hashes and threads are fixed when they start: SMAC hangs on the order of a set, and libraries that a peer
    brings along have thread pools of their own.
    """
    before = dict(os.environ)
    os.environ.update({"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"})
    pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=get_context("spawn"))
    try:
        waiting = iter(jobs)
        running: dict[Future[Run | str], Job] = {pool.submit(tried, job): job for job in islice(waiting, 2 * processes)}
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
                running.update((pool.submit(tried, job), job) for job in islice(waiting, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for name in ("PYTHONHASHSEED", "OMP_NUM_THREADS"):
            os.environ.pop(name)
            if name in before:
                os.environ[name] = before[name]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=["function", "cliff", "live", "exact"], metavar="PROBLEM",
                        help=f"names, or kinds: {', '.join(KINDS)} (default: all kinds but old)")  # fmt: skip
    parser.add_argument("--methods", nargs="+", default=list(METHODS), metavar="METHOD",
                        help="names, with options as in 'MOBSTER-JOINT?opt_nstarts=3'; peers by name too")  # fmt: skip
    parser.add_argument("--show", nargs="+", type=earlier, default=[], metavar="NAME=METHOD[@WHICH]",
                        help="runs in the file that METHOD made before it changed: the last ones, or those of WHICH "
                        "rules (a number) or digest; shown as NAME")  # fmt: skip
    parser.add_argument("--seeds", type=seed_range, default=range(20), help="20 for 0 to 19 (default), or LOW:HIGH")
    parser.add_argument("--budgets", nargs="+", type=float, default=list(BUDGETS), help="full trainings: 20 60 100")
    parser.add_argument("--workers", type=int, default=4, help="workers in the simulation (default 4)")
    parser.add_argument("--base", default=BASE, metavar="METHOD", help=f"compare with this one (default {BASE})")
    parser.add_argument("--named", nargs="+", default=[], metavar="METHOD",
                        help="compare these with every other method as well")  # fmt: skip
    parser.add_argument("--used", nargs="+", default=[], metavar="PROBLEM",
                        help="problems by which defaults were chosen; the others are summed up apart")  # fmt: skip
    parser.add_argument("--show-only", action="store_true", help="run nothing: show what is in the file")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--cache", type=Path, help="folder for the answers of live problems (default: beside --out)")
    parser.add_argument("--out", type=Path, required=True, help="the file of results, which is added to")
    parser.add_argument("--page", type=Path, help="write the tables into this page; else they are printed")
    return parser.parse_args()


def planned(given: argparse.Namespace, methods: Sequence[Method]) -> list[Job]:
    """All runs that were asked for: seed by seed.

    Raises:
        SystemExit: if a method does not take its options.
    """
    problems = {entry.name: entry.problem() for entry in chosen(given.problems)}
    cache = (given.cache or given.out.with_name(given.out.name + ".caches")).resolve()
    for one in methods:
        for problem in problems.values():
            one.check(problem)
    budget = min(given.budgets) if given.show_only else max(given.budgets)  # what is shown may differ in length
    digests = {
        (name, one.name): one.digest(problem, loses=name.startswith(LOSES), costs=not name.startswith(ALIKE))
        for name, problem in problems.items()
        for one in methods
    }
    return [
        Job(name, one.name, seed, given.workers, budget, digests[name, one.name], cache)
        for seed in given.seeds
        for name in problems
        for one in methods
    ]


def possible(jobs: Sequence[Job], methods: Sequence[Method], path: Path) -> list[Job]:
    """Jobs that can run here or have run: those of a peer that is not installed are left out, which is said.

    Raises:
        SystemExit: if none is left.
    """
    commands = {one.name: one.peer.missing for one in methods if one.peer is not None and one.peer.missing}
    known = read(path)
    lost = [job for job in jobs if job.method in commands and not is_there(job, known)]
    for name in dict.fromkeys(job.method for job in lost):
        count = sum(job.method == name for job in lost)
        print(f"{name}: {count} runs are left out, for it is not installed: {commands[name]}")
    left = set(lost)
    if len(left) == len(jobs):
        raise SystemExit("no run is left: install a peer, or name another method")
    return [job for job in jobs if job not in left]


def main() -> None:
    """Run what is missing, and show everything that was asked for."""
    given = arguments()
    methods = [method(name) for name in dict.fromkeys(given.methods)]
    jobs = planned(given, methods)
    broken: list[str] = []
    if not given.show_only:
        jobs = possible(jobs, methods, given.out)
        broken = run_all(jobs, given.out, given.processes)
    known = read(given.out)
    runs = [known[job.key] for job in jobs if job.key in known]
    if not runs:
        raise SystemExit("\n".join(broken) or f"{given.out} has no run of these; without --show-only they are run")
    for one in given.show:
        runs += one.among(known, jobs, {job.setup for job in jobs})
    names = list(dict.fromkeys(job.problem for job in jobs))
    used = {entry.name for entry in chosen(given.used)} if given.used else set[str]()
    text = page(shown(runs, list(known.values()), names, given.base), given.budgets, given.named, used)
    if given.page:
        write(given.page, text)
    else:
        print(text)
    if broken:
        told = "\n".join(broken)
        raise SystemExit(f"{len(broken)} of the runs ended with an error of the peer, and are not shown:\n{told}")


if __name__ == "__main__":
    main()
