"""WHICH FITS ARE TAKEN? The check of a fit that was made in the background, beside training, before it is stored.

A fit comes from outside, and what is stored stays: parameters of another model would disable the surrogate, and counts
of values that do not exist would make every later fit look out of date.
"""

from typing import Final

from pure_hb.protocol import Counts, Learned, Theta
from pure_hb.protocol.learned import theta_fault
from pure_hb.search.belief import Situation, Surrogate, situation
from pure_hb.search.hyper_tune import SUPPORTED
from pure_hb.search.searches import HyperTune, WithModel
from pure_hb.search.view import View
from pure_hb.surrogate import ParameterError

_AGAIN: Final = "make it by fit_if_due(state), of a state of this search"


def objection(view: View, learned: Learned, search: WithModel) -> str | None:
    """Why a fit cannot belong to this search; None if it can."""
    now = situation(view, search.surrogate)
    return (
        _of_parameters(learned, now.surrogate)
        or _of_counts(learned, now)
        or (None if learned.theta is None else _of_theta(learned.theta, now, has_theta=isinstance(search, HyperTune)))
    )


def _of_parameters(learned: Learned, surrogate: Surrogate) -> str | None:
    names = [one.name for one in learned.parameters]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        return f"the fit names {twice} more than once; {_AGAIN}"
    try:
        surrogate.parameters(learned.parameters)
    except ParameterError as error:
        return f"the parameters are not those of the model: {error}; {_AGAIN}"
    return None


def _of_counts(learned: Learned, now: Situation) -> str | None:
    counts, there = learned.counts, now.observed
    if not 1 <= learned.observed <= there:
        return f"the fit saw {learned.observed} values, but there are {there}; {_AGAIN}"
    at_maximum, reached = counts.at_maximum, now.counts.get(now.surrogate.inputs.max_resource, 0)
    if not (
        Counts().observed <= counts.observed <= there
        and 0 <= counts.growths <= there
        and (at_maximum is None or 0 <= at_maximum <= reached)
    ):
        return f"the fit has {counts}, but there are {there} values, {reached} of them at the maximum; {_AGAIN}"
    return None


def _of_theta(theta: Theta, now: Situation, *, has_theta: bool) -> str | None:
    if not has_theta:
        return f"the fit has a theta, which this search does not estimate; {_AGAIN}"
    fault = theta_fault(theta, now.surrogate.inputs.levels)
    if fault is not None:
        return f"{fault}; {_AGAIN}"
    there = now.counts.get(theta.supported, 0)
    if not SUPPORTED <= theta.observed <= there:
        return (
            f"theta was estimated from {theta.observed} values at level {theta.supported}; it takes {SUPPORTED}, and "
            f"there are {there}; {_AGAIN}"
        )
    return None
