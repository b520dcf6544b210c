"""WHAT DID A RUN SPEND, AND ON WHAT? Counts over a log: epochs by rung, early starts, uses of the model.

A `Tally` receives the accepted pairs one by one with their time; it decides nothing and needs no state.
"""

from collections import Counter

from attrs import define, field, frozen

from pure_hb.machine import Setup
from pure_hb.protocol import Action, Event, Fitted, Report, Resume, Scored, Start


@frozen
class Spent:
    """What a run spent, and on what."""

    epochs_by_rung: dict[int, int]
    """Milestone -> the epochs trained from the milestone below to it, summed over all trials."""
    one_epoch_trials: int
    """The number of trials that never reported more than resource 1."""
    starts_before_first_resume: int
    """The number of trials started before the first promotion; all, if there was none."""
    model_uses: int
    """The number of trials started or promoted by the choice of a model."""
    fits: int
    """The number of fits of a surrogate."""
    first_theta_time: float | None
    """The time of the first estimate of theta (Hyper-Tune), in seconds; None: never."""


@define
class Tally:
    """A count in progress."""

    setup: Setup
    _highest: dict[int, int] = field(factory=dict)
    """Trial -> the highest resource it has reported."""
    _epochs: Counter[int] = field(factory=Counter)
    _starts: int = 0
    _starts_before_resume: int | None = None
    _model_uses: int = 0
    _fits: int = 0
    _fitted: int = 0
    _first_theta: float | None = None

    def add(self, time: float, event: Event, action: Action) -> None:
        """Count one accepted pair."""
        match event, action:
            case Report(), _:
                self._reported(event)
            case Fitted(), _:
                self._learn(time, event.learned.observed, event.learned.theta is not None)
            case _, Start():
                self._starts += 1
            case _, Resume(promoted_from=int()) if self._starts_before_resume is None:
                self._starts_before_resume = self._starts
            case _:
                pass
        if isinstance(action, Start | Resume):
            self._model_uses += any(isinstance(record, Scored) for record in action.evidence)
            if action.learned is not None:
                self._learn(time, action.learned.observed, action.learned.theta is not None)

    def _reported(self, event: Report) -> None:
        resource = min(event.resource, self.setup.max_resource)
        before = self._highest.get(event.trial, 0)
        for milestone in (*self.setup.levels, self.setup.max_resource):
            self._epochs[milestone] += max(0, min(resource, milestone) - before)
            before = max(before, min(resource, milestone))
        self._highest[event.trial] = max(resource, self._highest.get(event.trial, 0))

    def _learn(self, time: float, observed: int, has_theta: bool) -> None:
        self._fits += observed != self._fitted
        self._fitted = observed
        if has_theta and self._first_theta is None:
            self._first_theta = time

    def spent(self) -> Spent:
        """The counts so far."""
        return Spent(
            {milestone: self._epochs[milestone] for milestone in (*self.setup.levels, self.setup.max_resource)},
            sum(highest == 1 for highest in self._highest.values()),
            self._starts if self._starts_before_resume is None else self._starts_before_resume,
            self._model_uses,
            self._fits,
            self._first_theta,
        )
