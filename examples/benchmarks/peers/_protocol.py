"""WHAT MUST ANOTHER OPTIMISER ANSWER, TO RUN IN THE SUITE? The protocol `Peer`, what it is made for, and its tasks."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Protocol

from attrs import field, frozen
from problems import Scale

import pure_hb as hb


@frozen
class Terms:
    """What a peer is made for: one run."""

    problem: hb.Problem
    scale: Scale
    """Of its values: what users know of their metric."""
    seed: int
    folder: Path
    """For what it writes; deleted after the run."""

    @property
    def are_costs_positive(self) -> bool:
        """Whether logarithms of costs, which are to be small, can be taken."""
        known = (self.scale.best, self.scale.median, self.scale.worst)
        return all(self.problem.goal.to_minimise(one) > 0.0 for one in known if one is not None)


@frozen
class Task:
    """What a free worker trains."""

    config: hb.Configuration
    until: int
    """The resource to train to, from 1 on."""
    training: Hashable
    """Names a training: a later task of the same one goes on where it stood."""
    told: Any = field(default=None, eq=False)
    """What the peer wants to find again in its task."""


class Peer(Protocol):
    """An optimiser that is asked and told in simulated time. One object makes one run."""

    def ask(self) -> Task | None:
        """What a free worker trains next; None: nothing now. It is asked again after the next report."""
        ...

    def report(self, task: Task, resource: int, value: float) -> bool:
        """Takes a finite value, in the problem's own sign, and says whether the training goes on.

        Each resource is reported. With ``task.until`` the task is done, whatever is said.
        """
        ...

    def fail(self, task: Task, resource: int, value: float | None) -> None:
        """The training has ended: its value is not finite, or it broke on its way to the resource (None)."""
        ...
