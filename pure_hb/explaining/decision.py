"""WHY WAS ONE RECORD DECIDED LIKE THIS? Its event, its action, its comparison, the value that changes it, and what
followed."""

import math
from collections.abc import Iterator
from typing import Any, Final, assert_never

from attrs import frozen

from pure_hb.codec import event_to_json, to_json
from pure_hb.explaining.belief import Outcome, outcomes
from pure_hb.explaining.since import since
from pure_hb.explaining.story import Arrivals, Story, Told
from pure_hb.explaining.turning import Turn, turn_of_promotion, turn_of_report
from pure_hb.explaining.words import Said, say, short
from pure_hb.journal import Record
from pure_hb.machine import State
from pure_hb.protocol import (
    Ask,
    Because,
    Complete,
    Continue,
    Drawn,
    Event,
    Fail,
    Figures,
    Fitted,
    Heard,
    Observe,
    Pause,
    Ranked,
    Release,
    Report,
    Resume,
    Scored,
    Start,
    Stop,
)

_OF_RULES: Final = ("PASHA", "RUSH", "rankings that disagree", "cost")
"""Names of figures that a rule gives; all others are those of a model."""


@frozen
class Explanation:
    """One record, explained."""

    record: int
    elapsed: float
    event: Event
    action: str
    """The class of the action."""
    trial: int | None
    said: tuple[Said, ...]
    """The explanation, a sentence each."""
    turn: Turn | None = None
    """With which values the trial would continue; None: nothing was compared."""
    candidates: tuple[Scored, ...] = ()
    """The configurations or trials that a model judged best, the chosen one first."""

    def as_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        turn = self.turn
        return {
            "record": self.record,
            "elapsed": self.elapsed,
            "event": event_to_json(self.event),
            "action": self.action,
            "trial": self.trial,
            "sentences": [{"name": one.key, "text": one.text} for one in self.said],
            "turn": None
            if turn is None
            else {
                "goes_on": turn.goes_on,
                "limit": turn.limit,
                "always": turn.always,
                "never": turn.never,
                "why_not": turn.why_not,
            },
            "candidates": [to_json(one) for one in self.candidates],
        }


def explain_record(story: Story, number: int) -> Explanation:
    """Explains why record ``number`` of a log was decided as it was, and what happened to its trial later.

    Raises:
        StoryError: if there is no such record.
        ReplayError: if a record before it cannot follow the records before that.
    """
    record = story.record(number)
    told = next(story.told(number))
    found = explained(told, story.arrivals(number))
    more: tuple[Said, ...] = ()
    if isinstance(record.action, Pause) and record.action.level is not None:
        level, trial = record.action.level, record.action.trial
        more, _ = since(told.step.after, number, trial, level, story.told(number + 1, told.step.after))
    elif isinstance(record.action, Start | Resume):
        state = told.step.after
        for later in story.told(number + 1, state):
            state = later.step.after
        believed = outcomes(story.setup, story.records, {record.action.trial})
        more = tuple(fate(record, state, believed.get(record.action.trial)))
    return Explanation(
        found.record, found.elapsed, found.event, found.action, found.trial, (*found.said, *more), found.turn,
        found.candidates,
    )  # fmt: skip


def explained(told: Told, arrivals: Arrivals) -> Explanation:
    """A record, explained without later records."""
    record, step = told.record, told.step
    turn = turn_of_report(step) or turn_of_promotion(step, arrivals)
    said = (*_of_event(record, step.before), *_of_action(told), *_of_evidence(told), *_of_turn(told, turn))
    candidates = tuple(one for one in record.action.evidence if isinstance(one, Scored))
    action = type(record.action).__name__
    return Explanation(record.number, record.elapsed, record.event, action, step.trial, said, turn, candidates)


# ---- what happened, and what was done ------------------------------------------------------------------------------


def _of_event(record: Record, before: State) -> Iterator[Said]:
    event = record.event
    match event:
        case Ask():
            yield say("asked" if event.new_trials else "asked_no_new", worker=event.worker)
        case Report():
            yield say("reported", trial=event.trial, value=event.value, epoch=event.resource)
        case Complete():
            yield say("completed", trial=event.trial)
        case Fail():
            yield say("failed", trial=event.trial, reason=event.reason or "no reason was given")
        case Release():
            yield say("released", trial=event.trial, reason=event.reason or "no reason was given")
        case Observe():
            yield say("observed", trial=len(before.trials), values=len(event.curve))
        case Fitted():
            yield say("fitted", values=event.learned.observed)
        case _:
            assert_never(event)


def _of_action(told: Told) -> Iterator[Said]:
    action = told.record.action
    match action:
        case Start():
            yield say("start", trial=action.trial, bracket=action.bracket, until=action.until)
        case Resume(promoted_from=None):
            yield say("again", trial=action.trial, leg=action.leg, until=action.until)
        case Resume():
            yield say("promoted", trial=action.trial, level=action.promoted_from, until=action.until)
        case Continue() if action.level is None:
            yield say("between", until=action.until)
        case Continue():
            yield from _compared(told)
            yield say("goes_on", until=action.until)
        case Pause() if isinstance(told.record.event, Report):
            yield from _compared(told)
            yield say("paused", level=action.level)
        case Stop() if isinstance(told.record.event, Report):
            yield from _compared(told)
            yield from _ended(told, told.record.event, action)
        case Pause():
            yield say("lost")
        case Stop():
            yield say("ended")
        case _:
            pass


def _compared(told: Told) -> Iterator[Said]:
    for one in told.record.action.evidence:
        if isinstance(one, Ranked) and one.allowed is None:
            yield say("first", level=one.level)
        elif isinstance(one, Ranked):
            yield say("rank", level=one.level, rank=one.rank, entries=one.entries, allowed=one.allowed)


def _ended(told: Told, event: Report, action: Stop) -> Iterator[Said]:
    if event.value - event.value != 0.0:
        yield say("not_finite", value=event.value)
    elif action.level is None:
        yield say("finished", until=told.step.before.setup.max_resource)
    else:
        yield say("stopped", level=action.level)
        if any(isinstance(one, Ranked) and (one.passes or one.allowed is None) for one in action.evidence):
            yield say("rule_ended")


# ---- why -----------------------------------------------------------------------------------------------------------


def _of_evidence(told: Told) -> Iterator[Said]:
    """All other evidence, in its order."""
    record, event = told.record, told.record.event
    for one in record.action.evidence:
        match one:
            case Ranked() if isinstance(event, Ask):
                yield from _looked_at(told, one)
            case Ranked() | Heard() | Scored():
                pass
            case Because():
                if not isinstance(event, Report | Complete | Fail | Release | Fitted):
                    yield say("because", text=one.text[:1].upper() + one.text[1:])
            case Drawn():
                yield say("drawn", purpose=one.purpose, uniform=short(one.uniform), selected=one.selected)
            case Figures():
                numbers = ", ".join(f"{name} {short(value)}" for name, value in one.numbers)
                yield say("rule_says" if one.of in _OF_RULES else "model", of=one.of, numbers=numbers)
            case _:
                assert_never(one)
    yield from _of_candidates(told)


def _looked_at(told: Told, one: Ranked) -> Iterator[Said]:
    numbers = {"level": one.level, "rank": one.rank, "entries": one.entries, "allowed": one.allowed}
    if one.trial == told.step.trial:
        yield say("rank", **numbers)
    else:
        yield say("passed_over", trial=one.trial, **numbers)


def _of_candidates(told: Told) -> Iterator[Said]:
    scored = [one for one in told.record.action.evidence if isinstance(one, Scored)]
    if not scored:
        return
    numbers = dict(scored[0].numbers)
    name = next(iter(one for one in numbers if one.startswith("mean")), None)
    if name is not None and "deviation" in numbers:
        yield say("chosen", name=name, mean=short(numbers[name]), deviation=short(numbers["deviation"]))
    second = dict(scored[1].numbers) if len(scored) > 1 else {}
    if "draw" in numbers and "draw" in second:
        better = "smaller" if told.step.before.setup.goal.to_minimise(1.0) > 0 else "larger"
        yield say("runner_up_drawn", first=short(numbers["draw"]), second=short(second["draw"]), better=better)
    elif "draw" not in second and second.get("acquisition", -math.inf) >= numbers.get("acquisition", math.inf):
        yield say("runner_up", first=short(numbers["acquisition"]), second=short(second["acquisition"]))
    if any(isinstance(one, Because) and "moved downhill" in one.text for one in told.record.action.evidence):
        yield say("downhill")


# ---- where it turns ------------------------------------------------------------------------------------------------


def _of_turn(told: Told, turn: Turn | None) -> Iterator[Said]:
    if turn is None:
        return
    if turn.why_not is not None:
        yield say("turns_not", why=turn.why_not)
        return
    if turn.never:
        yield say("turns_never")
    elif turn.always:
        yield say("turns_always")
    elif isinstance(told.record.event, Ask):
        yield say("turns_promotion", limit=turn.limit)
    else:
        later = "_later" if told.step.before.setup.rule.waits else ""
        yield say(("turns_down" if turn.goes_on else "turns_up") + later, limit=turn.limit)
    if told.step.before.setup.search.resumes and isinstance(told.record.event, Report):
        yield say("turns_model")


# ---- what became of it ---------------------------------------------------------------------------------------------


def fate(record: Record, state: State, believed: Outcome | None) -> Iterator[Said]:
    """The fate of a started or promoted trial, in the last state of the log."""
    action = record.action
    assert isinstance(action, Start | Resume)
    trial = state.trials[action.trial]
    if believed is not None and isinstance(action, Start):
        belief = believed.belief
        if believed.value is None:
            yield say("not_reached", level=belief.level, epoch=trial.highest)
        else:
            side = "inside" if believed.is_inside else "outside"
            ends = {"low": short(belief.low), "high": short(belief.high)}
            yield say("came_out", level=belief.level, outcome=short(believed.value), side=side, **ends)
    status = "observed" if trial.observed else trial.status.value
    if trial.curve:
        yield say("fate", status=status, epoch=trial.highest, value=trial.curve[-1][1])
    else:
        yield say("fate_empty", status=status)
