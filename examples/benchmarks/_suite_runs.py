"""WHAT IS ONE RUN OF THE SUITE? A job, and the line of results that it becomes: one of ours, or of a peer."""

import math
import time
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _suite_methods import Method, method
from attrs import asdict, define, field, frozen
from peers import PeerEntry, PeerRun, Terms
from problems import Scale, registry, scale_of
from threadpoolctl import threadpool_limits

import pure_hb as hb
from pure_hb.machine.setup import RULES_VERSION

Key = tuple[str, str, int, int, str]
Run = dict[str, Any]
"""A line of the file of results."""


@frozen
class Job:
    """One run."""

    problem: str
    method: str
    """A name as ``--methods`` takes it."""
    seed: int
    workers: int
    budget: float
    """In full trainings of median cost."""
    setup: str
    """A digest of all that decides, but the seed."""
    cache: Path | None = None

    @property
    def key(self) -> Key:
        """What tells runs apart in the file of results."""
        return self.problem, self.method, self.seed, self.workers, self.setup


@lru_cache(maxsize=32)
def _prepared(name: str, cache: Path | None) -> tuple[hb.Problem, Scale, hb.Problem]:
    """A problem, its scale, and the problem that judges what is found."""
    entry = registry()[name]
    problem = entry.problem(cache)
    return problem, scale_of(entry, problem), problem if entry.judge is None else entry.judge()


@define
class Incumbents:
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
        if isinstance(event, hb.Report):
            self.found(now, self.configs[event.trial], event.resource, event.value)

    def found(self, now: float, config: hb.Configuration, resource: int, reported: float) -> None:
        """A value that was reported."""
        value = self.problem.goal.to_minimise(reported)
        if math.isfinite(value) and (self.best is None or value < self.best):
            self.best = value
            judged = reported
            if self.judge is not self.problem:
                answer = self.judge.answer(config, resource)
                judged = answer.value if isinstance(answer, hb.Answer) else judged
            self.trajectory.append((round(now, 6), judged))


def run(job: Job) -> dict[str, Any]:
    """The line of a run."""
    problem, scale, judge = _prepared(job.problem, job.cache)
    one = method(job.method)
    unit = scale.cost / job.workers
    incumbents = Incumbents(problem, judge)
    if one.peer is not None:
        one.peer.load()
    begin = time.process_time()
    with threadpool_limits(1):  # the other cores have runs of their own
        if one.peer is None:
            found = _ours(one, job, problem, unit, incumbents)
        else:
            found = _peers(one.peer, one, job, problem, scale, incumbents)
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
        **found,
        "cpu_seconds": round(time.process_time() - begin, 3),
        "pure_hb": hb.__version__,
        "rules": RULES_VERSION,
        "told": one.told,
    }


def tried(job: Job) -> Run | str:
    """The line of a run, or the error with which a peer has ended it. Ours have none: such an error ends the suite."""
    try:
        return run(job)
    except Exception as error:
        if method(job.method).peer is None:
            raise
        return f"{type(error).__name__}: {error}"


def _ours(one: Method, job: Job, problem: hb.Problem, unit: float, incumbents: Incumbents) -> dict[str, Any]:
    found = hb.simulate(
        problem,
        one.setup(problem, job.seed),
        workers=job.workers,
        max_time=unit * job.budget,
        clock=time.process_time,
        record=incumbents.note,
    )
    return {
        "trials": found.trials,
        "failures": found.failures,
        "decisions": found.decisions,
        "decision_seconds": round(found.decision_seconds, 4),
    }


def _peers(
    entry: PeerEntry, one: Method, job: Job, problem: hb.Problem, scale: Scale, incumbents: Incumbents
) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        peer = entry.make(Terms(problem, scale, job.seed, Path(folder)), one.options)
        run = PeerRun(problem, peer, scale.cost / job.workers * job.budget, time.process_time, incumbents.found)
        run.to_the_end(job.workers)
    return {
        "trials": run.trials,
        "failures": run.failures,
        "decisions": run.decisions,
        "decision_seconds": round(run.decision_seconds, 4),
        "versions": entry.versions,
    }
