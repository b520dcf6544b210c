"""HOW ARE MANY RUNS MADE? Simulated runs over problems, in parallel, into a file that can be added to.

A problem is a recorded table, given by its file, or one of the suite (`problems`), given by its name.

The file is written every few seconds; what is in it is not run again.
"""

import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from _suite_runs import Incumbents
from _summaries import time_limit
from attrs import asdict, define, evolve, field, frozen
from problems import chosen, scale_of

import pure_hb as hb

SAVED_EVERY: Final = 5.0
"""Seconds between two writings of the file."""
QUARTERS: Final = 4
"""So many parts of a run are told apart where something changes with time."""


FULL_TRAININGS: Final = 60
"""T of a problem of the suite, shared by the workers; of a table it is that of `_summaries.time_limit`."""
SMALLEST_REGRET: Final = 1e-3
"""Smaller regrets on problems of the suite count as this one, as they do there."""


@frozen
class Job:
    """One run: a method, its options, on a problem, with a seed."""

    problem: Path | str
    """The file of a table, or the name of a problem of the suite."""
    method: str
    seed: int
    workers: int
    budget: float
    """In units of T."""
    name: str = ""
    """What the run is called; the method's name unless options make it something else."""
    options: tuple[tuple[str, Any], ...] = ()
    delay: float = 0.0
    """What starting and what stopping a leg takes, in median epochs of the problem."""

    @property
    def key(self) -> str:
        """What tells runs apart in the file."""
        where = self.problem.stem if isinstance(self.problem, Path) else self.problem
        return f"{where} {self.name or self.method} {self.seed} {self.workers}"


# ---- one run -------------------------------------------------------------------------------------------------------


@frozen
class _World:
    """A problem, and by what its runs are judged."""

    name: str
    problem: hb.Problem
    judge: hb.Problem
    """Says what a find is worth without noise."""
    limit: float
    """T."""
    epoch: float
    """Median seconds of an epoch."""
    regret: Callable[[float], float]


@lru_cache(maxsize=8)
def _world(where: Path | str, workers: int) -> _World:
    if isinstance(where, Path):
        table = hb.load_table(where)
        epoch = float(np.median(table.seconds[:, -1])) / table.max_resource
        return _World(table.name, table, table, time_limit(table), epoch, table.regret)
    (entry,) = chosen([where])
    problem = entry.problem()
    scale = scale_of(entry, problem)
    if scale.best is None:
        raise SystemExit(
            f"the optimum of {where} is not known, so it has no regret; take a function, a cliff or a table"
        )
    best, unit = scale.best, abs(scale.median - scale.best)
    return _World(
        where,
        problem,
        problem if entry.judge is None else entry.judge(),
        FULL_TRAININGS * scale.cost / workers,
        scale.cost / problem.max_resource,
        lambda value: max(SMALLEST_REGRET, abs(value - best) / unit),
    )


def run(job: Job) -> dict[str, Any]:
    """What the run found: every improvement as (share of T, regret), and what was spent."""
    world = _world(job.problem, job.workers)
    problem, limit, options = world.problem, world.limit, dict(job.options)
    setup = hb.METHODS[job.method](
        problem.space, problem.goal, max_resource=problem.max_resource, seed=job.seed, **options
    )
    watch, incumbents = _Watch(world, limit * job.budget), Incumbents(problem, world.judge)

    def note(now: float, event: hb.Event, action: hb.Action) -> None:
        watch.note(now, event, action)
        incumbents.note(now, event, action)

    begin = time.process_time()
    found = hb.simulate(
        problem,
        evolve(setup, max_failures=1),
        workers=job.workers,
        max_time=limit * job.budget,
        start_delay=job.delay * world.epoch,
        stop_delay=job.delay * world.epoch,
        nan="fail" if isinstance(job.problem, Path) else "value",
        clock=time.process_time,
        record=note,
    )
    return {
        "table": world.name,
        "method": job.name or job.method,
        "seed": job.seed,
        "workers": job.workers,
        "budget": job.budget,
        "T": limit,
        "regrets": [(round(when / limit, 6), round(world.regret(value), 8)) for when, value in incumbents.trajectory],
        "trials": found.trials,
        "decisions": found.decisions,
        "decision_seconds": round(found.decision_seconds, 4),
        "cpu_seconds": round(time.process_time() - begin, 3),
        "spent": asdict(found.spent),
        "worse_starts": watch.worse,
        "starts": watch.starts,
        "thetas": watch.thetas,
    }


@define
class _Watch:
    """Notes, for each quarter of a run, what was started and what theta was."""

    world: _World
    end: float
    starts: list[int] = field(factory=lambda: [0] * QUARTERS)
    worse: list[int] = field(factory=lambda: [0] * QUARTERS)
    """Starts whose configuration ends worse than the median one."""
    thetas: list[dict[int, float]] = field(factory=lambda: [{} for _ in range(QUARTERS)])
    """Level -> theta, the last estimate of the quarter."""

    def note(self, now: float, event: hb.Event, action: hb.Action) -> None:
        """One pair of the log."""
        quarter = min(QUARTERS - 1, int(QUARTERS * now / self.end))
        if isinstance(action, hb.Start):
            answer = self.world.judge.answer(action.config, self.world.judge.max_resource)
            final = answer.value if isinstance(answer, hb.Answer) else math.nan
            self.starts[quarter] += 1
            self.worse[quarter] += not (math.isfinite(final) and self.world.regret(final) <= 1.0)
        if isinstance(action, hb.Start | hb.Resume) and action.learned is not None and action.learned.theta is not None:
            self.thetas[quarter] = action.learned.theta.weights()


# ---- many runs -----------------------------------------------------------------------------------------------------


@frozen
class Results:
    """The file with what has been run."""

    path: Path
    runs: dict[str, dict[str, Any]]

    def has(self, job: Job) -> bool:
        """Whether that has been run, for as long as that or longer."""
        known = self.runs.get(job.key)
        return known is not None and known["budget"] >= job.budget

    def save(self) -> None:
        """Writes the file beside itself first, so that there is a whole one at any time."""
        told = {"pure_hb": hb.__version__, "machine": machine()}
        lines = ",\n".join(json.dumps({"key": key, **one}) for key, one in sorted(self.runs.items()))
        beside = self.path.with_name(self.path.name + ".part")
        beside.write_text(json.dumps(told)[:-1] + f', "runs": [\n{lines}\n]}}\n', encoding="utf-8")
        os.replace(beside, self.path)


def load(path: Path) -> Results:
    """What the file has; nothing if there is none."""
    if not path.exists():
        return Results(path, {})
    return Results(path, {one.pop("key"): one for one in json.loads(path.read_text(encoding="utf-8"))["runs"]})


def machine() -> str:
    """This machine in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def run_all(jobs: Iterable[Job], results: Results, processes: int) -> None:
    """All runs that are missing, in as many processes, with a progress bar; Ctrl-C keeps what has ended."""
    from rich import progress

    missing = [job for job in jobs if not results.has(job)]
    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[library] = "1"  # each process has one core
    saved = time.monotonic()
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        with progress.Progress(*columns) as shown:
            bar = shown.add_task("", total=len(missing))
            for job, found in _results_of(pool, missing, 2 * processes):
                results.runs[job.key] = found
                shown.update(bar, advance=1, description=job.key)
                if time.monotonic() - saved > SAVED_EVERY:
                    results.save()
                    saved = time.monotonic()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        results.save()


def _results_of(pool: ProcessPoolExecutor, jobs: list[Job], ahead: int) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Jobs with their results as they end; only a few wait in the pool at any time."""
    waiting = iter(jobs)
    running: dict[Future[dict[str, Any]], Job] = {pool.submit(run, job): job for job in islice(waiting, ahead)}
    while running:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()
            running.update((pool.submit(run, job), job) for job in islice(waiting, 1))


def tables_of(given: Iterable[Path]) -> list[Path]:
    """The tables: files, and those in folders."""
    found = [path for one in given for path in (sorted(one.glob("*.npz")) if one.is_dir() else [one])]
    if not found:
        raise SystemExit(f"no NAME.npz in {', '.join(map(str, given))}; give folders with tables, or tables")
    return found
