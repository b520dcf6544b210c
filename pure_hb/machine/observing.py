"""WHICH EARLIER RESULTS ARE TAKEN? The answer to ``Observe``, which brings results of an earlier search."""

from itertools import pairwise

from pure_hb.machine.state import State
from pure_hb.protocol import Action, Because, Heard, Noted, Observe, Reject
from pure_hb.space import Configuration, SpaceError, as_member, match_key
from pure_hb.space.domains import INT_LIMIT


def answer_observe(state: State, event: Observe) -> Action:
    """Accept an earlier result as an ended trial, whose entries never wait for promotion; or refuse it."""
    fault = curve_fault(event)
    if fault is not None:
        return Reject(fault)
    try:
        config = as_member(state.setup.space, event.config)
    except SpaceError as error:
        return Reject(f"the observed configuration is not in the space: {error}")
    twin = _observed_before(state, config, event)
    if twin is not None:
        return Noted(twin, logged=False, evidence=(Because(f"the same as trial {twin}"),))
    told = Heard(state.clock, event.curve, configuration=event.config)
    return Noted(len(state.trials), evidence=(Because("observed"), told))


def curve_fault(event: Observe) -> str | None:
    """The fault of an observed curve with the way out; None if it has none."""
    if not event.curve and not event.failed:
        return "the observed curve has no values; give at least one (resource, value)"
    resources = [resource for resource, _ in event.curve]
    if not all(1 <= resource <= INT_LIMIT for resource in resources):
        return f"the observed resources are {resources}; each is an integer from 1 to 2**53"
    if any(low >= high for low, high in pairwise(resources)):
        return f"the observed resources are {resources}; they must increase strictly, sort them"
    return None


def _observed_before(state: State, config: Configuration, event: Observe) -> int | None:
    """The trial as which this was observed: one of the same source, or one that is the same in all that is known."""
    known = state.tried.sources.get(event.source)
    if known is not None:
        return known
    for number in state.tried.observed.get(match_key(state.setup.space, config)) or ():
        trial = state.trials[number]
        is_another = trial.source and event.source
        if trial.curve == event.curve and (trial.failures > 0) == event.failed and not is_another:
            return number
    return None
