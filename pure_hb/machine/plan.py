"""WHAT WILL A SETUP DO? Levels, brackets, and the expected share of trials and epochs for each rung, before anything
runs.

The shares hold in the long run, when each rung promotes the share q_j = r_j / r_{j+1} of its entries. Early on, and
while better trials keep arriving, more are promoted, because a promotion is decided on what is known at that time.
"""

from itertools import pairwise

from attrs import frozen

from pure_hb.machine.setup import Setup, expect_setup


@frozen
class PlannedLeg:
    """One leg of training in a bracket, from one milestone to the next."""

    start: int
    """The resource at which the leg begins; 0: from the beginning."""
    until: int
    """The resource at which the leg ends."""
    trials: float
    """The expected share of all started trials that train this leg, in [0, 1]."""
    epochs: float
    """The expected epochs spent on this leg for each started trial."""


@frozen
class Plan:
    """What to expect of a setup in the long run. `plan` makes one."""

    probabilities: tuple[float, ...]
    """The probability of each bracket for a new trial."""
    brackets: tuple[tuple[PlannedLeg, ...], ...]
    """The legs of each bracket, in order of resource."""

    @property
    def epochs_per_trial(self) -> float:
        """The expected number of epochs for each started trial."""
        return sum(step.epochs for steps in self.brackets for step in steps)


def plan(setup: Setup) -> Plan:
    """What a setup will do: its brackets, and the expected share of trials and epochs of each leg.

    Raises:
        TypeError: if it is no Setup.
    """
    expect_setup(setup, "plan")
    probabilities = setup.bracket_distribution()
    brackets = tuple(_steps(setup, bracket, probability) for bracket, probability in enumerate(probabilities))
    return Plan(probabilities, brackets)


def _steps(setup: Setup, bracket: int, share: float) -> tuple[PlannedLeg, ...]:
    steps, start = [], 0
    ends = (*setup.levels[bracket:], setup.max_resource)
    shares = [setup.rule.expected_share(level, following) for level, following in pairwise(ends)]
    for until, passing in zip(ends, (*shares, 0.0), strict=True):
        steps.append(PlannedLeg(start, until, share, share * (until - start)))
        start, share = until, share * passing
    return tuple(steps)
