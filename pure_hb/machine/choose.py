"""WHAT SHALL BE DONE? `choose`: the slow, thinking half of a decision. It reads the state and changes nothing.

Each function reads like the rows of the table of events (docs/semantics.md): the first that fits holds.
"""

from itertools import pairwise
from typing import assert_never

from pure_hb.draws import Draws, KeyedDraws
from pure_hb.machine.asking import answer_ask
from pure_hb.machine.seeing import view
from pure_hb.machine.state import State, key_of
from pure_hb.machine.telling import answer_complete, answer_fail, answer_release, answer_report
from pure_hb.protocol import (
    EVENTS,
    Action,
    Ask,
    Because,
    Complete,
    Event,
    Fail,
    Fitted,
    Named,
    Noted,
    Observe,
    Reject,
    Release,
    Report,
)
from pure_hb.space import Configuration, SpaceError, as_member
from pure_hb.space.domains import INT_LIMIT


def choose(
    state: State, event: Event, draws: Draws | None = None, *, fitted: tuple[Named, ...] | None = None
) -> Action:
    """The action that answers an event in a state.

    ``draws`` gives the random numbers; not given, they are keyed by the setup's seed and the state's clock. ``fitted``:
    the parameters that a surrogate was fitted to for this answer, as a log has them. If a fit is due they stand for it:
    on another processor a fit can end elsewhere, and what was decided by it is still told. Not given, it is fitted.

    Raises:
        TypeError: if ``state`` is no State or ``event`` no Event.
    """
    if not isinstance(state, State) or not isinstance(event, EVENTS):
        raise TypeError(
            f"choose takes a State and an Event ({', '.join(kind.__name__ for kind in EVENTS)}), "
            f"got {type(state).__name__} and {type(event).__name__}"
        )
    match event:
        case Report():
            return answer_report(state, event)
        case Ask():
            return answer_ask(state, event, draws or KeyedDraws(state.setup.seed, state.clock), fitted)
        case Complete():
            return answer_complete(state, event)
        case Fail():
            return answer_fail(state, event)
        case Release():
            return answer_release(state, event)
        case Observe():
            return answer_observe(state, event)
        case Fitted():
            return answer_fitted(state, event)
        case _:
            assert_never(event)


def answer_observe(state: State, event: Observe) -> Action:
    """Take an earlier result into the table: as an ended trial, whose entries never wait."""
    fault = _curve_fault(event)
    if fault is not None:
        return Reject(fault)
    try:
        config = as_member(state.setup.space, event.config)
    except SpaceError as error:
        return Reject(f"the observed configuration is not in the space: {error}")
    twin = _observed_before(state, config, event)
    if twin is not None:
        return Noted(twin, logged=False, evidence=(Because(f"the same as trial {twin}"),))
    return Noted(len(state.trials), evidence=(Because("observed"),))


def _curve_fault(event: Observe) -> str | None:
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
    for number in state.tried.observed.get(key_of(state, config)) or ():
        trial = state.trials[number]
        is_another = trial.source and event.source
        if trial.curve == event.curve and (trial.failures > 0) == event.failed and not is_another:
            return number
    return None


# ---- fits beside training ------------------------------------------------------------------------------------------


def fit(state: State) -> Fitted | None:
    """A fit of the surrogate to all that is known, to be made beside training while workers train; None if none is due.

    Pure: hand the event to `decide`, or to `Session.fitted`, whenever it is done. It is accepted unless data as new
    have been fitted by then. Only setups with ``fit="background"`` take it.
    """
    if not state.setup.search.fits_beside:
        return None
    learned = state.setup.search.learn(view(state), KeyedDraws(state.setup.seed, state.clock))
    return None if learned is None else Fitted(state.clock, learned)


def answer_fitted(state: State, event: Fitted) -> Action:
    """Take a fit, unless data as new have been fitted already."""
    if not state.setup.search.fits_beside:
        return Reject(
            f'{state.setup.method} makes its fits itself; a fit from outside is taken with the option fit="background"'
        )
    if not 0 <= event.clock <= state.clock:
        return Reject(
            f"the fit was made at clock {event.clock}, but the clock is at {state.clock}: it is of another log"
        )
    seen, fitted = event.learned.observed, state.learned.observed
    if seen <= fitted:
        why = f"the fit saw {seen} values; the last one accepted saw {fitted}"
        return Noted(None, logged=False, evidence=(Because(why),))
    return Noted(None, evidence=(Because(f"from now on the parameters of the fit to {seen} values are used"),))
