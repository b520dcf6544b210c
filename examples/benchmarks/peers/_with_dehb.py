"""DEHB: differential evolution with Hyperband, by ask and tell.

DEHB searches the unit cube here, from which values come back exactly. Numbers lie in it on their scales; whole numbers
and entries of lists have equal parts of it. A configuration that is promoted goes on where it stood. Fidelities are
rounded to whole resources. DEHB compares values only, and takes an infinite one for none at all: a value that is not
finite, and a training that breaks, counts as the largest number.
"""

import sys
from typing import Any

from attrs import frozen
from dehb import DEHB
from loguru import logger

import pure_hb as hb

from ._axes import Axes, axes_of
from ._protocol import Task, Terms


@frozen
class DehbPeer:
    """See `Peer`."""

    dehb: Any
    axes: Axes
    goal: hb.Goal

    def ask(self) -> Task:
        """A configuration with a fidelity."""
        job = self.dehb.ask()
        return Task(self.axes.config_at(job["config"]), max(1, round(float(job["fidelity"]))), job["config_id"], job)

    def report(self, task: Task, resource: int, value: float) -> bool:
        """DEHB is told the value at the fidelity alone."""
        if resource == task.until:
            self._tell(task, self.goal.to_minimise(value), resource)
        return True

    def fail(self, task: Task, resource: int, value: float | None) -> None:
        """The worst there is."""
        self._tell(task, sys.float_info.max, resource)

    def _tell(self, task: Task, fitness: float, cost: float) -> None:
        self.dehb.tell(task.told, {"fitness": fitness, "cost": cost})


def make(terms: Terms, *, eta: int = 3, **options: Any) -> DehbPeer:
    """A run of DEHB which asks nobody but us, and logs into the folder; other options are those of ``DEHB``."""
    axes = axes_of(terms.problem.space)
    dehb = DEHB(
        dimensions=len(axes.axes),
        min_fidelity=1,
        max_fidelity=terms.problem.max_resource,
        eta=eta,
        seed=terms.seed,
        n_workers=1,
        save_freq="end",
        output_path=terms.folder,
        **options,
    )
    logger.remove()
    return DehbPeer(dehb, axes, terms.problem.goal)
