"""WHAT SHALL BE DONE? `choose`: the slow, thinking half of a decision. It reads the state and changes nothing.

Each function reads like the rows of the table of events (docs/semantics.md): the first that fits holds.
"""

from typing import assert_never

from pure_hb.draws import Draws, KeyedDraws
from pure_hb.machine.asking import answer_ask
from pure_hb.machine.observing import answer_observe
from pure_hb.machine.seeing import view
from pure_hb.machine.state import State
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
from pure_hb.search import Lesson


def choose(
    state: State, event: Event, draws: Draws | None = None, *, fitted: tuple[Named, ...] | None = None
) -> Action:
    """The action that answers an event in a state.

    ``draws`` gives the random numbers; by default they are keyed by the setup's seed and the state's clock. ``fitted``:
    the parameters that a log records for this answer. If a fit is due they are used instead of fitting, because on
    another processor a fit can end elsewhere; by default the surrogate is fitted.

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
            keyed = KeyedDraws(state.setup.seed, state.clock)
            return answer_ask(state, event, keyed if draws is None else draws, fitted)
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


# ---- fits beside training ------------------------------------------------------------------------------------------


def fit_if_due(state: State) -> Fitted | None:
    """A fit of the surrogate to all data, to be made beside training; None if none is due.

    It is pure: give the event to `decide` or `Session.fitted` at any later time. It is accepted unless a fit to data as
    new has been accepted before. Only setups with ``fit="background"`` use it.
    """
    found = lesson(state)
    return None if found is None else Fitted(state.clock, found.learned)


def lesson(state: State, *, fitted: tuple[Named, ...] | None = None) -> Lesson | None:
    """The fit that `fit` makes, with its evidence. ``fitted``: the parameters that a log records, as for `choose`."""
    if not state.setup.search.fits_beside:
        return None
    return state.setup.search.learn(view(state, told=fitted), KeyedDraws(state.setup.seed, state.clock))


def answer_fitted(state: State, event: Fitted) -> Action:
    """Accept a fit if it can be of this search and no fit to data as new has been accepted before."""
    if not state.setup.search.fits_beside:
        return Reject(
            f'{state.setup.method} makes its fits itself; a fit from outside is taken with the option fit="background"'
        )
    if not 0 <= event.clock <= state.clock:
        return Reject(
            f"the fit was made at clock {event.clock}, but the clock is at {state.clock}: it is of another log"
        )
    objection = state.setup.search.objection(view(state), event.learned)
    if objection is not None:
        return Reject(objection)
    seen, fitted = event.learned.observed, state.learned.observed
    if seen <= fitted:
        why = f"the fit saw {seen} values; the last one accepted saw {fitted}"
        return Noted(None, logged=False, evidence=(Because(why),))
    return Noted(None, evidence=(Because(f"from now on the parameters of the fit to {seen} values are used"),))
