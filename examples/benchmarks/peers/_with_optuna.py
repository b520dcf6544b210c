"""Optuna: a sampler and a pruner, by ask, report and tell.

A trial reports after each resource and asks whether it is to be pruned. At the last resource it does not ask: there is
nothing left to save, and the samplers learn more from a trial that is complete. A value that is not finite is reported,
and the trial is pruned there, as the pruner does with it at its next rung; the sampler takes it for the worst. A
training that breaks has failed; the samplers pass over it.
"""

import logging
import math
from importlib import import_module
from typing import Any

import optuna
from attrs import frozen

import pure_hb as hb

from ._axes import Axes, Axis, axes_of
from ._protocol import Task, Terms


@frozen
class OptunaPeer:
    """See `Peer`."""

    study: Any
    axes: Axes
    max_resource: int

    def ask(self) -> Task:
        """A new trial."""
        trial = self.study.ask()
        config = self.axes.config({axis.name: _suggested(trial, axis) for axis in self.axes.axes})
        return Task(config, self.max_resource, trial.number, trial)

    def report(self, task: Task, resource: int, value: float) -> bool:
        """The trial is complete with its last value, or pruned with one before it."""
        task.told.report(value, resource)
        if resource == task.until:
            self.study.tell(task.told, value)
            return False
        pruned = task.told.should_prune()
        if pruned:
            self.study.tell(task.told, state=optuna.trial.TrialState.PRUNED)
        return not pruned

    def fail(self, task: Task, resource: int, value: float | None) -> None:
        """The trial is pruned or has failed."""
        if value is None:
            self.study.tell(task.told, state=optuna.trial.TrialState.FAIL)
            return
        task.told.report(math.nan, resource)
        self.study.tell(task.told, state=optuna.trial.TrialState.PRUNED)


def _suggested(trial: Any, axis: Axis) -> Any:
    match axis.kind:
        case "real":
            return trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)
        case "whole":
            return trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.log)
        case "choice":
            return trial.suggest_categorical(axis.name, range(int(axis.high) + 1))


def make(terms: Terms, *, sampler: str, pruner: str, reduction_factor: int = 3, **options: Any) -> OptunaPeer:
    """A study in memory; other options are those of the sampler."""
    problem, seed = terms.problem, terms.seed
    logging.getLogger("optuna").setLevel(logging.ERROR)
    if sampler == "GPSampler":
        import_module("torch").set_num_threads(1)
    rungs = {"min_resource": 1, "reduction_factor": reduction_factor}
    if pruner == "HyperbandPruner":
        rungs["max_resource"] = problem.max_resource
    study = optuna.create_study(
        direction="minimize" if isinstance(problem.goal, hb.Minimize) else "maximize",
        sampler=getattr(optuna.samplers, sampler)(seed=seed, **options),
        pruner=getattr(optuna.pruners, pruner)(**rungs),
        study_name=f"seed {seed}",  # the brackets of Hyperband are drawn by it
    )
    return OptunaPeer(study, axes_of(problem.space), problem.max_resource)
