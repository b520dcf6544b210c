"""What do pruners of others take for the traffic of `decide_cost.py`? Run by an interpreter that has them:

    PYTHON _decide_cost_peers.py SEED TRIALS [TRIALS ...]

prints a JSON list with a row for each system and number of trials.
"""

import json
import sys
from importlib.metadata import version
from itertools import count
from types import SimpleNamespace
from typing import Any

from _decide_cost_traffic import LEVELS, MAX_RESOURCE, Scheduler, Task, Traffic, taken

BATCHES = 5
"""So many are timed: these systems take their time."""


def after(until: int) -> int:
    """The next level or the maximum."""
    return min((level for level in (*LEVELS, MAX_RESOURCE) if level > until), default=MAX_RESOURCE)


class Optuna:
    """Optuna in memory with its successive halving."""

    name, package = "Optuna", "optuna"

    def __init__(self, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.complete, self.pruned = optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED
        self.study = optuna.create_study(
            sampler=optuna.samplers.RandomSampler(seed=seed),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
        )
        self.trials: dict[int, Any] = {}

    def ask(self, worker: str) -> tuple[int, Task]:
        """See `Scheduler`."""

        def asked() -> Any:
            trial = self.study.ask()
            trial.suggest_float("lr", 1e-5, 1.0, log=True)
            trial.suggest_int("width", 8, 512)
            trial.suggest_float("dropout", 0.0, 0.5)
            return trial

        nanoseconds, trial = taken(asked)
        self.trials[trial.number] = trial
        return nanoseconds, Task(worker, trial.number, LEVELS[0])

    def report(self, task: Task, value: float) -> float:
        """See `Scheduler`."""
        return value

    def answer(self, task: Task, report: float) -> tuple[int, int | None]:
        """See `Scheduler`."""
        trial, value = self.trials[task.trial], report

        def reported() -> bool:
            trial.report(value, task.until)
            stops: bool = trial.should_prune()
            return stops

        nanoseconds, stops = taken(reported)
        if stops or task.until == MAX_RESOURCE:
            self.study.tell(trial, None if stops else value, state=self.pruned if stops else self.complete)
            del self.trials[task.trial]
            return nanoseconds, None
        return nanoseconds, after(task.until)


class Ray:
    """The scheduler of Ray Tune alone, without Ray."""

    name, package = "Ray Tune", "ray"

    def __init__(self, seed: int) -> None:
        from ray.tune.schedulers import ASHAScheduler, TrialScheduler

        self.scheduler = ASHAScheduler(
            metric="error", mode="min", max_t=MAX_RESOURCE, grace_period=LEVELS[0], reduction_factor=3
        )
        self.goes_on, self.numbers = TrialScheduler.CONTINUE, count()
        self.trials: dict[int, Any] = {}

    def ask(self, worker: str) -> tuple[int, Task]:
        """See `Scheduler`."""
        number = next(self.numbers)
        trial = SimpleNamespace(trial_id=str(number))
        nanoseconds, _ = taken(lambda: self.scheduler.on_trial_add(None, trial))
        self.trials[number] = trial
        return nanoseconds, Task(worker, number, LEVELS[0])

    def report(self, task: Task, value: float) -> dict[str, float]:
        """See `Scheduler`."""
        return {"training_iteration": task.until, "error": value}

    def answer(self, task: Task, report: dict[str, float]) -> tuple[int, int | None]:
        """See `Scheduler`."""
        nanoseconds, said = taken(lambda: self.scheduler.on_trial_result(None, self.trials[task.trial], report))
        if said != self.goes_on:
            del self.trials[task.trial]
            return nanoseconds, None
        return nanoseconds, after(task.until)


def main() -> None:
    """Time both."""
    seed, *sizes = map(int, sys.argv[1:])
    rows = []
    for kind in (Optuna, Ray):
        scheduler: Scheduler = kind(seed)
        traffic = Traffic(scheduler, seed)
        for size in sizes:
            traffic.grow(size)
            rows.append({"system": f"{kind.name} {version(kind.package)}", "trials": size, **traffic.timed(BATCHES)})
            print(f"{kind.name}, {size:,} trials: done", file=sys.stderr)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
