"""WHICH VALUES AND TIMES DOES A LOG HAVE? The configurations in order, and for each trial values and seconds per
epoch."""

from typing import Final

from attrs import field, frozen

from pure_hb.explaining.story import Story
from pure_hb.machine import Setup
from pure_hb.protocol import Ask, Complete, Fail, Observe, Release, Report, Resume, Start
from pure_hb.space import Configuration
from pure_hb.tables import Table

_LOST: Final = (Fail, Release, Complete)


@frozen
class Epoch:
    """A result of a trial, recorded or from a table."""

    resource: int
    value: float
    cost: float | None
    seconds: float
    """The seconds from the report before it, or the start of its leg, to this one."""
    at: float | None = None
    """When it was reported; None: it is from a table."""


@frozen(eq=False)
class World:
    """The results of a log, from which its trials can be simulated in another order."""

    setup: Setup
    configurations: tuple[Configuration, ...]
    """The configurations of the started trials, in order."""
    epochs: dict[int, dict[int, Epoch]] = field(repr=False)
    """Trial -> resource -> its result; trials are numbered as they were started, observed ones left out."""
    lost: dict[int, set[int]] = field(repr=False)
    """Trial -> the resources after which its leg was lost, failed or ended by itself."""
    asks: dict[str, tuple[float, ...]] = field(repr=False)
    """Worker -> the times at which it asked and got a trial; in order of the first Ask."""
    observed: tuple[float, ...] = ()
    """The times of observations."""
    table: Table | None = None

    def next_epoch(self, trial: int, highest: int, until: int) -> Epoch | str:
        """The next report of a trial that has trained to ``highest`` and continues to ``until``; or why it is
        unknown."""
        if highest in self.lost.get(trial, ()) and self.table is None:
            return (
                f"trial {trial} was lost after epoch {highest} in the record, and might have gone on at another moment"
            )
        known = self.epochs.get(trial, {})
        wanted = [resource for resource in known if highest < resource <= until]
        if self.table is None:
            if not wanted:
                return f"the value of trial {trial} at epoch {highest + 1}, to which it was never trained"
            return known[min(wanted)]
        if highest + 1 in known:
            return known[highest + 1]
        row = self.table.row(self.configurations[trial])
        seconds = self.table.elapsed(row, highest + 1) - self.table.elapsed(row, highest)
        cost = None
        if self.setup.rule.needs_cost:
            cost = seconds
        return Epoch(highest + 1, self.table.value(row, highest + 1), cost, seconds)


def world_of(story: Story, table: Table | None = None) -> World:
    """The world of a log; ``table`` has the values that were not observed."""
    configurations, epochs, lost = list[Configuration](), dict[int, dict[int, Epoch]](), dict[int, set[int]]()
    asks, observed, names, last = dict[str, list[float]](), list[float](), dict[int, int](), dict[int, float]()
    highest: dict[int, int] = {}
    for record in story.records:
        event, action, at = record.event, record.action, record.elapsed
        if isinstance(event, Ask):
            asks.setdefault(event.worker, []).append(at)
        if isinstance(event, Observe):
            observed.append(at)
        if isinstance(action, Start):
            names[action.trial] = len(configurations)
            configurations.append(action.config)
        if isinstance(action, Start | Resume):
            last[action.trial] = at
        if isinstance(event, Report):
            number, before = names[event.trial], last.get(event.trial, at)
            epochs.setdefault(number, {})[event.resource] = Epoch(
                event.resource, event.value, event.cost, at - before, at
            )
            last[event.trial], highest[event.trial] = at, event.resource
        elif isinstance(event, _LOST) and record.action.logged:
            lost.setdefault(names[event.trial], set()).add(highest.get(event.trial, 0))
    told = {worker: tuple(times) for worker, times in asks.items()}
    return World(story.setup, tuple(configurations), epochs, lost, told, tuple(observed), table)
