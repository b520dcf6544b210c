"""WHAT IS SAID OF A COMPARISON? The evidence of a rank, in units of the metric."""

from typing import Final

from pure_hb.machine.state import State
from pure_hb.making import maker
from pure_hb.protocol import Ranked
from pure_hb.rungs import Standing

_ranked: Final = maker(Ranked)


def ranked(state: State, trial: int, level: int, resource: int, standing: Standing) -> Ranked:
    """How a trial, which reported at ``resource``, stands at a level."""
    cutoff = None if standing.cutoff is None else state.setup.goal.to_minimise(standing.cutoff)
    return _ranked(trial, level, resource, standing.entries, standing.rank, standing.allowed, standing.passes, cutoff)
