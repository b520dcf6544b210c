"""WHICH LAWS MUST ANY SCHEDULER KEEP? Those about events and actions only; for this library's machine they test a
little more.

Each function takes a subject and events, and returns None or the first breach of its law. Any list of events is
allowed: a machine must answer every event in every state.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from attrs import evolve

import pure_hb as hb
from pure_hb.auditing import INVARIANTS, Step
from pure_hb.codec import canonical, from_json, parse, to_json
from pure_hb.protocol import ACTIONS, Action, Ask, Event, Fitted, Observe, Report
from pure_hb.rungs import Promotion, Stopping
from pure_hb.search import RandomSearch
from pure_hb.testing.breach import Breach
from pure_hb.testing.referee import Referee
from pure_hb.testing.subject import Events, Subject, Turn, follow

_OFTEN: Final = 8
"""Expensive checks are made once in this many events."""

# ---- PURE ----------------------------------------------------------------------------------------------------------


def pure(subject: Subject[Any], events: Events) -> Breach | None:
    """The law PURE: equal arguments give equal results, and no argument is changed. Returns the first breach, or
    None."""
    kept: list[tuple[Turn[Any], bytes]] = []
    turns = []
    for turn in follow(subject, events):
        turns.append(turn)
        breach = _same_again(subject, turn, turn.before, "decided again, it")
        if breach is None and subject.setup is not None:
            text = canonical(to_json(turn.before))
            state = from_json(parse(text), hb.State)
            if canonical(to_json(state)) != text or state != turn.before:
                return Breach(turn.number, f"the state is another one after a round trip through JSON: {text!r}")
            breach = _same_again(subject, turn, state, "after a round trip through JSON, it")
            if turn.number % _OFTEN == 0:
                kept.append((turn, text))
        if breach is not None:
            return breach
    for turn, text in kept:
        if canonical(to_json(turn.before)) != text:
            return Breach(turn.number, "the state before this event has been changed since")
    for turn, again in zip(turns, follow(subject, events), strict=True):
        if (turn.action, turn.after) != (again.action, again.after):
            return Breach(turn.number, f"played again from the beginning, it gave {again.action}, not {turn.action}")
    return None


def _same_again(subject: Subject[Any], turn: Turn[Any], state: Any, how: str) -> Breach | None:
    after, action = subject.decide(state, turn.event)
    if action != turn.action:
        return Breach(turn.number, f"{how} gave {action}, not {turn.action}")
    return None if after == turn.after else Breach(turn.number, f"{how} gave another state: {after}, not {turn.after}")


# ---- TOTAL ---------------------------------------------------------------------------------------------------------

ANSWERS: Final[dict[type[Event], tuple[type[Action], ...]]] = {
    hb.Ask: (hb.Start, hb.Resume, hb.Wait, hb.Done),
    hb.Report: (hb.Continue, hb.Pause, hb.Stop, hb.Reject),
    hb.Complete: (hb.Noted, hb.Reject),
    hb.Fail: (hb.Pause, hb.Stop, hb.Reject),
    hb.Release: (hb.Pause, hb.Stop, hb.Reject),
    hb.Observe: (hb.Noted, hb.Reject),
    hb.Fitted: (hb.Noted, hb.Reject),
}
"""Event -> the kinds of action that may answer it."""


def total(subject: Subject[Any], events: Events) -> Breach | None:
    """The law TOTAL: every event in every state is answered by a fitting action. Returns the first breach, or None."""
    state = subject.initial()
    for number, event in enumerate(events):
        try:
            after, action = subject.decide(state, event)
        except Exception as error:  # any exception at all breaks the law
            return Breach(number, f"decide raised {type(error).__name__}: {error}")
        if not isinstance(action, ACTIONS) or not isinstance(action, ANSWERS[type(event)]):
            return Breach(number, f"{type(event).__name__} was answered with {action!r}")
        if not action.logged and after is not state:
            return Breach(number, f"{action!r} is not logged, but the state after it is another object")
        if action.logged and isinstance(action, hb.Wait | hb.Done | hb.Reject):
            return Breach(number, f"{action!r} is logged, though nothing has happened")
        state = after
    return None if subject.setup is None else _refuses_wrong_types(subject, state, len(events))


def _refuses_wrong_types(subject: Subject[Any], state: Any, number: int) -> Breach | None:
    for event in (None, "Ask", {"type": "Ask", "worker": "ann"}, hb.Ask):
        try:
            subject.decide(state, event)  # type: ignore[arg-type]  # a wrong type is the test
        except TypeError:
            continue
        return Breach(number, f"decide took {event!r}, which is no event")
    return None


# ---- IDEMPOTENT ----------------------------------------------------------------------------------------------------


def idempotent(subject: Subject[Any], events: Events) -> Breach | None:
    """The law IDEMPOTENT: an event delivered twice changes nothing the second time. Returns the first breach, or
    None."""
    accepted: list[Event] = []
    for turn in follow(subject, events):
        again_after, again = subject.decide(turn.after, turn.event)
        if again_after is not turn.after or again.logged:
            return Breach(turn.number, f"delivered twice, it changed the state again: {again}")
        if kind_of(again) != kind_of(turn.action):
            return Breach(turn.number, f"delivered twice, it was answered with {again}, first with {turn.action}")
        if turn.action.logged and (
            isinstance(turn.event, Observe | Fitted) or getattr(turn.event, "leg", None) is not None
        ):
            accepted.append(turn.event)
        late = accepted if turn.number % _OFTEN == 0 or turn.number == len(events) - 1 else accepted[-_OFTEN:]
        for event in late:
            after, action = subject.decide(turn.after, event)
            if after is not turn.after or action.logged:
                return Breach(turn.number, f"after it, {event} came again and changed the state: {action}")
    return None


def kind_of(action: Action) -> tuple[object, ...]:
    """The part of an action that must be equal in two answers to one event."""
    names = ("trial", "leg", "config", "start_from", "until")
    return (type(action).__name__, *(getattr(action, name, None) for name in names))


# ---- ONE_PLACE -----------------------------------------------------------------------------------------------------

_OF_TRIALS: Final = tuple(
    invariant
    for invariant in INVARIANTS
    if invariant.name in ("life", "one_place", "capacity", "resource_grows", "milestone", "promoted_at_most_once")
)


def one_place(subject: Subject[Any], events: Events) -> Breach | None:
    """The law ONE_PLACE: a trial has one status, and one worker while it runs. Returns the first breach, or None."""
    referee = Referee()
    for turn in follow(subject, events):
        objection = referee.objection(turn.event, turn.action)
        if objection is not None:
            return Breach(turn.number, objection)
        if subject.setup is not None:
            step = Step(turn.before, turn.event, turn.action, turn.after)
            for invariant in _OF_TRIALS:
                what = invariant.holds(step)
                if what is not None:
                    return Breach(turn.number, what)
    return None


# ---- BLIND ---------------------------------------------------------------------------------------------------------


def blind(subject: Subject[Any], events: Events) -> Breach | None:
    """The law BLIND: names of workers and the scale of the metric do not matter. Returns the first breach, or None."""
    breach = _compare(subject, events, subject, renamed(events), "with other names of workers")
    if breach is not None or subject.setup is None:
        return breach
    setup = subject.setup
    metric = setup.goal.metric
    goal = hb.Maximize(metric) if isinstance(setup.goal, hb.Minimize) else hb.Minimize(metric)
    turned = evolve(setup, goal=goal)
    mirror = Subject(lambda: hb.initial(turned), subject.decide, turned)
    breach = _compare(subject, events, mirror, _mapped(events, lambda value: -value), "with the metric negated")
    if breach is not None or not _ranks_decide(setup):
        return breach
    for exponent in (-3, 5):
        if _exact(events, exponent):
            scaled = _mapped(events, partial(_times_power, exponent))
            breach = breach or _compare(subject, events, subject, scaled, f"with the metric times 2**{exponent}")
    return breach or _compare(subject, events, subject, _mapped(events, _ranks(events)), "with ranks for values")


def _compare(subject: Subject[Any], events: Events, other: Subject[Any], changed: Events, how: str) -> Breach | None:
    for turn, mirrored in zip(follow(subject, events), follow(other, changed), strict=True):
        if bare(turn.action) != bare(mirrored.action):
            return Breach(turn.number, f"{how} it was answered with {mirrored.action}, not with {turn.action}")
    return None


def bare(action: Action) -> Action:
    """An action without its texts and evidence: the part that must be equal whatever workers are called."""
    return hb.Reject("") if isinstance(action, hb.Reject) else evolve(action, evidence=())


def renamed(events: Events) -> Events:
    """The events with other names of workers, whose order is reversed."""
    names = sorted({event.worker for event in events if isinstance(event, Ask)})
    new = {name: f"{len(names) - place:04} \u00fc" for place, name in enumerate(names)}
    return tuple(Ask(new[event.worker], event.new_trials) if isinstance(event, Ask) else event for event in events)


def _mapped(events: Events, change: Callable[[float], float]) -> Events:
    return tuple(_with_values(event, change) for event in events)


def _with_values(event: Event, change: Callable[[float], float]) -> Event:
    match event:
        case Report():
            value = change(event.value) if math.isfinite(event.value) else event.value
            return Report(event.trial, event.resource, value, event.cost, event.leg)
        case Observe():
            curve = ((resource, change(value) if math.isfinite(value) else value) for resource, value in event.curve)
            return Observe(event.config, curve, event.failed, event.source)
        case _:
            return event


def _times_power(exponent: int, value: float) -> float:
    return math.ldexp(value, exponent)


def _values(events: Events) -> frozenset[float]:
    reported = [event.value for event in events if isinstance(event, Report)]
    observed = [value for event in events if isinstance(event, Observe) for _, value in event.curve]
    return frozenset(value for value in (*reported, *observed) if math.isfinite(value))


def _exact(events: Events, exponent: int) -> bool:
    """Whether multiplication by 2**exponent is exact for all values."""
    try:
        return all(math.ldexp(math.ldexp(value, exponent), -exponent) == value for value in _values(events))
    except OverflowError:
        return False


def _ranks(events: Events) -> Callable[[float], float]:
    """The map from a value to its rank among all values, which is strictly increasing."""
    ranks = {value: float(rank) for rank, value in enumerate(sorted(_values(events)))}
    return ranks.__getitem__


def _ranks_decide(setup: hb.Setup) -> bool:
    return isinstance(setup.search, RandomSearch) and isinstance(setup.rule, Promotion | Stopping)
