"""WHAT HAPPENED TO A TRIAL, AND WHY? All records about it in order; several "Continue" in a row are one line."""

from typing import Any

from attrs import evolve, frozen

from pure_hb.explaining.belief import outcomes
from pure_hb.explaining.decision import Explanation, explained, fate
from pure_hb.explaining.since import since
from pure_hb.explaining.story import Arrivals, Story, StoryError, Told
from pure_hb.explaining.words import Said, say
from pure_hb.machine import State
from pure_hb.protocol import Continue, Pause, Report, Start


@frozen
class Run:
    """Reports in a row that were each answered with `Continue`, and made no entry."""

    records: tuple[int, ...]
    said: tuple[Said, ...]

    def as_json(self) -> dict[str, Any]:
        """The run as JSON values."""
        sentences = [{"name": one.key, "text": one.text} for one in self.said]
        return {"records": list(self.records), "action": "Continue", "sentences": sentences}


def explain_trial(story: Story, number: int) -> tuple[Explanation | Run, ...]:
    """All records about a trial, explained.

    Raises:
        StoryError: if there is no such trial.
        ReplayError: if a record cannot follow the records before it.
    """
    found, run, arrivals, state, last = list[Explanation | Run](), list[Told](), Arrivals(), None, None
    for told in story.told():
        state = told.step.after
        if told.step.trial == number:
            if _is_dull(told):
                run.append(told)
            else:
                found += _of_run(run)
                run = []
                found.append(explained(told, arrivals))
                last = told
        _arrive(arrivals, told)
    found += _of_run(run)
    if last is None or state is None:
        count = 0 if state is None else len(state.trials)
        there = f"trials 0 to {count - 1}" if count else "no trials"
        raise StoryError(f"{story.name} has {there}; there is no trial {number}")
    return tuple(_with_end(story, found, state, number, last))


def _is_dull(told: Told) -> bool:
    return isinstance(told.record.action, Continue) and told.record.action.level is None


def _of_run(run: list[Told]) -> list[Run]:
    events = [told.record.event for told in run if isinstance(told.record.event, Report)]
    if not events:
        return []
    first, last = events[0], events[-1]
    if first is last:
        text = say("run_of_one", trial=first.trial, value=first.value, epoch=first.resource)
    else:
        epochs, values = {"first": first.resource, "last": last.resource}, {"from_": first.value, "to": last.value}
        text = say("run", trial=first.trial, count=len(events), **epochs, **values)
    return [Run(tuple(told.record.number for told in run), (text,))]


def _arrive(arrivals: Arrivals, told: Told) -> None:
    level, event = getattr(told.record.action, "level", None), told.record.event
    if level is not None and isinstance(event, Report):
        trial, separate = told.step.after.trials[event.trial], told.step.after.setup.separate_rungs
        arrivals.setdefault((trial.bracket if separate else 0, level), {})[event.trial] = told.record.number


def _with_end(
    story: Story, found: list[Explanation | Run], state: State, number: int, last: Told
) -> list[Explanation | Run]:
    """The same, with the fate of the trial: its result after its start, and after its last pause what happened
    since."""
    start = next((place for place, one in enumerate(found) if isinstance(one, Explanation)), None)
    if start is not None:
        first = found[start]
        assert isinstance(first, Explanation)
        record = story.record(first.record)
        if isinstance(record.action, Start):
            believed = outcomes(story.setup, story.records, {number}).get(number)
            found[start] = evolve(first, said=(*first.said, *fate(record, state, believed)))
    action = last.record.action
    if isinstance(action, Pause) and action.level is not None and isinstance(found[-1], Explanation):
        after = last.step.after
        told = story.told(last.record.number + 1, after)
        more, _ = since(after, last.record.number, number, action.level, told)
        found[-1] = evolve(found[-1], said=(*found[-1].said, *more))
    return found
