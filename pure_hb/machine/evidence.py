"""WHAT EVIDENCE GOES WITH A REPORT? The value and how it ranks, in units of the metric."""

from typing import Final

from pure_hb.machine.state import State
from pure_hb.making import maker
from pure_hb.protocol import Heard, Ranked, Report
from pure_hb.rungs import Standing

_ranked: Final = maker(Ranked)
_heard: Final = maker(Heard)


def heard(state: State, event: Report) -> Heard:
    """Evidence: the report as it was accepted."""
    return _heard(state.clock, ((event.resource, event.value),), event.cost)


def ranked(state: State, trial: int, level: int, resource: int, standing: Standing) -> Ranked:
    """Evidence: how a trial that reported at ``resource`` compares at a level."""
    cutoff = None if standing.cutoff is None else state.setup.goal.to_minimise(standing.cutoff)
    return _ranked(trial, level, resource, standing.entries, standing.rank, standing.allowed, standing.passes, cutoff)
