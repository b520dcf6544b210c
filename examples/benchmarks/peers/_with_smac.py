"""SMAC3: the multi-fidelity facade, a random forest with Hyperband, by ask and tell.

A larger budget of a configuration goes on where the smaller one ended. Budgets are rounded to whole resources. The
facade models logarithms of costs; where a cost can be negative, the plain encoder takes its place. The initial design
is the facade's for a long run, ten configurations for each parameter, so that what a run does early on does not depend
on its length. A value that is not finite, and a training that breaks, is a crash with the cost of a bad configuration:
SMAC asks its users for such a number, and its own default is infinite, from which its model cannot learn.
"""

import logging
from typing import Any

from attrs import frozen
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from smac import MultiFidelityFacade, Scenario
from smac.main.exceptions import ConfigurationSpaceExhaustedException
from smac.runhistory import StatusType, TrialValue
from smac.runhistory.encoder import RunHistoryEncoder

import pure_hb as hb

from ._axes import Axes, Axis, axes_of
from ._protocol import Task, Terms

LONG = 10_000
"""Trials, so many that the initial design is not cut."""


@frozen
class SmacPeer:
    """See `Peer`."""

    smac: Any
    axes: Axes
    goal: hb.Goal
    worst: float
    """The cost of a crash."""

    def ask(self) -> Task | None:
        """A configuration with a budget; None: SMAC knows no new one."""
        try:
            info = self.smac.ask()
        except (StopIteration, ConfigurationSpaceExhaustedException):
            return None
        config = self.axes.config(dict(info.config))
        return Task(config, max(1, round(info.budget)), info.config, info)

    def report(self, task: Task, resource: int, value: float) -> bool:
        """SMAC is told the value at the budget alone."""
        if resource == task.until:
            self._tell(task, TrialValue(cost=self.goal.to_minimise(value)))
        return True

    def fail(self, task: Task, resource: int, value: float | None) -> None:
        """A crash."""
        self._tell(task, TrialValue(cost=self.worst, status=StatusType.CRASHED))

    def _tell(self, task: Task, value: TrialValue) -> None:
        self.smac.tell(task.told, value, save=False)


def _hyperparameter(axis: Axis) -> Any:
    match axis.kind:
        case "real":
            return Float(axis.name, (axis.low, axis.high), log=axis.log)
        case "whole":
            return Integer(axis.name, (int(axis.low), int(axis.high)), log=axis.log)
        case "choice":
            return Categorical(axis.name, range(int(axis.high) + 1))


def make(terms: Terms, *, eta: int = 3) -> SmacPeer:
    """A facade that writes into the folder."""
    problem, axes = terms.problem, axes_of(terms.problem.space)
    scenario = Scenario(
        ConfigurationSpace(space=[_hyperparameter(axis) for axis in axes.axes]),
        output_directory=terms.folder,
        deterministic=True,
        n_trials=LONG,
        min_budget=1,
        max_budget=problem.max_resource,
        seed=terms.seed,
    )
    smac = MultiFidelityFacade(
        scenario,
        intensifier=MultiFidelityFacade.get_intensifier(scenario, eta=eta),
        runhistory_encoder=None if terms.are_costs_positive else RunHistoryEncoder(scenario),
        logging_level=logging.ERROR,
        overwrite=True,
    )
    return SmacPeer(smac, axes, problem.goal, problem.goal.to_minimise(terms.scale.worst))
